/* Raw sockets for tickles and their answers. They are there only as long as there is something to tickle: a raw socket
 * costs the kernel a copy of every TCP packet that comes in. */
#pragma once

#include "agent/tickle_packet.h"

struct net_tickle {
	int v4, v6; /* -1: closed */
};

/* 0, or -errno when neither family can be had. Needs CAP_NET_RAW. */
int net_tickle_open(struct net_tickle *net);
void net_tickle_close(struct net_tickle *net);

/* From an address of this host. 0 or -errno: -EAGAIN when the send buffer is full, -EAFNOSUPPORT without that
 * family. */
int net_tickle_send(const struct net_tickle *net, const struct tickle *tickle);

/* Segments that may be answers, at most `most`; others come too, the caller knows whom it asked. */
typedef void net_tickle_answer_fn(void *context, const struct conf_address *from, uint16_t from_port,
				  const struct conf_address *to, uint16_t to_port);
void net_tickle_answers(const struct net_tickle *net, int most, net_tickle_answer_fn *answered, void *context);
