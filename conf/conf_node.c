/* Which node of the configuration this host is. */
#include "conf/conf.h"

#include <string.h>

#include "conf/conf_address.h"

typedef int compare_fn(const char *, const char *, size_t);

static node_id named(const struct conf *conf, const char *name, size_t length, compare_fn *compare)
{
	for (int i = 0; i < conf->nodes; i++)
		if (strlen(conf->node[i].name) == length && compare(conf->node[i].name, name, length) == 0)
			return (node_id)i;
	return NODE_NONE;
}

/* Host names know no case (RFC 1123 2.1, RFC 4343). */
static node_id of_host_name(const struct conf *conf, const char *host_name)
{
	node_id node = named(conf, host_name, strlen(host_name), strncasecmp);

	return node != NODE_NONE ? node : named(conf, host_name, strcspn(host_name, "."), strncasecmp);
}

static bool owns(const struct conf_node *node, const struct conf_address *local, int locals)
{
	for (int i = 0; i < node->addresses; i++)
		for (int j = 0; j < locals; j++)
			if (address_same(&node->address[i], &local[j]))
				return true;
	return false;
}

/* Two nodes' addresses on one host tell nothing: a wrong guess would be a node that beats under another's name. */
static node_id of_addresses(const struct conf *conf, const struct conf_address *local, int locals)
{
	node_id found = NODE_NONE;

	for (int i = 0; i < conf->nodes; i++) {
		if (!owns(&conf->node[i], local, locals))
			continue;
		if (found != NODE_NONE)
			return NODE_NONE;
		found = (node_id)i;
	}
	return found;
}

node_id conf_node_of(const struct conf *conf, const char *wanted, const char *host_name,
		     const struct conf_address *local, int locals)
{
	if (wanted && *wanted)
		return named(conf, wanted, strlen(wanted), strncmp);
	node_id node = host_name ? of_host_name(conf, host_name) : NODE_NONE;
	return node != NODE_NONE ? node : of_addresses(conf, local, locals);
}
