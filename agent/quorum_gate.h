/* From what casvip-quorum told last to the gate of the election, and to why it is shut, in one word and in many.
 * Pure. */
#pragma once

#include "agent/quorum_terms.h"
#include "vrrp/gate.h"

/* Why it is shut; open: it is not. The first that applies. */
enum quorum_standing {
	QUORUM_STANDS_OPEN,
	QUORUM_STANDS_SILENT,	/* casvip-quorum has told nothing, or has ended */
	QUORUM_STANDS_REFUSED,	/* see quorum_danger() */
	QUORUM_STANDS_MISMATCH, /* this corosync is another node than this agent is */
	QUORUM_STANDS_STATE,	/* as its state says */
	QUORUM_STANDS_UNPROVEN, /* quorate, and no word has made its round in this ring lately */
};

struct quorum_told {
	bool heard; /* `fact` is one */
	struct quorum_fact fact;
};

/* The gate for node `self` of so many. What cannot be relied on is not known: an owner then goes on as long as others
 * hear it, and nobody takes a vip by it. */
struct gate quorum_gate(const struct quorum_told *told, node_id self, int nodes, const struct lease_terms *lease);

enum quorum_standing quorum_standing(const struct quorum_told *told, const struct gate *gate, node_id self,
				     struct instant now);
/* "open", "no-verdict", "two-node": for programs. */
const char *quorum_standing_word(enum quorum_standing standing, const struct quorum_told *told);
/* For people; quotable, and "" where the word says all. */
const char *quorum_standing_words(enum quorum_standing standing, const struct quorum_told *told);
