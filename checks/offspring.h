/* Short-lived processes of checks: a plugin, or a look at what may hang.
 *
 * Each has a session and a process group of its own and dies with the judge. When its probe is over the whole group
 * is killed, so that nothing it has started stays, unless that has left the group on purpose. A check has one at a
 * time: what even SIGKILL does not end, because it waits for a dead disk or file server, is reaped when it does end,
 * and until then the check's next one waits, instead of piling up behind it. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "checks/probe.h"

/* Alive and not yet reaped, altogether: every running probe may have one, and as many may hang. */
enum { OFFSPRING_MAX = 128 };

/* What the new process does: it never returns. Its standard output is ours to read; what stands in errno when it calls
 * offspring_fault() is for offspring_errno(). */
typedef void offspring_work(const void *context);
_Noreturn void offspring_fault(void);

struct offspring {
	const void *owner;
	offspring_work *work;
	const void *context;
	pid_t pid;  /* 0: not begun, or its end has been taken */
	int pidfd;  /* -1: not begun; readable once it has ended */
	int out_fd; /* what it writes to its standard output */
	int fault_fd;
};

/* One of `owner`, which is whose check it is. The context is lent until it has begun. */
void offspring_init(struct offspring *offspring, const void *owner, offspring_work *work, const void *context);

/* Begins when it may. 0: it has ended, `end` says how, as waitid() does, and nothing of its group is left.
 * -EINPROGRESS: `wait` says what to wait for. -EAGAIN: there are OFFSPRING_MAX; or another -errno: it cannot begin. */
int offspring_advance(struct offspring *offspring, struct probe_wait *wait, siginfo_t *end);

/* For the words of a timeout: `running`, or that it still waits for the one before. */
const char *offspring_stage(const struct offspring *offspring, const char *running);

/* What it has written and nobody has read, at most `room` bytes, without waiting. Never an error: how many. */
size_t offspring_output(const struct offspring *offspring, void *bytes, size_t room);
/* Of the call that kept it from its work; 0: none did. */
int offspring_errno(const struct offspring *offspring);

/* Kills what is left of it and closes everything. */
void offspring_done(struct offspring *offspring);

/* The outcome when it could not begin. */
void offspring_outcome(struct outcome *outcome, int error);

/* Killed ones that have not ended yet: the descriptor is readable when offspring_bury() should be called; -1: none. */
int offspring_fd(void);
void offspring_bury(void);
