#include "agent/namespaces.h"

#include <string.h>
#include <strings.h>

#include "conf/conf_address.h"
#include "conf/conf_url.h"

node_id namespace_node(const struct conf *conf, const char *name)
{
	for (node_id n = 0; n < conf->nodes; n++) {
		size_t label = strcspn(conf->node[n].name, ".");

		if (strcasecmp(conf->node[n].name, name) == 0 ||
		    (label == strcspn(name, ".") && strncasecmp(conf->node[n].name, name, label) == 0))
			return n;
	}
	return NODE_NONE;
}

bool namespace_vip_checks(const struct conf_vip *vip, enum check_type type)
{
	for (int c = 0; c < vip->checks; c++)
		if (vip->check[c].type == type)
			return true;
	return false;
}

/* The name of that vip, a new one where there was none; NULL: there is no place, or it is no name. */
static struct namespace *place(struct namespace *names, int *count, const struct conf_vip *vip, const char *name)
{
	if (!conf_url_is_host_name(name))
		return NULL;
	for (int n = 0; n < *count; n++)
		if (names[n].vip == vip && strcasecmp(names[n].name, name) == 0)
			return &names[n];
	if (*count == NAMESPACES_MAX)
		return NULL;
	names[*count] = (struct namespace){.vip = vip};
	strcpy(names[*count].name, name);
	return &names[(*count)++];
}

/* What the check asks for, when by TLS, and where. */
static void take_check(struct namespace *names, int *count, const struct conf_vip *vip, const struct conf_check *check)
{
	struct namespace *name = NULL;
	struct conf_url url;
	const char *why;
	bool tls = false;

	if (check->type == CHECK_DNS) {
		name = place(names, count, vip, check->query);
		if (name) {
			name->by_dns = true;
			name->dns = check;
		}
		return;
	}
	if (*check->url && conf_url_read(check->url, &url, &why) == 0 && url.address.family == 0) {
		name = place(names, count, vip, url.host);
		tls = url.https;
	} else if (*check->host) {
		name = place(names, count, vip, check->host);
		tls = check->type == CHECK_CERTIFICATE || check->tls == CHECK_TLS_IMPLICIT;
	}
	if (!name)
		return;
	name->by_url = true;
	if (tls && name->tls.address.family == 0)
		name->tls = check->connect;
}

int namespaces_of(const struct conf *conf, struct namespace names[static NAMESPACES_MAX])
{
	int count = 0, kept = 0;

	for (int v = 0; v < conf->vips; v++) {
		const struct conf_vip *vip = &conf->vip[v];

		for (int c = 0; c < vip->checks; c++)
			take_check(names, &count, vip, &vip->check[c]);
		if (*vip->host) {
			struct namespace *name = place(names, &count, vip, vip->host);

			if (name)
				name->by_url = true;
		}
	}
	for (int n = 0; n < count; n++)
		if (names[n].by_dns || strcmp(names[n].name, names[n].vip->host) == 0 ||
		    namespace_node(conf, names[n].name) == NODE_NONE)
			names[kept++] = names[n];
	return kept;
}
