/* After a reload: who holds which address now. */
#include "agent/agent.h"

#include <string.h>

#include "agent/log.h"
#include "conf/conf_address.h"

static bool same_address(const struct conf_address *a, const struct conf_address *b)
{
	return a->prefix == b->prefix && address_same(a, b);
}

static bool same_addresses(const struct conf_vip *a, const struct conf_vip *b)
{
	if (a->addresses != b->addresses)
		return false;
	for (int i = 0; i < a->addresses; i++) {
		if (!same_address(&a->address[i], &b->address[i]))
			return false;
	}
	return true;
}

/* Who holds it on this interface from now on, the same vip or another that this node owns: which one of `held`, or
 * NULL. */
static bool *heir_of(const struct agent *agent, const struct vip_run *vip, const struct conf_address *address,
		     bool held[VIPS_MAX][VIP_ADDRESSES_MAX])
{
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *heir = &agent->vip[v];

		if (heir != vip && (heir->nic != vip->nic || heir->is.role != ROLE_ACTIVE))
			continue;
		for (int i = 0; i < agent->conf->vip[v].addresses; i++) {
			if (same_address(&agent->conf->vip[v].address[i], address))
				return &held[v][i];
		}
	}
	return NULL;
}

/* The addresses that stay, be it in another vip, keep what is known of them; those that go leave the interface, before
 * any comes and before the fence forgets them. */
static void pass_on(struct agent *agent)
{
	bool held[VIPS_MAX][VIP_ADDRESSES_MAX] = {{false}};

	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];

		for (int w = 0; w < vip->conf->addresses; w++) {
			const struct conf_address *address = &vip->conf->address[w];
			bool *heir = vip->held[w] ? heir_of(agent, vip, address, held) : NULL;

			if (heir)
				*heir = true;
			else if (vip->held[w])
				net_addr_drop(agent->addresses, vip->nic->link.ifindex, address);
		}
	}
	for (int v = 0; v < agent->vips; v++)
		memcpy(agent->vip[v].held, held[v], sizeof(held[v]));
}

static void report_unguarded(struct agent *agent, const char *vip)
{
	agent->unguarded = true;
	log_event(LOG_ERR, EVENT_FENCE, "vip=%s state=failed words=\"cannot guard its new addresses\"", vip);
}

/* An address that changes its vip is guarded for the one before it is forgotten for the other. */
static void guard_also(struct agent *agent)
{
	for (int v = 0; agent->fence && v < agent->vips; v++) {
		const struct conf_vip *is = &agent->conf->vip[v];

		if (!same_addresses(agent->vip[v].conf, is) &&
		    fence_guard_also(agent->fence, agent->vip[v].slot, is->address, is->addresses) < 0)
			report_unguarded(agent, is->name);
	}
}

/* The fence forgets the old addresses; those that come are put by the reconciler. */
static void take_over(struct agent *agent, struct vip_run *vip, const struct conf_vip *is)
{
	bool changed = !same_addresses(vip->conf, is);

	vip->conf = is;
	if (!changed)
		return;
	if (agent->fence && fence_guard(agent->fence, vip->slot, is->address, is->addresses) < 0)
		report_unguarded(agent, is->name);
	vip->refresh_at = agent->now;
	vip_reconcile(agent, vip);
	if (agent->fence && vip->is.role == ROLE_ACTIVE) /* a new address ended the slot's lease */
		fence_lease(agent->fence, vip->slot, vip->is.lease_until);
	vip_announce(agent, vip);
}

void addresses_change(struct agent *agent)
{
	pass_on(agent);
	guard_also(agent);
	for (int v = 0; v < agent->vips; v++)
		take_over(agent, &agent->vip[v], &agent->conf->vip[v]);
}

/* Shut first, and forgotten by the fence only when nothing of it is left to be answered for: else it stays there, shut,
 * until a vip that comes gets the slot; by then the address has expired. */
void addresses_leave(struct agent *agent, struct vip_run *vip)
{
	bool gone = true;

	if (agent->fence)
		fence_lease(agent->fence, vip->slot, INSTANT_ZERO);
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (vip->held[i])
			gone &= net_addr_drop(agent->addresses, vip->nic->link.ifindex, &vip->conf->address[i]) == 0;
	}
	if (agent->fence && gone)
		fence_guard(agent->fence, vip->slot, NULL, 0);
}
