/* The environment of a hook: what happened, as CASVIP_EVENT, CASVIP_VIP, CASVIP_WHY ... Pure.
 *
 * Some of an event's values come from other hosts and from services, and many a script puts such a variable where a
 * shell reads it again: so a value has letters, digits, blanks and . _ : / @ + , = % - only, and no '-' in front. What
 * else stood there is '?'. The JSON on standard input has the values as they are. */
#pragma once

#include "agent/event_fields.h"
#include "agent/journal_text.h"

enum {
	HOOK_VARIABLES_MAX = EVENT_FIELDS_MAX + 8,
	HOOK_ENVIRONMENT_MAX = 4096,
};

struct hook_environment {
	char *variable[HOOK_VARIABLES_MAX + 1]; /* "NAME=value", into `text`; NULL after the last */
	int count;
	char text[HOOK_ENVIRONMENT_MAX];
	size_t used;
};

void hook_environment_make(struct hook_environment *environment, const char *hook, const struct journal_record *record);
