/* The names by which clients know the services of a vip, as a configuration tells them. Pure. */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"

enum { NAMESPACES_MAX = 32 };

struct namespace
{
	const struct conf_vip *vip;
	char name[CONF_TEXT_MAX];
	/* Where it stands: */
	bool by_url;                  /* in the url of a check, or as a host to verify, a profile's included */
	bool by_dns;                  /* as what a check of type dns resolves */
	const struct conf_check *dns; /* that one, else NULL */
	struct conf_endpoint tls;     /* where this host's service shows a certificate for it; family 0: nowhere */
};

/* Each name once for each vip; how many. No addresses, and no names of single nodes, which clients do
 * not use those; but where a profile's host or a check of type dns bears such a name, it is among them. */
int namespaces_of(const struct conf *conf, struct namespace names[static NAMESPACES_MAX]);

/* Is it a node's name, whole or as the first label? Then which one, else NODE_NONE. */
node_id namespace_node(const struct conf *conf, const char *name);

/* Has the vip a check of this type? */
bool namespace_vip_checks(const struct conf_vip *vip, enum check_type type);
