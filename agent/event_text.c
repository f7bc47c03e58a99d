#include "agent/event_text.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "agent/event_fields.h"
#include "agent/page.h"

static void print_time(struct page *page, int64_t at_ms, const char *form)
{
	time_t seconds = (time_t)(at_ms / 1000);
	char text[64];
	struct tm tm;

	if (localtime_r(&seconds, &tm) && strftime(text, sizeof(text), form, &tm) > 0)
		page_print(page, "%s.%03d", text, (int)(at_ms % 1000));
}

static void print_rest(struct page *page, const struct event_fields *fields, bool from_to)
{
	for (int i = 0; i < fields->count; i++) {
		const char *key = event_fields_key(fields, i);

		if (strcmp(key, "event") != 0 && strcmp(key, "vip") != 0 && strcmp(key, "words") != 0 &&
		    !(from_to && (strcmp(key, "from") == 0 || strcmp(key, "to") == 0)))
			page_print(page, " %s=%s", key, event_fields_value(fields, i));
	}
}

void event_text_write(const struct event_record *event, const char *time_form, char text[static EVENT_TEXT_MAX])
{
	struct page page = page_begin(text, EVENT_TEXT_MAX);
	struct event_fields fields;
	const char *vip, *from, *to, *words;
	bool from_to;

	event_fields_read(&fields, event->line);
	vip = event_fields_get(&fields, "vip");
	from = event_fields_get(&fields, "from");
	to = event_fields_get(&fields, "to");
	words = event_fields_get(&fields, "words");
	from_to = *from && *to;
	print_time(&page, event->at_ms, time_form);
	page_print(&page, " %c %-9s", event->severity <= LOG_WARNING ? '!' : ' ', event_fields_get(&fields, "event"));
	if (*vip)
		page_print(&page, " %s:", vip);
	if (from_to)
		page_print(&page, " %s -> %s", from, to);
	print_rest(&page, &fields, from_to);
	page_print(&page, "%s%s", *words ? ": " : "", words);
}
