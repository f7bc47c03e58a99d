#include "checks/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void outcome_set(struct outcome *outcome, enum verdict verdict, const char *reason, const char *words, ...)
{
	struct outcome made = {.verdict = verdict}; /* the arguments may lie in `outcome` itself */
	va_list arguments;

	snprintf(made.reason, sizeof(made.reason), "%s", reason);
	va_start(arguments, words);
	vsnprintf(made.words, sizeof(made.words), words, arguments);
	va_end(arguments);
	make_printable(made.reason);
	make_printable(made.words);
	*outcome = made;
}
