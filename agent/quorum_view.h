/* What follows from all that corosync has said so far. Pure: each thing it said comes in with its own time, the fact of
 * the moment goes out.
 *
 * Corosync tells of rings (who hears whom) and of verdicts (whether a ring is quorate) by two ways, in either order. A
 * verdict counts for the ring that it names; once a newer ring is known, "not judged yet" is not quorate. Without that,
 * a node cut off from its witness would be quorate until the witness's device times out. */
#pragma once

#include "agent/quorum_nodes.h"
#include "agent/quorum_word.h"
#include "vrrp/instant.h"

struct quorum_ring {
	uint32_t node;
	uint64_t seq; /* grows from ring to ring */
	const uint32_t *ids; /* of its members, corosync's; lent */
	size_t count;
};

struct quorum_view {
	enum quorum_state trouble; /* one that comes before all verdicts; QUORUM_QUORATE: none */
	char words[QUORUM_WORDS_MAX];
	struct quorum_map map;
	node_id self;
	struct quorum_settings settings;
	uint32_t connects;

	uint32_t ring_node, judged_node; /* the newest ring, and the one that the newest verdict is about */
	uint64_t ring_seq, judged_seq;
	bool quorate; /* the judged one */
	uint32_t members;
	bool has_stranger; /* among them */
	struct instant members_since, ring_since;
	/* Each of a word of ours, when it was sent: the newest that came back in this ring, the one before that, and
	 * the newest that came back in whatever ring. */
	struct instant back_at, proven_at, came_back;
	struct instant given_up; /* what was sent until then proves nothing any more, should it come back */
	struct instant word_at[NODES_MAX], gone_at[NODES_MAX];
	uint32_t word_pid[NODES_MAX]; /* who spoke for the node last */
};

/* Nothing is known, for this reason. What was known is forgotten, but not how often corosync was found. */
void quorum_view_lose(struct quorum_view *view, enum quorum_state why, const char *words);

/* Corosync answers. */
void quorum_view_find(struct quorum_view *view);
/* Its nodelist, as read now; `local` is this corosync's own id. */
void quorum_view_nodes(struct quorum_view *view, const struct conf *conf, const struct quorum_node *nodes, int count,
		       uint32_t local);

/* A ring was formed. One that is known, or older than the one that is, is no news. */
void quorum_view_ring(struct quorum_view *view, const struct quorum_ring *ring, struct instant at);
/* A verdict about a ring. */
void quorum_view_verdict(struct quorum_view *view, const struct quorum_ring *ring, bool quorate, struct instant at);
/* A word of a node's, corosync's id, from its process `pid`. `own`: of this very process. */
void quorum_view_word(struct quorum_view *view, uint32_t id, uint32_t pid, const struct quorum_word *word, bool own,
		      struct instant at);

/* A word of ours was lost, as happens when one ring follows another before the members have agreed on it. */
void quorum_view_give_up(struct quorum_view *view, struct instant sent_at);

void quorum_view_fact(const struct quorum_view *view, struct quorum_fact *fact);
