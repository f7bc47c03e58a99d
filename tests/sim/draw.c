/* The story of a seed. A third are calm but for one fault, and have a bound on darkness; in the others faults pile up.
 * Lengths are drawn around multiples of T, for it is near T, L, D that rules meet. */
#include <string.h>

#include "tests/sim/plan.h"
#include "tests/sim/random.h"
#include "tests/sim/watch.h"

static int64_t to_us(int64_t ns)
{
	return ns / US * US;
}

static int64_t between(struct random *random, int64_t from, int64_t to)
{
	return to_us(random_between(random, from, to));
}

static void draw_terms(struct plan *plan, struct random *random)
{
	static const int64_t beats_ms[] = {5, 10, 20, 50, 100, 100, 100, 100, 200, 500, 1000};
	static const int deads[] = {2, 3, 3, 3, 3, 4, 5, 10};

	plan->beat = beats_ms[random_below(random, sizeof(beats_ms) / sizeof(beats_ms[0]))] * MS;
	plan->dead_after = deads[random_below(random, sizeof(deads) / sizeof(deads[0]))];
	plan->majority = plan->nodes > 2 && random_one_in(random, 2);
	plan->hold = !random_one_in(random, 4);
	plan->failback = random_one_in(random, 6) ? between(random, plan->beat, 20 * plan->beat) : 0;
	plan->latency = between(random, 20 * US, 200 * US);
	plan->jitter = between(random, 0, 300 * US);
	plan->pauses = true;
	plan->gateway = !random_one_in(random, 6);
}

static void draw_nodes(struct plan *plan, struct random *random)
{
	bool some_unfenced = random_one_in(random, 8), witness = plan->nodes > 2 && random_one_in(random, 6);

	for (int n = 0; n < plan->nodes; n++) {
		int other = (int)random_below(random, (uint64_t)n + 1);

		plan->node[n].rank = plan->node[other].rank;
		plan->node[other].rank = (uint8_t)n;
		plan->node[n].fence = !some_unfenced || !random_one_in(random, 2);
		plan->node[n].ppm = (int)random_between(random, -500, 500);
		plan->node[n].clock = between(random, 1000 * MS, 1000000000 * MS);
		plan->node[n].checks_after = random_one_in(random, 2) ? between(random, 0, 2 * plan->beat) : 0;
	}
	if (witness)
		plan->node[random_below(random, (uint64_t)plan->nodes)].rank = RANK_NEVER;
}

static struct act *add(struct plan *plan, enum act_kind kind, int64_t at)
{
	struct act *act = &plan->act[plan->acts++];

	*act = (struct act){.at = at, .kind = kind, .node = NODE_NONE, .peer = NODE_NONE};
	return act;
}

static node_id draw_node(const struct plan *plan, struct random *random)
{
	return (node_id)random_below(random, (uint64_t)plan->nodes);
}

static node_id draw_other(const struct plan *plan, struct random *random, node_id node)
{
	node_id other = (node_id)random_below(random, (uint64_t)plan->nodes - 1);

	return other >= node ? (node_id)(other + 1) : other;
}

static void draw_starts(struct plan *plan, struct random *random)
{
	int64_t within = random_one_in(random, 3) ? 0 : random_one_in(random, 2) ? plan->beat : 12 * plan->beat;

	for (node_id n = 0; n < plan->nodes; n++)
		add(plan, ACT_START, between(random, 0, within))->node = n;
}

static int64_t draw_length(const struct plan *plan, struct random *random)
{
	int64_t quarter = plan->beat / 4;

	switch (random_below(random, 6)) {
	case 0:
		return between(random, US, plan->beat);
	case 1:
		return between(random, plan->beat, 4 * plan->dead_after * plan->beat);
	case 2: /* to a hair of what others wait for */
		return to_us(random_between(random, 1, 4 * plan->dead_after + 8) * quarter) +
		       between(random, 0, 2 * MS);
	default:
		return between(random, (plan->dead_after - 1) * plan->beat, (plan->dead_after + 4) * plan->beat);
	}
}

static void draw_details(struct plan *plan, struct random *random, struct act *act)
{
	act->node = random_one_in(random, 2) ? NODE_OWNER : draw_node(plan, random);
	act->length = draw_length(plan, random);
	switch (act->kind) {
	case ACT_KILL:
		act->amount = random_between(random, 1, 24);
		break;
	case ACT_FREEZE:
		act->amount = random_between(random, 0, 24);
		break;
	case ACT_CUT:
		act->cut = (enum cut)random_below(random, 3);
		break;
	case ACT_FILTER:
		act->node = draw_node(plan, random);
		act->peer = draw_other(plan, random, act->node);
		break;
	case ACT_LOSS:
	case ACT_DUPLICATE:
	case ACT_DELAY:
		act->node = NODE_NONE;
		act->amount = random_between(random, 10, random_one_in(random, 3) ? 900 : 300);
		act->most = between(random, US, random_one_in(random, 3) ? 8 * plan->beat : plan->beat);
		break;
	case ACT_LATE:
		act->most = between(random, US, 2 * plan->beat);
		break;
	case ACT_SCORE:
		act->amount = random_between(random, 0, SCORE_MAX);
		act->length = FOR_EVER;
		break;
	case ACT_MOVE:
		act->node = NODE_OWNER;
		act->peer = random_one_in(random, 3) ? NODE_NONE : draw_node(plan, random);
		act->length = FOR_EVER;
		break;
	case ACT_REPLAY:
		act->node = NODE_NONE;
		act->amount = random_between(random, 1, 20);
		break;
	case ACT_HUSH:
		act->node = NODE_NONE;
		break;
	case ACT_STOP:
	case ACT_UNPLUG:
	case ACT_UNHEALTHY:
	case ACT_STANDBY:
	case ACT_START:
	case ACT_APART:
	case ACT_RING:
	case ACT_WITNESS:
	case ACT_STUCK:
	case ACT_MUTE:
	case ACT_FLAP:
	case ACT_CALM:
		break;
	}
}

static void draw_chaos(struct plan *plan, struct random *random)
{
	static const enum act_kind kinds[] = {ACT_KILL, ACT_KILL, ACT_KILL, ACT_FREEZE, ACT_FREEZE, ACT_FREEZE, ACT_CUT,
					      ACT_CUT, ACT_STOP, ACT_UNPLUG, ACT_FILTER, ACT_LOSS, ACT_DUPLICATE,
					      ACT_DELAY, ACT_LATE, ACT_UNHEALTHY, ACT_SCORE, ACT_STANDBY, ACT_MOVE,
					      ACT_MOVE, ACT_HUSH, ACT_REPLAY};
	int64_t from = 2 * plan->dead_after * plan->beat, to = from + between(random, plan->beat, 60 * plan->beat);
	int64_t calm = to;
	int count = (int)random_between(random, 2, 14);

	for (int i = 0; i < count; i++) {
		struct act *act = add(plan, kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
				      between(random, from, to));

		draw_details(plan, random, act);
		/* Some things last: not too many, for the quiet at the end must be worth watching. */
		if ((act->kind == ACT_KILL || act->kind == ACT_UNHEALTHY || act->kind == ACT_STANDBY ||
		     act->kind == ACT_REPLAY) &&
		    random_one_in(random, 6))
			act->length = FOR_EVER;
		if (act->at + act->length > calm)
			calm = act->at + act->length;
	}
	add(plan, ACT_CALM, calm + plan->beat);
}

/* All hosts stand still together, as guests of one host do, and wake with all leases over; and then, while each of them
 * is about to take what nobody has, one falls asleep again, at any point of its turn. */
static void draw_stall(struct plan *plan, struct random *random)
{
	int64_t at = 2 * plan->dead_after * plan->beat + between(random, 0, 8 * plan->beat);
	int rounds = (int)random_between(random, 1, 3);

	for (int r = 0; r < rounds && plan->acts + plan->nodes + 3 < ACTS_MAX; r++) {
		int64_t length = between(random, (plan->dead_after - 1) * plan->beat, (plan->dead_after + 6) * plan->beat);
		int naps = (int)random_between(random, 1, 2);

		for (node_id n = 0; n < plan->nodes; n++) {
			struct act *act = add(plan, ACT_FREEZE, at + between(random, 0, plan->beat / 4));

			act->node = n;
			act->amount = random_between(random, 0, 24);
			act->length = length + between(random, 0, plan->beat / 4);
		}
		for (int i = 0; i < naps; i++) {
			struct act *act = add(plan, ACT_FREEZE,
					      at + length + between(random, 0, 2 * plan->dead_after * plan->beat));

			act->node = draw_node(plan, random);
			act->amount = random_between(random, 0, 24);
			act->length = between(random, plan->beat / 4, 4 * plan->beat);
		}
		at += length + (4 * plan->dead_after + 4) * plan->beat;
	}
	add(plan, ACT_CALM, at);
}

/* Of two nodes with corosync the other one takes once that has excluded the owner: soon where it says that the agent is
 * dead, after grace where the agent is silent, else when the owner's host is out of the ring for long enough. With more
 * it is a veto: an owner that it leaves without evidence lets go. */
static int64_t corosync_dark_most(const struct plan *plan, const struct act *act)
{
	struct lease_terms terms = plan_terms(plan);
	int64_t most = terms.dead.ns + 5 * terms.beat.ns + 10 * MS;

	if (act->kind == ACT_RING || act->kind == ACT_WITNESS || act->kind == ACT_STUCK || act->kind == ACT_MUTE)
		return plan->nodes == 2 ? 5 * MS : terms.dead.ns + terms.beat.ns;
	if (plan->nodes > 2 || act->kind == ACT_KILL)
		return most;
	if (act->kind == ACT_FREEZE)
		return most + plan->corosync.grace + plan->corosync.grace / 500;
	return most + plan_excludes_after(plan);
}

/* A dead or cut off owner: D + T. A hand-over: an offer, its answer, the yield, the claim, and a few turns. */
static int64_t dark_most(const struct plan *plan, const struct act *act)
{
	struct lease_terms terms = plan_terms(plan);
	bool dies = act->kind == ACT_KILL || act->kind == ACT_FREEZE || act->kind == ACT_CUT || act->kind == ACT_UNPLUG;
	int64_t most = terms.dead.ns + terms.beat.ns;

	if (plan->corosync.is && (dies || act->kind >= ACT_APART))
		return corosync_dark_most(plan, act);
	if (!dies)
		return 5 * MS;
	for (int n = 0; n < plan->nodes; n++) {
		if (!plan->node[n].fence)
			return most + terms.lease.ns + plan_lifetime(plan).ns + LEASE_ADDRESS_LATE.ns;
	}
	return most;
}

static void draw_single(struct plan *plan, struct random *random)
{
	static const enum act_kind kinds[] = {ACT_KILL,	  ACT_FREEZE,	 ACT_CUT,     ACT_UNPLUG,
					      ACT_STOP,	  ACT_UNHEALTHY, ACT_STANDBY, ACT_MOVE};
	static const enum act_kind of_corosync[] = {ACT_APART, ACT_RING, ACT_WITNESS, ACT_STUCK, ACT_MUTE};
	struct act *act;

	plan->failback = 0;
	plan->gateway = true;
	/* Long enough for each ring and its verdict. */
	plan->corosync.grace += plan->corosync.ring + plan->corosync.verdict + 8 * plan->beat;
	for (int n = 0; n < plan->nodes; n++) {
		if (plan->node[n].rank == RANK_NEVER && plan->nodes == 3)
			plan->node[n].rank = 3;
		plan->node[n].fence |= plan->majority;
	}
	act = add(plan, kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))], 0);
	if (plan->corosync.is && random_one_in(random, 3))
		act->kind = of_corosync[random_below(random, sizeof(of_corosync) / sizeof(of_corosync[0]))];
	plan->dark_from = settle_within(plan) + 12 * plan->beat;
	act->at = plan->dark_from + between(random, 0, 3 * plan->beat);
	draw_details(plan, random, act);
	act->node = NODE_OWNER;
	if (act->kind != ACT_MOVE)
		act->length += 2 * plan->dead_after * plan->beat; /* the next fault, its end, is a while away */
	plan->dark_most = dark_most(plan, act);
	/* Not where a cut keeps beats back: what never arrived may be played for as long as it could be late. */
	if (random_one_in(random, 2) && act->kind != ACT_CUT && act->kind != ACT_UNPLUG) {
		struct act *replay = add(plan, ACT_REPLAY, plan->dark_from);

		replay->amount = random_between(random, 1, 20);
		replay->length = FOR_EVER;
	}
	add(plan, ACT_CALM, act->at + act->length + plan->beat);
}

void plan_draw(struct plan *plan, uint64_t seed, int nodes, bool corosync)
{
	struct random random = {.state = seed * 64 + (uint64_t)nodes};

	memset(plan, 0, sizeof(*plan));
	plan->seed = seed;
	plan->nodes = nodes;
	draw_terms(plan, &random);
	if (corosync)
		plan_draw_corosync(plan, &random);
	draw_nodes(plan, &random);
	draw_starts(plan, &random);
	if (random_one_in(&random, 3))
		draw_single(plan, &random);
	else if (random_one_in(&random, 5))
		draw_stall(plan, &random);
	else
		draw_chaos(plan, &random);
	if (corosync && plan->dark_most == 0)
		plan_draw_ring_faults(plan, &random);
	if (corosync && plan->dark_most == 0 && nodes == 2 && random_one_in(&random, 2))
		plan_draw_apart(plan, &random);
	/* Quiet for 60 s, or 600 beats, in one story of sixteen, else for as long as it takes to see the next move. */
	plan->until = plan_calm_at(plan) + settle_within(plan) +
		      (random_one_in(&random, 16) ? 600 : 4 * plan->dead_after) * plan->beat;
}
