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
#define WAR_PAUSE     duration_ms(20)  /* this process runs in real time: who else is to end the war, if not others? */
#define OFTEN_WITHIN  duration_ms(60000)
#define WAR_WITHIN    duration_ms(1000)

static void put(struct agent *agent, struct vip_run *vip, int i)
{
	const struct conf_address *address = &vip->conf->address[i];
	int r = net_addr_put(agent->addresses, vip->nic->link.ifindex, address, agent->lifetime);

	vip->held[i] = r == 0;
	if (r == 0)
		return;
	vip->put_at = instant_add(agent->now, RETRY_AFTER);
	vip->refresh_at = instant_earlier(vip->refresh_at, vip->put_at);
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

/* Were the newest REMOVALS_OFTEN removals within this time? */
static bool removed_within(const struct agent *agent, const struct vip_run *vip, struct duration time)
{
	return vip->lost >= REMOVALS_OFTEN &&
	       instant_since(agent->now, vip->lost_at[vip->lost % REMOVALS_OFTEN]).ns < time.ns;
}

/* Somebody else took our address off: it is back at once, or after a pause where this goes on without end; and the log
 * says so, with a guess when it happens often. */
static void note_removal(struct agent *agent, struct vip_run *vip)
{
	bool often;

	vip->lost_at[vip->lost++ % REMOVALS_OFTEN] = agent->now;
	often = removed_within(agent, vip, OFTEN_WITHIN);
	vip->put_at = agent->now;
	if (removed_within(agent, vip, WAR_WITHIN))
		vip->put_at = instant_add(agent->now, WAR_PAUSE);
	vip->announced = 0;
	vip->announce_at = vip->put_at;
	log_event(LOG_WARNING, EVENT_ADDRESS, "vip=%s interface=%s state=restored words=\"somebody else removed it%s\"",
		  vip->conf->name, vip->nic->name,
		  often ? "; again and again: systemd-networkd, NetworkManager or netplan may manage this interface"
			: "");
}

/* What is really there, after the kernel reported a change that may or may not have been ours. While it cannot be told,
 * what is believed stays. */
static void verify(struct agent *agent, struct vip_run *vip)
{
	bool wanted = vip->is.role == ROLE_ACTIVE;
	bool lost = false, strange = false;

	vip->verify_at = INSTANT_NEVER;
	for (int i = 0; i < vip->conf->addresses; i++) {
		int r = net_addr_has(agent->addresses, vip->nic->link.ifindex, &vip->conf->address[i]);
		bool is = r == 1;

		if (r < 0) {
			vip->verify_at = instant_add(agent->now, RETRY_AFTER);
			continue;
		}
		lost |= wanted && vip->held[i] && !is;
		strange |= !wanted && !vip->held[i] && is;
		vip->held[i] = is;
	}
	if (lost)
		note_removal(agent, vip);
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
	if (instant_reached(agent->now, vip->verify_at))
		verify(agent, vip);
	if (refresh)
		vip->refresh_at = instant_add(agent->now, REFRESH_EVERY);
	passing_judge(agent, vip);
	for (int i = 0; i < vip->conf->addresses; i++) {
		bool here = wanted && !vip->withheld[i];

		if (here && (refresh || (!vip->held[i] && instant_reached(agent->now, vip->put_at))))
			put(agent, vip, i);
		else if (!here && vip->held[i] && !clients_parting(vip))
			drop(agent, vip, i);
	}
}

/* When the reconciler has something to do without any news. */
struct instant vip_reconcile_at(const struct vip_run *vip)
{
	struct instant next = vip->verify_at;
	bool active = vip->is.role == ROLE_ACTIVE;

	if (vip->nic->link.ifindex == 0)
		return INSTANT_NEVER;
	for (int i = 0; i < vip->conf->addresses; i++) {
		if (active || (vip->held[i] && !clients_parting(vip)))
			next = instant_earlier(next, vip->refresh_at);
		if (active && !vip->held[i] && !vip->withheld[i])
			next = instant_earlier(next, vip->put_at);
	}
	return next;
}

/* An IPv4 address of this host that is no vip: the sender of questions to neighbours. When it goes, any other that is
 * still there takes its place. */
static void note_own(const struct agent *agent, struct nic *nic, const struct conf_address *address, bool present)
{
	if (address->family != AF_INET)
		return;
	if (present && nic->own.family == 0) {
		nic->own = *address;
	} else if (!present && address_same(&nic->own, address)) {
		memset(&nic->own, 0, sizeof(nic->own));
		net_link_tell_addresses(agent->links, nic->link.ifindex);
	}
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
			vip->verify_at = agent->now;
			if (dad_failed)
				log_event(LOG_ERR, EVENT_DUPLICATE, "vip=%s interface=%s words=\"the kernel found the "
					  "address elsewhere (DAD failed)\"", vip->conf->name, vip->nic->name);
		}
	}
	if (is_vip(agent, address))
		return;
	for (int n = 0; n < agent->nics; n++) {
		if (agent->nic[n].link.ifindex == ifindex)
			note_own(agent, &agent->nic[n], address, present);
	}
}
