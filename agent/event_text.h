/* An event as one line for a person:
 *
 *   "2026-11-24 17:00:00.123 ! role      mail: BACKUP -> ACTIVE why=silence ...: words"
 *
 * A '!' is worth a look. Pure, but for the zone of the local time. */
#pragma once

#include "agent/events.h"

/* A line's fields with a blank for each separator, the time, and what stands between them. */
enum { EVENT_TEXT_MAX = 2 * EVENT_LINE_MAX };

#define EVENT_TEXT_DATE "%Y-%m-%d %H:%M:%S"
#define EVENT_TEXT_HOUR "%H:%M:%S"

/* `time_form` is strftime's and ends with the seconds; milliseconds follow. No newline. It always fits. */
void event_text_write(const struct event_record *event, const char *time_form, char text[static EVENT_TEXT_MAX]);
