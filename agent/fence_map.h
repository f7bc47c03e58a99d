/* What the fence's two halves share: agent/fence.c in the agent, agent/fence.bpf.c in the kernel.
 *
 * The kernel's half cannot include libc headers, so vrrp/limits.h is out of its reach; fence.c asserts that they agree.
 */
#pragma once

#include <linux/types.h>

enum {
	FENCE_SLOTS = 64,
	FENCE_ADDRESSES_MAX = 1024, /* twice what all slots can guard: a reload adds before it removes */
};

/* The key of the table of guarded addresses; its value is the slot. IPv4 stands as ::ffff:a.b.c.d. */
struct fence_address {
	union {
		__u8 bytes[16];
		__u32 words[4];
	};
};
