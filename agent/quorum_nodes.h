/* Which node of casvip's is which of corosync's. Told by what both files say: a ring's address that is one of the
 * node's addresses, or else the same name. Pure; nothing is looked up, for a name server may be slow or lie. */
#pragma once

#include "agent/quorum_fact.h"
#include "conf/conf.h"

enum { QUORUM_NODES_MAX = 32, QUORUM_RINGS_MAX = 8, QUORUM_ADDRESS_MAX = 64 };

/* A node of corosync's nodelist, in its words. */
struct quorum_node {
	uint32_t id;
	uint32_t votes;
	char name[CONF_NODE_NAME_MAX];
	char ring[QUORUM_RINGS_MAX][QUORUM_ADDRESS_MAX]; /* "": has none */
};

struct quorum_map {
	uint32_t id[NODES_MAX]; /* of casvip's node; 0: it is not in the nodelist */
};

/* 0, or -EINVAL with words: a node of corosync's that is none of casvip's, two that are the same one, or an owner of
 * casvip's that corosync does not know. A witness of casvip's needs no corosync. */
int quorum_map_make(struct quorum_map *map, const struct conf *conf, const struct quorum_node *nodes, int count,
		    char words[static QUORUM_WORDS_MAX]);

/* The node with this id of corosync's, or NODE_NONE. */
node_id quorum_map_node(const struct quorum_map *map, uint32_t id);
