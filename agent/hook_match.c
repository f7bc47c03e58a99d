#include "agent/hook_match.h"

#include <string.h>

static bool waits_for(const struct conf_hook *hook, const char *event)
{
	for (int i = 0; i < hook->ons; i++)
		if (strcmp(conf_event_word(hook->on[i]), event) == 0)
			return true;
	return false;
}

static bool is_of_its_vips(const struct conf_hook *hook, const char *vip)
{
	for (int i = 0; i < hook->vips; i++)
		if (strcmp(hook->vip[i], vip) == 0)
			return true;
	return hook->vips == 0;
}

bool hook_wants(const struct conf_hook *hook, const struct event_fields *fields)
{
	return waits_for(hook, event_fields_get(fields, "event")) &&
	       is_of_its_vips(hook, event_fields_get(fields, "vip"));
}
