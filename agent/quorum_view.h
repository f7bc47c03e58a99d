/* What follows from all that corosync has said so far. Pure: each word of its comes in with its own time, the fact of the
 * moment goes out.
 *
 * Corosync tells of rings (who hears whom) and of verdicts (whether a ring is quorate) by two ways, in either order. A
 * verdict counts for the ring that it names; once a newer ring is known, "not judged yet" is not quorate. Without that, a
 * node cut off from its witness would be quorate until the witness's device times out. */
#pragma once

#include "agent/quorum_nodes.h"
#include "vrrp/instant.h"

struct quorum_ring {
	uint32_t node;
	uint64_t seq; /* grows from ring to ring */
};

struct quorum_view {
	enum quorum_state trouble; /* one that comes before all verdicts; QUORUM_QUORATE: none */
	char words[QUORUM_WORDS_MAX];
	struct quorum_map map;
	node_id self;
	struct quorum_settings settings;
	uint32_t connects;

	struct quorum_ring ring, judged;
	bool quorate;	    /* the ring `judged` is */
	bool has_stranger;  /* among its members */
	uint32_t members;
	struct instant proven_at;
	struct instant since;
	uint32_t since_members;
};

/* Nothing is known, for this reason. What was known is forgotten, but not how often corosync was found. */
void quorum_view_lose(struct quorum_view *view, enum quorum_state why, const char *words);

/* Corosync answers, and these are its settings. */
void quorum_view_find(struct quorum_view *view);
/* Its nodelist, as read now; `local` is this corosync's own id. */
void quorum_view_nodes(struct quorum_view *view, const struct conf *conf, const struct quorum_node *nodes, int count,
		       uint32_t local);

/* A ring was formed. An older one than is known is no news. */
void quorum_view_ring(struct quorum_view *view, struct quorum_ring ring);
/* A verdict about a ring with these members, by corosync's ids. */
void quorum_view_verdict(struct quorum_view *view, struct quorum_ring ring, bool quorate, const uint32_t *ids,
			 size_t count, struct instant at);
/* A message of this process's came back to it; it was sent then. */
void quorum_view_proof(struct quorum_view *view, struct instant sent_at);

void quorum_view_fact(const struct quorum_view *view, struct quorum_fact *fact);
