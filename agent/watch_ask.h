/* Asks casvipd for its screen once a second and keeps the newest answer. Never waits: an agent that is frozen, dead or
 * silent becomes words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/cli_talk.h"
#include "vrrp/instant.h"

enum { WATCH_ASK_MS = 1000, WATCH_ANSWER_MS = 2000 /* an ask without an answer is given up */ };

struct watch_ask {
	const char *socket;
	int fd;                        /* -1: nothing is asked */
	struct instant asked_at, ask_at;
	struct instant answered_at;    /* when the newest answer was asked for: it is no older; INSTANT_ZERO: never */
	struct instant well_at;        /* since when there may be trouble: the newest answer came, or the beginning */
	char trouble[CLI_WHY_MAX];     /* of the last ask; "": it was answered */
	enum ctl_exit code;            /* with that: CTL_NOBODY, or CTL_FAILED */
	char *answer, *coming;         /* malloc'd; the newest answer, and the next one on its way */
	const char *text;              /* the screen in the newest answer, "" before there is one */
	size_t used;
};

/* The first ask is due at once. 0 or -ENOMEM. */
int watch_ask_open(struct watch_ask *ask, const char *socket, struct instant now);
void watch_ask_close(struct watch_ask *ask);

/* When to call watch_ask_turn() although the descriptor is quiet. */
struct instant watch_ask_wants(const struct watch_ask *ask);

/* Reads what is there, asks when it is time. True: there is an answer, or one that failed. */
bool watch_ask_turn(struct watch_ask *ask, struct instant now);
