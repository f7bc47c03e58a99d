/* Level-triggered: the addresses on the interface are those that the role wants, whoever changed them.
 *
 * Nothing here is fire-and-forget. What the kernel reports only makes us look; what we find is compared with what is
 * wanted, and the difference is applied, again and again until there is none. */
#include "agent/agent.h"

#include <errno.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "conf/conf_address.h"

#define REFRESH_EVERY duration_ms(500) /* of the lifetime: design, part 5 */
#define RETRY_AFTER   duration_ms(100) /* after a failure */

enum { REMOVALS_A_MINUTE = 4 };

static void put(struct agent *agent, struct vip_run *vip, int i)
{
	const struct conf_address *address = &vip->conf->address[i];
	int r = net_addr_put(agent->addresses, vip->nic->link.ifindex, address, agent->lifetime);

	vip->held[i] = r == 0;
	if (r == 0)
		return;
	vip->refresh_at = instant_earlier(vip->refresh_at, instant_add(agent->now, RETRY_AFTER));
	log_event(LOG_ERR, EVENT_ADDRESS, "vip=%s interface=%s state=failed words=\"cannot add the address: %s\"",
		  vip->conf->name, vip->nic->name, strerror(-r));
}

static void drop(struct agent *agent, struct vip_run *vip, int i)
{
	int r = net_addr_drop(agent->addresses, vip->nic->link.ifindex, &vip->conf->address[i]);

	if (r < 0 && r != -ENODEV) {
		vip->refresh_at = instant_add(agent->now, RETRY_AFTER);
		log_event(LOG_ERR, EVENT_ADDRESS, "vip=%s interface=%s state=failed words=\"cannot remove the "
			  "address: %s\"", vip->conf->name, vip->nic->name, strerror(-r));
		return;
	}
	vip->held[i] = false;
}

/* Somebody else took our address off: it is back at once, and the log says so, with a guess when it goes on. */
static void report_removal(struct agent *agent, struct vip_run *vip)
{
	bool often;

	vip->lost_at[vip->lost++ % REMOVALS_A_MINUTE] = agent->now;
	often = vip->lost >= REMOVALS_A_MINUTE &&
		instant_since(agent->now, vip->lost_at[vip->lost % REMOVALS_A_MINUTE]).ns < duration_ms(60000).ns;
	log_event(LOG_WARNING, EVENT_ADDRESS, "vip=%s interface=%s state=restored words=\"somebody else removed it%s\"",
		  vip->conf->name, vip->nic->name,
		  often ? "; again and again: systemd-networkd, NetworkManager or netplan may manage this interface"
			: "");
}

/* What is really there, after the kernel reported a change that may or may not have been ours. */
static void verify(struct agent *agent, struct vip_run *vip)
{
	bool wanted = vip->is.role == ROLE_ACTIVE;
	bool lost = false, strange = false;

	vip->verify = false;
	for (int i = 0; i < vip->conf->addresses; i++) {
		bool is = net_addr_has(agent->addresses, vip->nic->link.ifindex, &vip->conf->address[i]) == 1;

		lost |= wanted && vip->held[i] && !is;
		strange |= !wanted && !vip->held[i] && is;
		vip->held[i] = is;
	}
	if (lost) {
		report_removal(agent, vip);
		vip->announced = 0;
		vip->announce_at = agent->now;
	}
	if (strange)
		log_event(LOG_WARNING, EVENT_ADDRESS, "vip=%s interface=%s state=removed words=\"somebody put the "
			  "address here although this node does not own it\"", vip->conf->name, vip->nic->name);
}

/* Without a fence it is the address that ends the lease: a process that slept within its turn must not put it back. */
static bool may_hold(const struct agent *agent, const struct vip_run *vip)
{
	return vip->is.role == ROLE_ACTIVE &&
	       (fence_holds(agent) || !instant_reached(clock_boottime(), vip->is.lease_until));
}

void vip_reconcile(struct agent *agent, struct vip_run *vip)
{
	bool wanted = may_hold(agent, vip);
	bool refresh = wanted && instant_reached(agent->now, vip->refresh_at);

	if (vip->nic->link.ifindex == 0) {
		memset(vip->held, 0, sizeof(vip->held));
		return;
	}
	if (vip->verify)
		verify(agent, vip);
	if (refresh)
		vip->refresh_at = instant_add(agent->now, REFRESH_EVERY);
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (wanted && (refresh || !vip->held[i]))
			put(agent, vip, i);
		else if (!wanted && vip->held[i])
			drop(agent, vip, i);
	}
}

/* When the reconciler has something to do without any news. */
struct instant vip_reconcile_at(const struct vip_run *vip)
{
	if (vip->nic->link.ifindex == 0)
		return INSTANT_NEVER;
	if (vip->is.role == ROLE_ACTIVE)
		return vip->refresh_at;
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (vip->held[i])
			return vip->refresh_at;
	}
	return INSTANT_NEVER;
}

/* An IPv4 address of this host that is no vip: the sender of questions to neighbours. */
static void note_own(struct nic *nic, const struct conf_address *address, bool present)
{
	if (address->family != AF_INET)
		return;
	if (present && nic->own.family == 0)
		nic->own = *address;
	else if (!present && address_same(&nic->own, address))
		memset(&nic->own, 0, sizeof(nic->own));
}

static bool is_vip(const struct agent *agent, const struct conf_address *address)
{
	for (int v = 0; v < agent->vips; v++) {
		for (int i = 0; i < agent->vip[v].conf->addresses; i++) {
			if (address_same(&agent->vip[v].conf->address[i], address))
				return true;
		}
	}
	return false;
}

void vip_address_news(void *context, unsigned ifindex, const struct conf_address *address, bool present,
		      bool dad_failed)
{
	struct agent *agent = context;

	for (int v = 0; v < agent->vips; v++) {
		struct vip_run *vip = &agent->vip[v];

		if (vip->nic->link.ifindex != ifindex)
			continue;
		for (int i = 0; i < vip->conf->addresses; i++) {
			if (!address_same(&vip->conf->address[i], address))
				continue;
			vip->verify = true;
			if (dad_failed)
				log_event(LOG_ERR, EVENT_DUPLICATE, "vip=%s interface=%s words=\"the kernel found the "
					  "address elsewhere (DAD failed)\"", vip->conf->name, vip->nic->name);
		}
	}
	if (is_vip(agent, address))
		return;
	for (int n = 0; n < agent->nics; n++) {
		if (agent->nic[n].link.ifindex == ifindex)
			note_own(&agent->nic[n], address, present);
	}
}
