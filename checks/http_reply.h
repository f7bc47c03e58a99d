/* What of an HTTP reply a verdict needs, gathered from its header lines and body as they arrive. No sockets here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	HTTP_BODY_MAX = 64 * 1024,
	HTTP_HEADERS_MAX = 64 * 1024, /* bytes of all header lines, interim replies' included */
	HTTP_LOCATION_MAX = 512,      /* a longer one is cut: only its beginning matters */
};

struct http_reply {
	int status;      /* 100..999; 0: no status line yet */
	bool challenged; /* WWW-Authenticate offered NTLM, Negotiate, Basic or Bearer */
	char location[HTTP_LOCATION_MAX];
	size_t header_bytes; /* of all header lines, and one more for each; interim replies' included */
	size_t head_bytes;
	size_t body_bytes;
	char head[HTTP_HEADERS_MAX]; /* the header lines of this reply, the status line first, each with a LF */
	char body[HTTP_BODY_MAX];
};

/* All zero: nothing came yet. Takes one header line, the status line included, with or without its CR LF. A further
 * status line begins anew: what came before was an interim reply. False when the headers are too long: give up. */
bool http_reply_header(struct http_reply *reply, const char *line, size_t length);

/* Takes the next bytes of the body. False when HTTP_BODY_MAX is reached: what is in hand must do. */
bool http_reply_body(struct http_reply *reply, const void *data, size_t length);

/* A piece of the reply; not NUL-terminated. */
struct http_text {
	const char *at; /* NULL: there is none */
	size_t length;
};

/* The value of the nth header (from 0) of this name, in whatever case; without the blanks around it. */
struct http_text http_reply_field(const struct http_reply *reply, const char *name, int nth);

/* What stands behind the status, "Success" for one. */
struct http_text http_reply_phrase(const struct http_reply *reply);

/* The number that is all there is in the value of a header; -1: there is no such header, or something else in it. */
int http_reply_number(const struct http_reply *reply, const char *name);
