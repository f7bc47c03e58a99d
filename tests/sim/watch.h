/* The judges of a story. They see what nobody in it can: every host's fence at every instant, and who was told what.
 *
 *   1  two hosts never answer one client at once                    watch.c; overlap.c: what no quorum excludes
 *   2  role and kernel agree whenever a process sleeps              watch.c
 *   3  faults over: one owner, the right one, then no more change   settle.c
 *   4  darkness after a single fault keeps within its bound         watch.c
 *   5  the core never asks for the past again and again             watch.c
 *   6  nobody claims, or fails back, who was told not to            watch.c */
#pragma once

#include "tests/sim/world.h"

/* A claim and what followed from it, until the next claim. */
struct tenure {
	uint32_t id; /* 0: none yet */
	enum why why;
	int64_t decided_at;
	uint32_t round; /* of its beats */
};

struct word {
	uint32_t tenure, round;
};

/* What one node could know of another. */
struct acquaintance {
	struct word sent, told;   /* of x's words as an owner to y: the newest sent, the newest that arrived */
	int64_t told_at;
	int64_t beat_lost_at;	  /* x to y, by the net */
	int64_t arp_lost_at;	  /* a probe of y, or x's answer to it */
	int64_t answered_at;	  /* x's answer arrived at y */
};

struct claim_seen {
	struct acquaintance of[SIM_NODES_MAX]; /* when the claim was decided */
	int64_t not_heard_at[SIM_NODES_MAX];   /* by that one: a beat of the claimer was lost */
	int64_t probed_at;
	int64_t turn_at; /* what arrives later is the next turn's */
};

enum excuse { EXCUSE_NONE, EXCUSE_PARTITION, EXCUSE_RACE };

struct overlap {
	bool is;
	enum excuse excuse;
	int64_t since;
};

struct watch {
	int violations;
	char first[160]; /* words of the first one */
	unsigned answering, reached; /* sets of nodes, by bit */
	uint32_t tenures;
	struct tenure tenure[SIM_NODES_MAX];
	struct acquaintance with[SIM_NODES_MAX][SIM_NODES_MAX]; /* [x][y]: what y could know of x */
	struct claim_seen seen[SIM_NODES_MAX];
	int64_t probed_at[SIM_NODES_MAX];
	int64_t disturbed_at[SIM_NODES_MAX]; /* by an act, or its end */
	int64_t net_disturbed_at, net_lost_at;
	struct overlap overlap[SIM_NODES_MAX][SIM_NODES_MAX];
	bool looks_planned;
	int64_t dark_since, dark_sum;
	int64_t dark_last; /* how long the last darkness was */
	bool dark_counts;
	bool settled;
	int claims_after_calm;
};

enum { LOOK_OVERLAP, LOOK_DARK_FROM, LOOK_CALM, LOOK_SETTLED, LOOK_END };

void watch_start(struct world *world);
void watch_violation(struct world *world, const char *words, ...) __attribute__((format(printf, 2, 3)));

/* The world tells what happens. */
void watch_look(struct world *world); /* somebody may answer, or be reached, who did not, or the other way round */
void watch_planned_look(struct world *world, uint32_t which);
void watch_step(struct world *world, node_id node, const struct election *was, const struct todo *todo);
void watch_beats(struct world *world, node_id node);
void watch_sends(struct world *world, struct packet *packet);
void watch_arrived(struct world *world, const struct packet *packet);
void watch_lost(struct world *world, const struct packet *packet);
void watch_probe(struct world *world, node_id node);
void watch_asleep(struct world *world, node_id node);
void watch_spins(struct world *world, node_id node);
void watch_unsent(struct world *world, int64_t until);
void watch_stalled(struct world *world, node_id node, int64_t until);
/* A process that starts knows nothing of what an earlier one was told. */
void watch_started(struct world *world, node_id node);
void watch_disturbed(struct world *world, node_id node); /* NODE_NONE: the net */

/* overlap.c */
void overlap_begin(struct world *world, node_id x, node_id y);
void overlap_end(struct world *world, node_id x, node_id y);
void overlap_check(struct world *world);

/* settle.c */
int64_t settle_within(const struct plan *plan);
void settle_check(struct world *world);
