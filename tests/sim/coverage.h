/* What the stories reached: rules, words, faults, and what they cost. Plain counters, so that workers' add up. */
#pragma once

#include "tests/sim/plan.h"

enum { RULES = 11 };

enum sight {
	SIGHT_HEARD_FRESH,
	SIGHT_HEARD_ONE_WAY,
	SIGHT_HEARD_UNPROVEN,
	SIGHT_HEARD_STALE,
	SIGHT_REPLAYED,
	SIGHT_REFLECTED,
	SIGHT_SUSPECT,
	SIGHT_SPLIT_MET,
	SIGHT_PROBES_CROSSED,
	SIGHT_FROZEN_ASLEEP,
	SIGHT_FROZEN_IN_TURN,
	SIGHT_KILLED_IN_TURN,
	SIGHT_CUT_OFF_SENSED,
	SIGHT_OFFER,
	/* of corosync */
	SIGHT_RINGS,
	SIGHT_BOTH_QUORATE,
	SIGHT_GONE_TOLD,
	SIGHT_HELD,	    /* an owner of two goes on by corosync alone ... */
	SIGHT_HELD_ALONE,   /* ... in a ring of its own */
	SIGHT_TAKEN_ALONE,  /* and takes by it: without the other one in the ring ... */
	SIGHT_TAKEN_SILENT, /* ... with it */
};
enum { SIGHT_COUNT = SIGHT_TAKEN_SILENT + 1 };

struct coverage {
	uint64_t stories, calm_stories, violations;
	uint64_t virtual_ms, packets, turns;
	uint64_t rule[RULES + 1];
	uint64_t why[WHY_COUNT];
	uint64_t act[ACT_COUNT];
	uint64_t sight[SIGHT_COUNT];
	/* overlaps of two answers that the design does not exclude without a quorum */
	uint64_t partitions, races;
	int64_t longest_partition, longest_race; /* ns from the instant they could hear each other */
	/* the darkness of calm stories with a single fault */
	uint64_t darks;
	int64_t longest_dark;
};

void coverage_add(struct coverage *sum, const struct coverage *one);
void coverage_step(struct coverage *coverage, const struct rules *rules, const struct election *is,
		   const struct todo *todo);
void coverage_print(const struct coverage *coverage, FILE *to);
