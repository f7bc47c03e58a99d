#include "agent/history.h"

#include <stdio.h>

static void move(struct history *history, node_id to, struct instant at)
{
	history->moved = true;
	history->from_known = history->owned;
	history->from = history->owner;
	history->moved_at = at;
	history->owned = true;
	history->owner = to;
}

void history_owner(struct history *history, node_id owner, struct instant at)
{
	if (owner == NODE_NONE || (history->owned && owner == history->owner))
		return;
	if (history->owned) {
		move(history, owner, at);
		return;
	}
	history->owned = true;
	history->owner = owner;
}

void history_took(struct history *history, node_id self, struct instant at)
{
	if (!history->owned || history->owner != self)
		move(history, self, at);
}

void history_changed(struct history *history, enum why why, const char *words, struct instant at)
{
	history->changed = true;
	history->changed_at = at;
	history->why = why;
	snprintf(history->words, sizeof(history->words), "%s", words);
}

void history_split(struct history *history, node_id peer, struct duration apart, struct instant at)
{
	history->split = true;
	history->split_peer = peer;
	history->apart = apart;
	history->split_at = at;
}

void history_forget(struct history *history, node_id node)
{
	if (history->owned && history->owner == node)
		history->owned = history->moved = false;
	if (history->from == node)
		history->from_known = false;
	if (history->split_peer == node)
		history->split = false;
}
