/* Points in time and lengths of time, as two types that do not mix.
 *
 * An instant is read from CLOCK_BOOTTIME by the caller (it goes on through a suspend, and nobody can set it); the
 * core never asks a clock. Both count nanoseconds in 64 bits: 292 years, so sums of sane values do not overflow. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct instant {
	int64_t ns;
};

struct duration {
	int64_t ns;
};

#define INSTANT_NEVER ((struct instant){INT64_MAX}) /* later than any real instant: "not scheduled" */
#define INSTANT_ZERO  ((struct instant){INT64_MIN}) /* before any real instant: "has not happened" */

static inline struct duration duration_us(int64_t us)
{
	return (struct duration){us * 1000};
}

static inline struct duration duration_ms(int64_t ms)
{
	return (struct duration){ms * 1000000};
}

static inline struct duration duration_times(struct duration length, int64_t factor)
{
	return (struct duration){length.ns * factor};
}

static inline int64_t duration_to_ms(struct duration length)
{
	return length.ns / 1000000;
}

/* at + after; NEVER and ZERO absorb, so that "never plus a second" stays never. */
static inline struct instant instant_add(struct instant at, struct duration after)
{
	if (at.ns == INT64_MAX || at.ns == INT64_MIN)
		return at;
	return (struct instant){at.ns + after.ns};
}

/* later - earlier; at least a century when `earlier` has never happened. */
static inline struct duration instant_since(struct instant later, struct instant earlier)
{
	if (earlier.ns == INT64_MIN || later.ns == INT64_MAX)
		return (struct duration){INT64_MAX / 2};
	return (struct duration){later.ns - earlier.ns};
}

static inline bool instant_reached(struct instant now, struct instant deadline)
{
	return now.ns >= deadline.ns;
}

static inline struct instant instant_earlier(struct instant a, struct instant b)
{
	return a.ns <= b.ns ? a : b;
}

static inline struct instant instant_later(struct instant a, struct instant b)
{
	return a.ns >= b.ns ? a : b;
}
