#include "agent/quorum_nodes.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "conf/conf_address.h"

static bool has_address(const struct conf_node *node, const char *text)
{
	struct conf_address address = {0};
	const char *why;

	if (!*text || address_read(text, &address, &why) < 0)
		return false;
	for (int a = 0; a < node->addresses; a++)
		if (address_same(&node->address[a], &address))
			return true;
	return false;
}

/* A ring's address may be a host's name. */
static bool is_named(const struct conf_node *node, const struct quorum_node *theirs)
{
	return strcasecmp(node->name, theirs->name) == 0 || strcasecmp(node->name, theirs->ring[0]) == 0;
}

static node_id find(const struct conf *conf, const struct quorum_node *theirs)
{
	for (int n = 0; n < conf->nodes; n++)
		for (int r = 0; r < QUORUM_RINGS_MAX; r++)
			if (has_address(&conf->node[n], theirs->ring[r]))
				return (node_id)n;
	for (int n = 0; n < conf->nodes; n++)
		if (is_named(&conf->node[n], theirs))
			return (node_id)n;
	return NODE_NONE;
}

int quorum_map_make(struct quorum_map *map, const struct conf *conf, const struct quorum_node *nodes, int count,
		    char words[static QUORUM_WORDS_MAX])
{
	*map = (struct quorum_map){0};
	for (int i = 0; i < count; i++) {
		node_id node = find(conf, &nodes[i]);

		if (node == NODE_NONE) {
			snprintf(words, QUORUM_WORDS_MAX, "corosync's node %u (%.40s) is no node of casvip's",
				 nodes[i].id, nodes[i].ring[0]);
			return -EINVAL;
		}
		if (map->id[node]) {
			snprintf(words, QUORUM_WORDS_MAX, "corosync's nodes %u and %u are both casvip's %.40s",
				 map->id[node], nodes[i].id, conf->node[node].name);
			return -EINVAL;
		}
		map->id[node] = nodes[i].id;
	}
	for (int n = 0; n < conf->nodes; n++) {
		if (map->id[n] || conf->node[n].witness)
			continue;
		snprintf(words, QUORUM_WORDS_MAX, "casvip's node %.40s is not in corosync's nodelist",
			 conf->node[n].name);
		return -EINVAL;
	}
	return 0;
}

node_id quorum_map_node(const struct quorum_map *map, uint32_t id)
{
	for (node_id n = 0; id && n < NODES_MAX; n++)
		if (map->id[n] == id)
			return n;
	return NODE_NONE;
}
