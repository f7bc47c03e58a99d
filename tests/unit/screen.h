/* Screens as a person sees them, compared whole with tests/golden/screens/NAME.txt. */
#pragma once

#include <stdio.h>
#include <string.h>

enum { SCREEN_MAX = 16 << 10 };

static inline void assert_screen(const char *name, const char *shown)
{
	char path[128], expected[SCREEN_MAX];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "tests/golden/screens/%s.txt", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s is missing; shown was:\n%s", path, shown);
	length = fread(expected, 1, sizeof(expected) - 1, file);
	fclose(file);
	expected[length] = '\0';
	if (strcmp(shown, expected) != 0)
		fail_msg("not as in %s:\n%s", path, shown);
}
