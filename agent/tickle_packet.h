/* The TCP segment that makes a client find out that its server is gone: a bare acknowledgement outside of its window.
 * Its kernel answers with one of its own (RFC 9293 3.10.7.4), and that draws the reset, because nobody here knows the
 * connection. A client that is not connected, or has connected anew, loses nothing. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum { TICKLE_BYTES = 20, TICKLE_FORMS = 4 };

struct tickle {
	struct conf_address from, to; /* of one family */
	uint16_t from_port, to_port;
	int form; /* 0..TICKLE_FORMS-1: which corner of the sequence space; one of them is outside of any window, and
		   * below what a firewall on the way has seen */
};

void tickle_write(const struct tickle *tickle, uint8_t segment[static TICKLE_BYTES]);

/* The ports of a segment that may be the answer: neither SYN nor FIN. False when it is too short or none. */
bool tickle_answer(const void *segment, size_t length, uint16_t *ret_from_port, uint16_t *ret_to_port);
