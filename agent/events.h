/* The newest events of this agent, numbered from 1: what whoever follows them can still be told.
 *
 * A value of fixed size. Older ones make room for newer ones; who comes too late learns how many were lost. */
#pragma once

#include <stdint.h>

enum {
	EVENTS_MAX = 256,
	EVENT_LINE_MAX = 512, /* with the NUL; no line of the log is longer */
};

/* One line of the log as it was sent, without syslog's part. */
struct event_record {
	uint64_t seq;
	int64_t at_ms; /* wall clock, since 1970 */
	int severity;  /* syslog's */
	char line[EVENT_LINE_MAX]; /* "event=NAME key=value ...", printable ASCII */
};

/* All zeros is an empty one. */
struct events {
	uint64_t newest; /* its number; 0: there was none */
	struct event_record ring[EVENTS_MAX];
};

void events_add(struct events *events, int64_t at_ms, int severity, const char *line);

/* The oldest event that is newer than `seq`, or NULL; `ret_lost` is how many after `seq` are no longer there. */
const struct event_record *events_after(const struct events *events, uint64_t seq, uint64_t *ret_lost);
