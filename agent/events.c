#include "agent/events.h"

#include <stdio.h>

void events_add(struct events *events, int64_t at_ms, int severity, const char *line)
{
	struct event_record *record = &events->ring[++events->newest % EVENTS_MAX];

	record->seq = events->newest;
	record->at_ms = at_ms;
	record->severity = severity;
	snprintf(record->line, sizeof(record->line), "%s", line);
}

const struct event_record *events_after(const struct events *events, uint64_t seq, uint64_t *ret_lost)
{
	uint64_t oldest = events->newest < EVENTS_MAX ? 1 : events->newest - EVENTS_MAX + 1;

	*ret_lost = 0;
	if (seq >= events->newest)
		return NULL;
	if (seq + 1 < oldest) {
		*ret_lost = oldest - 1 - seq;
		seq = oldest - 1;
	}
	return &events->ring[(seq + 1) % EVENTS_MAX];
}
