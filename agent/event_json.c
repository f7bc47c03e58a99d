#include "agent/event_json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "agent/event_fields.h"
#include "agent/json.h"

static const char *const severities[] = {
	[LOG_EMERG] = "emerg",	   [LOG_ALERT] = "alert",   [LOG_CRIT] = "crit", [LOG_ERR] = "err",
	[LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug",
};
enum { SEVERITIES = sizeof(severities) / sizeof(severities[0]) };

const char *event_severity_word(int severity)
{
	return severity >= 0 && severity < SEVERITIES ? severities[severity] : "?";
}

int event_severity_read(const char *word)
{
	for (int s = 0; s < SEVERITIES; s++)
		if (strcmp(severities[s], word) == 0)
			return s;
	return -EINVAL;
}

void event_time_write(int64_t at_ms, char text[static EVENT_TIME_MAX])
{
	static const int64_t last_ms = 253402300799999; /* 9999-12-31T23:59:59.999Z */
	int64_t shown = at_ms < 0 ? 0 : at_ms > last_ms ? last_ms : at_ms;
	time_t seconds = (time_t)(shown / 1000);
	char date[EVENT_TIME_MAX - 5];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, EVENT_TIME_MAX, "%.26s.%03dZ", date, (int)(shown % 1000));
}

static void write_fields(struct json *json, const struct event_fields *fields)
{
	json_object(json, "fields");
	for (int i = 0; i < fields->count; i++)
		if (strcmp(event_fields_key(fields, i), "event") != 0)
			json_string(json, event_fields_key(fields, i), event_fields_value(fields, i));
	json_object_end(json);
}

int event_json_write(const struct event_record *record, const struct event_origin *origin,
		     char text[static EVENT_JSON_MAX])
{
	struct json json = json_begin(text, EVENT_JSON_MAX);
	struct event_fields fields;
	char time[EVENT_TIME_MAX], session[17];
	int length;

	event_fields_read(&fields, record->line);
	event_time_write(record->at_ms, time);
	snprintf(session, sizeof(session), "%016" PRIx64, origin->session);
	json_object(&json, NULL);
	json_number(&json, "seq", (int64_t)record->seq);
	json_string(&json, "session", session);
	json_string(&json, "node", origin->node);
	json_string(&json, "time", time);
	json_string(&json, "severity", event_severity_word(record->severity));
	json_string(&json, "event", event_fields_get(&fields, "event"));
	json_string(&json, "line", record->line);
	write_fields(&json, &fields);
	json_object_end(&json);
	length = json_end(&json);
	assert(length > 0); /* of the line's 511 letters each stands twice at most in `line`, thrice in `fields` */
	return length;
}

int event_json_write_lost(uint64_t lost, char text[static EVENT_JSON_MAX])
{
	return snprintf(text, EVENT_JSON_MAX, "{\"lost\":%" PRIu64 "}\n", lost);
}
