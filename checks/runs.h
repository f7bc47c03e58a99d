/* The probes under way: a bounded set, each with the deadline of its check.
 *
 * A turn: runs_wait() fills the descriptors to poll for, runs_woke() hands back what they showed, runs_start() adds,
 * runs_next() tells one after the other which have ended, by verdict or by deadline. */
#pragma once

#include <poll.h>

#include "checks/probe.h"

enum { RUNS_MAX = 64 };

struct run {
	const struct probe_type *type;
	struct probe *probe; /* NULL: it could not begin; `outcome` says why */
	int tag;             /* the caller's: which check */
	struct duration timeout;
	struct instant began;
	struct probe_wait wait;
	short revents;
	bool fresh; /* begun since the last poll */
	struct outcome outcome;
};

struct runs {
	int count;
	struct run run[RUNS_MAX];
};

/* What became of a probe. */
struct run_end {
	int tag;
	struct instant began;
	struct duration took;
	struct outcome outcome;
	int death_fd; /* -1, or as in probe.h: the caller closes it */
};

/* Is there no room for another? */
bool runs_full(const struct runs *runs);

/* Begins a probe of `check`, which must stay while it runs; there must be room. It ends in runs_next(), even if it
 * cannot begin. */
void runs_start(struct runs *runs, const struct conf_check *check, int tag, struct instant now);

/* Fills `fds`, of RUNS_MAX places, and returns how many. */
int runs_wait(const struct runs *runs, struct pollfd *fds);
void runs_woke(struct runs *runs, const struct pollfd *fds);

/* Carries on whatever woke. True with one that has ended in `end`; false when no more have. */
bool runs_next(struct runs *runs, struct instant now, struct run_end *end);

/* When to be here at the latest; INSTANT_NEVER when nothing runs. */
struct instant runs_deadline(const struct runs *runs);

/* Ends all of them without a verdict. */
void runs_done(struct runs *runs);
