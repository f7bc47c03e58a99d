/* Does the firewall of this host let heartbeats in and out? Asks nft, as nobody else knows the kernel's rules. */
#include "agent/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/firewall.h"
#include "agent/slurp.h"
#include "conf/conf_address.h"

enum { RULESET_MAX = 16 << 20, EXIT_NO_NFT = 127 };

static void list_ruleset(const void *context, int out)
{
	(void)context;
	if (dup2(out, STDOUT_FILENO) < 0 || !freopen("/dev/null", "we", stderr))
		return;
	execlp("nft", "nft", "-j", "list", "ruleset", NULL);
	_exit(EXIT_NO_NFT);
}

void doctor_firewall_begin(struct doctor *doctor, struct look *look)
{
	if (geteuid() != 0)
		doctor_skip(&doctor->report, "the firewall", "only root may: run it as root");
	else if (doctor->self == NODE_NONE)
		doctor_skip(&doctor->report, "the firewall", "it is not known which node this host is");
	else
		look_start(look, LOOK_AS_IS, list_ruleset, NULL);
}

static const char *interface_of(const struct doctor *doctor, const struct conf_address *address)
{
	for (int i = 0; i < doctor->owns; i++)
		if (address_same(&doctor->own[i], address))
			return doctor->own_interface[i];
	return "";
}

/* The first link of the peer whose heartbeats are dropped in this direction. */
static void judge(struct doctor *doctor, const struct firewall *firewall, node_id peer, bool arrives)
{
	const struct conf_node *self = &doctor->conf->node[doctor->self], *other = &doctor->conf->node[peer];

	for (int l = 0; l < self->addresses && l < other->addresses; l++) {
		struct firewall_packet packet = {.arrives = arrives,
						 .port = doctor->conf->port,
						 .from = arrives ? other->address[l] : self->address[l],
						 .to = arrives ? self->address[l] : other->address[l]};
		char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
		struct firewall_culprit culprit;
		struct doctor_finding *finding;

		snprintf(packet.interface, sizeof(packet.interface), "%s", interface_of(doctor, &self->address[l]));
		if (packet.from.family != packet.to.family ||
		    firewall_ask(firewall, &packet, &culprit) != FIREWALL_DROPS)
			continue;
		address_text(&packet.from, false, from);
		address_text(&packet.to, false, to);
		finding = doctor_add(&doctor->report, DOCTOR_ERROR, arrives ? "firewall-input" : "firewall-output");
		doctor_words(finding, "the firewall of this host drops the heartbeats %s %s", arrives ? "of" : "to",
			     other->name);
		doctor_evidence(finding, "udp from %s to %s port %u: %s", from, to, packet.port, culprit.words);
		doctor_fix(finding,
			   "nft insert rule %s %s %s %s udp dport %u accept, and the same in /etc/nftables.conf",
			   culprit.chain, packet.from.family == AF_INET ? "ip" : "ip6", arrives ? "saddr" : "daddr",
			   arrives ? from : to, packet.port);
		return;
	}
}

/* Rules of the old iptables are in no list of nft's. */
static void tell_legacy(struct doctor *doctor)
{
	char text[64];

	if (slurp_text("/proc/net/ip_tables_names", text, sizeof(text)) > 0 ||
	    slurp_text("/proc/net/ip6_tables_names", text, sizeof(text)) > 0)
		doctor_skip(&doctor->report, "rules of iptables-legacy", "nft does not show them: iptables-legacy -S");
}

void doctor_firewall_end(struct doctor *doctor, struct look *look, struct instant deadline)
{
	bool asked = look->pid != 0;
	char *text = malloc(RULESET_MAX);
	ssize_t length = text ? look_finish(look, deadline, text, RULESET_MAX) : -ENOMEM;
	struct firewall *firewall = asked && length > 0 ? firewall_read(text, (size_t)length) : NULL;

	if (asked && !firewall)
		doctor_skip(&doctor->report, "the firewall",
			    "nft -j list ruleset does not tell its rules: is nftables installed?");
	for (node_id n = 0; firewall && n < doctor->conf->nodes; n++) {
		if (n == doctor->self)
			continue;
		judge(doctor, firewall, n, true);
		judge(doctor, firewall, n, false);
	}
	if (asked)
		tell_legacy(doctor);
	firewall_done(firewall);
	free(text);
}
