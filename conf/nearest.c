/* See nearest.h. Distance is optimal string alignment: one each for a letter added, dropped, changed, or swapped with
 * its neighbour; upper and lower case are the same letter. */
#include "conf/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 64 }; /* longer words are nobody's typo */

static int least(int a, int b, int c)
{
	int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int row[3][WORD_MAX + 1]; /* the last three rows of the matrix, turning */

	for (size_t j = 0; j <= b_length; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= a_length; i++) {
		int *now = row[i % 3], *before = row[(i - 1) % 3], *swapped = row[(i + 1) % 3];

		now[0] = (int)i;
		for (size_t j = 1; j <= b_length; j++) {
			now[j] = least(before[j] + 1, now[j - 1] + 1, before[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) &&
			    now[j] > swapped[j - 2] + 1)
				now[j] = swapped[j - 2] + 1;
		}
	}
	return row[a_length % 3][b_length];
}

void nearest_try(struct nearest *nearest, const char *misspelt, const char *known)
{
	size_t length = strlen(misspelt), known_length = strlen(known);

	if (length == 0 || length > WORD_MAX || known_length > WORD_MAX)
		return;
	int apart = distance(misspelt, length, known, known_length);
	if (apart > (int)(length + 2) / 3) /* a third of the letters wrong: another word, not a typo */
		return;
	if (nearest->word && nearest->distance <= apart)
		return;
	nearest->word = known;
	nearest->distance = apart;
}

const char *nearest_hint(const struct nearest *nearest, char hint[static NEAREST_HINT_MAX])
{
	hint[0] = '\0';
	if (nearest->word)
		snprintf(hint, NEAREST_HINT_MAX, "; did you mean \"%s\"?", nearest->word);
	return hint;
}
