/* See conf_verify.h. A function a rule. */
#include "conf/conf_verify.h"

#include <string.h>

#include "conf/conf_address.h"
#include "conf/conf_profile.h"
#include "conf/conf_url.h"
#include "conf/nearest.h"
#include "conf/conf_verify_hook.h"
#include "conf/conf_verify_http.h"
#include "conf/conf_verify_host.h"
#include "conf/conf_verify_mail.h"

struct verify {
	const struct conf *conf;
	const struct conf_lines *lines;
	struct findings *findings;
};

/* The line of a value, or where it is a default, of the section that lacks it. */
static int line_in(const struct verify *verify, const void *field, const void *section)
{
	int line = conf_line_of(verify->lines, field);

	return line ? line : conf_line_of(verify->lines, section);
}

static int line_of(const struct verify *verify, const void *field)
{
	return line_in(verify, field, &verify->conf->cluster);
}

/* Host names know no case, and a node is found by its host's. Names that are equal to the letter had a finding. */
static void node_names_differ(const struct verify *verify)
{
	const struct conf *conf = verify->conf;

	for (int i = 0; i < conf->nodes; i++)
		for (int j = 0; j < i; j++)
			if (*conf->node[i].name && strcasecmp(conf->node[i].name, conf->node[j].name) == 0)
				findings_add(verify->findings, line_of(verify, &conf->node[i]),
					     "node \"%s\" differs from \"%s\" in line %d only in case",
					     conf->node[i].name, conf->node[j].name, line_of(verify, &conf->node[j]));
}

/* Link l leads from our l-th address to the peer's l-th. */
static void links_are_of_one_family(const struct verify *verify)
{
	const struct conf_node *first = verify->conf->node;

	for (int i = 1; i < verify->conf->nodes; i++) {
		const struct conf_node *node = &verify->conf->node[i];

		for (int l = 0; l < node->addresses && l < first->addresses; l++)
			if (node->address[l].family && first->address[l].family &&
			    node->address[l].family != first->address[l].family)
				findings_add(verify->findings, line_of(verify, &node->address[l]),
					     "address %d of node \"%s\" is not of the same family as that of node "
					     "\"%s\": a link joins the addresses at the same place",
					     l + 1, node->name, first->name);
	}
}

/* An address and whose it is. */
struct owned {
	const struct conf_address *address;
	const char *kind, *name;
};
enum { OWNED_MAX = NODES_MAX * LINKS_MAX + VIPS_MAX * VIP_ADDRESSES_MAX };

static int own(struct owned *owned, int count, const struct conf_address *address, int addresses, const char *kind,
	       const char *name)
{
	for (int i = 0; i < addresses; i++)
		if (address[i].family)
			owned[count++] = (struct owned){&address[i], kind, name};
	return count;
}

static void addresses_differ(const struct verify *verify)
{
	const struct conf *conf = verify->conf;
	struct owned owned[OWNED_MAX];
	char text[ADDRESS_TEXT_MAX];
	int count = 0;

	for (int i = 0; i < conf->nodes; i++)
		count = own(owned, count, conf->node[i].address, conf->node[i].addresses, "node", conf->node[i].name);
	for (int i = 0; i < conf->vips; i++)
		count = own(owned, count, conf->vip[i].address, conf->vip[i].addresses, "vip", conf->vip[i].name);
	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++)
			if (address_same(owned[i].address, owned[j].address)) {
				findings_add(verify->findings, line_of(verify, owned[i].address),
					     "%s \"%s\": %s is an address of %s \"%s\" in line %d already",
					     owned[i].kind, owned[i].name, address_text(owned[i].address, false, text),
					     owned[j].kind, owned[j].name, line_of(verify, owned[j].address));
				break;
			}
}

static void vip_ids_differ(const struct verify *verify)
{
	const struct conf *conf = verify->conf;

	for (int i = 0; i < conf->vips; i++)
		for (int j = 0; j < i; j++)
			if (*conf->vip[i].name && *conf->vip[j].name && conf->vip[i].id == conf->vip[j].id)
				findings_add(verify->findings, line_of(verify, &conf->vip[i]),
					     "the names of vip \"%s\" and vip \"%s\" have the same hash: rename one",
					     conf->vip[i].name, conf->vip[j].name);
}

static void quorum_can_be_had(const struct verify *verify)
{
	const struct conf *conf = verify->conf;

	if (conf->quorum == CONF_QUORUM_COROSYNC && conf->nodes < 2)
		findings_add(verify->findings, line_of(verify, &conf->quorum),
			     "a quorum by corosync needs two nodes or more");
	if (conf->quorum == CONF_QUORUM_MAJORITY && conf->nodes < 3)
		findings_add(verify->findings, line_of(verify, &conf->quorum),
			     "a majority needs three nodes or more: a third one may be a witness");
	for (int i = 0; i < conf->nodes; i++)
		if (conf->node[i].witness && conf->quorum == CONF_QUORUM_NONE)
			findings_add(verify->findings, line_of(verify, &conf->node[i].witness),
				     "node \"%s\": a witness votes, which needs quorum { provider = \"majority\" } "
				     "or \"corosync\"",
				     conf->node[i].name);
}

static void check_asks_often_enough(const struct verify *verify, const struct conf_check *check)
{
	if (check->interval.ns && check->fast.ns > check->interval.ns)
		findings_add(verify->findings, line_in(verify, &check->fast, check),
			     "check \"%s\": fast is longer than interval", check->name);
}

/* No check resolves names: a resolver that hangs is not the service that hangs. */
static void check_knows_where_to_connect(const struct verify *verify, const struct conf_check *check, bool has_url)
{
	struct conf_url url;
	const char *why;

	if (check->connect.address.family || conf_line_is_refused(verify->lines, &check->connect))
		return;
	if (!has_url)
		findings_add(verify->findings, line_of(verify, check), "\"connect\" is missing in check \"%s\"",
			     check->name);
	else if (conf_url_read(check->url, &url, &why) == 0 && !url.address.family)
		findings_add(verify->findings, line_in(verify, &check->url, check),
			     "\"connect\" is missing in check \"%s\": checks do not resolve names such as \"%s\"",
			     check->name, url.host);
}

/* The vip that has this address, or NULL. */
static const struct conf_vip *vip_at(const struct conf *conf, const struct conf_address *address)
{
	for (int i = 0; i < conf->vips; i++)
		for (int a = 0; a < conf->vip[i].addresses; a++)
			if (address->family && address_same(&conf->vip[i].address[a], address))
				return &conf->vip[i];
	return NULL;
}

/* At a vip answers whoever owns it: a host that is well by its neighbour's service would never be unwell. `place` is
 * `in check "owa"`. */
static void is_of_the_node_itself(const struct verify *verify, int line, const char *key, const char *place,
				  const struct conf_address *address)
{
	const struct conf_vip *vip = vip_at(verify->conf, address);
	char text[ADDRESS_TEXT_MAX];

	if (vip)
		findings_add(verify->findings, line, "\"%s\" in %s: %s is an address of vip \"%s\": name one of the "
			     "node's own", key, place, address_text(address, false, text), vip->name);
}

static void check_asks_the_node_itself(const struct verify *verify, const struct conf_vip *vip,
				       const struct conf_check *check)
{
	int line = line_in(verify, &check->connect, check);
	char place[CONF_NAME_MAX + 16];
	struct conf_url url;
	const char *why;

	/* A profile's check goes where the vip's `service` is, which has its own finding. */
	if (vip->profile != CONF_PROFILE_NONE && line_of(verify, check) == line_of(verify, &vip->profile) &&
	    address_same(&check->connect.address, &vip->service))
		return;
	snprintf(place, sizeof(place), "check \"%s\"", check->name);
	if (check->connect.address.family)
		is_of_the_node_itself(verify, line, "connect", place, &check->connect.address);
	else if (*check->url && conf_url_read(check->url, &url, &why) == 0)
		is_of_the_node_itself(verify, line_in(verify, &check->url, check), "url", place, &url.address);
}

static void service_is_of_the_node_itself(const struct verify *verify, const struct conf_vip *vip)
{
	char place[CONF_NAME_MAX + 16];

	snprintf(place, sizeof(place), "vip \"%s\"", vip->name);
	is_of_the_node_itself(verify, line_in(verify, &vip->service, vip), "service", place, &vip->service);
}

static void check_verifies_what_is_encrypted(const struct verify *verify, const struct conf_check *check)
{
	struct conf_url url;
	const char *why;

	if (*check->ca_file && conf_url_read(check->url, &url, &why) == 0 && !url.https)
		findings_add(verify->findings, line_in(verify, &check->ca_file, check),
			     "check \"%s\": ca_file needs an https url", check->name);
}

static void check_names_the_host_it_verifies(const struct verify *verify, const struct conf_check *check)
{
	bool wanted = check->type == CHECK_CERTIFICATE || (check->tls != CHECK_TLS_NONE && check->verify);

	if (wanted && *check->host == '\0' && !conf_line_is_refused(verify->lines, &check->host))
		findings_add(verify->findings, line_of(verify, check),
			     "\"host\" is missing in check \"%s\": the name that its certificate must be for",
			     check->name);
}

static void check_of_mail_verifies_what_is_encrypted(const struct verify *verify, const struct conf_check *check)
{
	if (*check->ca_file && check->tls == CHECK_TLS_NONE && !conf_line_is_refused(verify->lines, &check->tls))
		findings_add(verify->findings, line_in(verify, &check->ca_file, check),
			     "check \"%s\": ca_file needs tls = \"starttls\" or \"implicit\"", check->name);
}

static void check_asks_for_each_name_once(const struct verify *verify, const struct conf_check *check)
{
	for (int i = 0; i < check->name_count; i++) {
		bool again = strcasecmp(check->names[i], check->host) == 0;

		for (int j = 0; j < i; j++)
			again |= strcasecmp(check->names[i], check->names[j]) == 0;
		if (*check->names[i] == '\0' && !conf_line_is_refused(verify->lines, check->names[i]))
			findings_add(verify->findings, line_of(verify, check->names[i]),
				     "\"names\" in check \"%s\": may not be empty", check->name);
		else if (again && *check->names[i])
			findings_add(verify->findings, line_of(verify, check->names[i]),
				     "\"names\" in check \"%s\": \"%s\" is named twice", check->name, check->names[i]);
	}
}

/* Else what is slow would be called silent. */
static void check_waits_longer_than_it_bears(const struct verify *verify, const struct conf_check *check)
{
	if (check->timeout.ns && check->limit.ns >= check->timeout.ns)
		findings_add(verify->findings, line_in(verify, &check->limit, check),
			     "check \"%s\": limit is not shorter than timeout", check->name);
}

static void check_asks_for_each_interface_once(const struct verify *verify, const struct conf_check *check)
{
	for (int i = 0; i < check->interface_count; i++)
		for (int j = 0; j < i; j++)
			if (check->interfaces[i] == check->interfaces[j] &&
			    !conf_line_is_refused(verify->lines, &check->interfaces[i]) &&
			    !conf_line_is_refused(verify->lines, &check->interfaces[j]))
				findings_add(verify->findings, line_of(verify, &check->interfaces[i]),
					     "\"interfaces\" in check \"%s\": \"%s\" is named twice", check->name,
					     conf_rpc_interface_word(check->interfaces[i]));
}

/* The default, which the canonical form says, is fine. */
static void check_has_a_tunnel_for_its_interfaces(const struct verify *verify, const struct conf_check *check)
{
	if (check->tunnel || conf_line_is_refused(verify->lines, &check->tunnel))
		return;
	if (check->interface_count > 1 || check->interfaces[0] != RPC_EMSMDB)
		findings_add(verify->findings, line_of(verify, &check->interfaces[0]),
			     "\"interfaces\" in check \"%s\": they are reached only through a tunnel: tunnel = true",
			     check->name);
}

static void check_is_sound(const struct verify *verify, const struct conf_check *check)
{
	check_asks_often_enough(verify, check);
	if (!conf_line_of(verify->lines, &check->type) || conf_line_is_refused(verify->lines, &check->type))
		return;
	switch (check->type) {
	case CHECK_OUTLOOK_ANYWHERE:
		check_has_a_tunnel_for_its_interfaces(verify, check);
		check_asks_for_each_interface_once(verify, check);
		/* fall through */
	case CHECK_HTTP:
	case CHECK_HEALTHCHECK:
	case CHECK_OWA:
	case CHECK_ECP:
	case CHECK_EWS:
	case CHECK_AUTODISCOVER:
	case CHECK_ACTIVESYNC:
	case CHECK_OAB:
	case CHECK_MAPI:
		check_knows_where_to_connect(verify, check, true);
		check_verifies_what_is_encrypted(verify, check);
		conf_verify_http(check, verify->lines, verify->findings);
		return;
	case CHECK_RPC:
		check_asks_for_each_interface_once(verify, check);
		check_knows_where_to_connect(verify, check, false);
		return;
	case CHECK_TCP:
		check_knows_where_to_connect(verify, check, false);
		return;
	case CHECK_IMAP:
	case CHECK_POP3:
	case CHECK_SMTP:
		check_knows_where_to_connect(verify, check, false);
		check_names_the_host_it_verifies(verify, check);
		check_of_mail_verifies_what_is_encrypted(verify, check);
		conf_verify_mail(check, verify->lines, verify->findings);
		return;
	case CHECK_CERTIFICATE:
		check_knows_where_to_connect(verify, check, false);
		check_names_the_host_it_verifies(verify, check);
		check_asks_for_each_name_once(verify, check);
		return;
	case CHECK_LATENCY:
		check_knows_where_to_connect(verify, check, false);
		check_waits_longer_than_it_bears(verify, check);
		return;
	case CHECK_EXEC:
		conf_verify_exec(check, verify->lines, verify->findings);
		return;
	case CHECK_PROCESS:
		conf_verify_process(check, verify->lines, verify->findings);
		return;
	case CHECK_LINK:
		conf_verify_link(check, verify->lines, verify->findings);
		return;
	case CHECK_ROUTE:
		conf_verify_route(check, verify->lines, verify->findings);
		return;
	case CHECK_DNS:
		conf_verify_dns(check, verify->lines, verify->findings);
		return;
	case CHECK_FILE:
		conf_verify_file(check, verify->lines, verify->findings);
		return;
	}
}

static bool is_of_profile(const struct conf_vip *vip, const char *name, struct nearest *nearest)
{
	const char *check;

	for (int i = 0; (check = conf_profile_check(vip->profile, i)); i++) {
		if (strcmp(check, name) == 0)
			return true;
		nearest_try(nearest, name, check);
	}
	return false;
}

static void needs_a_profile(const struct verify *verify, const struct conf_vip *vip, const char *field, const char *key)
{
	if (*field)
		findings_add(verify->findings, line_in(verify, field, vip),
			     "\"%s\" in vip \"%s\" is for a profile, and there is none", key, vip->name);
}

static void profile_is_sound(const struct verify *verify, const struct conf_vip *vip)
{
	char hint[NEAREST_HINT_MAX];

	if (conf_line_is_refused(verify->lines, &vip->profile))
		return;
	if (vip->profile == CONF_PROFILE_NONE) {
		needs_a_profile(verify, vip, vip->host, "host");
		needs_a_profile(verify, vip, vip->service_ca_file, "ca_file");
		needs_a_profile(verify, vip, vip->service_credentials, "credentials");
		if (vip->withouts)
			needs_a_profile(verify, vip, *vip->without, "without");
		return;
	}
	if (*vip->host == '\0' && !conf_line_is_refused(verify->lines, vip->host))
		findings_add(verify->findings, line_of(verify, &vip->profile),
			     "\"host\" is missing in vip \"%s\": its profile asks for services by that name",
			     vip->name);
	for (int i = 0; i < vip->withouts; i++) {
		struct nearest nearest = {0};

		if (*vip->without[i] && !is_of_profile(vip, vip->without[i], &nearest))
			findings_add(verify->findings, line_of(verify, vip->without[i]),
				     "\"without\" in vip \"%s\": profile \"%s\" has no check \"%s\"%s", vip->name,
				     conf_profile_word(vip->profile), vip->without[i], nearest_hint(&nearest, hint));
	}
}

void conf_verify(const struct conf *conf, const struct conf_lines *lines, struct findings *findings)
{
	struct verify verify = {conf, lines, findings};

	if (!conf->nodes)
		findings_add(findings, 1, "there is no node");
	if (!conf->vips)
		findings_add(findings, 1, "there is no vip");
	node_names_differ(&verify);
	links_are_of_one_family(&verify);
	addresses_differ(&verify);
	vip_ids_differ(&verify);
	quorum_can_be_had(&verify);
	for (int i = 0; i < conf->vips; i++) {
		profile_is_sound(&verify, &conf->vip[i]);
		service_is_of_the_node_itself(&verify, &conf->vip[i]);
		for (int j = 0; j < conf->vip[i].checks; j++) {
			check_is_sound(&verify, &conf->vip[i].check[j]);
			check_asks_the_node_itself(&verify, &conf->vip[i], &conf->vip[i].check[j]);
		}
	}
	for (int i = 0; i < conf->hooks; i++)
		conf_verify_hook(conf, &conf->hook[i], lines, findings);
}
