/* What will happen, in the order of virtual time; of equal times, first come, first served. */
#pragma once

#include <stdint.h>

enum { QUEUE_MAX = 1 << 15 };

enum happening {
	HAPPEN_ACT,    /* of the plan */
	HAPPEN_UNDO,   /* a fault ends by itself */
	HAPPEN_ARRIVE, /* a packet reaches the node's port */
	HAPPEN_RUN,    /* a node's process wakes, or goes on within a turn */
	HAPPEN_EXPIRE, /* a lease or a lifetime may have ended: look */
	HAPPEN_REPLAY, /* the attacker's turn */
	HAPPEN_LOOK,   /* an invariant wants to be checked then */
	/* ring.c: corosync */
	HAPPEN_GATHER,  /* those that miss the token look around */
	HAPPEN_RING,    /* a node's new ring */
	HAPPEN_VERDICT, /* a node's verdict */
	HAPPEN_DEVICE,  /* the witness looks around */
	HAPPEN_TIMEOUT, /* of a node's device */
	/* words.c: casvip-quorum */
	HAPPEN_CONNECT,
	HAPPEN_WORD,   /* a word may come back */
	HAPPEN_GONE,   /* a last word */
	HAPPEN_REPORT, /* to the agent */
};

struct happens {
	int64_t at;
	uint64_t order;
	enum happening what;
	uint32_t who;
	uint32_t stamp;
};

struct queue {
	struct happens heap[QUEUE_MAX];
	int count;
	uint64_t order;
};

void queue_clear(struct queue *queue);
void queue_push(struct queue *queue, int64_t at, enum happening what, uint32_t who, uint32_t stamp);
/* Not of an empty queue. */
struct happens queue_pop(struct queue *queue);
