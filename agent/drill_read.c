#include "agent/drill_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/event_fields.h"

enum { DARK_MOST_MS = 86400000 };

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	for (char *c = to; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/* A name that does not fit is none. */
static bool copy_name(char *to, size_t size, const char *from)
{
	copy(to, size, from);
	return strcmp(to, from) == 0;
}

static json_t *find_vip(json_t *vips, const char *name)
{
	json_t *vip;
	size_t i;

	json_array_foreach(vips, i, vip) {
		const char *its_name = json_string_value(json_object_get(vip, "name"));

		if (its_name && strcmp(its_name, name) == 0)
			return vip;
	}
	return NULL;
}

/* The line of the log by which it took the vip is its evidence, when it is of this term. */
static int64_t read_dark(json_t *vip, uint32_t term)
{
	const char *words = json_string_value(json_object_get(json_object_get(vip, "last_move"), "words"));
	struct event_fields fields;
	const char *dark;
	char *end;
	double ms;

	if (!words || strlen(words) >= EVENT_LINE_MAX)
		return -1;
	event_fields_read(&fields, words);
	dark = event_fields_get(&fields, "dark_max_ms");
	ms = strtod(dark, &end);
	if (!*dark || *end || strtoul(event_fields_get(&fields, "term"), NULL, 10) != term)
		return -1;
	return ms >= 0 && ms <= DARK_MOST_MS ? (int64_t)(ms * 1000 + 0.5) : -1;
}

static bool read_vip(json_t *vip, struct drill_sight *sight)
{
	const char *redundancy;
	json_t *active;
	json_int_t term;
	int redundant;

	if (json_unpack(vip, "{s:I, s:b, s:s, s:o}", "term", &term, "redundant", &redundant, "redundancy", &redundancy,
			"active", &active) < 0 || term < 0 || term > UINT32_MAX)
		return false;
	if (!json_is_null(active) && !json_is_string(active))
		return false;
	sight->term = (uint32_t)term;
	sight->redundant = redundant;
	sight->dark_us = read_dark(vip, sight->term);
	copy(sight->redundancy, sizeof(sight->redundancy), redundancy);
	return copy_name(sight->active, sizeof(sight->active),
			 json_is_null(active) ? "" : json_string_value(active));
}

static int read_status(json_t *status, const char *name, struct drill_sight *sight)
{
	struct drill_sight seen = {0};
	const char *node, *cluster;
	json_t *vips, *vip;

	if (json_unpack(status, "{s:s, s:s, s:o}", "node", &node, "cluster", &cluster, "vips", &vips) < 0 ||
	    !*node || !copy_name(seen.node, sizeof(seen.node), node) ||
	    !copy_name(seen.cluster, sizeof(seen.cluster), cluster))
		return -EPROTO;
	vip = find_vip(vips, name);
	if (!vip)
		return -ENOENT;
	if (!read_vip(vip, &seen))
		return -EPROTO;
	*sight = seen;
	return 0;
}

int drill_read(const char *text, size_t length, const char *vip, struct drill_sight *sight)
{
	json_t *status = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
	int error = status ? read_status(status, vip, sight) : -EPROTO;

	json_decref(status);
	return error;
}
