#include "tests/sim/coverage.h"

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add(uint64_t *sum, const uint64_t *one, int count)
{
	for (int i = 0; i < count; i++)
		sum[i] += one[i];
}

void coverage_add(struct coverage *sum, const struct coverage *one)
{
	sum->stories += one->stories;
	sum->calm_stories += one->calm_stories;
	sum->violations += one->violations;
	sum->virtual_ms += one->virtual_ms;
	sum->packets += one->packets;
	sum->turns += one->turns;
	add(sum->rule, one->rule, RULES + 1);
	add(sum->why, one->why, WHY_COUNT);
	add(sum->act, one->act, ACT_COUNT);
	add(sum->sight, one->sight, SIGHT_COUNT);
	sum->partitions += one->partitions;
	sum->races += one->races;
	sum->longest_partition = most(sum->longest_partition, one->longest_partition);
	sum->longest_race = most(sum->longest_race, one->longest_race);
	sum->darks += one->darks;
	sum->longest_dark = most(sum->longest_dark, one->longest_dark);
}

/* The number in election.c's table. */
static int rule_of(const struct election *is)
{
	switch (is->why) {
	case WHY_STARTED:
		return 1;
	case WHY_SILENCE:
		return 2;
	case WHY_YIELDED:
		return 3;
	case WHY_VACANT:
		return 4;
	case WHY_STALLED:
		return 5;
	case WHY_OUTRANKED:
		return 6;
	case WHY_CHECK:
	case WHY_LINK:
	case WHY_STANDBY:
		return is->yields_to != NODE_NONE ? 7 : 8;
	case WHY_FAILBACK:
		return 9;
	case WHY_ORDER:
	case WHY_STOPPING:
		return 10;
	case WHY_NO_QUORUM:
		break;
	}
	return 11;
}

/* Of two nodes: what it has in place of the other one's support. */
static void step_of_two(struct coverage *coverage, const struct rules *rules, const struct election *is,
			const struct todo *todo)
{
	node_id peer = (node_id)(1 - rules->self);
	bool alone = !(is->gate.members >> peer & 1);
	struct instant supported = is->view[peer].supports_me_at;

	if (is->role != ROLE_ACTIVE)
		return;
	if (todo->take) {
		coverage->sight[SIGHT_TAKEN_ALONE] += supported.ns == INSTANT_ZERO.ns && alone;
		coverage->sight[SIGHT_TAKEN_SILENT] += supported.ns == INSTANT_ZERO.ns && !alone;
	} else if (instant_reached(is->turn_at, instant_add(supported, rules->terms.lease))) {
		coverage->sight[alone ? SIGHT_HELD_ALONE : SIGHT_HELD]++;
	}
}

void coverage_step(struct coverage *coverage, const struct rules *rules, const struct election *is,
		   const struct todo *todo)
{
	if (rules->corosync && rules->nodes == 2)
		step_of_two(coverage, rules, is, todo);
	coverage->sight[SIGHT_SUSPECT] += todo->suspect;
	coverage->sight[SIGHT_SPLIT_MET] += todo->split;
	coverage->sight[SIGHT_OFFER] += is->offers_to != NODE_NONE && is->offered_at.ns == is->turn_at.ns && todo->beat;
	if (!todo->changed)
		return;
	coverage->rule[rule_of(is)]++;
	coverage->why[is->why]++;
}

static const char *sight_word(int sight)
{
	static const char *const words[] = {
		[SIGHT_HEARD_FRESH] = "fresh beats",
		[SIGHT_HEARD_ONE_WAY] = "one-way beats",
		[SIGHT_HEARD_UNPROVEN] = "unproven beats",
		[SIGHT_HEARD_STALE] = "stale beats",
		[SIGHT_REPLAYED] = "replayed beats",
		[SIGHT_REFLECTED] = "reflected beats",
		[SIGHT_SUSPECT] = "suspects",
		[SIGHT_SPLIT_MET] = "owners met",
		[SIGHT_PROBES_CROSSED] = "probes crossed",
		[SIGHT_FROZEN_ASLEEP] = "frozen asleep",
		[SIGHT_FROZEN_IN_TURN] = "frozen in a turn",
		[SIGHT_KILLED_IN_TURN] = "killed in a turn",
		[SIGHT_CUT_OFF_SENSED] = "cuts sensed",
		[SIGHT_OFFER] = "offers",
		[SIGHT_RINGS] = "rings",
		[SIGHT_BOTH_QUORATE] = "both quorate",
		[SIGHT_GONE_TOLD] = "dead agents told",
		[SIGHT_HELD] = "held by corosync",
		[SIGHT_HELD_ALONE] = "held alone",
		[SIGHT_TAKEN_ALONE] = "taken alone",
		[SIGHT_TAKEN_SILENT] = "taken from a silent agent",
	};

	return words[sight];
}

void coverage_print(const struct coverage *coverage, FILE *to)
{
	fprintf(to, "rules:");
	for (int r = 1; r <= RULES; r++)
		fprintf(to, " %d:%llu", r, (unsigned long long)coverage->rule[r]);
	fprintf(to, "\nwhy:");
	for (int w = 0; w < WHY_COUNT; w++)
		fprintf(to, " %s:%llu", why_word((enum why)w), (unsigned long long)coverage->why[w]);
	fprintf(to, "\nfaults:");
	for (int a = 0; a < ACT_COUNT; a++)
		fprintf(to, " %s:%llu", act_word((enum act_kind)a), (unsigned long long)coverage->act[a]);
	fprintf(to, "\nseen:");
	for (int s = 0; s < SIGHT_COUNT; s++)
		fprintf(to, "%s %s:%llu", s ? "," : "", sight_word(s), (unsigned long long)coverage->sight[s]);
	fprintf(to, "\nwithout a quorum: %llu partitions (settled within %.3f ms of contact), %llu races (%.3f ms)\n",
		(unsigned long long)coverage->partitions, (double)coverage->longest_partition / MS,
		(unsigned long long)coverage->races, (double)coverage->longest_race / MS);
}
