/* A check that keeps falling: each fall adds to a penalty that decays, and above a bound the check is held down, until
 * it has been calm for a while. What falls on all nodes at almost the same time, over and over, would else move a vip
 * to and fro, to whoever was the last to notice.
 *
 * Held is a word about a candidate. An owner is judged by what is true now. */
#pragma once

#include <stdbool.h>

#include "vrrp/instant.h"

enum {
	DAMPING_FALL = 1000, /* of each fall */
	DAMPING_MAX = 4000,  /* no more than that, or it would be held for ever */
	DAMPING_HOLD = 2500, /* held from here: the third fall within half a minute or so */
	DAMPING_FREE = 1000, /* and free from here: 2 minutes after the last fall at most */
	DAMPING_HALF_LIFE_MS = 60000,
};

/* Starts zeroed. */
struct damping {
	int penalty; /* at `at` */
	struct instant at;
	bool held;
};

void damping_fall(struct damping *damping, struct instant now);

bool damping_holds(const struct damping *damping, struct instant now);

/* When it will be held no longer, without another fall; INSTANT_NEVER when it is not held. */
struct instant damping_free_at(const struct damping *damping);
