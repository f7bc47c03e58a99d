#include "conf/conf_complete.h"

#include <string.h>
#include <sys/socket.h>

#include "conf/conf_address.h"
#include "conf/conf_defaults.h"
#include "conf/name_hash.h"

/* Every node that may own the vip: those of `prefer`, then the others as they stand in the file. */
static void complete_prefer(const struct conf *conf, struct conf_vip *vip)
{
	bool listed[NODES_MAX] = {false};
	int count = vip->candidates;

	vip->candidates = 0;
	for (int i = 0; i < count; i++) {
		if (vip->prefer[i] == NODE_NONE) /* had its finding */
			continue;
		listed[vip->prefer[i]] = true;
		vip->prefer[vip->candidates++] = vip->prefer[i];
	}
	for (int i = 0; i < conf->nodes; i++)
		if (!listed[i] && !conf->node[i].witness)
			vip->prefer[vip->candidates++] = (node_id)i;
}

/* A name in the DNS leads to every address of the vip that is good beyond one link. */
static void complete_expected(const struct conf_vip *vip, struct conf_check *check)
{
	if (check->type != CHECK_DNS || check->expect_addresses)
		return;
	for (int i = 0; i < vip->addresses; i++) {
		struct conf_address *expected = &check->expect_address[check->expect_addresses];

		if (!vip->address[i].family || address_is_link_local(&vip->address[i]))
			continue;
		*expected = vip->address[i];
		expected->prefix = expected->family == AF_INET ? 32 : 128;
		check->expect_addresses++;
	}
}

void conf_complete(struct conf *conf, const struct conf_lines *lines)
{
	conf->cluster_id = name_hash(conf->cluster, strlen(conf->cluster));
	for (int i = 0; i < conf->vips; i++) {
		struct conf_vip *vip = &conf->vip[i];

		vip->id = (uint32_t)name_hash(vip->name, strlen(vip->name));
		complete_prefer(conf, vip);
		for (int j = 0; j < vip->checks; j++) {
			struct conf_check *check = &vip->check[j];

			memcpy(check->vip, vip->name, sizeof(check->vip));
			complete_expected(vip, check);
			conf_defaults(check, lines);
		}
	}
}
