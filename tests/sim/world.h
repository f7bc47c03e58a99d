/* The world of a story: nodes (a host with its kernel, and a process on it) on one switch, clients and an attacker
 * there too. One thread, one clock that only world_run() moves. Whatever differs between nodes lives in struct node. */
#pragma once

#include "agent/neighbours.h"
#include "tests/sim/coverage.h"
#include "tests/sim/plan.h"
#include "tests/sim/queue.h"
#include "tests/sim/random.h"
#include "vrrp/election.h"

enum { PACKETS_MAX = 1 << 13, RECEIVED_MAX = 256, TAPE_MAX = 512 };

enum packet_kind {
	PACKET_BEAT,
	PACKET_PROBE,	  /* who has the vip? */
	PACKET_ANSWER,	  /* I have it; an announcement says the same */
	PACKET_NEIGHBOUR, /* a word of a host that is not of the cluster */
};

struct packet {
	enum packet_kind kind;
	node_id from, to;
	bool free;
	bool replayed;
	struct beat_header header;
	uint64_t echo_session, echo_seq; /* of struct beat, what peers.c looks at */
	uint32_t echo_held_us;
	int64_t sent_ns;
	bool silent; /* a reply that says nothing of the vip */
	struct beat_vip said;
	uint32_t tenure, round; /* of an owner: which, and which of its beats; for the judges only */
};

/* What a process cannot hold back: the hardware and the kernel. */
struct host {
	int64_t clock; /* its reading at the story's beginning */
	int ppm;
	uint32_t mac;
	bool fenced;
	struct instant lease_until;   /* the fence's */
	bool address;
	struct instant address_until; /* its lifetime's end, as late as the kernel gets to it */
	int64_t expires_at;	      /* a look is due then */
	int cuts_in, cuts_out, unplugged, apart;
};

/* Of a host: what its corosync is in, and believes. */
struct corosync {
	int ring_cuts, witness_cuts, stuck;
	uint32_t ring, members; /* 0: not in any yet */
	enum quorum quorum;
	bool gathers; /* it has left its ring for the next one */
	uint32_t next_ring, next_members, ring_stamp;
	enum quorum next_quorum;
	uint32_t verdict_stamp;
	bool ends, overdue; /* its verdict, within the device's timeout; it did while it was stuck */
};

/* casvip-quorum. */
struct words {
	uint32_t incarnation; /* one of each agent */
	bool runs, connected, reporting;
	int mute;
	bool missed; /* something changed meanwhile */
	struct gate gate;
	uint32_t ring;
	bool on_its_way;
	struct instant sent_at;
	uint32_t came_back_in; /* the newest that did: in that ring */
	struct instant came_back_sent_at;
	uint32_t heard_from[SIM_NODES_MAX]; /* which of its incarnations spoke last */
};

enum phase {
	PHASE_CLOCK,
	PHASE_LAPSE,
	PHASE_DRAIN,
	PHASE_SENSE,
	PHASE_TICK,
	PHASE_BEAT,
	PHASE_SEND,
	PHASE_SENT,
	PHASE_RENEW,
	PHASE_STORE,
	PHASE_RECONCILE,
	PHASE_SLEEP,
};

/* casvipd, as agent/loop.c, beats.c, perform.c, sensors.c, ears.c, reconcile.c and announce.c drive the core. */
struct process {
	bool alive;
	bool asleep;
	enum phase phase;
	uint32_t stamp;	 /* of the happening that makes it run; older ones are void */
	int64_t runs_at;
	int64_t frozen_until;
	int64_t freeze_length;
	int freeze_in, kill_in; /* points of a turn to go; 0: none */

	int64_t turn_at;
	int64_t sensed_at; /* fitness, that is */
	struct instant now; /* the turn's reading of the clock */
	struct instant sent_at, sent_by; /* between these two the newest beats left */
	struct instant beat_at, announce_at, refresh_at, stop_at;
	int announced;
	uint64_t session, seq;
	struct peers peers;
	struct election is;
	struct todo todo; /* decided, not yet performed */
	bool to_perform, renewed;
	node_id echo_to; /* at once, or NODE_NONE */
	bool beat_wanted, stopping;
	bool move_ordered, stop_ordered;
	node_id move_to;
	struct beat_vip says; /* of the beat being sent */
	node_id sending;      /* to this one next */
	struct neighbours neighbours;
	bool cut_off;
	struct instant cut_at;
	uint16_t received[RECEIVED_MAX];
	unsigned received_first, received_count;
	struct instant checks_at; /* they speak from then on */
	struct gate gate;	  /* casvip-quorum's newest report ... */
	bool gate_told;		  /* ... which has yet to be read */
	int turns_in_vain;	  /* in a row, asked for by a deadline that was over already */
};

struct node {
	node_id id;
	struct rules rules;
	struct host host;
	struct process process;
	struct corosync corosync;
	struct words words;
	/* what the world does to it */
	int unhealthy, standby;
	uint16_t score;
	int64_t late; /* up to this */
	int64_t restart_at; /* 0: not planned */
};

struct net {
	int loss, duplicate, delay; /* per mille */
	int64_t delay_most;
	int replays; /* a T */
	int hushed;
	int filter[SIM_NODES_MAX][SIM_NODES_MAX];
	struct packet packet[PACKETS_MAX];
	uint16_t free[PACKETS_MAX];
	int frees;
	struct packet tape[TAPE_MAX]; /* the attacker's */
	int taped;
};

/* Of an act that has an end: whom it hit. */
struct ongoing {
	bool is;
	node_id node;
};

struct world {
	const struct plan *plan;
	struct lease_terms terms;
	int64_t now;
	struct random random;
	struct queue queue;
	struct net net;
	struct node node[SIM_NODES_MAX];
	struct ongoing ongoing[ACTS_MAX];
	bool calm;
	uint32_t ring_stamp, device_stamp, rings;
	int flaps;
	node_id holder; /* whom the witness votes for */
	struct watch *watch;
	struct coverage *coverage;
	FILE *story; /* or NULL */
};

/* world.c: plays a whole story. The number of violations. */
int world_run(struct world *world, struct watch *watch, const struct plan *plan, struct coverage *coverage,
	      FILE *story);
void tell(struct world *world, node_id node, const char *words, ...) __attribute__((format(printf, 3, 4)));
const char *node_word(node_id node);

/* host.c */
struct instant host_clock(const struct host *host, int64_t at);
int64_t host_when(const struct host *host, struct instant reading);
bool host_answers(const struct host *host, int64_t at);
bool host_reached(const struct host *host); /* by clients, and its answers reach them */
void host_lease(struct world *world, struct node *node, struct instant until);
void host_address(struct world *world, struct node *node, bool present);
void host_expire(struct world *world, struct node *node);

/* net.c */
void net_beat(struct world *world, const struct packet *beat);
void net_probe(struct world *world, struct node *node);
void net_announce(struct world *world, struct node *node);
void net_ask(struct world *world, struct node *node);
void net_greet(struct world *world, struct node *node);
void net_arrive(struct world *world, unsigned packet);
void net_replay(struct world *world);
void net_done_with(struct world *world, unsigned packet);

/* process.c: its life; turn.c: a turn */
void process_start(struct world *world, struct node *node);
void process_die(struct world *world, struct node *node);
void process_run(struct world *world, struct node *node);
void process_wake(struct world *world, struct node *node, int64_t at);
void process_spare(struct world *world, struct node *node);
void process_receive(struct world *world, struct node *node, unsigned packet);
int process_take_received(struct process *process); /* -1: none */
void turn_point(struct world *world, struct node *node);
void turn_step(struct world *world, struct node *node, const struct event *event);

/* ports.c: beats, deeds */
void beats_hear(struct world *world, struct node *node, const struct packet *packet);
void beats_send_one(struct world *world, struct node *node, node_id peer, const struct hearing *reply,
		    bool answers);
void beats_echo(struct world *world, struct node *node);
void deeds_perform(struct world *world, struct node *node);
void deeds_reconcile(struct world *world, struct node *node);

/* sense.c */
void sense_update(struct world *world, struct node *node);
void sense_ask(struct world *world, struct node *node);
struct instant sense_at(const struct node *node);
struct instant sense_evidence(const struct node *node); /* the newest instant at which somebody heard it */

/* ring.c */
void ring_begin(struct world *world);
void ring_disturbed(struct world *world);
void ring_gather(struct world *world, uint32_t stamp);
void ring_install(struct world *world, struct node *node, uint32_t stamp);
void ring_verdict(struct world *world, struct node *node, uint32_t stamp);
void ring_timeout(struct world *world, struct node *node);
void ring_device(struct world *world, uint32_t stamp);
void ring_flap(struct world *world, int by);
void ring_witness(struct world *world, struct node *node, int by);
void ring_stick(struct world *world, struct node *node, int by);
bool ring_turns(const struct world *world, node_id n);

/* words.c */
void words_start(struct world *world, struct node *node);
void words_die(struct world *world, struct node *node);
void words_connect(struct world *world, struct node *node, uint32_t incarnation);
void words_changed(struct world *world, struct node *node);
void words_ask(struct world *world, struct node *node);
void words_deliver(struct world *world, struct node *node, uint32_t incarnation);
void words_gone(struct world *world, struct node *node, uint32_t incarnation);
void words_report(struct world *world, struct node *node, uint32_t incarnation);
void words_mute(struct world *world, struct node *node, int by);

/* act.c */
void act_do(struct world *world, unsigned act);
void act_undo(struct world *world, unsigned act);
