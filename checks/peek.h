/* A look at a path that may hang.
 *
 * A file system whose server is dead stops whoever as much as asks for a file's age, and no system call can be told not
 * to wait. So a short-lived process looks, and is killed with its probe. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "checks/offspring.h"
#include "vrrp/instant.h"

enum { PEEK_HEAD_MAX = 64 };

/* What was seen, symbolic links followed. */
struct peek_report {
	int error;               /* 0, or errno; the rest is zero then */
	mode_t mode;
	struct timespec written; /* wall clock */
	struct timespec now;     /* wall clock, when it looked */
	uint16_t head_bytes;
	char head[PEEK_HEAD_MAX]; /* how a regular file begins, where that was asked for */
};

struct peek {
	struct offspring offspring;
	const char *path; /* lent */
	bool head;
};

/* `head`: read how a regular file begins, too. */
void peek_init(struct peek *peek, const void *owner, const char *path, bool head);

/* True when it is over, with the report; false with what to wait for. */
bool peek_advance(struct peek *peek, struct probe_wait *wait, struct peek_report *report);

const char *peek_stage(const struct peek *peek);

void peek_done(struct peek *peek);
