/* One probe driven to its end by a test, as runs.c would: to its verdict, or to the check's timeout. */
#pragma once

#include <poll.h>
#include <string.h>
#include <time.h>

#include "checks/probe.h"
#include "checks/runs.h"
#include "checks/sock.h"

static inline struct instant probe_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct instant){now.tv_sec * INT64_C(1000000000) + now.tv_nsec};
}

/* True with `end` when the one probe in `runs` has ended; false when it waited for `ms` in vain. */
static inline bool probe_wait_ms(struct runs *runs, int ms, struct run_end *end)
{
	struct instant until = instant_add(probe_clock(), duration_ms(ms));
	struct pollfd fds[RUNS_MAX];

	for (;;) {
		struct instant now = probe_clock();
		int64_t left = instant_since(instant_earlier(until, runs_deadline(runs)), now).ns;
		struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
		int count;

		if (runs_next(runs, now, end))
			return true;
		if (instant_reached(now, until))
			return false;
		count = runs_wait(runs, fds);
		assert_true(ppoll(fds, (nfds_t)count, left > 0 ? &timeout : &(struct timespec){0}, NULL) >= 0);
		runs_woke(runs, fds);
	}
}

static inline struct outcome probe_run(const struct conf_check *check)
{
	struct runs runs = {0};
	struct run_end end;

	runs_start(&runs, check, 0, probe_clock());
	assert_true(probe_wait_ms(&runs, 60000, &end));
	sock_close(&end.death_fd);
	return end.outcome;
}

static inline void assert_outcome(const struct outcome *outcome, enum verdict verdict, const char *reason,
				  const char *words)
{
	assert_string_equal(outcome->words, words);
	assert_string_equal(outcome->reason, reason);
	assert_int_equal(outcome->verdict, verdict);
}
