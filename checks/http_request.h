/* The request that a check by HTTP sends, by its type: method, headers and body. No sockets here. */
#pragma once

#include <stdint.h>

#include "checks/credentials.h"
#include "checks/probe.h"

enum {
	HTTP_REQUEST_HEADERS_MAX = 10,
	HTTP_REQUEST_TEXT_MAX = 128, /* of a header that is made for the request */
	HTTP_REQUEST_BODY_MAX = 2048,
};

struct http_request {
	const char *method;                                /* NULL: GET, or POST where there is a body */
	const char *headers[HTTP_REQUEST_HEADERS_MAX + 1]; /* ends with NULL */
	int header_count;
	char text[HTTP_REQUEST_HEADERS_MAX][HTTP_REQUEST_TEXT_MAX]; /* of those headers that are no constants */
	int64_t body_bytes;                                         /* -1: no body */
	char body[HTTP_REQUEST_BODY_MAX];
};

/* `credentials` are the check's; NULL where it has none. The request points into itself and must not be moved. False
 * with `outcome` filled when it cannot be made. */
bool http_request_make(const struct conf_check *check, const struct credentials *credentials,
		       struct http_request *request, struct outcome *outcome);

/* For those who make requests of their own: one without a body; a constant header; one that is made here, cut to
 * HTTP_REQUEST_TEXT_MAX. */
void http_request_init(struct http_request *request, const char *method);
void http_request_add(struct http_request *request, const char *header);
void http_request_addf(struct http_request *request, const char *header, ...) __attribute__((format(printf, 2, 3)));

/* The body; at most HTTP_REQUEST_BODY_MAX. */
void http_request_body(struct http_request *request, const void *bytes, size_t length);
