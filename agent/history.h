/* What became of a vip since this agent started, as this node saw it: the last move, this node's own last change with
 * its evidence, the last split. A value; all zeros is one to which nothing has happened. */
#pragma once

#include <stdbool.h>

#include "vrrp/beat.h"

enum { HISTORY_WORDS_MAX = 448 };

struct history {
	bool owned; /* an owner was known: the last one is */
	node_id owner;
	bool moved; /* it came to that owner while this agent ran, ... */
	bool from_known;
	node_id from; /* ... from this one, where one was known, ... */
	struct instant moved_at; /* ... then */
	bool changed; /* this node changed its role ... */
	struct instant changed_at;
	enum why why;
	char words[HISTORY_WORDS_MAX]; /* ... as the log tells it: "why=silence peer=cas1 ..." */
	bool split; /* this node and another one both owned it ... */
	node_id split_peer;
	struct duration apart; /* ... without hearing each other for so long ... */
	struct instant split_at; /* ... until then */
};

/* Who is known to own it now. The first owner that is heard of has not moved. */
void history_owner(struct history *history, node_id owner, struct instant at);

/* This node took it, from whom it last knew to own it. */
void history_took(struct history *history, node_id self, struct instant at);

void history_changed(struct history *history, enum why why, const char *words, struct instant at);
void history_split(struct history *history, node_id peer, struct duration apart, struct instant at);

/* A node is gone, and its number may be another one's: what cannot be told without its name has not been. */
void history_forget(struct history *history, node_id node);
