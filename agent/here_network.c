/* Are the addresses that a configuration speaks of this host's, and where they belong? */
#include "agent/here.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_address.h"

enum { LOCAL_ADDRESSES_MAX = 256 };

static bool is_among(const struct conf_address *address, const struct conf_address *local, int locals)
{
	for (int i = 0; i < locals; i++)
		if (address_same(address, &local[i]))
			return true;
	return address_is_loopback(address);
}

/* Another node that has an address of this host: most likely this host is that one. */
static const char *node_by_address(const struct conf *conf, node_id self, const struct conf_address *local, int locals)
{
	for (node_id n = 0; n < conf->nodes; n++)
		for (int a = 0; a < conf->node[n].addresses; a++)
			if (n != self && is_among(&conf->node[n].address[a], local, locals))
				return conf->node[n].name;
	return NULL;
}

int here_lacks_addresses(const struct conf *conf, node_id self, struct net_addr *addresses, const struct here_ear *ear)
{
	struct conf_address local[LOCAL_ADDRESSES_MAX];
	int locals = net_addr_local(addresses, local, LOCAL_ADDRESSES_MAX), lacking = 0;
	const struct conf_node *node = &conf->node[self];
	char words[HERE_WORDS_MAX], text[ADDRESS_TEXT_MAX];

	if (locals < 0 || locals == LOCAL_ADDRESSES_MAX) /* not known, or not all of them */
		return 0;
	for (int a = 0; a < node->addresses; a++) {
		const char *other, *but;

		if (is_among(&node->address[a], local, locals))
			continue;
		other = node_by_address(conf, self, local, locals);
		but = other ? "; it has that of node " : "";
		snprintf(words, sizeof(words), "node %s has address %s, which this host does not have%s%s",
			 node->name, address_text(&node->address[a], false, text), but, other ? other : "");
		ear->tell(ear->context, -EINVAL, words);
		lacking++;
	}
	return lacking;
}

static const uint8_t *bytes_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
	return (const uint8_t *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
}

/* Does the network of this address of an interface hold the vip's? The vip itself, where this node owns it, is none. */
static bool holds(const struct ifaddrs *own, const struct conf_address *address)
{
	int size = address->family == AF_INET ? 4 : 16;
	const uint8_t *bytes, *mask;

	if (!own->ifa_addr || !own->ifa_netmask || own->ifa_addr->sa_family != address->family)
		return false;
	bytes = bytes_of(own->ifa_addr);
	mask = bytes_of(own->ifa_netmask);
	if (memcmp(bytes, address->bytes, (size_t)size) == 0)
		return false;
	for (int i = 0; i < size; i++)
		if ((bytes[i] & mask[i]) != (address->bytes[i] & mask[i]))
			return false;
	return true;
}

static bool is_in_a_network(const struct ifaddrs *all, const char *interface, const struct conf_address *address)
{
	for (const struct ifaddrs *own = all; own; own = own->ifa_next)
		if (strcmp(own->ifa_name, interface) == 0 && holds(own, address))
			return true;
	return false;
}

void here_remarks(const struct conf *conf, FILE *out)
{
	char text[ADDRESS_TEXT_MAX];
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (int v = 0; v < conf->vips; v++) {
		const struct conf_vip *vip = &conf->vip[v];

		if (if_nametoindex(vip->interface) == 0)
			continue;
		for (int a = 0; a < vip->addresses; a++)
			if (!is_in_a_network(all, vip->interface, &vip->address[a]))
				fprintf(out, "remark: vip %s: %s lies in no network of %s\n", vip->name,
					address_text(&vip->address[a], false, text), vip->interface);
	}
	freeifaddrs(all);
}
