#include "tests/sim/queue.h"

#include <assert.h>
#include <stdbool.h>

void queue_clear(struct queue *queue)
{
	queue->count = 0;
	queue->order = 0;
}

static bool before(const struct happens *a, const struct happens *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void queue_push(struct queue *queue, int64_t at, enum happening what, uint32_t who, uint32_t stamp)
{
	struct happens new = {.at = at, .order = queue->order++, .what = what, .who = who, .stamp = stamp};
	int i = queue->count++;

	assert(i < QUEUE_MAX);
	for (; i > 0 && before(&new, &queue->heap[(i - 1) / 2]); i = (i - 1) / 2)
		queue->heap[i] = queue->heap[(i - 1) / 2];
	queue->heap[i] = new;
}

struct happens queue_pop(struct queue *queue)
{
	struct happens first = queue->heap[0], last;
	int i = 0, child;

	assert(queue->count > 0);
	last = queue->heap[--queue->count];
	for (; (child = 2 * i + 1) < queue->count; i = child) {
		if (child + 1 < queue->count && before(&queue->heap[child + 1], &queue->heap[child]))
			child++;
		if (!before(&queue->heap[child], &last))
			break;
		queue->heap[i] = queue->heap[child];
	}
	queue->heap[i] = last;
	return first;
}
