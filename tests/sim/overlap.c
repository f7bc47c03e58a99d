/* Two hosts that answer the same client at once: a violation, or one of the two things that no quorum cannot exclude?
 *
 * Of the two owners let y be the one that claimed later, and x the other. Without a quorum y knows of x what x's beats
 * tell and what a probe of the vip tells. The promise holds whenever either could have told it:
 *
 *   - y had received x's newest beat, and x's host y's beats, so that y knew it for no recording: then x's lease was
 *     over before y could take (the arithmetic of design, part 5).
 *   - x answered y's probe, or y did not probe at all.
 *
 * PARTITION: beats of x to y were lost, and so were y's probes or x's answers. To y, x is dead. Both sides own it, each
 * for its own side (design, part 1), until the net heals; then it must be settled within a beat and a round trip.
 *
 * RACE: x had not begun to answer when y probed, nor had y received a word of x's claim. Slots (the n-th in order waits
 * n beats) keep bids apart as long as candidates count from the same beat. Only a beat that reached one of them and not
 * the other, or not at the same time, makes them differ: it was lost, or late, or its sender was killed or frozen while
 * it sent; or the vip was vacant for more than D, after which newcomers begin no slots anew (vrrp/belief.c). Only that
 * excuses it: who sleeps through its slot, or within its claim, finds its fence shut. Settled within a beat and a round
 * trip, too. */
#include "tests/sim/watch.h"

static struct overlap *overlap_of(struct world *world, node_id x, node_id y)
{
	return &world->watch->overlap[x < y ? x : y][x < y ? y : x];
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* How far back a lost packet can be the reason for a bid: the owner's last words, and all slots. */
static int64_t memory(const struct world *world)
{
	return 2 * world->terms.dead.ns + (world->plan->nodes + 2) * world->terms.beat.ns +
	       plan_lifetime(world->plan).ns + LEASE_ADDRESS_LATE.ns;
}

static enum excuse excuse_of(const struct world *world, node_id x, node_id y, const char **words)
{
	const struct watch *watch = world->watch;
	const struct tenure *first = &watch->tenure[x], *second = &watch->tenure[y];
	const struct acquaintance *of = &watch->seen[y].of[x];
	int64_t at = second->decided_at, probes_from = at - 2 * world->terms.margin.ns;
	uint32_t sent = of->sent.tenure == first->id ? of->sent.round : 0;
	bool in_time = of->told_at < watch->seen[y].turn_at;
	uint32_t told = of->told.tenure == first->id && in_time ? of->told.round : 0;
	/* Who does not hear y cannot prove to y that its beats are no recordings. */
	bool deaf = at - watch->seen[y].not_heard_at[x] <= world->terms.dead.ns + world->terms.beat.ns;
	bool long_vacant = watch->dark_last >= world->terms.dead.ns;
	bool net_to_blame = at - watch->net_lost_at <= memory(world);

	if (world->plan->majority) {
		*words = "a majority excludes that";
		return EXCUSE_NONE;
	}
	if (told > 0 && told == sent && !deaf) {
		*words = "it had heard the other's newest beat";
		return EXCUSE_NONE;
	}
	if (second->why != WHY_YIELDED && watch->seen[y].probed_at < probes_from) {
		*words = "it had not asked whether the vip is answered";
		return EXCUSE_NONE;
	}
	if (second->why != WHY_YIELDED && of->answered_at > at - world->terms.margin.ns &&
	    of->answered_at < watch->seen[y].turn_at) {
		*words = "its question was answered";
		return EXCUSE_NONE;
	}
	if ((sent > told || deaf) && of->arp_lost_at >= probes_from)
		return EXCUSE_PARTITION;
	*words = "both bid at once, and nothing was lost or late";
	return net_to_blame || long_vacant ? EXCUSE_RACE : EXCUSE_NONE;
}

static bool is_undisturbed(const struct world *world, node_id n)
{
	const struct node *node = &world->node[n];

	return node->process.alive && node->process.frozen_until <= world->now && node->late == 0 &&
	       host_reached(&node->host) && node->host.apart == 0;
}

/* Since when could both hear each other, and act on it? INT64_MAX while they cannot. */
static int64_t in_contact_since(const struct world *world, node_id x, node_id y, int64_t since)
{
	const struct watch *watch = world->watch;
	const struct net *net = &world->net;

	if (net->loss > 0 || net->delay > 0 || net->filter[x][y] > 0 || net->filter[y][x] > 0 ||
	    !is_undisturbed(world, x) || !is_undisturbed(world, y))
		return INT64_MAX;
	since = later(since, later(watch->disturbed_at[x], watch->disturbed_at[y]));
	since = later(since, later(watch->with[x][y].beat_lost_at, watch->with[y][x].beat_lost_at));
	return later(since, watch->net_disturbed_at);
}

/* One beat and a round trip; a session that has yet to prove itself needs one more. */
static int64_t settled_within(const struct world *world)
{
	return world->terms.beat.ns + 4 * (world->plan->latency + world->plan->jitter) + 2 * MS;
}

void overlap_begin(struct world *world, node_id x, node_id y)
{
	struct watch *watch = world->watch;
	struct overlap *overlap = overlap_of(world, x, y);
	bool x_first = watch->tenure[x].decided_at <= watch->tenure[y].decided_at;
	node_id first = x_first ? x : y, second = x_first ? y : x;
	const char *words = "";

	*overlap = (struct overlap){.is = true, .since = world->now};
	overlap->excuse = excuse_of(world, first, second, &words);
	switch (overlap->excuse) {
	case EXCUSE_NONE:
		watch_violation(world, "%s and %s both answer; %s claimed later: %s", node_word(first),
				node_word(second), node_word(second), words);
		break;
	case EXCUSE_PARTITION:
		world->coverage->partitions++;
		tell(world, NODE_NONE, "%s and %s both answer: a partition", node_word(first), node_word(second));
		break;
	case EXCUSE_RACE:
		world->coverage->races++;
		tell(world, NODE_NONE, "%s and %s both answer: a race", node_word(first), node_word(second));
		break;
	}
	if (!watch->looks_planned)
		queue_push(&world->queue, world->now + settled_within(world), HAPPEN_LOOK, LOOK_OVERLAP, 0);
	watch->looks_planned = true;
}

void overlap_end(struct world *world, node_id x, node_id y)
{
	struct overlap *overlap = overlap_of(world, x, y);
	int64_t contact = in_contact_since(world, x, y, overlap->since);
	int64_t *longest = overlap->excuse == EXCUSE_RACE ? &world->coverage->longest_race
							  : &world->coverage->longest_partition;

	overlap->is = false;
	if (contact < world->now)
		*longest = later(*longest, world->now - contact);
}

static int64_t check_pair(struct world *world, node_id x, node_id y)
{
	struct overlap *overlap = overlap_of(world, x, y);
	int64_t contact = in_contact_since(world, x, y, overlap->since);
	int64_t within = settled_within(world);

	if (contact == INT64_MAX)
		return world->now + within;
	if (contact + within > world->now)
		return contact + within;
	watch_violation(world, "%s and %s have heard each other for %.3f ms and both answer", node_word(x),
			node_word(y), (double)(world->now - contact) / MS);
	overlap->since = world->now;
	return world->now + within;
}

void overlap_check(struct world *world)
{
	int64_t next = INT64_MAX;

	for (node_id x = 0; x < world->plan->nodes; x++) {
		for (node_id y = 0; y < x; y++) {
			int64_t at = overlap_of(world, x, y)->is ? check_pair(world, x, y) : INT64_MAX;

			next = at < next ? at : next;
		}
	}
	if (next == INT64_MAX)
		return;
	queue_push(&world->queue, next, HAPPEN_LOOK, LOOK_OVERLAP, 0);
	world->watch->looks_planned = true;
}
