/* Faults begin, and end by themselves or when the calm comes. Faults of a kind may overlap: they are counted. */
#include "tests/sim/world.h"

#include "tests/sim/watch.h"

static node_id owner_now(const struct world *world)
{
	for (node_id n = 0; n < world->plan->nodes; n++) {
		if (host_answers(&world->node[n].host, world->now))
			return n;
	}
	return (node_id)(world->plan->seed % (uint64_t)world->plan->nodes);
}

static void wake_now(struct world *world, struct node *node)
{
	process_wake(world, node, world->now);
}

static void cut(struct node *node, enum cut which, int by)
{
	node->host.cuts_in += which != CUT_OUT ? by : 0;
	node->host.cuts_out += which != CUT_IN ? by : 0;
}

static void kill_soon(struct node *node, const struct act *act)
{
	struct process *process = &node->process;

	if (!process->alive)
		return;
	process->kill_in = act->amount > 0 ? (int)act->amount : 1;
	node->restart_at = act->length > 0 ? act->at + act->length : 0;
}

static void freeze(struct world *world, struct node *node, const struct act *act)
{
	struct process *process = &node->process;

	process->freeze_in = (int)act->amount;
	process->freeze_length = act->length;
	if (act->amount > 0)
		return;
	process->frozen_until = world->now + act->length;
	world->coverage->sight[SIGHT_FROZEN_ASLEEP]++;
	watch_stalled(world, node->id, process->frozen_until);
}

static void order_stop(struct world *world, struct node *node, const struct act *act)
{
	if (!node->process.alive)
		return;
	node->process.stop_ordered = true;
	node->restart_at = act->length > 0 ? act->at + act->length : 0;
	wake_now(world, node);
}

static void order_move(struct world *world, struct node *node, node_id to)
{
	node->process.move_ordered = true;
	node->process.move_to = to;
	wake_now(world, node);
}

static void replay_more(struct world *world, int by)
{
	world->net.replays += by;
	if (by > 0 && world->net.replays == by)
		queue_push(&world->queue, world->now, HAPPEN_REPLAY, 0, 0);
}

/* A process that was killed, stopped or frozen sees to its own end. */
static bool has_end(const struct act *act)
{
	return act->length > 0 && act->kind != ACT_KILL && act->kind != ACT_STOP && act->kind != ACT_FREEZE;
}

/* All that an act changes and its end changes back; `by` is 1 or -1. */
static void change(struct world *world, struct node *node, const struct act *act, int by)
{
	struct net *net = &world->net;

	switch (act->kind) {
	case ACT_CUT:
		cut(node, act->cut, by);
		ring_disturbed(world);
		break;
	case ACT_UNPLUG:
		node->host.unplugged += by;
		ring_disturbed(world);
		wake_now(world, node);
		break;
	case ACT_FILTER:
		net->filter[node->id][act->peer] += by;
		break;
	case ACT_LOSS:
		net->loss += by * (int)act->amount;
		break;
	case ACT_DUPLICATE:
		net->duplicate += by * (int)act->amount;
		break;
	case ACT_DELAY:
		net->delay += by * (int)act->amount;
		net->delay_most += by * act->most;
		break;
	case ACT_LATE:
		node->late += by * act->most;
		break;
	case ACT_UNHEALTHY:
		node->unhealthy += by;
		wake_now(world, node);
		break;
	case ACT_STANDBY:
		node->standby += by;
		wake_now(world, node);
		break;
	case ACT_HUSH:
		net->hushed += by;
		break;
	case ACT_REPLAY:
		replay_more(world, by * (int)act->amount);
		break;
	case ACT_APART:
		node->host.apart += by;
		ring_disturbed(world);
		break;
	case ACT_RING:
		node->corosync.ring_cuts += by;
		ring_disturbed(world);
		break;
	case ACT_WITNESS:
		ring_witness(world, node, by);
		break;
	case ACT_STUCK:
		ring_stick(world, node, by);
		break;
	case ACT_MUTE:
		words_mute(world, node, by);
		break;
	case ACT_FLAP:
		ring_flap(world, by);
		break;
	case ACT_START:
	case ACT_KILL:
	case ACT_STOP:
	case ACT_FREEZE:
	case ACT_SCORE:
	case ACT_MOVE:
	case ACT_CALM:
		break;
	}
}

void act_undo(struct world *world, unsigned index)
{
	const struct act *act = &world->plan->act[index];
	struct ongoing *ongoing = &world->ongoing[index];
	bool of_node = ongoing->node < SIM_NODES_MAX;

	if (!ongoing->is)
		return;
	ongoing->is = false;
	change(world, of_node ? &world->node[ongoing->node] : NULL, act, -1);
	tell(world, ongoing->node, "# no more %s", act_word(act->kind));
	watch_disturbed(world, act->kind == ACT_FILTER ? NODE_NONE : ongoing->node);
}

/* All faults are over: whoever is to start again starts now. Those that were to last, last. */
static void calm(struct world *world)
{
	world->calm = true;
	for (int i = 0; i < world->plan->acts; i++) {
		if (has_end(&world->plan->act[i]))
			act_undo(world, (unsigned)i);
	}
	for (node_id n = 0; n < world->plan->nodes; n++) {
		process_spare(world, &world->node[n]);
		watch_disturbed(world, n);
	}
	watch_disturbed(world, NODE_NONE);
	watch_planned_look(world, LOOK_CALM);
}

static void do_once(struct world *world, struct node *node, const struct act *act)
{
	switch (act->kind) {
	case ACT_START:
		process_start(world, node);
		break;
	case ACT_KILL:
		kill_soon(node, act);
		break;
	case ACT_STOP:
		order_stop(world, node, act);
		break;
	case ACT_FREEZE:
		freeze(world, node, act);
		break;
	case ACT_SCORE:
		node->score = (uint16_t)act->amount;
		wake_now(world, node);
		break;
	case ACT_MOVE:
		order_move(world, node, act->peer);
		break;
	case ACT_CALM:
		calm(world);
		break;
	case ACT_CUT:
	case ACT_UNPLUG:
	case ACT_FILTER:
	case ACT_LOSS:
	case ACT_DUPLICATE:
	case ACT_DELAY:
	case ACT_LATE:
	case ACT_UNHEALTHY:
	case ACT_STANDBY:
	case ACT_HUSH:
	case ACT_REPLAY:
	case ACT_APART:
	case ACT_RING:
	case ACT_WITNESS:
	case ACT_STUCK:
	case ACT_MUTE:
	case ACT_FLAP:
		break;
	}
}

void act_do(struct world *world, unsigned index)
{
	const struct act *act = &world->plan->act[index];
	struct act shown = *act;
	char words[96];

	if (act->node == NODE_OWNER)
		shown.node = owner_now(world);
	plan_act_words(&shown, words, sizeof(words));
	tell(world, shown.node, "# %s", words);
	world->coverage->act[act->kind]++;
	world->ongoing[index] = (struct ongoing){.is = true, .node = shown.node};
	do_once(world, shown.node < SIM_NODES_MAX ? &world->node[shown.node] : NULL, act);
	change(world, shown.node < SIM_NODES_MAX ? &world->node[shown.node] : NULL, act, 1);
	watch_disturbed(world, act->kind == ACT_FILTER ? NODE_NONE : shown.node);
	if (has_end(act))
		queue_push(&world->queue, world->now + act->length, HAPPEN_UNDO, index, 0);
}
