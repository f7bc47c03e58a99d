/* What a story draws besides where corosync is the quorum's provider: its times, and faults of its own. */
#include "tests/sim/plan.h"
#include "tests/sim/random.h"

static int64_t between(struct random *random, int64_t from, int64_t to)
{
	return random_between(random, from, to) / US * US;
}

/* Around multiples of T, so that its clocks meet those of the beats. A word goes out each T, and the last but one that
 * came back is what counts: evidence is hardly ever younger than 2 T. */
void plan_draw_corosync(struct plan *plan, struct random *random)
{
	int64_t beat = plan->beat;

	plan->majority = plan->corosync.is = true;
	plan->corosync.ring = between(random, beat, 12 * beat);
	plan->corosync.verdict = between(random, 0, 4 * beat);
	plan->corosync.device = between(random, 2 * beat, 24 * beat);
	plan->corosync.age = between(random, 4 * beat, 8 * beat) + 4 * MS;
	plan->corosync.grace = plan->corosync.age + between(random, 0, 20 * beat);
}

static struct act *add(struct plan *plan, enum act_kind kind, int64_t at, int64_t length)
{
	struct act *act = &plan->act[plan->acts++];

	*act = (struct act){.at = at, .kind = kind, .node = NODE_NONE, .peer = NODE_NONE, .length = length};
	return act;
}

/* The two are apart, again and again, and meanwhile the owner loses the witness, or finds it again, just when what the
 * others wait for is over. The calm comes after it. */
void plan_draw_apart(struct plan *plan, struct random *random)
{
	int64_t beat = plan->beat, at = plan_calm_at(plan) - beat;
	int64_t ring = plan->corosync.ring + 2 * beat + plan->corosync.verdict;
	int64_t waits[] = {plan->corosync.device, plan->corosync.age, plan->corosync.grace, ring,
			   plan->corosync.device + plan->corosync.age, plan->corosync.device + plan->corosync.grace};
	int rounds = (int)random_between(random, 1, 3);

	for (int r = 0; r < rounds; r++) {
		int64_t length = ring + between(random, 0, 4 * (plan->corosync.device + plan->corosync.grace));
		int cuts = (int)random_between(random, 0, 4);

		add(plan, ACT_APART, at, length)->node = (node_id)random_below(random, 2);
		if (random_one_in(random, 2))
			add(plan, ACT_FLAP, at, length);
		for (int i = 0; i < cuts; i++) {
			int64_t wait = waits[random_below(random, sizeof(waits) / sizeof(waits[0]))];
			int64_t from = at + between(random, 0, length);
			struct act *act = add(plan, random_one_in(random, 6) ? ACT_STUCK : ACT_WITNESS, from,
					      wait + between(random, -beat, 2 * beat) + beat);

			act->node = random_one_in(random, 3) ? (node_id)random_below(random, 2) : NODE_OWNER;
		}
		at += length + between(random, 0, 2 * ring);
	}
	for (int i = 0; i < plan->acts; i++) {
		if (plan->act[i].kind == ACT_CALM)
			plan->act[i].at = at + beat;
	}
}

void plan_draw_ring_faults(struct plan *plan, struct random *random)
{
	static const enum act_kind kinds[] = {ACT_RING, ACT_RING, ACT_RING, ACT_WITNESS, ACT_WITNESS, ACT_WITNESS,
					      ACT_STUCK, ACT_STUCK, ACT_MUTE, ACT_FLAP, ACT_CUT, ACT_APART};
	int64_t from = 2 * plan->dead_after * plan->beat, calm = plan_calm_at(plan);
	int count = (int)random_between(random, 1, 8);

	for (int i = 0; i < count && plan->acts < ACTS_MAX; i++) {
		plan->act[plan->acts++] = (struct act){
			.kind = kinds[random_below(random, sizeof(kinds) / sizeof(kinds[0]))],
			.at = between(random, from, calm - plan->beat),
			.node = random_one_in(random, 2)
					? NODE_OWNER
					: (node_id)random_below(random, (uint64_t)plan->nodes),
			.peer = NODE_NONE,
			.cut = CUT_BOTH,
			.length = between(random, plan->beat / 2, random_one_in(random, 2) ? 8 * plan->beat
											  : calm - from),
		};
	}
}

/* From the cut on: the ring, its verdict, W and what the owner might still live on, the words that prove it; and 1 in
 * 500 for the clocks. */
int64_t plan_excludes_after(const struct plan *plan)
{
	int64_t verdict = plan->corosync.ring + 2 * plan->beat + plan->corosync.verdict;
	int64_t waits = plan->corosync.device + plan->corosync.grace;

	return verdict + waits + waits / 500 + 4 * plan->beat + 4 * MS;
}
