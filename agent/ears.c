/* What the vips' interfaces tell: that they are there, who answers for a vip, and which neighbours live. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"
#include "agent/loop_source.h"
#include "conf/conf_address.h"

enum { PACKETS_A_TURN = 64 };

struct ear {
	struct agent *agent;
	struct nic *nic;
};

static struct vip_run *vip_with(struct agent *agent, const struct nic *nic, const struct conf_address *address)
{
	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];

		for (int i = 0; vip->nic == nic && i < vip->conf->addresses; i++) {
			if (address_same(&vip->conf->address[i], address))
				return vip;
		}
	}
	return NULL;
}

static bool is_node(const struct agent *agent, const struct conf_address *address)
{
	for (int n = 0; n < agent->conf->nodes; n++) {
		for (int l = 0; l < agent->conf->node[n].addresses; l++) {
			if (address_same(&agent->conf->node[n].address[l], address))
				return true;
		}
	}
	return false;
}

/* Somebody else's MAC stands behind a vip. */
static void vip_claimed(struct agent *agent, struct vip_run *vip, const uint8_t mac[static 6], bool answer)
{
	if (vip->is.role != ROLE_ACTIVE) {
		if (answer) {
			sentinel_heard(vip, mac);
			vip_step(agent, vip, &(struct event){.kind = ON_ANSWER, .at = agent->now});
		}
		return;
	}
	vip_report_duplicate(agent, vip, mac, "another host claims an address that this node owns");
}

/* Two nodes that know nothing of each other (a wrong key, a firewall) may start in the same instant and probe at once:
 * the one with the higher MAC waits for the other one (RFC 5227 2.1.1). */
static void vip_probed(struct ear *ear, struct vip_run *vip, const uint8_t mac[static 6])
{
	if (vip->is.role != ROLE_ACTIVE && memcmp(ear->nic->link.mac, mac, 6) > 0)
		vip_step(ear->agent, vip, &(struct event){.kind = ON_RIVAL, .at = ear->agent->now});
}

static void heard_arp(void *context, const struct conf_address *address, const uint8_t mac[static 6],
		      enum arp_heard kind)
{
	struct ear *ear = context;
	struct vip_run *vip = vip_with(ear->agent, ear->nic, address);

	if (kind == ARP_PROBE) {
		if (vip)
			vip_probed(ear, vip, mac);
	} else if (vip)
		vip_claimed(ear->agent, vip, mac, kind == ARP_ANSWER);
	else if (!is_node(ear->agent, address))
		neighbours_heard(&ear->nic->neighbours, address, mac, kind == ARP_ANSWER, ear->agent->now);
}

static void heard_nd(void *context, const struct conf_address *address, const uint8_t mac[static 6])
{
	struct ear *ear = context;
	struct vip_run *vip = vip_with(ear->agent, ear->nic, address);

	if (vip)
		vip_claimed(ear->agent, vip, mac, true);
}

void ears_arp(struct agent *agent, struct nic *nic)
{
	if (nic->arp)
		net_arp_drain(nic->arp, PACKETS_A_TURN, heard_arp, &(struct ear){agent, nic});
}

void ears_nd(struct agent *agent, struct nic *nic)
{
	if (nic->nd)
		net_nd_drain(nic->nd, PACKETS_A_TURN, heard_nd, &(struct ear){agent, nic});
}

static void close_ears(struct nic *nic)
{
	net_arp_close(nic->arp);
	net_nd_close(nic->nd);
	nic->arp = NULL;
	nic->nd = NULL;
}

static void open_ears(struct agent *agent, struct nic *nic)
{
	uint32_t index = (uint32_t)(nic - agent->nic);
	int r;

	close_ears(nic);
	r = net_arp_open(&nic->arp, nic->link.ifindex, nic->link.mac);
	if (r == 0)
		r = agent_watch(agent, net_arp_fd(nic->arp), SOURCE_ARP, index);
	if (r == 0)
		r = net_nd_open(&nic->nd, nic->link.ifindex, nic->link.mac);
	if (r == 0)
		r = agent_watch(agent, net_nd_fd(nic->nd), SOURCE_ND, index);
	if (r < 0 && r != -ENODEV)
		log_event(LOG_ERR, EVENT_LINK, "interface=%s state=deaf words=\"cannot open its packet sockets: %s\"",
			  nic->name, strerror(-r));
}

static const char *state_of(const struct net_link_state *state)
{
	return state->ifindex == 0 ? "missing" : state->up ? "up" : "no-carrier";
}

static void nic_news(struct agent *agent, struct nic *nic, const struct net_link_state *state)
{
	bool renewed = state->ifindex != nic->link.ifindex || memcmp(state->mac, nic->link.mac, 6) != 0;
	bool shown = state->ifindex != nic->link.ifindex || state->up != nic->link.up;

	nic->link = *state;
	if (state->ifindex == 0) {
		close_ears(nic);
		memset(&nic->own, 0, sizeof(nic->own));
	} else if (renewed || !nic->arp) {
		open_ears(agent, nic);
	}
	if (shown)
		log_event(state->up ? LOG_NOTICE : LOG_WARNING, EVENT_LINK, "interface=%s state=%s", nic->name,
			  state_of(state));
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].nic == nic)
			agent->vip[v].verify_at = agent->now;
	}
}

void ears_link_news(void *context, const char *name, const struct net_link_state *state)
{
	struct agent *agent = context;

	if (state->ifindex != 0)
		post_link(agent, name, state->ifindex);
	for (int n = 0; n < agent->nics; n++) {
		if (strcmp(agent->nic[n].name, name) == 0)
			nic_news(agent, &agent->nic[n], state);
	}
	agent->mend_at = agent->now; /* heartbeat sockets may work, or not, from now on */
}

static struct nic *free_place(struct agent *agent)
{
	for (int n = 0; n < agent->nics; n++) {
		if (agent->nic[n].name[0] == '\0')
			return &agent->nic[n];
	}
	return &agent->nic[agent->nics++];
}

struct nic *ears_on(struct agent *agent, const char *name)
{
	struct nic *nic;

	for (int n = 0; n < agent->nics; n++) {
		if (strcmp(agent->nic[n].name, name) == 0)
			return &agent->nic[n];
	}
	nic = free_place(agent);
	strcpy(nic->name, name);
	return nic;
}

/* The kernel tells of what is there. A name that is not, most likely mistyped, would otherwise be told by nobody. */
void ears_report_missing(const struct nic *nic)
{
	if (nic->link.ifindex == 0)
		log_event(LOG_WARNING, EVENT_LINK, "interface=%s state=missing words=\"there is no such "
			  "interface: this node cannot own its vips\"", nic->name);
}

void ears_catch_up(struct agent *agent, struct nic *nic)
{
	if (nic->link.ifindex != 0)
		return;
	net_link_tell_link(agent->links, nic->name);
	if (nic->link.ifindex != 0)
		net_link_tell_addresses(agent->links, nic->link.ifindex);
	ears_report_missing(nic);
}

static bool carries_vips(const struct agent *agent, const struct nic *nic)
{
	for (int v = 0; v < agent->vips; v++) {
		if (agent->vip[v].nic == nic)
			return true;
	}
	return false;
}

void ears_off(struct agent *agent)
{
	for (int n = 0; n < agent->nics; n++) {
		struct nic *nic = &agent->nic[n];

		if (nic->name[0] == '\0' || carries_vips(agent, nic))
			continue;
		close_ears(nic);
		memset(nic, 0, sizeof(*nic));
	}
}

void ears_close(struct agent *agent)
{
	for (int n = 0; n < agent->nics; n++)
		close_ears(&agent->nic[n]);
}
