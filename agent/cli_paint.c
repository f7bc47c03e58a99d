#include "agent/cli_paint.h"

#include <string.h>

#define RED   "\033[1;31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

/* The mark stands in front of words, so behind a space or at the beginning: "it works!" is none. */
static const char *colour_of(const char *line, size_t length)
{
	static const char ready[] = "  standby    ready: ";

	if (length >= 2 && strncmp(line, "! ", 2) == 0)
		return RED;
	if (memmem(line, length, " ! ", 3))
		return RED;
	return length >= strlen(ready) && strncmp(line, ready, strlen(ready)) == 0 ? GREEN : NULL;
}

void cli_paint_line(const char *line, size_t length, FILE *out)
{
	const char *colour = colour_of(line, length);

	fprintf(out, "%s%.*s%s", colour ? colour : "", (int)length, line, colour ? PLAIN : "");
}

void cli_paint(const char *text, FILE *out)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		cli_paint_line(text, length, out);
		text += length;
		if (*text == '\n')
			fputc(*text++, out);
	}
}
