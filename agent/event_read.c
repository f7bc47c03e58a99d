#include "agent/event_read.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Printable ASCII of less than `size` bytes; `also_blank`: with blanks in it. */
static bool copy(char *to, size_t size, const char *from, bool also_blank)
{
	for (const char *c = from; *c; c++)
		if (*c > '~' || *c < (also_blank ? ' ' : '!'))
			return false;
	return *from && (size_t)snprintf(to, size, "%s", from) < size;
}

static bool read_session(const char *text, uint64_t *session)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*session = strtoull(text, NULL, 16);
	return true;
}

/* RFC 3339 as event_time_write() writes it. */
static bool read_time(const char *text, int64_t *at_ms)
{
	char again[EVENT_TIME_MAX];
	struct tm tm = {0};
	int ms = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &ms) != 7)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*at_ms = timegm(&tm) * INT64_C(1000) + ms;
	event_time_write(*at_ms, again);
	return strcmp(text, again) == 0;
}

static bool read_told(json_t *object, struct event_said *said)
{
	const char *session, *node, *time, *severity, *line;
	json_int_t seq;

	if (json_unpack(object, "{s:I, s:s, s:s, s:s, s:s, s:s}", "seq", &seq, "session", &session, "node", &node,
			"time", &time, "severity", &severity, "line", &line) < 0)
		return false;
	said->event.seq = (uint64_t)seq;
	said->event.severity = event_severity_read(severity);
	return seq > 0 && said->event.severity >= 0 && read_session(session, &said->origin.session) &&
	       read_time(time, &said->event.at_ms) &&
	       copy(said->origin.node, sizeof(said->origin.node), node, false) &&
	       copy(said->event.line, sizeof(said->event.line), line, true);
}

static bool read_lost(json_t *object, struct event_said *said)
{
	json_int_t lost;

	if (json_unpack(object, "{s:I}", "lost", &lost) < 0 || lost <= 0)
		return false;
	said->lost = (uint64_t)lost;
	return true;
}

void event_read(const char *text, size_t length, struct event_said *said)
{
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);

	*said = (struct event_said){.kind = EVENT_UNKNOWN};
	if (object && read_told(object, said))
		said->kind = EVENT_TOLD;
	else if (object && read_lost(object, said))
		said->kind = EVENT_LOST;
	json_decref(object);
}
