/* A turn of casvipd's loop, point by point: between any two of them it may be interrupted. The order is agent/loop.c's:
 * the clock, rule 5, what has arrived, fitness, ticks, beats and then leases, addresses, questions, sleep. */
#include "tests/sim/world.h"

#include "tests/sim/watch.h"

enum { TURNS_IN_VAIN_MAX = 50 };

void turn_step(struct world *world, struct node *node, const struct event *event)
{
	struct process *process = &node->process;
	struct election was = process->is;
	struct step step = election_step(&node->rules, &was, event);

	process->renewed = step.is.role == ROLE_ACTIVE && step.is.lease_until.ns != was.lease_until.ns;
	process->is = step.is;
	process->todo = step.todo;
	process->to_perform = true;
	process->beat_wanted |= step.todo.beat;
	coverage_step(world->coverage, &node->rules, &step.is, &step.todo);
	watch_step(world, node->id, &was, &step.todo);
}

static void tick(struct world *world, struct node *node)
{
	turn_step(world, node, &(struct event){.kind = ON_TICK, .at = node->process.now});
}

/* Of two who probe, the one with the higher mac is told of it (agent/ears.c). */
static void hear_arp(struct world *world, struct node *node, const struct packet *packet)
{
	bool is_probe = packet->kind == PACKET_PROBE;

	if (node->process.is.role == ROLE_ACTIVE ||
	    (is_probe && node->host.mac < world->node[packet->from].host.mac))
		return;
	world->coverage->sight[SIGHT_PROBES_CROSSED] += is_probe;
	turn_step(world, node,
		  &(struct event){.kind = is_probe ? ON_RIVAL : ON_ANSWER, .at = node->process.now});
}

static void hear_neighbour(struct node *node)
{
	static const struct conf_address gateway = {.family = 2, .bytes = {192, 0, 2, 254}};
	static const uint8_t mac[6] = {2};

	neighbours_heard(&node->process.neighbours, &gateway, mac, true, node->process.now);
}

static void hear(struct world *world, struct node *node, const struct packet *packet)
{
	switch (packet->kind) {
	case PACKET_BEAT:
		beats_hear(world, node, packet);
		break;
	case PACKET_PROBE:
	case PACKET_ANSWER:
		hear_arp(world, node, packet);
		break;
	case PACKET_NEIGHBOUR:
		hear_neighbour(node);
		break;
	}
}

static void obey(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	if (process->move_ordered) {
		process->move_ordered = false;
		if (process->is.role == ROLE_ACTIVE &&
		    election_can_move(&node->rules, &process->is, process->move_to, process->now))
			turn_step(world, node, &(struct event){
				.kind = ON_MOVE, .at = process->now, .node = process->move_to});
	} else if (process->stop_ordered && !process->stopping) {
		process->stopping = true;
		process->stop_at = instant_add(process->now, duration_times(node->rules.terms.dead, 2));
		turn_step(world, node, &(struct event){.kind = ON_STOP, .at = process->now});
	}
}

static void drain_one(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	int index = process_take_received(process);

	if (index >= 0) {
		if (world->net.packet[index].kind == PACKET_BEAT)
			process->now = host_clock(&node->host, world->now);
		hear(world, node, &world->net.packet[index]);
		net_done_with(world, (unsigned)index);
	} else if (process->move_ordered || (process->stop_ordered && !process->stopping)) {
		obey(world, node);
	} else if (process->gate_told) {
		process->gate_told = false;
		turn_step(world, node, &(struct event){.kind = ON_GATE, .at = process->now, .gate = process->gate});
	} else {
		process->phase = PHASE_SENSE;
	}
}

static void begin_beat(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	bool due = instant_reached(process->now, process->beat_at);

	process->phase = PHASE_RENEW;
	if (!due && !process->beat_wanted)
		return;
	if (due) {
		words_ask(world, node);
		process->beat_at = instant_add(process->beat_at, node->rules.terms.beat);
		if (instant_reached(process->now, process->beat_at))
			process->beat_at = instant_add(process->now, node->rules.terms.beat);
	}
	process->says = election_says(&process->is, 1);
	process->sending = 0;
	process->phase = PHASE_SEND;
}

static void send_next(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	if (process->sending == 0)
		watch_beats(world, node->id);
	if (process->sending == node->id)
		process->sending++;
	if (process->sending < node->rules.nodes)
		beats_send_one(world, node, process->sending++, NULL, false);
	else
		process->phase = PHASE_SENT;
}

static void renew(struct node *node)
{
	struct process *process = &node->process;
	struct instant evidence = sense_evidence(node);

	if (evidence.ns < process->is.since.ns) /* it took when all were silent already */
		evidence = process->now;
	process->phase = PHASE_RECONCILE;
	if (process->is.role != ROLE_ACTIVE)
		return;
	election_renew(&node->rules, &process->is, instant_earlier(process->sent_at, evidence), process->sent_by);
	process->phase = PHASE_STORE;
}

static bool finished(const struct process *process)
{
	if (!process->stopping)
		return false;
	return instant_reached(process->now, process->stop_at) ||
	       (process->is.role != ROLE_ACTIVE && process->is.yields_to == NODE_NONE);
}

static void leave(struct world *world, struct node *node)
{
	host_lease(world, node, INSTANT_ZERO);
	host_address(world, node, false);
	tell(world, node->id, "stopped");
	process_die(world, node);
}

/* A peer's death is a deadline (agent/beats.c). */
static struct instant death_at(const struct node *node)
{
	const struct process *process = &node->process;
	struct instant next = INSTANT_NEVER;

	for (node_id n = 0; n < node->rules.nodes; n++) {
		if (n != node->id && peers_alive(&process->peers, n, process->now))
			next = instant_earlier(next, instant_add(process->peers.peer[n].fresh_at,
								 node->rules.terms.dead));
	}
	return next;
}

static struct instant next_deadline(const struct node *node)
{
	const struct process *process = &node->process;
	struct instant next = instant_earlier(process->beat_at, election_next(&node->rules, &process->is));

	next = instant_earlier(next, instant_earlier(sense_at(node), death_at(node)));
	if (process->stopping)
		next = instant_earlier(next, process->stop_at);
	if (process->is.role == ROLE_ACTIVE)
		next = instant_earlier(next, instant_earlier(process->announce_at, process->refresh_at));
	return next;
}

/* A deadline that is over already makes the loop turn again at once: fine now and then, but not for ever. */
static void fall_asleep(struct world *world, struct node *node)
{
	struct process *process = &node->process;
	struct instant next = next_deadline(node);
	int64_t at = instant_reached(host_clock(&node->host, world->now), next) ? world->now
									: host_when(&node->host, next);

	world->coverage->turns++;
	process->asleep = true;
	process->runs_at = INT64_MAX;
	watch_asleep(world, node->id);
	if (process->received_count > 0 || at <= world->now) {
		process->turns_in_vain = process->received_count > 0 ? 0 : process->turns_in_vain + 1;
		if (process->turns_in_vain >= TURNS_IN_VAIN_MAX)
			watch_spins(world, node->id);
		at = world->now + 2 * US;
	} else {
		process->turns_in_vain = 0;
	}
	process_wake(world, node, at);
}

void turn_point(struct world *world, struct node *node)
{
	struct process *process = &node->process;

	if (process->to_perform) {
		deeds_perform(world, node);
		return;
	}
	if (process->echo_to != NODE_NONE) {
		beats_echo(world, node);
		return;
	}
	switch (process->phase) {
	case PHASE_CLOCK:
		process->turn_at = world->now;
		process->now = host_clock(&node->host, world->now);
		process->phase = PHASE_LAPSE;
		break;
	case PHASE_LAPSE:
		process->phase = PHASE_DRAIN;
		if (process->is.role == ROLE_ACTIVE && instant_reached(process->now, process->is.lease_until))
			tick(world, node);
		break;
	case PHASE_DRAIN:
		drain_one(world, node);
		break;
	case PHASE_SENSE:
		process->phase = PHASE_TICK;
		process->sensed_at = world->now;
		sense_update(world, node);
		break;
	case PHASE_TICK:
		process->phase = PHASE_BEAT;
		tick(world, node);
		break;
	case PHASE_BEAT:
		begin_beat(world, node);
		break;
	case PHASE_SEND:
		send_next(world, node);
		break;
	case PHASE_SENT:
		process->phase = PHASE_RENEW;
		process->beat_wanted = false;
		process->sent_at = process->now;
		process->sent_by = host_clock(&node->host, world->now);
		break;
	case PHASE_RENEW:
		renew(node);
		break;
	case PHASE_STORE:
		process->phase = PHASE_RECONCILE;
		if (node->host.fenced && node->host.lease_until.ns != process->is.lease_until.ns)
			host_lease(world, node, process->is.lease_until);
		break;
	case PHASE_RECONCILE:
		process->phase = PHASE_SLEEP;
		deeds_reconcile(world, node);
		sense_ask(world, node);
		break;
	case PHASE_SLEEP:
		if (finished(process))
			leave(world, node);
		else
			fall_asleep(world, node);
		break;
	}
}
