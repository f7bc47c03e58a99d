/* What agent/beats.c, perform.c, reconcile.c and announce.c do with the core's words, on the host of the simulator. */
#include "tests/sim/world.h"

#include "tests/sim/watch.h"

/* Without wire and seal: a packet carries the values. */
void beats_send_one(struct world *world, struct node *node, node_id peer, const struct hearing *reply,
		    bool answers)
{
	struct process *process = &node->process;
	struct packet packet = {.kind = PACKET_BEAT, .from = node->id, .to = peer};
	struct beat beat;

	packet.header = (struct beat_header){
		.sender = node->id,
		.receiver = peer,
		.session = process->session,
		.seq = ++process->seq,
	};
	peers_fill(&process->peers, peer, 0, process->now, &beat);
	packet.echo_session = reply ? reply->echo_session : beat.echo_session;
	packet.echo_seq = reply ? reply->echo_seq : beat.echo_seq;
	packet.echo_held_us = reply ? 1 : answers ? 0 : beat.echo_held_us;
	packet.sent_ns = beat.sent_ns;
	packet.said = reply ? election_says(&process->is, 1) : process->says;
	packet.silent = reply && reply->heard != HEARD_FRESH;
	watch_sends(world, &packet);
	peers_sent(&process->peers, peer, 0, packet.header.seq, process->now);
	net_beat(world, &packet);
}

/* What unseal_beat() refuses before anybody looks inside. */
static bool is_refused(const struct node *node, const struct packet *packet)
{
	return packet->header.receiver != node->id || packet->header.sender == node->id;
}

void beats_hear(struct world *world, struct node *node, const struct packet *packet)
{
	static const enum sight sight[] = {
		[HEARD_FRESH] = SIGHT_HEARD_FRESH,
		[HEARD_ONE_WAY] = SIGHT_HEARD_ONE_WAY,
		[HEARD_UNPROVEN] = SIGHT_HEARD_UNPROVEN,
		[HEARD_STALE] = SIGHT_HEARD_STALE,
	};
	struct process *process = &node->process;
	struct hearing hearing;
	struct beat beat;

	beat.echo_session = packet->echo_session;
	beat.echo_seq = packet->echo_seq;
	beat.echo_held_us = packet->echo_held_us;
	beat.sent_ns = packet->sent_ns;
	beat.config_digest = 0;
	world->coverage->sight[SIGHT_REPLAYED] += packet->replayed;
	if (is_refused(node, packet)) {
		world->coverage->sight[SIGHT_REFLECTED]++;
		return;
	}
	hearing = peers_hear(&process->peers, &packet->header, &beat, process->now);
	world->coverage->sight[sight[hearing.heard]]++;
	if (hearing.reply)
		beats_send_one(world, node, packet->from, &hearing, false);
	if ((hearing.heard != HEARD_FRESH && hearing.heard != HEARD_ONE_WAY) || packet->silent)
		return;
	turn_step(world, node,
		  &(struct event){
			  .kind = ON_BEAT,
			  .at = process->now,
			  .node = packet->header.sender,
			  .heard = hearing.heard,
			  .echo_at = hearing.echo_at,
			  .said = packet->said,
		  });
	if (process->todo.echo && !hearing.reply && !hearing.answers)
		process->echo_to = packet->header.sender;
}

/* After the deeds of the step that wanted it. */
void beats_echo(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	node_id to = process->echo_to;

	process->echo_to = NODE_NONE;
	process->says = election_says(&process->is, 1);
	beats_send_one(world, node, to, NULL, true);
}

static void announce_due(struct world *world, struct node *node)
{
	static const int64_t burst_ms[] = {0, 50, 200, 1000, 5000};
	enum { BURST = sizeof(burst_ms) / sizeof(burst_ms[0]) };
	struct process *process = &node->process;
	int64_t wait_ms = 60000;

	if (process->is.role != ROLE_ACTIVE || !instant_reached(process->now, process->announce_at))
		return;
	net_announce(world, node);
	if (++process->announced < BURST)
		wait_ms = burst_ms[process->announced] - burst_ms[process->announced - 1];
	process->announce_at = instant_add(process->now, duration_ms(wait_ms));
}

static void announce(struct world *world, struct node *node)
{
	node->process.announced = 0;
	node->process.announce_at = node->process.now;
	announce_due(world, node);
}

static void release(struct world *world, struct node *node)
{
	if (node->host.fenced)
		host_lease(world, node, INSTANT_ZERO);
	else
		host_address(world, node, false);
}

static bool may_hold(const struct world *world, const struct node *node)
{
	return node->host.fenced ||
	       !instant_reached(host_clock(&node->host, world->now), node->process.is.lease_until);
}

static void take(struct world *world, struct node *node)
{
	node->process.refresh_at = instant_add(node->process.now, duration_ms(500));
	if (may_hold(world, node))
		host_address(world, node, true);
	if (node->host.fenced)
		host_lease(world, node, node->process.is.lease_until);
	announce(world, node);
}

void deeds_perform(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	struct todo todo = process->todo;

	process->to_perform = false;
	if (todo.release)
		release(world, node);
	if (todo.take)
		take(world, node);
	if (process->renewed && node->host.fenced)
		host_lease(world, node, process->is.lease_until);
	if (todo.announce)
		announce(world, node);
	if (todo.probe)
		net_probe(world, node);
}

void deeds_reconcile(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	bool wanted = process->is.role == ROLE_ACTIVE && may_hold(world, node);

	if (wanted && (!node->host.address || instant_reached(process->now, process->refresh_at))) {
		process->refresh_at = instant_add(process->now, duration_ms(500));
		host_address(world, node, true);
	} else if (!wanted && node->host.address) {
		host_address(world, node, false);
	}
	announce_due(world, node);
}
