/* What the fence asks the kernel about an interface beyond libbpf's calls: who its master is, which qdisc holds the
 * hooks, whether filters are left there. Raw rtnetlink of its own; knows nothing of BPF. */
#pragma once

/* Does this interface hand packets to this host's stack by itself? Not loopback, not the port of a master that takes
 * them first (bridge, bond, team, a switch); a VRF takes nothing. 1, 0, or -errno: -ENODEV when it is gone. */
int fence_tc_receives(unsigned ifindex);

/* Are both hooks there (a clsact qdisc)? 1; 0 when there is none, or the old `ingress` qdisc; or -errno. */
int fence_tc_clsact(unsigned ifindex);

/* How many filters, whoever's, are at both hooks. The number, or -errno. */
int fence_tc_filters(unsigned ifindex);
