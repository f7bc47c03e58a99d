/* What a configuration makes of the cluster, before anything runs. */
#include "agent/doctor_judge.h"

#include <string.h>
#include <strings.h>

#include "agent/namespaces.h"

/* A cable, a switch port or a VLAN that fails must not look like a dead host. */
static void judge_links(const struct conf *conf, struct doctor_report *report)
{
	struct doctor_finding *finding;
	int single = 0;

	for (node_id n = 0; n < conf->nodes; n++)
		single += conf->node[n].addresses == 1;
	if (single == 0 || conf->nodes < 2)
		return;
	finding = doctor_add(report, DOCTOR_NOTE, "single-link");
	doctor_words(finding,
		     "the heartbeats have one path between the nodes: when it fails, a living owner looks dead");
	doctor_evidence(finding, "%d of %d nodes have one address in the configuration", single, conf->nodes);
	doctor_fix(
		finding,
		"give each node a second address in another network: node \"%.40s\" { address = {\"...\", \"...\"} }",
		conf->node[0].name);
}

static void judge_witness(const struct conf *conf, struct doctor_report *report)
{
	struct doctor_finding *finding;
	int owners = 0;

	for (node_id n = 0; n < conf->nodes; n++)
		owners += !conf->node[n].witness;
	if (conf->quorum != CONF_QUORUM_NONE || owners != 2)
		return;
	finding = doctor_add(report, DOCTOR_NOTE, "no-witness");
	doctor_words(finding, "two nodes that are cut off from each other may each own a vip, each for its own side");
	doctor_evidence(finding, "quorum { provider = \"none\" } and two nodes that may own a vip");
	doctor_fix(finding,
		   "run a third casvipd anywhere: quorum { provider = \"majority\" } and node \"w\" { address = "
		   "{\"...\"}  witness = true }");
}

/* A name that a server bears resolves to that server, and stays with it when the vip moves. */
static void judge_server_name(const struct conf *conf, const struct namespace *name, struct doctor_report *report)
{
	node_id node = namespace_node(conf, name->name);
	struct doctor_finding *finding;

	if (node == NODE_NONE)
		return;
	finding = doctor_add(report, DOCTOR_ERROR, "array-is-server");
	doctor_words(finding, "%.80s, by which clients are to reach vip %.64s, is the name of a server", name->name,
		     name->vip->name);
	doctor_evidence(finding, "node %.64s of the configuration", conf->node[node].name);
	doctor_fix(finding, "give the vip a name that no server has, and let DNS resolve it to the vip");
}

/* Exchange 2010: clients try a client access array's name by RPC over TCP first. Outside, where that cannot work, they
 * wait for it before they fall back to HTTP, unless the name does not resolve there. */
static void judge_array(const struct namespace *name, struct doctor_report *report)
{
	struct doctor_finding *finding;

	if (!name->by_dns || !name->by_url || !namespace_vip_checks(name->vip, CHECK_RPC))
		return;
	finding = doctor_add(report, DOCTOR_WARNING, "array-is-namespace");
	doctor_words(finding,
		     "%.80s is the name of the client access array and of OWA alike: Outlook outside waits for "
		     "RPC over TCP to fail",
		     name->name);
	doctor_evidence(finding, "vip %.64s: check %.64s resolves it, and the checks by HTTP ask for it",
			name->vip->name, name->dns->name);
	doctor_fix(finding,
		   "Set-ClientAccessArray -Fqdn NAME and Set-MailboxDatabase -RpcClientAccessServer NAME, with a "
		   "NAME that only the DNS inside knows");
}

void doctor_judge_design(const struct conf *conf, struct doctor_report *report)
{
	struct namespace names[NAMESPACES_MAX];
	int count = namespaces_of(conf, names);

	judge_links(conf, report);
	judge_witness(conf, report);
	for (int n = 0; n < count; n++) {
		judge_server_name(conf, &names[n], report);
		judge_array(&names[n], report);
	}
}

void doctor_design(struct doctor *doctor)
{
	doctor_judge_design(doctor->conf, &doctor->report);
}
