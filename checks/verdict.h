/* From single verdicts to a state one can act on: rise and fall, as a value.
 *
 * What an operator gets:
 *  - After a start the state is unknown. One good verdict makes it up: a healthy node may serve at once. It takes
 *    `fall` bad ones to make it down: a slow start is not a failure.
 *  - An up check goes down after `fall` bad verdicts in a row, a down one up after `rise` good ones in a row.
 *  - UP and UP_AUTH are good, DOWN is bad. AUTH_REJECTED is bad at once, as if `fall` had come: it is an answer and no
 *    mishap, and the next one is minutes away. UNKNOWN (we could not ask) says nothing about the
 *    service and interrupts no row; but from the third in a row on each counts as a bad one, because a node that
 *    cannot check cannot vouch for its service either. */
#pragma once

#include <stdbool.h>

#include "checks/fact.h"

enum { VERDICTS_UNKNOWN_MAX = 3 };

struct verdicts {
	enum check_state state; /* UNKNOWN, UP or DOWN */
	int good;    /* in a row, likewise the others */
	int bad;
	int unknown;
};

/* All zero: nothing seen yet. */
struct verdicts verdicts_add(struct verdicts was, enum verdict verdict, int rise, int fall);

/* The last verdict does not fit the state, or there is no state yet: look again soon. */
bool verdicts_in_doubt(struct verdicts verdicts);

bool verdict_is_good(enum verdict verdict);
const char *verdict_word(enum verdict verdict); /* "up", "up-auth", "auth-rejected", "down", "unknown" */
