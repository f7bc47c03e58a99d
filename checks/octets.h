/* Integers and octets taken from, and put into, a span of bytes.
 *
 * Reading is for strangers' bytes: it never leaves the span. The first read that would sets `overrun`, which stays, and
 * everything read from then on is zero; so a decoder reads on and asks once at the end. Writing is for our own
 * messages: a span too small for them is a mistake of ours and asserted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct octets_in {
	const uint8_t *bytes;
	size_t length;
	size_t at;
	bool big_endian;
	bool overrun;
};

uint8_t octets_get_u8(struct octets_in *in);
uint16_t octets_get_u16(struct octets_in *in);
uint32_t octets_get_u32(struct octets_in *in);

/* The next `count` octets, or NULL when there are not so many. */
const uint8_t *octets_take(struct octets_in *in, size_t count);

/* Skips to the next multiple of `unit` (a power of two), counted from the start of the span. */
void octets_align(struct octets_in *in, size_t unit);

/* Always little-endian: that is what we send. */
struct octets_out {
	uint8_t *bytes;
	size_t room;
	size_t at;
};

void octets_put_u8(struct octets_out *out, uint8_t value);
void octets_put_u16(struct octets_out *out, uint16_t value);
void octets_put_u32(struct octets_out *out, uint32_t value);
void octets_put(struct octets_out *out, const void *bytes, size_t count);
void octets_put_zeros(struct octets_out *out, size_t count);
