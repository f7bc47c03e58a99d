/* How names and texts become numbers that all nodes agree on. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The first 64 bits of BLAKE2b-128, read in network order: how clusters and vips are named in
 * beats. */
uint64_t name_hash(const void *bytes, size_t length);
