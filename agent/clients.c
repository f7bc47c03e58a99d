#include "agent/clients.h"

#include <errno.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/log.h"

#define PARTING_MOST duration_ms(1000) /* the address outlives its last refresh by at least 1.5 s (reconcile.c) */

/* What a list misses because connections end while it is made, the next one finds; programs that open new ones from a
 * vip at the same time are not to keep us here for ever. */
enum { ROUNDS_MAX = 16 };

void clients_open(struct agent *agent)
{
	int r = net_diag_open(&agent->clients.diag);

	if (r == 0)
		return;
	agent->clients.error = r;
	log_event(LOG_WARNING, EVENT_CLIENT, "state=unable words=\"cannot end clients' connections after a move: %s\"",
		  strerror(-r));
}

void clients_close(struct agent *agent)
{
	net_diag_close(agent->clients.diag);
	agent->clients.diag = NULL;
}

static bool holds_any(const struct vip_run *vip)
{
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (vip->held[i])
			return true;
	}
	return false;
}

void clients_part(struct agent *agent, struct vip_run *vip)
{
	vip->parting = (struct parting){.stage = PARTING_NOT};
	if (agent->clients.busy == vip) /* taken and given up again, before the clients of the first time were told */
		agent->clients.busy = NULL;
	if (!vip->conf->clients_reset || !agent->clients.diag || !fence_holds(agent) || !holds_any(vip))
		return;
	vip->parting.stage = PARTING_AWAITS_CLAIM;
	vip->parting.until = instant_add(agent->now, PARTING_MOST);
}

bool clients_parting(const struct vip_run *vip)
{
	return vip->parting.stage != PARTING_NOT;
}

/* The address may go now. */
static void parted(struct agent *agent, struct vip_run *vip)
{
	vip->parting.stage = PARTING_NOT;
	vip->refresh_at = agent->now;
	if (agent->clients.busy == vip)
		agent->clients.busy = NULL;
}

static void tell(struct agent *agent, const struct vip_run *vip, const char *words)
{
	node_id owner = election_owner(&vip->rules, &vip->is, agent->now);

	double took_ms = (double)instant_since(clock_boottime(), vip->parting.claimed_at).ns / 1e6;
	const char *peer = owner == NODE_NONE ? "none" : agent_node_name(agent, owner);

	if (words)
		log_event(LOG_WARNING, EVENT_CLIENT, "vip=%s state=incomplete peer=%s reset=%lu took_ms=%.1f "
			  "words=\"%s\"", vip->conf->name, peer, vip->parting.ended, took_ms, words);
	else
		log_event(LOG_NOTICE, EVENT_CLIENT, "vip=%s state=reset peer=%s reset=%lu took_ms=%.1f",
			  vip->conf->name, peer, vip->parting.ended, took_ms);
}

static void begin(struct agent *agent, struct vip_run *vip)
{
	struct clients *clients = &agent->clients;

	vip->parting.stage = PARTING_ENDS;
	clients->busy = vip;
	clients->family = AF_INET;
	clients->rounds = 0;
	clients->listed = false;
	clients->ended_in_round = 0;
}

/* The next piece of the list, ended as it comes. 1: there is more to do, 0: all is done, or -errno. */
static int end_some(struct clients *clients, struct vip_run *vip)
{
	bool more;
	int r;

	if (!clients->listed) {
		r = net_diag_list(clients->diag, clients->family, DIAG_LIVING, vip->conf->address,
				  vip->conf->addresses);
		if (r < 0)
			return r;
		clients->listed = true;
		clients->ended_in_round = 0;
	}
	r = net_diag_next(clients->diag, clients->piece, &more);
	if (r > 0)
		r = net_diag_end(clients->diag, clients->piece, r);
	if (r < 0)
		return r;
	clients->ended_in_round += (unsigned long)r;
	clients->reset += (unsigned long)r;
	vip->parting.ended += (unsigned long)r;
	if (more)
		return 1;
	clients->listed = false;
	if (clients->ended_in_round > 0 && ++clients->rounds < ROUNDS_MAX)
		return 1;
	clients->rounds = 0;
	if (clients->family == AF_INET6)
		return 0;
	clients->family = AF_INET6; /* whose sockets carry IPv4 as well */
	return 1;
}

static void work(struct agent *agent, struct vip_run *vip)
{
	int r = end_some(&agent->clients, vip);

	if (r > 0)
		return;
	agent->clients.listed = false;
	tell(agent, vip, r < 0 ? strerror(-r) : NULL);
	parted(agent, vip);
}

static bool is_over(const struct agent *agent, const struct vip_run *vip)
{
	return vip->is.role == ROLE_ACTIVE || !fence_holds(agent) || !holds_any(vip) ||
	       instant_reached(agent->now, vip->parting.until);
}

static void turn(struct agent *agent, struct vip_run *vip)
{
	struct parting *parting = &vip->parting;

	if (parting->stage == PARTING_NOT)
		return;
	if (is_over(agent, vip)) {
		if (parting->stage == PARTING_ENDS && vip->is.role != ROLE_ACTIVE)
			tell(agent, vip, "out of time: the other connections were left alone");
		parted(agent, vip);
		return;
	}
	if (parting->stage == PARTING_AWAITS_CLAIM &&
	    election_owner(&vip->rules, &vip->is, agent->now) != NODE_NONE) {
		parting->stage = PARTING_AWAITS_TURN;
		parting->claimed_at = agent->now;
	}
	if (parting->stage == PARTING_AWAITS_TURN && !agent->clients.busy)
		begin(agent, vip);
	if (parting->stage == PARTING_ENDS)
		work(agent, vip);
}

void clients_turn(struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++)
		turn(agent, &agent->vip[v]);
}

struct instant clients_at(const struct agent *agent)
{
	struct instant next = INSTANT_NEVER;

	for (int v = 0; v < agent->vips; v++) {
		const struct parting *parting = &agent->vip[v].parting;

		if (parting->stage == PARTING_ENDS || (parting->stage == PARTING_AWAITS_TURN && !agent->clients.busy))
			return agent->now;
		if (parting->stage != PARTING_NOT)
			next = instant_earlier(next, parting->until);
	}
	return next;
}
