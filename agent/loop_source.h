/* What a descriptor in the loop's epoll stands for: a source and an index, packed into its 64 bits of data. */
#pragma once

#include <stdint.h>

enum source {
	SOURCE_BEAT, /* index: peer * LINKS_MAX + link */
	SOURCE_KERNEL,
	SOURCE_ARP, /* index: nic */
	SOURCE_ND,
	SOURCE_CTL,
	SOURCE_FACTS,
	SOURCE_JUDGE, /* its pidfd */
	SOURCE_SIGNAL,
	SOURCE_CONF, /* a reload's file is read */
	SOURCE_QUORUM_FACTS,
	SOURCE_QUORUM, /* its pidfd */
};

static inline uint64_t source_pack(enum source source, uint32_t index)
{
	return (uint64_t)source << 32 | index;
}

static inline enum source source_of(uint64_t data)
{
	return (enum source)(data >> 32);
}

static inline uint32_t source_index(uint64_t data)
{
	return (uint32_t)data;
}
