/* The fence: the kernel drops everything for a vip on this host unless its lease is running.
 *
 * A BPF program sits as a classic tc filter on ingress and egress of every interface through which the host could
 * answer (Linux answers ARP for an address on any interface). The filter and its maps outlive this process on purpose:
 * when the agent is killed or frozen, the lease simply runs out. Renewing is one store into a mapped page, no system
 * call.
 *
 *   ingress  drops, while the lease is over: IPv4 and IPv6 packets to a vip, ARP requests and replies for it,
 *            neighbour solicitations for it. ARP announcements (sender = target) pass: a host that uses the vip as a
 *            client must learn where it went. So do packets for other machines (PACKET_OTHERHOST).
 *   egress   drops, while the lease is over: ARP whose sender is a vip, neighbour advertisements that claim it, and
 *            neighbour solicitations sent from it: a silent owner's kernel must not teach neighbours the wrong MAC.
 *            Other packets from a vip pass: the resets of part 8 are sent with the fence shut.
 *
 * The order that leaves no open instant: fence_open(), fence_guard() for every slot, fence_attach(). Programs attached
 * by tcx (Linux 6.6) run before any tc filter, this one too: one that accepts packets for a vip goes past the fence. */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include "conf/conf.h"
#include "vrrp/instant.h"

struct fence;

/* Loads the program with an empty, shut table. 0, or -errno: -EPERM, -ENOSYS, -EOPNOTSUPP ... on a kernel or under a
 * sandbox without BPF; the caller then runs on address lifetimes alone and says so. `why` then gets words for the log:
 * what is missing. Needs CAP_BPF and CAP_NET_ADMIN, Linux 5.8 or later. */
int fence_open(struct fence **ret_fence, char why[static 128]);

/* The table of guarded addresses: vip `slot` (0..VIPS_MAX-1) guards these. Replaces what the slot guarded before. When
 * an address is new to the slot, the slot's lease ends here: the caller renews it if it may. An address that moves
 * between slots stays guarded if the gaining slot is called first, or fence_guard_also() before. 0 or -errno. */
int fence_guard(struct fence *fence, int slot, const struct conf_address *address, int addresses);
/* The same, but the slot goes on guarding what it did. */
int fence_guard_also(struct fence *fence, int slot, const struct conf_address *address, int addresses);

/* Puts the filters on this interface, replacing (atomically, without an open instant) those of an earlier run.
 * Call it for every interface fence_wants() says yes to, again whenever one appears. 0, or -errno: -ENODEV when the
 * interface is gone; -EBUSY when the filters stand, but another kind of filter has priority 1 and may let packets by
 * before ours sees them; -ENOSPC when the ingress half stands and the old `ingress` qdisc leaves no place for the
 * egress half. */
int fence_attach(struct fence *fence, unsigned ifindex);

/* Are both filters there, first in line? */
bool fence_stands(const struct fence *fence, unsigned ifindex);

/* Must this interface carry the filters? Not loopback, and not a port of a bridge, bond, team or switch (their master
 * does). False also when there is no such interface. */
bool fence_wants(unsigned ifindex);

/* The lease of a slot ends at this instant of CLOCK_BOOTTIME. One store. INSTANT_ZERO shuts at once. */
void fence_lease(struct fence *fence, int slot, struct instant until);

/* Packets dropped for a slot so far. */
unsigned long fence_dropped(const struct fence *fence, int slot);

/* Lets go of the maps. The filters stay where they are. NULL is fine. */
void fence_close(struct fence *fence);

/* Removes casvip's filters from every interface, whoever put them there, and the qdisc that held them when nobody else
 * has a filter there. Only after the addresses are gone. The number removed, or -errno. */
int fence_remove_all(void);
