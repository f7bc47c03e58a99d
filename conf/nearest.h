/* The known word that a misspelt one is most likely to mean. */
#pragma once

/* Start with {0}, try every known word, then read `word`: NULL when none is near enough to suggest. */
struct nearest {
	const char *word;
	int distance;
};

void nearest_try(struct nearest *nearest, const char *misspelt, const char *known);

/* `; did you mean "WORD"?`, or "" when there is nothing to suggest. */
enum { NEAREST_HINT_MAX = 96 };
const char *nearest_hint(const struct nearest *nearest, char hint[static NEAREST_HINT_MAX]);
