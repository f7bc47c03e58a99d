/* One request and its answer by libcurl. transfer.c and engine.c alone know libcurl; what an answer means is their
 * callers' affair. Names are never looked up: libcurl is always told the address to connect to. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "checks/probe.h"

struct transfer;

/* What comes in, and what goes out beyond the request's head. The context is the caller's. */
struct transfer_calls {
	/* A header line, status lines included. False: give up. */
	bool (*header)(void *context, const char *line, size_t length);
	/* The next bytes of the body. False: give up, what is in hand must do. */
	bool (*body)(void *context, const void *bytes, size_t length);
	/* The next bytes of the request's body: how many. 0: none now, transfer_resume() when there are. NULL where
	 * `body_bytes` is 0 or less. */
	size_t (*more)(void *context, uint8_t *bytes, size_t room);
	void *context;
};

/* All is lent for the time of transfer_start() but the calls' context. */
struct transfer_request {
	const char *url;              /* names the host for Host, SNI and verification */
	struct conf_endpoint connect; /* family 0: the url's host is an address */
	const char *ca_file;          /* "" for the system's */
	bool verify;                  /* chain and name */
	const char *method;           /* NULL: GET, or POST where there is a body */
	const char *const *headers;   /* "Name: value", or "Name:" to take libcurl's away; ends with NULL; NULL: none */
	int64_t body_bytes;           /* -1: no body; else Content-Length says so */
};

/* Begins. NULL with `outcome` filled when it could not even begin. */
struct transfer *transfer_start(const struct transfer_request *request, const struct transfer_calls *calls,
				struct outcome *outcome);

/* Goes as far as possible: true when it has ended, else `wait` says what to wait for. */
bool transfer_advance(struct transfer *transfer, struct probe_wait *wait);

/* There is more to send. */
void transfer_resume(struct transfer *transfer);

/* How it ended. */
enum transfer_end {
	TRANSFER_WHOLE,  /* the answer is complete */
	TRANSFER_CUT,    /* the caller's calls gave up */
	TRANSFER_FAILED, /* transfer_failure() says how */
};
enum transfer_end transfer_end(const struct transfer *transfer);
void transfer_failure(const struct transfer *transfer, struct outcome *outcome);

/* What it was doing when it failed, or is doing: "connecting to port 443", "TLS handshake". */
const char *transfer_stage(const struct transfer *transfer);

void transfer_free(struct transfer *transfer); /* closes everything; NULL is fine */
