#include "tests/sim/watch.h"

#include <stdarg.h>
#include <string.h>

void watch_start(struct world *world)
{
	struct watch *watch = world->watch;
	int64_t never = -world->plan->beat * 1000;

	memset(watch, 0, sizeof(*watch));
	watch->net_disturbed_at = watch->net_lost_at = never;
	for (int x = 0; x < SIM_NODES_MAX; x++) {
		watch->disturbed_at[x] = watch->probed_at[x] = never;
		for (int y = 0; y < SIM_NODES_MAX; y++) {
			struct acquaintance *with = &watch->with[x][y];

			with->beat_lost_at = with->arp_lost_at = with->answered_at = never;
		}
	}
}

void watch_violation(struct world *world, const char *words, ...)
{
	struct watch *watch = world->watch;
	char text[sizeof(watch->first)];
	va_list args;

	va_start(args, words);
	vsnprintf(text, sizeof(text), words, args);
	va_end(args);
	if (watch->violations++ == 0)
		memcpy(watch->first, text, sizeof(text));
	tell(world, NODE_NONE, "VIOLATION %s", text);
}

static void count_darkness(struct world *world, bool was, bool is)
{
	struct watch *watch = world->watch;

	if (!was && is)
		watch->dark_since = world->now;
	if (was && !is)
		watch->dark_last = world->now - watch->dark_since;
	if (was && !is && watch->dark_counts)
		watch->dark_sum += watch->dark_last;
}

/* Judge 2, at every instant: who answers is an owner, or was one a moment ago and has not run since. */
static void judge_answerer(struct world *world, const struct node *node)
{
	if (node->process.alive && node->process.asleep && node->process.is.role != ROLE_ACTIVE)
		watch_violation(world, "%s answers and is no owner", node_word(node->id));
}

static void look_at(struct world *world, unsigned answering, unsigned reached)
{
	struct watch *watch = world->watch;
	/* Where corosync excludes two answers, it excludes them for hosts that are cut off, too. */
	bool all = world->plan->corosync.is;
	unsigned judged = all ? answering : reached, judged_before = all ? watch->answering : watch->reached;

	for (node_id x = 0; x < world->plan->nodes; x++) {
		unsigned bit = 1U << x;

		if ((answering ^ watch->answering) & bit)
			tell(world, x, answering & bit ? "answers" : "answers no more");
		if (answering & ~watch->answering & bit)
			judge_answerer(world, &world->node[x]);
		for (node_id y = 0; y < x; y++) {
			unsigned both = bit | 1U << y;
			bool is = (judged & both) == both, was = (judged_before & both) == both;

			if (is && !was)
				overlap_begin(world, x, y);
			else if (!is && was)
				overlap_end(world, x, y);
		}
	}
	count_darkness(world, watch->reached == 0, reached == 0);
	watch->answering = answering;
	watch->reached = reached;
}

void watch_look(struct world *world)
{
	unsigned answering = 0, reached = 0;

	for (node_id n = 0; n < world->plan->nodes; n++) {
		const struct host *host = &world->node[n].host;

		if (!host_answers(host, world->now))
			continue;
		answering |= 1U << n;
		if (host_reached(host))
			reached |= 1U << n;
	}
	if (answering != world->watch->answering || reached != world->watch->reached)
		look_at(world, answering, reached);
}

static void begin_dark(struct world *world)
{
	struct watch *watch = world->watch;

	if (watch->reached == 0)
		watch_violation(world, "nobody answers although nothing has happened yet");
	watch->dark_counts = true;
	watch->dark_since = world->now;
}

static void end_dark(struct world *world)
{
	struct watch *watch = world->watch;
	struct coverage *coverage = world->coverage;

	if (!watch->dark_counts)
		return;
	if (watch->reached == 0)
		watch->dark_sum += world->now - watch->dark_since;
	watch->dark_counts = false;
	coverage->darks++;
	if (watch->dark_sum > coverage->longest_dark)
		coverage->longest_dark = watch->dark_sum;
	tell(world, NODE_NONE, "dark for %.3f ms in all", (double)watch->dark_sum / MS);
	if (watch->dark_sum > world->plan->dark_most) /* judge 4 */
		watch_violation(world, "dark for %.3f ms, at most %.3f are allowed", (double)watch->dark_sum / MS,
				(double)world->plan->dark_most / MS);
}

void watch_planned_look(struct world *world, uint32_t which)
{
	struct watch *watch = world->watch;

	switch (which) {
	case LOOK_OVERLAP:
		watch->looks_planned = false;
		overlap_check(world);
		break;
	case LOOK_DARK_FROM:
		begin_dark(world);
		break;
	case LOOK_CALM:
		watch->claims_after_calm = 0;
		break;
	case LOOK_SETTLED:
		end_dark(world);
		settle_check(world);
		watch->settled = true;
		break;
	case LOOK_END:
		settle_check(world);
		break;
	}
}

/* Judge 6: whom its claim does not behove. It cannot know what befell it since it last sensed: a bid may be won by a vote
 * that is heard before this turn comes to that. */
static void judge_claim(struct world *world, const struct node *node)
{
	bool knows = world->watch->disturbed_at[node->id] < node->process.sensed_at;

	if (node->rules.rank[node->id] == RANK_NEVER)
		watch_violation(world, "%s claims it and is a witness", node_word(node->id));
	if (world->plan->majority && !node->host.fenced)
		watch_violation(world, "%s claims it and has no fence that voters could rely on", node_word(node->id));
	if (knows && (node->standby > 0 || node->process.stopping))
		watch_violation(world, "%s claims it although it %s", node_word(node->id),
				node->process.stopping ? "stops" : "is on standby");
	if (knows && node->unhealthy > 0 && !world->plan->hold)
		watch_violation(world, "%s claims it, unhealthy, although told to release", node_word(node->id));
}

/* Judge 6: no owner gives it up for a reason that it was not told. */
static void judge_failback(struct world *world, node_id node)
{
	int64_t owned_for = world->now - world->watch->tenure[node].decided_at;

	if (world->plan->failback == 0 || owned_for < world->plan->failback - world->plan->failback / 1000)
		watch_violation(world, "%s fails back after %.3f ms", node_word(node), (double)owned_for / MS);
}

static void note_claim(struct world *world, node_id node)
{
	struct watch *watch = world->watch;
	struct claim_seen *seen = &watch->seen[node];

	judge_claim(world, &world->node[node]);
	watch->tenure[node] = (struct tenure){
		.id = ++watch->tenures,
		.why = world->node[node].process.is.why,
		.decided_at = world->now,
		.round = 1,
	};
	for (node_id x = 0; x < world->plan->nodes; x++) {
		seen->of[x] = watch->with[x][node];
		seen->not_heard_at[x] = watch->with[node][x].beat_lost_at;
	}
	seen->probed_at = watch->probed_at[node];
	seen->turn_at = world->node[node].process.turn_at;
	/* Nodes may claim one after another and meet at once; but it comes to an end. */
	if (world->calm && ++watch->claims_after_calm > 2 * world->plan->nodes + 2)
		watch_violation(world, "claims go on and on");
}

static void tell_bids_and_offers(struct world *world, node_id node, const struct election *was,
				 const struct election *is)
{
	if (is->bidding && (!was->bidding || is->term != was->term))
		tell(world, node, "bids term=%u why=%s", is->term, why_word(is->bid.why));
	if (was->bidding && !is->bidding && is->role != ROLE_ACTIVE)
		tell(world, node, "gives up its bid");
	if (is->offers_to != NODE_NONE && is->offers_to != was->offers_to)
		tell(world, node, "offers it to %s", node_word(is->offers_to));
}

void watch_step(struct world *world, node_id node, const struct election *was, const struct todo *todo)
{
	const struct election *is = &world->node[node].process.is;

	tell_bids_and_offers(world, node, was, is);
	if (todo->suspect)
		tell(world, node, "suspects: the vip is answered");
	if (todo->split)
		tell(world, node, "meets another owner, %s", node_word(todo->peer));
	if (!todo->changed)
		return;
	tell(world, node, "%s -> %s why=%s term=%u%s%s", role_word(todo->from), role_word(is->role), why_word(is->why),
	     is->term, todo->peer == NODE_NONE ? "" : " peer=", todo->peer == NODE_NONE ? "" : node_word(todo->peer));
	if (todo->release && is->why == WHY_FAILBACK)
		judge_failback(world, node);
	if (todo->take)
		note_claim(world, node);
	if (world->watch->settled)
		watch_violation(world, "%s becomes %s (%s) when all is long settled", node_word(node),
				role_word(is->role), why_word(is->why));
}

void watch_beats(struct world *world, node_id node)
{
	world->watch->tenure[node].round++;
}

void watch_sends(struct world *world, struct packet *packet)
{
	const struct tenure *tenure = &world->watch->tenure[packet->from];

	if (packet->said.role != ROLE_ACTIVE || packet->silent)
		return;
	packet->tenure = tenure->id;
	packet->round = tenure->round;
	world->watch->with[packet->from][packet->to].sent = (struct word){tenure->id, tenure->round};
}

void watch_arrived(struct world *world, const struct packet *packet)
{
	struct acquaintance *with;

	if (packet->from >= SIM_NODES_MAX || packet->replayed)
		return;
	with = &world->watch->with[packet->from][packet->to];
	if (packet->kind == PACKET_ANSWER)
		with->answered_at = world->now;
	if (packet->kind != PACKET_BEAT || packet->tenure == 0)
		return;
	if (packet->tenure > with->told.tenure ||
	    (packet->tenure == with->told.tenure && packet->round > with->told.round)) {
		with->told = (struct word){packet->tenure, packet->round};
		with->told_at = world->now;
	}
}

void watch_started(struct world *world, node_id node)
{
	for (node_id x = 0; x < SIM_NODES_MAX; x++)
		world->watch->with[x][node].told = (struct word){0};
}

void watch_lost(struct world *world, const struct packet *packet)
{
	struct watch *watch = world->watch;

	if (packet->from >= SIM_NODES_MAX || packet->replayed)
		return;
	watch->net_lost_at = world->now;
	switch (packet->kind) {
	case PACKET_BEAT:
		watch->with[packet->from][packet->to].beat_lost_at = world->now;
		break;
	case PACKET_PROBE:
		watch->with[packet->to][packet->from].arp_lost_at = world->now;
		break;
	case PACKET_ANSWER:
		watch->with[packet->from][packet->to].arp_lost_at = world->now;
		break;
	case PACKET_NEIGHBOUR:
		break;
	}
}

void watch_probe(struct world *world, node_id node)
{
	world->watch->probed_at[node] = world->now;
}

/* Judge 2. */
void watch_asleep(struct world *world, node_id id)
{
	const struct node *node = &world->node[id];
	bool active = node->process.is.role == ROLE_ACTIVE;
	struct instant lease = active ? node->process.is.lease_until : INSTANT_ZERO;

	if (node->host.address && !active)
		watch_violation(world, "%s is no owner and keeps the address", node_word(id));
	if (active && !node->host.address && node->host.fenced &&
	    !instant_reached(host_clock(&node->host, world->now), node->host.address_until))
		watch_violation(world, "%s is the owner and has no address", node_word(id));
	if (node->host.fenced && node->host.lease_until.ns != lease.ns)
		watch_violation(world, "%s has told its fence of another lease", node_word(id));
}

/* Judge 5. */
void watch_spins(struct world *world, node_id node)
{
	watch_violation(world, "%s asks for a tick in the past again and again", node_word(node));
	world->node[node].process.turns_in_vain = 0;
}

/* To some it was said, to others not. */
void watch_unsent(struct world *world, int64_t until)
{
	if (until > world->watch->net_lost_at)
		world->watch->net_lost_at = until;
}

void watch_stalled(struct world *world, node_id node, int64_t until)
{
	if (until > world->watch->disturbed_at[node])
		world->watch->disturbed_at[node] = until;
}

void watch_disturbed(struct world *world, node_id node)
{
	if (node < SIM_NODES_MAX)
		watch_stalled(world, node, world->now);
	else
		world->watch->net_disturbed_at = world->now;
	watch_look(world);
}
