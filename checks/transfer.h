/* One request and its answer by libcurl, or only what comes before one: TLS, a mail server's greeting. transfer.c and
 * engine.c alone know libcurl; what an answer means is their callers' affair. Names are never looked up: libcurl is
 * always told the address to connect to. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "checks/probe.h"

struct transfer;

/* What comes in, and what goes out beyond the request's head. The context is the caller's. */
struct transfer_calls {
	/* A header line, status lines included. False: give up. */
	bool (*header)(void *context, const char *line, size_t length);
	/* The next bytes of the body. False: give up, what is in hand must do. */
	bool (*body)(void *context, const void *bytes, size_t length);
	/* The next bytes of the request's body: how many. 0: none now, transfer_resume() when there are. NULL where
	 * the request has its body, or none. */
	size_t (*more)(void *context, uint8_t *bytes, size_t room);
	void *context;
};

enum transfer_tls {
	TRANSFER_TLS_USUAL,
	TRANSFER_TLS_WEAK, /* 1.2 or later; keys and signatures that OpenSSL finds too weak will do */
	TRANSFER_TLS_OLD,  /* likewise, but 1.0 or 1.1 */
};

/* All is lent for the time of transfer_start() but the calls' context. */
struct transfer_request {
	const char *url;              /* names the host for Host, SNI and verification; by `greet` its scheme may be
				       * imap, pop3 or smtp, with an s or without */
	struct conf_endpoint connect; /* family 0: the url's host is an address */
	/* Nothing is asked. The end is where a first request would go out: after the handshake of TLS, after greeting,
	 * capabilities and STARTTLS of a mail server, and logging on by SASL where there are credentials. Then
	 * `connect` is needed, and transfer_say() and transfer_hear() may be used. */
	bool greet;
	bool starttls;                /* of a mail protocol: by STARTTLS, or it fails */
	enum transfer_tls tls;
	int64_t most_bytes;           /* of all that comes in, TLS included; 0: as the calls say */
	const char *ca_file;          /* "" for the system's */
	bool verify;                  /* chain and name */
	const char *method;           /* NULL: GET, or POST where there is a body */
	const char *const *headers;   /* "Name: value", or "Name:" to take libcurl's away; ends with NULL; NULL: none */
	int64_t body_bytes;           /* -1: no body; else Content-Length says so */
	const void *body;             /* NULL: calls->more hands it out */
	const char *user;             /* NULL: no credentials */
	const char *password;
	enum check_auth auth;         /* the one way they are shown; not AUTH_NEGOTIATE */
};

/* Begins. NULL with `outcome` filled when it could not even begin. */
struct transfer *transfer_start(const struct transfer_request *request, const struct transfer_calls *calls,
				struct outcome *outcome);

/* Goes as far as possible: true when it has ended, else `wait` says what to wait for. */
bool transfer_advance(struct transfer *transfer, struct probe_wait *wait);

/* There is more to send. */
void transfer_resume(struct transfer *transfer);

/* Has the other side hung up? While there is more to send libcurl waits for that and does not tell. */
bool transfer_hung_up(const struct transfer *transfer);

/* How it ended. */
enum transfer_end {
	TRANSFER_WHOLE,  /* the answer is complete */
	TRANSFER_CUT,    /* the caller's calls gave up, or it was more than `most_bytes` */
	TRANSFER_FAILED, /* transfer_failure() says how */
};
enum transfer_end transfer_end(const struct transfer *transfer);
void transfer_failure(const struct transfer *transfer, struct outcome *outcome);

/* Sends some words, as far as that can be done at once. Only after `greet`, at the end. */
void transfer_say(struct transfer *transfer, const char *words);

/* The next bytes that came in: how many; or -EAGAIN, then `wait` says what to wait for; -ENODATA at the end; or -errno.
 * Only after `greet`, at the end. */
ssize_t transfer_hear(struct transfer *transfer, void *bytes, size_t room, struct probe_wait *wait);

/* Tells the lines that libcurl has for the server's own certificate ("Expire date:Dec 20 13:21:04 2026 GMT"). Only
 * after `greet`, at the end; false when it came to no certificate. */
typedef void transfer_line_fn(void *context, const char *text);
bool transfer_certificate(const struct transfer *transfer, transfer_line_fn *line, void *context);

/* OpenSSL's verify result, X509_V_ERR_*, when the end is that the certificate was refused; else -1. */
long transfer_verify_result(const struct transfer *transfer);

/* What it was doing when it failed, or is doing: "connecting to port 443", "TLS handshake". */
const char *transfer_stage(const struct transfer *transfer);

void transfer_free(struct transfer *transfer); /* closes everything; NULL is fine */
