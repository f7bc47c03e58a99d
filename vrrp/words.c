/* The words of the core's enums, as logs and status show them. */
#include <assert.h>

#include "vrrp/election.h"

const char *why_word(enum why why)
{
	static const char *const words[] = {
		[WHY_STARTED] = "started",     [WHY_SILENCE] = "silence",   [WHY_YIELDED] = "yielded",
		[WHY_VACANT] = "vacant",       [WHY_STALLED] = "stalled",   [WHY_OUTRANKED] = "outranked",
		[WHY_CHECK] = "check",	       [WHY_LINK] = "link",	    [WHY_STANDBY] = "standby",
		[WHY_FAILBACK] = "failback",   [WHY_ORDER] = "order",	    [WHY_STOPPING] = "stopping",
		[WHY_NO_QUORUM] = "no-quorum",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == WHY_COUNT, "a word for each why");
	return words[why];
}

const char *role_word(enum role role)
{
	static const char *const words[] = {
		[ROLE_INIT] = "INIT", [ROLE_BACKUP] = "BACKUP", [ROLE_ACTIVE] = "ACTIVE"};

	static_assert(sizeof(words) / sizeof(words[0]) == ROLE_COUNT, "a word for each role");
	return words[role];
}

const char *fitness_word(enum fitness fitness)
{
	static const char *const words[] = {
		[FITNESS_FIT] = "fit",		   [FITNESS_UNHEALTHY] = "unhealthy", [FITNESS_UNKNOWN] = "unknown",
		[FITNESS_STANDBY] = "standby",	   [FITNESS_NO_LINK] = "no-link",     [FITNESS_NO_QUORUM] = "no-quorum",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == FITNESS_COUNT, "a word for each fitness");
	return words[fitness];
}
