/* An address that a reload gave from one vip to another. Until the other nodes run the new file too, who owns the vip
 * that had it before has the address with it: were it here as well, two would answer for it. */
#include "agent/agent.h"

#include <string.h>

#include "agent/log.h"
#include "conf/conf_address.h"

static bool has(const struct conf_vip *vip, const struct conf_address *address)
{
	for (int i = 0; i < vip->addresses; i++) {
		if (address_same(&vip->address[i], address))
			return true;
	}
	return false;
}

/* Which vip had it until now; 0: none but this one. A vip that stays still has its old `conf` here. */
static uint32_t former_of(const struct conf *was, const struct vip_run *vip, const struct conf_vip *is,
			  const struct conf_address *address)
{
	for (int i = 0; vip->conf != is && i < vip->conf->addresses; i++) {
		if (address_same(&vip->conf->address[i], address))
			return vip->passed_from[i];
	}
	for (int v = 0; v < was->vips; v++) {
		if (strcmp(was->vip[v].name, is->name) != 0 && has(&was->vip[v], address))
			return was->vip[v].id;
	}
	return 0;
}

void passing_note(struct agent *agent, const struct conf *was)
{
	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];
		const struct conf_vip *is = &agent->conf->vip[v];
		uint32_t from[VIP_ADDRESSES_MAX] = {0};

		for (int i = 0; i < is->addresses; i++)
			from[i] = former_of(was, vip, is, &is->address[i]);
		memcpy(vip->passed_from, from, sizeof(from));
		memset(vip->withheld, 0, sizeof(vip->withheld));
	}
}

static const struct vip_run *vip_of(const struct agent *agent, uint32_t id)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].conf->id == id)
			return &agent->vip[v];
	}
	return NULL;
}

static bool runs_this_file(const struct agent *agent, node_id node)
{
	return agent->peers.peer[node].config_digest == agent->digest;
}

/* One-way is enough: it may have a lease. */
static bool is_heard(const struct agent *agent, node_id node)
{
	return instant_since(agent->now, agent->peers.peer[node].heard_at).ns < agent->terms.dead.ns;
}

/* Where a majority carries the lease, one that is not heard here may have it yet: until somebody else is known to. */
static bool may_own(const struct agent *agent, const struct vip_run *vip, node_id node)
{
	node_id owner = election_owner(&vip->rules, &vip->is, agent->now);

	return owner == node || vip->is.yields_to == node || (owner == NODE_NONE && vip->rules.majority);
}

/* Of a vip that is in this file no more, nothing is heard: any node that still has it may own it. */
static bool is_elsewhere(const struct agent *agent, uint32_t id)
{
	const struct vip_run *former = vip_of(agent, id);

	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (n == agent->self || agent->conf->node[n].witness || runs_this_file(agent, n))
			continue;
		if (former ? may_own(agent, former, n) : is_heard(agent, n))
			return true;
	}
	return false;
}

static bool all_run_this_file(const struct agent *agent)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		if (n != agent->self && !agent->conf->node[n].witness &&
		    !(runs_this_file(agent, n) && peers_alive(&agent->peers, n, agent->now)))
			return false;
	}
	return true;
}

static void withhold(struct agent *agent, struct vip_run *vip, int i, bool is)
{
	char text[ADDRESS_TEXT_MAX];

	if (is == vip->withheld[i])
		return;
	vip->withheld[i] = is;
	if (!is) { /* it comes now: the LAN is told */
		vip->announced = 0;
		vip->announce_at = agent->now;
	}
	if (vip->is.role == ROLE_ACTIVE)
		log_event(is ? LOG_WARNING : LOG_NOTICE, EVENT_ADDRESS, "vip=%s interface=%s state=%s words=\"%s %s\"",
			  vip->conf->name, vip->nic->name, is ? "withheld" : "free",
			  address_text(&vip->conf->address[i], false, text),
			  is ? "may be answered by a node that has it in another vip: reload there"
			     : "is no other node's any more");
}

void passing_judge(struct agent *agent, struct vip_run *vip)
{
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (vip->passed_from[i] && all_run_this_file(agent))
			vip->passed_from[i] = 0;
		withhold(agent, vip, i, vip->passed_from[i] && is_elsewhere(agent, vip->passed_from[i]));
	}
}
