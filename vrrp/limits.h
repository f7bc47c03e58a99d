/* How large a cluster may be. Everything the agents exchange or keep is an array of one of these sizes. */
#pragma once

#include <stdint.h>

enum {
	NODES_MAX = 16, /* nodes in a cluster, witnesses included */
	LINKS_MAX = 4,  /* addresses of a node: redundant heartbeat paths */
	VIPS_MAX = 64,  /* groups of addresses that move together */
};

/* A node is its place in the configuration file, counted from 0: the same number on every node. */
typedef uint8_t node_id;
#define NODE_NONE ((node_id)0xff)
