/* Puts VIP addresses on interfaces and takes them off, by rtnetlink.
 *
 * Every address has a kernel lifetime, so that it vanishes by itself when its agent is gone; it carries IFA_PROTO
 * (NET_ADDR_PROTO), so that a later run and `casvipd --release` know it as casvip's; it skips duplicate address
 * detection (IFA_F_NODAD), because the old owner's lease is over before anybody takes; and it is never chosen as a
 * source address:
 *
 *   IPv6  preferred_lft is 0 (RFC 6724 rule 3), and its prefix route has NET_ADDR_METRIC, so that it neither replaces
 *         the host's own nor lends it a lifetime of two seconds.
 *   IPv4  knows no such lifetime; the primary of a subnet is the source, secondaries are not. So the vip gives way:
 * while the host has another address in the subnet, the vip is a secondary (where it came first, or was promoted, it is
 * moved behind the other by the next refresh). promote_secondaries is set on the interface, or the end of a primary
 * would take the subnet's other addresses with it: the host's own with a vip, a vip with the host's own. Alone in its
 * subnet the vip is the primary, which gives the host the route to its neighbours.
 *
 * Linux before 5.18 does not keep IFA_PROTO: there the metric, which is like nobody else's, tells what is casvip's. */
#pragma once

#include "conf/conf.h"
#include "vrrp/instant.h"

enum {
	NET_ADDR_PROTO = 0xca,
	NET_ADDR_METRIC = 0x0ca51b00, /* larger than any that network managers use */
};

struct net_addr;

/* Opens the request socket. 0 or -errno. Calls below wait for the kernel's acknowledgement, which it gives before
 * sendmsg returns; they do not block on anything else. */
int net_addr_open(struct net_addr **ret_port);
void net_addr_close(struct net_addr *port);

/* Adds the address or refreshes its lifetime (whole seconds, rounded up). Where somebody else put it there, for good or
 * with another prefix, it becomes ours, with our lifetime. 0, or -errno: -ENODEV when the interface is gone, -EACCES
 * when IPv6 is disabled there ... */
int net_addr_put(struct net_addr *port, unsigned ifindex, const struct conf_address *address, struct duration lifetime);

/* Removes it, whoever put it there and with whatever prefix; never another address. 0 also when it was not there. */
int net_addr_drop(struct net_addr *port, unsigned ifindex, const struct conf_address *address);

/* Is the address on the interface now (whoever put it there, with whatever prefix)? 1, 0 or -errno. */
int net_addr_has(struct net_addr *port, unsigned ifindex, const struct conf_address *address);

/* Removes every address of casvip's (by IFA_PROTO or metric) from every interface, leftovers of an earlier run
 * included; those in `keep` stay. The number removed, or -errno. */
int net_addr_sweep(struct net_addr *port, const struct conf_address *keep, int keeps);

/* The addresses of this host, as hosts (prefix 32 or 128), without 127.0.0.0/8, ::1 and link-local ones. The number
 * filled in (at most `most`), or -errno. */
int net_addr_local(struct net_addr *port, struct conf_address *address, int most);
