/* Fields in network byte order, as wire.c and roll.c write and read them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The `bytes` low bytes of a value, the highest first; returns where the next field begins. */
static inline uint8_t *put(uint8_t *to, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--) {
		to[i] = (uint8_t)value;
		value >>= 8;
	}
	return to + bytes;
}

/* What is left to read. Reading past the end gives zeros and spoils the reader, so one question at the end will do. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool spoiled;
};

static inline uint64_t take(struct reader *from, size_t bytes)
{
	uint64_t value = 0;

	if (from->left < bytes) {
		from->spoiled = true;
		from->left = 0;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | from->at[i];
	from->at += bytes;
	from->left -= bytes;
	return value;
}
