#include "agent/hook_environment.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_harmless(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(" ._:/@+,=%-", c));
}

static void add(struct hook_environment *environment, const char *name, const char *value)
{
	char *text = environment->text + environment->used;
	size_t room = sizeof(environment->text) - environment->used;
	int length = snprintf(text, room, "%s=%s", name, value);
	char *from;

	if (environment->count == HOOK_VARIABLES_MAX || length < 0 || (size_t)length >= room)
		return;
	from = text + strlen(name) + 1;
	for (char *c = from; *c; c++)
		*c = is_harmless(*c) && !(c == from && *c == '-') ? *c : '?';
	environment->used += (size_t)length + 1;
	environment->variable[environment->count++] = text;
}

static void add_number(struct hook_environment *environment, const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add(environment, name, text);
}

/* CASVIP_SILENT_MS of silent_ms. A key that could be no variable's name, or is one of ours, has none. */
static void add_field(struct hook_environment *environment, const char *key, const char *value)
{
	static const char *const ours[] = {"hook", "node", "time", "seq", "severity"};
	char name[64] = "CASVIP_";
	size_t prefix = strlen(name);

	if (strlen(key) >= sizeof(name) - prefix || key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")])
		return;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(ours[i], key) == 0)
			return;
	for (size_t i = 0; key[i]; i++)
		name[prefix + i] = (char)toupper((unsigned char)key[i]);
	add(environment, name, value);
}

void hook_environment_make(struct hook_environment *environment, const char *hook, const struct journal_record *record)
{
	struct event_fields fields;
	char time[EVENT_TIME_MAX];

	*environment = (struct hook_environment){.count = 0};
	event_fields_read(&fields, record->event.line);
	event_time_write(record->event.at_ms, time);
	add(environment, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
	add(environment, "LANG", "C.UTF-8");
	add(environment, "CASVIP_HOOK", hook);
	add(environment, "CASVIP_NODE", record->origin.node);
	add(environment, "CASVIP_TIME", time);
	add_number(environment, "CASVIP_SEQ", record->event.seq);
	add(environment, "CASVIP_SEVERITY", event_severity_word(record->event.severity));
	for (int i = 0; i < fields.count; i++)
		add_field(environment, event_fields_key(&fields, i), event_fields_value(&fields, i));
}
