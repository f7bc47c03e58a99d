/* A line of what an agent tells its followers (event_json.h), back to the values it came from. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/event_json.h"
#include "agent/events.h"

enum event_kind {
	EVENT_TOLD,
	EVENT_LOST,    /* so many are missing here */
	EVENT_UNKNOWN, /* neither */
};

struct event_said {
	enum event_kind kind;
	struct event_record event;
	struct event_origin origin;
	uint64_t lost;
};

/* Whatever the bytes are: what has no place in an event's line, or in a name, makes them EVENT_UNKNOWN. */
void event_read(const char *text, size_t length, struct event_said *said);
