/* The newest events of the agent of this host, as long as it can be followed; found again after a restart of it. Never
 * waits. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/events.h"
#include "agent/follow.h"

struct watch_tail {
	struct follow follow;
	struct events events;      /* numbered by this program: those of several runs of an agent */
	uint64_t session, newest;  /* the last that was told; 0: none */
	bool more;                 /* lines may have come that poll() knows nothing of any more */
	char deaf[FOLLOW_WHY_MAX]; /* why it is not followed; "": it is */
};

void watch_tail_open(struct watch_tail *tail);
void watch_tail_close(struct watch_tail *tail);

/* Follows where it does not yet: to be called each time that the agent was heard of, a second or so apart. */
void watch_tail_connect(struct watch_tail *tail, const char *socket);

/* Takes what has come, a bounded amount. True: something did, or nothing will any more. */
bool watch_tail_turn(struct watch_tail *tail);
