/* What is to happen in one story: the cluster, its faults and when they are over. Drawn from a seed, or read from a
 * script; printed as a script, it replays. Virtual time counts in ns from the story's beginning. */
#pragma once

#include <stdio.h>

#include "vrrp/election.h"

enum { SIM_NODES_MAX = 7, ACTS_MAX = 96 };

#define NODE_OWNER  ((node_id)0xfd) /* in an act: whoever answers when it happens */
#define FOR_EVER    INT64_C(0)
#define MS	    INT64_C(1000000)
#define US	    INT64_C(1000)

enum act_kind {
	ACT_START,     /* the agent starts, remembering nothing */
	ACT_KILL,      /* SIGKILL, within the next turns */
	ACT_STOP,      /* SIGTERM */
	ACT_FREEZE,    /* SIGSTOP, at any point of a turn */
	ACT_CUT,       /* its port: both ways, in or out */
	ACT_UNPLUG,    /* its port, and the carrier is lost */
	ACT_FILTER,    /* beats from one node to another are dropped, arp passes */
	ACT_LOSS,      /* per mille of all packets */
	ACT_DUPLICATE, /* per mille of beats */
	ACT_DELAY,     /* per mille of beats, by up to so much: reorders as well */
	ACT_LATE,      /* every timer and wake-up, by up to so much */
	ACT_UNHEALTHY, /* a required check fails */
	ACT_SCORE,
	ACT_STANDBY,
	ACT_MOVE,      /* the owner is told to hand over */
	ACT_HUSH,      /* the gateway answers nobody */
	ACT_REPLAY,    /* recorded beats are sent again, so many a beat interval */
	ACT_APART,     /* a node and the others hear nothing of each other, clients and the witness hear all */
	ACT_RING,      /* a node's corosync traffic is cut, its beats pass */
	ACT_WITNESS,   /* a node's way to the witness is cut */
	ACT_STUCK,     /* SIGSTOP of corosync */
	ACT_MUTE,      /* SIGSTOP of casvip-quorum */
	ACT_FLAP,      /* the witness changes its mind again and again */
	ACT_CALM,      /* every fault that has an end, ends */
};
enum { ACT_COUNT = ACT_CALM + 1 };

enum cut { CUT_BOTH, CUT_IN, CUT_OUT };

struct act {
	int64_t at;
	enum act_kind kind;
	node_id node;
	node_id peer;	  /* filter: the receiver; move: the target, or NODE_NONE */
	enum cut cut;
	int64_t amount;   /* per mille, a score, beats a T, points of a turn to go */
	int64_t most;	  /* delay, late */
	int64_t length;	  /* FOR_EVER, or when it ends by itself */
};

struct plan {
	uint64_t seed;
	int nodes;
	int64_t beat; /* T */
	int dead_after;
	bool majority; /* the quorum's provider; else none */
	struct {
		bool is; /* corosync is the provider; with `majority` */
		/* Each at most: until a ring is left and the next one there; until that has a verdict; how long two
		 * sides are quorate. */
		int64_t ring, verdict, device;
		int64_t age, grace; /* vrrp/gate.h */
	} corosync;
	bool hold;
	int64_t failback; /* after so long; 0: never */
	int64_t latency, jitter;
	bool pauses;  /* turns take time: the scheduler interrupts them anywhere */
	bool gateway; /* there is a neighbour to ask */
	struct {
		uint8_t rank;
		bool fence;
		int ppm;
		int64_t clock; /* its clock's reading at the story's beginning */
		int64_t checks_after; /* of its start: when the checks first speak */
	} node[SIM_NODES_MAX];
	struct act act[ACTS_MAX];
	int acts;
	int64_t until;
	int64_t dark_from, dark_most; /* a bound on darkness from then on; 0: none */
};

/* draw.c: the story of a seed; a cluster of its own where corosync is the provider. */
void plan_draw(struct plan *plan, uint64_t seed, int nodes, bool corosync);

/* draw_corosync.c: what is special to it. */
struct random;
void plan_draw_corosync(struct plan *plan, struct random *random);
void plan_draw_apart(struct plan *plan, struct random *random); /* two nodes only */
void plan_draw_ring_faults(struct plan *plan, struct random *random);
int64_t plan_excludes_after(const struct plan *plan); /* of two: until corosync excludes a host that was cut off */

/* script.c: 0, or -EINVAL with words on stderr. */
int plan_read(struct plan *plan, FILE *script, const char *name);
void plan_print(const struct plan *plan, FILE *script);
void plan_act_words(const struct act *act, char *words, size_t size);
const char *act_word(enum act_kind kind);
int64_t plan_calm_at(const struct plan *plan);
struct lease_terms plan_terms(const struct plan *plan);
struct duration plan_lifetime(const struct plan *plan);
