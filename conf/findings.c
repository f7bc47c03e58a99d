/* See findings.h. Knows nothing of configurations. */
#include "conf/findings.h"

#include <stdarg.h>

static void make_printable(char *words)
{
	for (; *words; words++)
		if (*words < ' ' || *words > '~')
			*words = '?';
}

void findings_add(struct findings *findings, int line, const char *words, ...)
{
	va_list arguments;

	if (findings->count++ >= FINDINGS_MAX)
		return;
	struct finding *finding = &findings->finding[findings->count - 1];
	finding->line = line;
	va_start(arguments, words);
	vsnprintf(finding->words, sizeof(finding->words), words, arguments);
	va_end(arguments);
	make_printable(finding->words);
}

/* By insertion: stable, and there are few. */
static void sort_by_line(struct finding *finding, int count)
{
	for (int i = 1; i < count; i++) {
		struct finding moved = finding[i];
		int to = i;

		for (; to > 0 && finding[to - 1].line > moved.line; to--)
			finding[to] = finding[to - 1];
		finding[to] = moved;
	}
}

void findings_print(struct findings *findings, const char *name, FILE *out)
{
	int kept = findings->count < FINDINGS_MAX ? findings->count : FINDINGS_MAX;

	sort_by_line(findings->finding, kept);
	for (int i = 0; i < kept; i++)
		fprintf(out, "%s:%d: %s\n", name, findings->finding[i].line, findings->finding[i].words);
	if (findings->count > kept)
		fprintf(out, "%s:%d: and %d more findings\n", name, findings->finding[kept - 1].line,
			findings->count - kept);
}
