/* The body of a MAPI over HTTP answer: meta-tags, further headers, then bytes: [MS-OXCMAPIHTTP] 2.2.2.2, 3.1.5.3.
 *
 *     PROCESSING CR LF, as often PENDING CR LF as it takes, DONE CR LF, headers, an empty line, bytes
 *
 * No sockets here: bytes in, value out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct mapi_body {
	int code;             /* X-ResponseCode among the further headers, the last one; -1: there is none */
	const uint8_t *bytes; /* what follows, in the body itself */
	size_t length;
};

enum mapi_body_refusal {
	MAPI_BODY_OK,
	MAPI_BODY_CUT,     /* it ends before DONE, or before the empty line */
	MAPI_BODY_STRANGE, /* something else than a meta-tag, or an X-ResponseCode that is no number */
};

/* `body` is untouched on refusal. */
enum mapi_body_refusal mapi_body_read(const void *bytes, size_t length, struct mapi_body *body);

/* Of a Connect's answer: 0 when the session is open. */
struct mapi_connect {
	uint32_t status; /* StatusCode */
	uint32_t error;  /* ErrorCode; only where the status is 0 */
};

/* MAPI_BODY_CUT when the bytes are too few. */
enum mapi_body_refusal mapi_connect_read(const struct mapi_body *body, struct mapi_connect *connect);
