#include "agent/reason.h"

#include <assert.h>

const char *reason_words(enum why why)
{
	static const char *const words[] = {
		[WHY_STARTED] = "this agent started",
		[WHY_SILENCE] = "the owner's heartbeats stopped, and nobody answered for the vip any more",
		[WHY_YIELDED] = "the owner handed it over",
		[WHY_VACANT] = "nobody owned it",
		[WHY_STALLED] = "this host did not run in time to keep its lease",
		[WHY_OUTRANKED] = "another node owned it too, by a newer claim: a split was settled",
		[WHY_CHECK] = "a required check failed on this node",
		[WHY_LINK] = "this host had lost its link",
		[WHY_STANDBY] = "this node was put on standby",
		[WHY_FAILBACK] = "failback to the preferred node",
		[WHY_ORDER] = "casvipctl move",
		[WHY_STOPPING] = "this agent was stopped",
		[WHY_NO_QUORUM] = "no majority of the nodes was heard",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == WHY_COUNT, "words for each why");
	return words[why];
}
