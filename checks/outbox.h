/* Facts on their way to the agent. When the agent reads slowly only the newest fact of each check is kept: old ones are
 * worth nothing, and the judge never waits. */
#pragma once

#include <stdbool.h>

#include "checks/fact.h"

struct outbox {
	int fd; /* the write end of a pipe in packet mode, O_NONBLOCK; the caller's */
	int checks;
	int pending;
	int next; /* whose turn it is, so that none starves */
	bool *waits;
	struct fact *fact;
};

/* For checks numbered 0 .. checks - 1. 0 or -ENOMEM. */
int outbox_init(struct outbox *outbox, int fd, int checks);
void outbox_done(struct outbox *outbox);

/* Puts a fact in, in place of the check's older one. */
void outbox_put(struct outbox *outbox, int check, const struct fact *fact);

/* Sends what the pipe takes. 0 (see `pending`), or -errno: -EPIPE when the agent is gone. SIGPIPE is to be ignored. */
int outbox_flush(struct outbox *outbox);
