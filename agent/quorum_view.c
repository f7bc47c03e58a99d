#include "agent/quorum_view.h"

#include <string.h>

static enum quorum_state state_of(const struct quorum_view *view)
{
	if (view->trouble != QUORUM_QUORATE)
		return view->trouble;
	if (view->has_stranger)
		return QUORUM_MISMATCH;
	if (view->ring_seq == 0 || view->ring_seq != view->judged_seq || view->ring_node != view->judged_node)
		return QUORUM_NO_VERDICT;
	/* A verdict that this node is no part of says nothing of it. */
	return view->quorate && view->members >> view->self & 1 ? QUORUM_QUORATE : QUORUM_NOT_QUORATE;
}

void quorum_view_lose(struct quorum_view *view, enum quorum_state why, const char *words)
{
	uint32_t connects = view->connects;

	*view = (struct quorum_view){
		.trouble = why,
		.self = NODE_NONE,
		.connects = connects,
		.members_since = INSTANT_ZERO,
		.ring_since = INSTANT_ZERO,
		.back_at = INSTANT_ZERO,
		.proven_at = INSTANT_ZERO,
		.came_back = INSTANT_ZERO,
		.given_up = INSTANT_ZERO,
	};
	for (int n = 0; n < NODES_MAX; n++)
		view->word_at[n] = view->gone_at[n] = INSTANT_ZERO;
	strncpy(view->words, words, sizeof(view->words) - 1);
}

void quorum_view_find(struct quorum_view *view)
{
	view->connects++;
	view->trouble = QUORUM_QUORATE;
	view->words[0] = '\0';
}

void quorum_view_nodes(struct quorum_view *view, const struct conf *conf, const struct quorum_node *nodes, int count,
		       uint32_t local)
{
	bool fine;

	view->words[0] = '\0';
	fine = quorum_map_make(&view->map, conf, nodes, count, view->words) == 0;
	view->self = quorum_map_node(&view->map, local);
	if (fine && view->self == NODE_NONE) {
		snprintf(view->words, sizeof(view->words), "corosync's own node %u is not in its nodelist", local);
		fine = false;
	}
	view->trouble = fine ? QUORUM_QUORATE : QUORUM_MISMATCH;
	if (!fine)
		view->ring_since = INSTANT_ZERO;
}

/* Another ring, even of the same members, is a gap: in between they may have been in rings of their own. */
void quorum_view_ring(struct quorum_view *view, const struct quorum_ring *ring, struct instant at)
{
	if (ring->seq < view->ring_seq || (ring->seq == view->ring_seq && ring->node == view->ring_node))
		return;
	view->ring_seq = ring->seq;
	view->ring_node = ring->node;
	view->members_since = at;
	view->ring_since = view->back_at = view->proven_at = INSTANT_ZERO;
	view->has_stranger = false;
	view->members = 0;
	for (size_t i = 0; i < ring->count; i++) {
		node_id node = quorum_map_node(&view->map, ring->ids[i]);

		if (node == NODE_NONE)
			view->has_stranger = true;
		else
			view->members |= UINT32_C(1) << node;
	}
}

void quorum_view_verdict(struct quorum_view *view, const struct quorum_ring *ring, bool quorate, struct instant at)
{
	quorum_view_ring(view, ring, at);
	if (ring->seq != view->ring_seq || ring->node != view->ring_node)
		return;
	view->judged_seq = ring->seq;
	view->judged_node = ring->node;
	view->quorate = quorate;
	if (state_of(view) != QUORUM_QUORATE)
		view->ring_since = INSTANT_ZERO;
	else if (view->ring_since.ns == INSTANT_ZERO.ns)
		view->ring_since = at;
}

/* One that was sent before this ring was known may have made its round in another. */
static void note_back(struct quorum_view *view, struct instant sent_at)
{
	if (sent_at.ns <= view->given_up.ns)
		return;
	view->came_back = instant_later(view->came_back, sent_at);
	if (view->members_since.ns == INSTANT_ZERO.ns || sent_at.ns < view->members_since.ns ||
	    sent_at.ns <= view->back_at.ns)
		return;
	view->proven_at = view->back_at;
	view->back_at = sent_at;
}

void quorum_view_give_up(struct quorum_view *view, struct instant sent_at)
{
	view->given_up = instant_later(view->given_up, sent_at);
}

void quorum_view_word(struct quorum_view *view, uint32_t id, uint32_t pid, const struct quorum_word *word, bool own,
		      struct instant at)
{
	node_id node = quorum_map_node(&view->map, id);

	if (node == NODE_NONE)
		return;
	switch (word->kind) {
	case QUORUM_WORD_LIVES:
		view->word_at[node] = at;
		view->word_pid[node] = pid;
		view->gone_at[node] = INSTANT_ZERO;
		if (own && word->connects == view->connects)
			note_back(view, (struct instant){word->sent_ns});
		break;
	case QUORUM_WORD_GONE:
		/* Of an agent whose successor has spoken, it is no news. */
		if (view->word_at[node].ns != INSTANT_ZERO.ns && view->word_pid[node] == pid)
			view->gone_at[node] = at;
		break;
	}
}

static int64_t told_ns(struct instant at)
{
	return at.ns == INSTANT_ZERO.ns ? 0 : at.ns;
}

void quorum_view_fact(const struct quorum_view *view, struct quorum_fact *fact)
{
	memset(fact, 0, sizeof(*fact)); /* no byte of the padding tells of anything else */
	fact->magic = QUORUM_FACT_MAGIC;
	fact->state = state_of(view);
	fact->members = view->members;
	fact->self = view->self;
	fact->ring_node = view->ring_node;
	fact->ring_seq = view->ring_seq;
	fact->connects = view->connects;
	fact->members_since_ns = told_ns(view->members_since);
	fact->ring_since_ns = told_ns(view->ring_since);
	fact->proven_ns = told_ns(view->proven_at);
	for (int n = 0; n < NODES_MAX; n++) {
		fact->word_ns[n] = told_ns(view->word_at[n]);
		fact->gone_ns[n] = told_ns(view->gone_at[n]);
	}
	fact->settings = view->settings;
	memcpy(fact->words, view->words, sizeof(fact->words));
	if (view->trouble == QUORUM_QUORATE && view->has_stranger)
		snprintf(fact->words, sizeof(fact->words), "a node is in corosync's ring that is none of casvip's");
}
