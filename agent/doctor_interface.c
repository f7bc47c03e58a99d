/* Do the vips lie where their interface is? */
#include "agent/doctor_judge.h"

#include <string.h>

#include "conf/conf_address.h"

bool doctor_in_network(const struct conf_address *a, const struct conf_address *b, int prefix)
{
	if (a->family != b->family)
		return false;
	for (int bit = 0; bit < prefix; bit++)
		if ((a->bytes[bit / 8] ^ b->bytes[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool is_host_route(const struct conf_address *address)
{
	return address->prefix == (address->family == AF_INET ? 32 : 128);
}

static void tell_prefix(const struct conf_vip *vip, const struct conf_address *address, const struct conf_address *own,
			struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX], is[ADDRESS_TEXT_MAX], should[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding = doctor_add(report, DOCTOR_WARNING, "prefix-differs");
	struct conf_address better = *address;

	better.prefix = own->prefix;
	doctor_words(finding,
		     "vip %s has another prefix length than its network: the owner takes neighbours for far away, "
		     "or far hosts for neighbours",
		     vip->name);
	doctor_evidence(finding, "%s in the file, %s on %s", address_text(address, true, text),
			address_text(own, true, is), vip->interface);
	doctor_fix(finding, "address = {\"%s\"} in vip %s, on every host", address_text(&better, true, should),
		   vip->name);
}

/* The vip itself, where this host owns it, is no evidence. A prefix that spans the address alone is meant so. */
static void judge_address(const struct conf_vip *vip, const struct conf_address *address,
			  const struct conf_address *own, char (*interface)[IF_NAMESIZE], int owns,
			  struct doctor_report *report)
{
	const struct conf_address *near = NULL;
	char text[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding;

	for (int i = 0; i < owns; i++) {
		if (strcmp(interface[i], vip->interface) != 0 || address_same(&own[i], address) ||
		    address_is_link_local(&own[i]) || !doctor_in_network(&own[i], address, own[i].prefix))
			continue;
		if (is_host_route(address) || own[i].prefix == address->prefix)
			return;
		near = &own[i];
	}
	if (near) {
		tell_prefix(vip, address, near, report);
		return;
	}
	if (address_is_link_local(address))
		return;
	finding = doctor_add(report, DOCTOR_WARNING, "vip-in-no-network");
	doctor_words(finding, "%s of vip %s lies in no network of %s: nobody there asks for it",
		     address_text(address, true, text), vip->name, vip->interface);
	doctor_evidence(finding, "no other address of %s is in its network", vip->interface);
	doctor_fix(finding, "ip -br addr shows which interface has the network; interface = \"...\" in vip %s",
		   vip->name);
}

/* Has the interface any address at all? Without, it is missing or bare; either way doctor_interface() says so. */
static bool has_any(const struct conf_vip *vip, char (*interface)[IF_NAMESIZE], int owns)
{
	for (int i = 0; i < owns; i++)
		if (strcmp(interface[i], vip->interface) == 0)
			return true;
	return false;
}

void doctor_judge_interface(const struct conf *conf, const struct conf_address *own, char (*interface)[IF_NAMESIZE],
			    int owns, struct doctor_report *report)
{
	for (int v = 0; v < conf->vips; v++)
		for (int a = 0; a < conf->vip[v].addresses && has_any(&conf->vip[v], interface, owns); a++)
			judge_address(&conf->vip[v], &conf->vip[v].address[a], own, interface, owns, report);
}

void doctor_interface(struct doctor *doctor)
{
	for (int v = 0; v < doctor->conf->vips; v++) {
		const struct conf_vip *vip = &doctor->conf->vip[v];
		struct doctor_finding *finding;

		if (has_any(vip, doctor->own_interface, doctor->owns))
			continue;
		finding = doctor_add(&doctor->report, DOCTOR_ERROR, "no-interface");
		doctor_words(finding, "vip %s is to be on %s, which this host does not have, or has without an address",
			     vip->name, vip->interface);
		doctor_evidence(finding, "%s",
				if_nametoindex(vip->interface) ? "it has no address" : "there is no such interface");
		doctor_fix(finding, "ip -br addr; interface = \"...\" in vip %s", vip->name);
	}
	doctor_judge_interface(doctor->conf, doctor->own, doctor->own_interface, doctor->owns, &doctor->report);
}
