/* Heartbeats on the network: one connected, non-blocking UDP socket for each link to each peer, and one unconnected
 * one that only counts strangers. Knows datagrams, not what is in them.
 *
 * Link l leads from our l-th address to the peer's l-th address, where both have one and of the same family. Sockets
 * are bound with IP_FREEBIND, so they and their descriptors are there from the start and stay; a link whose peer has no
 * route yet, or lost it, is connected (again) by net_beat_mend(): that is not an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"

struct net_beat;

/* 0, or -errno when even the memory is missing. What cannot be opened yet is left to net_beat_mend(). */
int net_beat_open(struct net_beat **ret_net, const struct conf *conf, node_id self);

/* NULL is fine. */
void net_beat_close(struct net_beat *net);

/* Opens and connects what is not. Cheap when all is well: call it on kernel news and each second. The number of links
 * (and the strangers' socket) still missing. */
int net_beat_mend(struct net_beat *net);

/* The links of another configuration with the same port, from now on. Only those of which an end changed are made
 * anew, and marked; net_beat_mend() opens them. */
void net_beat_change(struct net_beat *net, const struct conf *conf, node_id self,
		     bool changed[static NODES_MAX][LINKS_MAX]);

/* The descriptors to poll: number of links filled in; fd[i] is -1 where net_beat_mend() has yet to open one (the port
 * was taken, or the family is disabled). A descriptor that is there stays the same until its link changes, or
 * net_beat_close(). */
enum { NET_BEAT_FDS_MAX = NODES_MAX * LINKS_MAX };
struct net_beat_fd {
	int fd;
	node_id peer;
	uint8_t link;
};
int net_beat_fds(const struct net_beat *net, struct net_beat_fd fds[static NET_BEAT_FDS_MAX]);

/* Why a link has no socket: 0 when it has one, or when there is no such link; else -errno of the last try, -EADDRINUSE
 * when another process holds the port. */
int net_beat_trouble(const struct net_beat *net, node_id peer, uint8_t link);

/* 0 or -errno: a beat that did not go out is ordinary. -ENOTCONN: there is no such link, or it waits to be mended. */
int net_beat_send(struct net_beat *net, node_id peer, uint8_t link, const uint8_t *datagram, size_t length);

/* One datagram of this link: its length as sent, which is more than `most` when it was cut; -EAGAIN when there is none,
 * or -errno. Pending socket errors are skipped. */
ssize_t net_beat_receive(struct net_beat *net, node_id peer, uint8_t link, uint8_t *datagram, size_t most);

/* How many datagrams strangers sent to the port since the last call. The kernel drops them: none comes in here. */
unsigned net_beat_strangers(struct net_beat *net);
