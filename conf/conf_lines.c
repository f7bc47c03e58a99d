/* See conf_lines.h. */
#include "conf/conf_lines.h"

#include <stdlib.h>

void conf_lines_add(struct conf_lines *lines, const void *field, int line, bool refused)
{
	if (lines->entries == lines->room) {
		size_t room = lines->room ? 2 * lines->room : 64;
		struct conf_line *grown = reallocarray(lines->entry, room, sizeof(*grown));

		if (!grown) {
			lines->failed = true;
			return;
		}
		lines->entry = grown;
		lines->room = room;
	}
	lines->entry[lines->entries++] = (struct conf_line){field, line, refused};
}

void conf_lines_free(struct conf_lines *lines)
{
	free(lines->entry);
	*lines = (struct conf_lines){0};
}

static const struct conf_line *find(const struct conf_lines *lines, const void *field)
{
	for (size_t i = 0; i < lines->entries; i++)
		if (lines->entry[i].field == field)
			return &lines->entry[i];
	return NULL;
}

int conf_line_of(const struct conf_lines *lines, const void *field)
{
	const struct conf_line *entry = find(lines, field);

	return entry ? entry->line : 0;
}

bool conf_line_is_refused(const struct conf_lines *lines, const void *field)
{
	const struct conf_line *entry = find(lines, field);

	return entry && entry->refused;
}
