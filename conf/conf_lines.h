/* Where in the file each value of a struct conf stands: what conf_verify.c finds wrong needs a line too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct conf_lines {
	struct conf_line {
		const void *field;
		int line;
		bool refused; /* it was not fit to be read: the field is zero */
	} *entry;
	size_t entries, room;
	bool failed; /* out of memory: some are missing */
};

/* `field` points into the struct conf; a section stands for the name it begins with. */
void conf_lines_add(struct conf_lines *lines, const void *field, int line, bool refused);
void conf_lines_free(struct conf_lines *lines);

/* 0: it does not stand in the file, its value is a default. */
int conf_line_of(const struct conf_lines *lines, const void *field);

bool conf_line_is_refused(const struct conf_lines *lines, const void *field);
