/* What is wrong with a configuration text: gathered while it is read, printed in the order of its lines. */
#pragma once

#include <stdio.h>

enum {
	FINDINGS_MAX = 100, /* kept; those beyond are only counted */
	FINDING_WORDS_MAX = 400,
};

struct findings {
	int count; /* all of them, those that were not kept included */
	struct finding {
		int line;
		char words[FINDING_WORDS_MAX];
	} finding[FINDINGS_MAX];
};

/* Notes one. Words that do not fit are cut; what is not printable ASCII becomes '?', since the words quote the file
 * and end on somebody's terminal. */
void findings_add(struct findings *findings, int line, const char *words, ...) __attribute__((format(printf, 3, 4)));

/* "NAME:LINE: words", a line each, sorted by line; findings of one line stay in the order in which they were found. */
void findings_print(struct findings *findings, const char *name, FILE *out);
