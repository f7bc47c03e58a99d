/* The switch: each host has one port, clients and a gateway hang there too. Faults are of ports, of pairs (a firewall
 * that drops beats and lets arp pass), or of the whole net (loss, duplicates, delay and with it disorder). The attacker
 * has heard every beat ever sent, has no key, and sends recordings again. */
#include "tests/sim/world.h"

#include <assert.h>

#include "tests/sim/watch.h"

static bool leaves(const struct host *host)
{
	return host->cuts_out == 0 && host->unplugged == 0;
}

static bool enters(const struct host *host)
{
	return host->cuts_in == 0 && host->unplugged == 0;
}

static bool in(struct world *world, int per_mille)
{
	return per_mille > 0 && random_between(&world->random, 0, 999) < per_mille;
}

static int64_t latency(struct world *world)
{
	int64_t jitter = world->plan->jitter;

	return world->plan->latency + (jitter > 0 ? random_between(&world->random, 0, jitter) : 0);
}

static void post(struct world *world, const struct packet *packet, int64_t at)
{
	struct net *net = &world->net;
	unsigned index;

	if (net->frees == 0)
		return; /* a switch's buffers are finite, too */
	index = net->free[--net->frees];
	net->packet[index] = *packet;
	net->packet[index].free = false;
	queue_push(&world->queue, at, HAPPEN_ARRIVE, index, 0);
}

void net_done_with(struct world *world, unsigned index)
{
	assert(!world->net.packet[index].free);
	world->net.packet[index].free = true;
	world->net.free[world->net.frees++] = (uint16_t)index;
}

/* The attacker's tape keeps some of everything, old sessions too. */
static void record(struct world *world, const struct packet *packet)
{
	struct net *net = &world->net;

	if (net->taped < TAPE_MAX)
		net->tape[net->taped++] = *packet;
	else if (random_one_in(&world->random, 8))
		net->tape[random_below(&world->random, TAPE_MAX)] = *packet;
}

void net_beat(struct world *world, const struct packet *packet)
{
	struct net *net = &world->net;
	int copies = in(world, net->duplicate) ? 2 : 1;

	world->coverage->packets++;
	record(world, packet);
	if (!leaves(&world->node[packet->from].host) || net->filter[packet->from][packet->to] > 0 ||
	    in(world, net->loss)) {
		watch_lost(world, packet);
		return;
	}
	for (int i = 0; i < copies; i++) {
		int64_t after = latency(world);

		if (in(world, net->delay))
			after += random_between(&world->random, 0, net->delay_most);
		if (after > world->terms.margin.ns / 4)
			watch_lost(world, packet);
		post(world, packet, world->now + after);
	}
}

static void post_arp(struct world *world, const struct packet *packet)
{
	if (in(world, world->net.loss))
		watch_lost(world, packet);
	else
		post(world, packet, world->now + latency(world));
}

static void broadcast(struct world *world, struct node *node, enum packet_kind kind)
{
	for (node_id n = 0; n < world->plan->nodes; n++) {
		struct packet packet = {.kind = kind, .from = node->id, .to = n};

		if (n == node->id)
			continue;
		if (leaves(&node->host))
			post_arp(world, &packet);
		else
			watch_lost(world, &packet);
	}
}

void net_probe(struct world *world, struct node *node)
{
	watch_probe(world, node->id);
	broadcast(world, node, PACKET_PROBE);
}

/* The fence lets no claim out once the lease is over. */
void net_announce(struct world *world, struct node *node)
{
	if (host_answers(&node->host, world->now))
		broadcast(world, node, PACKET_ANSWER);
}

/* Each neighbour is asked by itself; there is one, the gateway. */
void net_ask(struct world *world, struct node *node)
{
	struct packet packet = {.kind = PACKET_NEIGHBOUR, .from = NODE_NONE, .to = node->id};

	if (leaves(&node->host) && world->plan->gateway && world->net.hushed == 0 && !in(world, world->net.loss))
		post_arp(world, &packet);
}

/* The gateway looks for the host that has just come up. */
void net_greet(struct world *world, struct node *node)
{
	struct packet packet = {.kind = PACKET_NEIGHBOUR, .from = NODE_NONE, .to = node->id};

	if (world->plan->gateway)
		post(world, &packet, world->now + world->plan->beat / 2);
}

static void answer(struct world *world, struct node *node, node_id prober)
{
	struct packet packet = {.kind = PACKET_ANSWER, .from = node->id, .to = prober};

	if (!host_answers(&node->host, world->now))
		return;
	if (leaves(&node->host))
		post_arp(world, &packet);
	else
		watch_lost(world, &packet);
}

static bool is_apart(const struct world *world, const struct packet *packet)
{
	return packet->from < SIM_NODES_MAX && packet->from != packet->to &&
	       (world->node[packet->from].host.apart > 0 || world->node[packet->to].host.apart > 0);
}

void net_arrive(struct world *world, unsigned index)
{
	struct packet *packet = &world->net.packet[index];
	struct node *node = &world->node[packet->to];

	if (!enters(&node->host) || is_apart(world, packet)) {
		watch_lost(world, packet);
		net_done_with(world, index);
		return;
	}
	if (packet->kind == PACKET_PROBE)
		answer(world, node, packet->from);
	watch_arrived(world, packet);
	process_receive(world, node, index);
}

/* Sent again as it was, to whom it was meant for, or back to its sender. */
void net_replay(struct world *world)
{
	struct packet packet;

	if (world->net.replays == 0)
		return;
	queue_push(&world->queue, world->now + world->plan->beat / world->net.replays, HAPPEN_REPLAY, 0, 0);
	if (world->net.taped == 0)
		return;
	packet = world->net.tape[random_below(&world->random, (uint64_t)world->net.taped)];
	packet.replayed = true;
	if (random_one_in(&world->random, 8))
		packet.to = packet.from;
	post(world, &packet, world->now + latency(world));
}
