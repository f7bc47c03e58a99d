/* What the agent of this host knows: links, peers, the fence, and whether it comes to its turn. */
#include "agent/doctor_judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_address.h"
#include "vrrp/election.h"

/* Its port in the fixes, where the file that says so cannot be read. */
enum { PORT_DEFAULT = 7411 };

static uint16_t port_of(const struct conf *conf)
{
	return conf ? conf->port : PORT_DEFAULT;
}

/* ---- links and peers ---- */

/* A line for the firewall of the host that does not hear. Its admin knows his tables; the usual name is a beginning. */
static void fix_firewall(struct doctor_finding *finding, const char *host, const char *from, uint16_t port)
{
	doctor_fix(finding, "on %.64s: nft insert rule inet filter input %s saddr %.48s udp dport %u accept", host,
		   strchr(from, ':') ? "ip6" : "ip", from, port);
}

static const struct conf_node *node_named(const struct conf *conf, const char *name)
{
	for (node_id n = 0; conf && n < conf->nodes; n++)
		if (strcmp(conf->node[n].name, name) == 0)
			return &conf->node[n];
	return NULL;
}

static void own_address(const struct conf *conf, const char *node, int link, char text[static STATUS_ADDRESS_MAX])
{
	const struct conf_node *own = node_named(conf, node);
	char shown[ADDRESS_TEXT_MAX];

	snprintf(text, STATUS_ADDRESS_MAX, "%s", "ADDRESS");
	if (own && link < own->addresses)
		snprintf(text, STATUS_ADDRESS_MAX, "%s", address_text(&own->address[link], false, shown));
}

static void silence_since(struct doctor_finding *finding, const struct status_link *link)
{
	if (link->age_ms == STATUS_UNKNOWN)
		doctor_evidence(finding, "no heartbeat has come from %s yet", link->address);
	else
		doctor_evidence(finding, "no heartbeat from %s for %" PRId64 " ms", link->address, link->age_ms);
}

static void judge_link(const struct conf *conf, const struct status *status, const struct status_peer *peer, int l,
		       struct doctor_report *report)
{
	const struct status_link *link = &peer->link[l];
	char own[STATUS_ADDRESS_MAX];
	struct doctor_finding *finding;

	own_address(conf, status->node, l, own);
	if (link->reason[0]) {
		finding = doctor_add(report, DOCTOR_ERROR, "link-no-port");
		doctor_words(finding, "this host cannot use its heartbeat link to %s", peer->name);
		doctor_evidence(finding, "%s", link->reason);
		doctor_fix(finding, "ss -lunp 'sport = %u' names who has the port", port_of(conf));
	} else if (link->state == STATUS_LINK_ONE_WAY) {
		finding = doctor_add(report, DOCTOR_ERROR, "link-one-way");
		doctor_words(finding, "%s does not hear this host, which hears it: a firewall on %s, or on the way",
			     peer->name, peer->name);
		doctor_evidence(finding, "link to %s is one-way: its heartbeats arrive and echo none of ours",
				link->address);
		fix_firewall(finding, peer->name, own, port_of(conf));
	} else if (link->state == STATUS_LINK_DOWN && peer->alive) {
		finding = doctor_add(report, DOCTOR_WARNING, "link-down");
		doctor_words(finding, "one of the links to %s is dead: the next fault may take the last one",
			     peer->name);
		silence_since(finding, link);
		fix_firewall(finding, status->node, link->address, port_of(conf));
	}
}

static bool has_one_way(const struct status_peer *peer)
{
	for (int l = 0; l < peer->links; l++)
		if (peer->link[l].state == STATUS_LINK_ONE_WAY)
			return true;
	return false;
}

static void judge_dead(const struct conf *conf, const struct status *status, const struct status_peer *peer,
		       struct doctor_report *report)
{
	const char *key = conf ? conf->key_file : "KEY_FILE";
	struct doctor_finding *finding;

	if (peer->alive || has_one_way(peer))
		return;
	if (!peer->key_matches) {
		finding = doctor_add(report, DOCTOR_ERROR, "key-differs");
		doctor_words(finding, "%s has another cluster key: neither believes the other's heartbeats",
			     peer->name);
		doctor_evidence(finding, "heartbeats come from its address that no key of this host opens");
		doctor_fix(finding, "scp -p %s %s:%s, and casvipctl reload there", key, peer->name, key);
		return;
	}
	finding = doctor_add(report, DOCTOR_ERROR, "peer-silent");
	doctor_words(finding,
		     "%s is not heard: it is down, its casvipd does not run, or a firewall drops its heartbeats",
		     peer->name);
	if (peer->links)
		silence_since(finding, &peer->link[0]);
	if (peer->links)
		doctor_fix(finding,
			   "on %s: systemctl status casvipd; on %s: nft insert rule inet filter input %s saddr %s "
			   "udp dport %u accept",
			   peer->name, status->node, strchr(peer->link[0].address, ':') ? "ip6" : "ip",
			   peer->link[0].address, port_of(conf));
}

static void judge_peer(const struct conf *conf, const struct status *status, const struct status_peer *peer,
		       struct doctor_report *report)
{
	struct doctor_finding *finding;

	judge_dead(conf, status, peer, report);
	for (int l = 0; l < peer->links; l++)
		judge_link(conf, status, peer, l, report);
	if (!peer->alive)
		return;
	if (!peer->config_matches) {
		finding = doctor_add(report, DOCTOR_ERROR, "config-differs");
		doctor_words(finding, "%s runs another configuration than this node", peer->name);
		doctor_evidence(finding, "the digest in its heartbeats is another one");
		doctor_fix(finding,
			   "copy the file, then on both: casvipctl reload (or a restart, where that is asked for)");
	}
	if (!peer->witness && !peer->fit) {
		finding = doctor_add(report, DOCTOR_WARNING, "peer-unfit");
		doctor_words(finding,
			     "%s could not take over now: it calls itself unfit for a vip, or does not know it",
			     peer->name);
		doctor_evidence(finding, "casvipctl status: peer %s is NOT FIT", peer->name);
		doctor_fix(finding, "on %s: casvipctl status, casvipctl doctor", peer->name);
	}
}

/* ---- vips ---- */

static void judge_fence(const struct status *status, struct doctor_report *report)
{
	struct doctor_finding *finding;
	bool absent;

	if (status->vips == 0 || status->vip[0].fence >= STATUS_FENCE_SHUT)
		return;
	absent = status->vip[0].fence == STATUS_FENCE_ABSENT;
	finding = doctor_add(report, DOCTOR_ERROR, absent ? "fence-absent" : "fence-broken");
	doctor_words(finding,
		     "the kernel does not guard the vips on this host: after a crash of its agent they answer for "
		     "seconds more, and the others wait that long");
	doctor_evidence(finding, "casvipctl status: fence %s", status_fence_word(status->vip[0].fence));
	if (absent)
		doctor_fix(finding,
			   "Linux 5.8 or later with BPF, and CAP_BPF and CAP_NET_ADMIN for casvipd; what is missing: "
			   "journalctl -t casvipd -g event=fence");
	else
		doctor_fix(finding,
			   "what keeps it from an interface (another tc filter of priority 1): journalctl -t casvipd "
			   "-g event=fence; tc filter show dev INTERFACE ingress");
}

static const struct status_check *first_bad(const struct status_vip *vip)
{
	for (int c = 0; c < vip->checks; c++)
		if (vip->check[c].required && (vip->check[c].state != CHECK_STATE_UP || vip->check[c].held_ms >= 0))
			return &vip->check[c];
	return NULL;
}

static void judge_fitness(const struct status_vip *vip, struct doctor_report *report)
{
	const struct status_check *bad = first_bad(vip);
	struct doctor_finding *finding;

	if (vip->fitness == FITNESS_FIT)
		return;
	finding = doctor_add(report, vip->fitness == FITNESS_STANDBY ? DOCTOR_WARNING : DOCTOR_ERROR, "self-unfit");
	doctor_words(finding, "this node may not own vip %s: %s", vip->name, fitness_word(vip->fitness));
	if (vip->fitness == FITNESS_STANDBY) {
		doctor_evidence(finding, "somebody ordered standby, or started it so");
		doctor_fix(finding, "casvipctl online");
	} else if (bad) {
		doctor_evidence(finding, "check %s is %s: %.160s", bad->name, status_check_state_word(bad->state),
				bad->words);
		doctor_fix(finding, "casvipctl check %s", bad->name);
	} else {
		doctor_evidence(finding, "casvipctl status: vip %s", vip->name);
		doctor_fix(finding, "journalctl -t casvipd -n 20");
	}
}

static void judge_vip(const struct status_vip *vip, struct doctor_report *report)
{
	struct doctor_finding *finding;

	judge_fitness(vip, report);
	if (vip->suspect) {
		finding = doctor_add(report, DOCTOR_ERROR, "suspect");
		doctor_words(finding, "somebody answers for vip %s whose heartbeats do not arrive here", vip->name);
		doctor_evidence(finding, "no owner is heard, and yet questions for the address are answered");
		doctor_fix(
			finding,
			"look for a firewall between the nodes, another key, or a host that has the address by hand");
	}
	if (vip->unlikes) {
		finding = doctor_add(report, DOCTOR_WARNING, "certificate-differs");
		doctor_words(finding,
			     "the services of vip %s have another certificate on %s: clients will ask after a move",
			     vip->name, vip->unlike[0]);
		doctor_evidence(finding, "the certificate checks of both nodes saw different ones");
		doctor_fix(finding, "install the newer certificate, with its key, on both");
	}
}

/* A check of the certificate's names that fails tells of itself; one that is not required makes no node unfit. */
static void judge_certificate_check(const struct status_vip *vip, struct doctor_report *report)
{
	for (int c = 0; c < vip->checks; c++) {
		const struct status_check *check = &vip->check[c];
		struct doctor_finding *finding;

		if (check->type != CHECK_CERTIFICATE || check->state != CHECK_STATE_DOWN)
			continue;
		finding = doctor_add(report, DOCTOR_WARNING, "certificate-bad");
		doctor_words(finding, "check %s of vip %s finds fault with the certificate", check->name, vip->name);
		doctor_evidence(finding, "%s", check->words);
		doctor_fix(finding, "renew it, with every name that clients use; then casvipctl check %s", check->name);
	}
}

/* ---- what is counted ---- */

static uint64_t counter(const struct status *status, const char *name)
{
	for (int c = 0; c < status->counters; c++)
		if (strcmp(status->counter[c].name, name) == 0)
			return status->counter[c].value;
	return 0;
}

/* What grew while doctor looked goes on; what was counted long ago may be a restart. */
static const struct growth {
	const char *counter, *id, *words, *fix;
} growths[] = {
	{"beats_late", "beats-late", "the agent comes late to its heartbeats: a move for nothing is near",
	 "heartbeat { interval = \"200ms\"  dead_after = 5 }, on every host, or a host that lets it run in time"},
	{"refused_version-unknown", "version-differs", "heartbeats of another version of casvip arrive",
	 "bring all nodes to the same version: casvipd --version"},
	{"refused_wrong-receiver", "nodes-differ", "heartbeats arrive that are meant for another node",
	 "compare the node sections of all files, their order too, and who has which address: casvipd -t"},
	{"refused_wrong-sender", "nodes-differ", "heartbeats arrive whose sender is not the node of that address",
	 "compare the node sections of all files, their order too, and who has which address: casvipd -t"},
	{"refused_wrong-cluster", "other-cluster", "another cluster sends its heartbeats to this host",
	 "tcpdump -ni any udp port 7411 shows from where; give each cluster a port of its own: heartbeat { port = ... "
	 "}"},
};

static void judge_counters(const struct status *before, const struct status *now, struct doctor_report *report)
{
	for (size_t g = 0; g < sizeof(growths) / sizeof(growths[0]); g++) {
		uint64_t was = counter(before, growths[g].counter), is = counter(now, growths[g].counter);
		struct doctor_finding *finding;

		if (is <= was)
			continue;
		finding = doctor_add(report, DOCTOR_WARNING, growths[g].id);
		doctor_words(finding, "%s", growths[g].words);
		doctor_evidence(finding, "%s grew from %" PRIu64 " to %" PRIu64 " while this looked",
				growths[g].counter, was, is);
		doctor_fix(finding, "%s", growths[g].fix);
	}
}

void doctor_judge_agent(const struct conf *conf, const struct status *before, const struct status *now,
			struct doctor_report *report)
{
	judge_fence(now, report);
	for (int p = 0; p < now->peers; p++)
		judge_peer(conf, now, &now->peer[p], report);
	for (int v = 0; v < now->vips; v++) {
		judge_vip(&now->vip[v], report);
		judge_certificate_check(&now->vip[v], report);
	}
	doctor_judge_quorum(&now->quorum, report);
	if (before)
		judge_counters(before, now, report);
}

void doctor_agent(struct doctor *doctor)
{
	if (doctor->status)
		doctor_judge_agent(doctor->conf, doctor->before, doctor->status, &doctor->report);
}
