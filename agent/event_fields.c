#include "agent/event_fields.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Ends the value that begins here; where the next field may begin. */
static char *end_value(char **value)
{
	bool is_quoted = **value == '"';
	char *end;

	*value += is_quoted;
	end = *value + strcspn(*value, is_quoted ? "\"" : " ");
	if (!*end)
		return end;
	*end++ = '\0';
	return end;
}

static bool has_key(const struct event_fields *fields, const char *key)
{
	for (int i = 0; i < fields->count; i++)
		if (strcmp(event_fields_key(fields, i), key) == 0)
			return true;
	return false;
}

static void add(struct event_fields *fields, const char *key, const char *value)
{
	if (!*key || fields->count == EVENT_FIELDS_MAX || has_key(fields, key))
		return;
	fields->field[fields->count].key = (uint16_t)(key - fields->text);
	fields->field[fields->count].value = (uint16_t)(value - fields->text);
	fields->count++;
}

void event_fields_read(struct event_fields *fields, const char *line)
{
	char *at = fields->text;

	*fields = (struct event_fields){.count = 0};
	snprintf(fields->text, sizeof(fields->text), "%s", line);
	while (*(at += strspn(at, " "))) {
		char *key = at, *value;

		at += strcspn(at, "= ");
		if (*at != '=')
			continue;
		*at = '\0';
		value = at + 1;
		at = end_value(&value);
		add(fields, key, value);
	}
}

const char *event_fields_key(const struct event_fields *fields, int i)
{
	return fields->text + fields->field[i].key;
}

const char *event_fields_value(const struct event_fields *fields, int i)
{
	return fields->text + fields->field[i].value;
}

const char *event_fields_get(const struct event_fields *fields, const char *key)
{
	for (int i = 0; i < fields->count; i++)
		if (strcmp(event_fields_key(fields, i), key) == 0)
			return event_fields_value(fields, i);
	return "";
}
