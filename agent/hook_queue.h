/* Events that a hook has still to be run for, in the order they happened. Bounded: the oldest make room for newer ones,
 * because what a hook does depends on how things stand now. A value. */
#pragma once

#include <stdbool.h>

#include "agent/journal_text.h"

enum { HOOK_QUEUE_MAX = 64 };

/* All zeros is an empty one. */
struct hook_queue {
	int first, count;
	struct journal_record record[HOOK_QUEUE_MAX];
};

/* False: the oldest one had to go. */
bool hook_queue_add(struct hook_queue *queue, const struct journal_record *record);

/* The oldest one, or NULL; and away with it. */
const struct journal_record *hook_queue_first(const struct hook_queue *queue);
void hook_queue_remove(struct hook_queue *queue);
