/* How names, texts and certificates become numbers that all nodes agree on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first 64 bits of BLAKE2b-128, read in network order: how clusters and vips are named in
 * beats. */
uint64_t name_hash(const void *bytes, size_t length);

/* SHA-256 of the bytes that this base64 stands for, white space in it ignored. False, and `hash` untouched, when it is
 * not base64, or stands for nothing or for more than 64 KiB. */
bool base64_sha256(const char *text, size_t length, uint8_t hash[static 32]);
