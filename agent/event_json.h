/* An event as one line of JSON, as followers, hooks and `casvipctl events --json` get it:
 *
 *   {"seq":7,"session":"16 hex digits","node":"cas1","time":"2026-11-24T17:00:00.123Z","severity":"notice",
 *    "event":"role","line":"event=role vip=mail ...","fields":{"vip":"mail",...}}
 *
 * `seq` counts within a session, which is one run of an agent. */
#pragma once

#include <stdint.h>

#include "agent/events.h"
#include "conf/conf.h"

enum {
	EVENT_JSON_MAX = 3072, /* bytes of the longest line, with its newline and the NUL */
	EVENT_TIME_MAX = 32,
};

struct event_origin {
	char node[CONF_NODE_NAME_MAX];
	uint64_t session;
};

/* The length, newline included. It always fits. */
int event_json_write(const struct event_record *record, const struct event_origin *origin,
		     char text[static EVENT_JSON_MAX]);

/* {"lost":N}: so many events are missing at this place. */
int event_json_write_lost(uint64_t lost, char text[static EVENT_JSON_MAX]);

/* RFC 3339, UTC, with milliseconds; of years that have four digits, which others are taken for. */
void event_time_write(int64_t at_ms, char text[static EVENT_TIME_MAX]);

/* "notice" and so on, as in syslog.conf(5); "?" for what is no severity. Back: -EINVAL for what is no word of these. */
const char *event_severity_word(int severity);
int event_severity_read(const char *word);
