/* The keys and values of an event's line, "event=role vip=mail words=\"of many\"". Pure: reads memory only.
 *
 * Whatever the line is, something comes out: what has no '=' is passed over, a quote that is never closed lasts to the
 * end, as in a line that was cut. The first of two equal keys counts. */
#pragma once

#include <stdint.h>

#include "agent/events.h"

enum { EVENT_FIELDS_MAX = 32 /* more are passed over */ };

struct event_fields {
	char text[EVENT_LINE_MAX]; /* keys and values, each with a NUL */
	int count;
	struct {
		uint16_t key, value; /* where they stand in the text */
	} field[EVENT_FIELDS_MAX];
};

void event_fields_read(struct event_fields *fields, const char *line);

const char *event_fields_key(const struct event_fields *fields, int i);
const char *event_fields_value(const struct event_fields *fields, int i);

/* The value of this key, "" when it is not there. */
const char *event_fields_get(const struct event_fields *fields, const char *key);
