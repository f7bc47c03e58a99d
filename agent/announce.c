/* Tells the LAN where a vip lives now, more than once and in every form, and asks whether anybody answers for it. */
#include "agent/agent.h"

/* RFC 5227 2.3 announces twice; switches and routers that miss a burst need more: design, part 7. */
static const int64_t burst_ms[] = {0, 50, 200, 1000, 5000};
enum { BURST = sizeof(burst_ms) / sizeof(burst_ms[0]) };

static void announce_once(struct vip_run *vip)
{
	for (int i = 0; i < vip->conf->addresses; i++) {
		const struct conf_address *address = &vip->conf->address[i];

		if (vip->withheld[i])
			continue;
		if (address->family == AF_INET && vip->nic->arp)
			net_arp_announce(vip->nic->arp, address);
		else if (address->family == AF_INET6 && vip->nic->nd)
			net_nd_announce(vip->nic->nd, address);
	}
}

void vip_announce(struct agent *agent, struct vip_run *vip)
{
	vip->announced = 0;
	vip->announce_at = agent->now;
	vip_announce_due(agent, vip);
}

/* The next of the burst, then one each announce_every. */
void vip_announce_due(struct agent *agent, struct vip_run *vip)
{
	if (vip->is.role != ROLE_ACTIVE || !instant_reached(agent->now, vip->announce_at))
		return;
	announce_once(vip);
	vip->announced++;
	if (vip->announced < BURST)
		vip->announce_at = instant_add(
			agent->now, duration_ms(burst_ms[vip->announced] - burst_ms[vip->announced - 1]));
	else
		vip->announce_at = instant_add(agent->now, vip->conf->announce_every);
}

void vip_probe(const struct vip_run *vip)
{
	for (int i = 0; i < vip->conf->addresses; i++) {
		const struct conf_address *address = &vip->conf->address[i];

		if (vip->withheld[i])
			continue;
		if (address->family == AF_INET && vip->nic->arp)
			net_arp_probe(vip->nic->arp, address);
		else if (address->family == AF_INET6 && vip->nic->nd)
			net_nd_probe(vip->nic->nd, address);
	}
}
