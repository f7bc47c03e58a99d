#include "agent/hook_queue.h"

#include <assert.h>
#include <stddef.h>

bool hook_queue_add(struct hook_queue *queue, const struct journal_record *record)
{
	bool fits = queue->count < HOOK_QUEUE_MAX;

	if (!fits)
		hook_queue_remove(queue);
	queue->record[(queue->first + queue->count++) % HOOK_QUEUE_MAX] = *record;
	return fits;
}

const struct journal_record *hook_queue_first(const struct hook_queue *queue)
{
	return queue->count > 0 ? &queue->record[queue->first] : NULL;
}

void hook_queue_remove(struct hook_queue *queue)
{
	assert(queue->count > 0);
	queue->first = (queue->first + 1) % HOOK_QUEUE_MAX;
	queue->count--;
}
