#include "checks/worst.h"

#include <string.h>

static int badness(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_UP:
		return 0;
	case VERDICT_UP_AUTH:
		return 1;
	case VERDICT_AUTH_REJECTED:
		return 2;
	case VERDICT_UNKNOWN:
		return 3;
	case VERDICT_DOWN:
		return 4;
	}
	return 4;
}

void worst_note(struct worst *worst, const struct outcome *found)
{
	int than = badness(worst->found.verdict), is = badness(found->verdict);

	if (!worst->anything || is > than)
		worst->found = *found;
	else if (is == than && strcmp(found->reason, worst->found.reason) == 0)
		outcome_set(&worst->found, found->verdict, found->reason, "%s; %s", worst->found.words, found->words);
	worst->anything = true;
}
