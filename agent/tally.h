/* What a vip has been through on this node since the agent started: role changes by reason, and for how long at most
 * nobody answered its clients before each claim whose darkness is known. Values, and nothing else. */
#pragma once

#include <stdint.h>

#include "vrrp/beat.h"
#include "vrrp/instant.h"

enum { TALLY_BOUNDS = 13 };
/* Upper bounds of the classes, in microseconds, rising: a planned move is in the first ones, a crash at the default
 * heartbeat (300 ms) in the middle, and what is beyond the last is in a class of its own. */
extern const uint32_t tally_bound_us[TALLY_BOUNDS];

struct tally {
	uint64_t changes[WHY_COUNT];
	uint64_t dark[TALLY_BOUNDS + 1]; /* claims by class */
	uint64_t dark_us;		 /* of all of them together */
};

/* A role change for this reason. `dark` is negative where nobody can tell: a claim of what nobody had, a release. */
void tally_change(struct tally *tally, enum why why, struct duration dark);

/* Claims whose darkness is known. */
uint64_t tally_claims(const struct tally *tally);
