/* What this node believes, as one plain value: the loop fills it, the writers show it to people and to programs.
 *
 * A snapshot knows no clock: everything in it is an age. STATUS_UNKNOWN stands for "never" and shows as null. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/history.h"
#include "agent/status_quorum.h"
#include "agent/tally.h"
#include "checks/fact.h"
#include "conf/conf.h"
#include "vrrp/beat.h"
#include "vrrp/seal.h"

#define STATUS_UNKNOWN ((int64_t)-1)

enum {
	STATUS_ADDRESS_MAX = 56, /* "2001:db8:...:192.0.2.255/128" and the NUL */
	STATUS_WHY_MAX = 32,
	STATUS_COUNTERS_MAX = 64,
	STATUS_COUNTER_NAME_MAX = 32,
	STATUS_VERSION_MAX = 32,
	STATUS_LINK_REASON_MAX = 160,
};

/* The kernel's guard of a vip. Absent: this host has no BPF; broken: it does not stand everywhere. Either way leases
 * end by address lifetimes alone. */
enum status_fence { STATUS_FENCE_ABSENT, STATUS_FENCE_BROKEN, STATUS_FENCE_SHUT, STATUS_FENCE_OPEN };

/* Are more than half of the nodes heard? Only "majority" asks. */
enum status_majority { STATUS_MAJORITY_UNASKED, STATUS_MAJORITY_LOST, STATUS_MAJORITY_HEARD };

enum status_link_state { STATUS_LINK_DOWN, STATUS_LINK_ONE_WAY, STATUS_LINK_UP };

/* What another node says of a vip; unaware: nothing, most likely because its file has no such vip; listening: it has
 * just started; unfenced: "majority" lets it own nothing. */
enum status_standing { STATUS_UNAWARE, STATUS_UNFIT, STATUS_READY, STATUS_LISTENING, STATUS_UNFENCED };

struct status_check {
	char name[CONF_NAME_MAX];
	enum check_type type;
	enum check_state state;
	enum verdict outcome; /* of the last probe, before rise and fall */
	char reason[FACT_REASON_MAX];
	char words[FACT_WORDS_MAX];
	int64_t took_ms;
	int64_t age_ms;
	int64_t held_ms; /* it is up, but kept falling: held down for so long yet */
	bool required;
};

/* The vip came from one node to another, as this node saw it since its agent started. */
struct status_move {
	char from[CONF_NODE_NAME_MAX]; /* "": from nobody that was known */
	char to[CONF_NODE_NAME_MAX];   /* "": it has not moved */
	int64_t age_ms;
	enum why why;                  /* of this node's part in it ... */
	char words[HISTORY_WORDS_MAX]; /* ... as its log tells it; "" where it had none */
};

struct status_split {
	char peer[CONF_NODE_NAME_MAX]; /* "": none */
	int64_t apart_ms;
	int64_t age_ms; /* since it healed */
};

struct status_vip {
	char name[CONF_NAME_MAX];
	enum role role;
	char active[CONF_NODE_NAME_MAX]; /* the node believed to own it; "" when none is known */
	bool suspect; /* its owner is not heard, and yet somebody answers for it */
	uint32_t term;
	int64_t since_ms;         /* how long this node has had its role */
	char why[STATUS_WHY_MAX]; /* of the last role change: "silence", "yielded" ... */
	char active_why[STATUS_WHY_MAX]; /* how its owner came to it, as the owner says; "" when none is known */
	int64_t lease_ms;		 /* what is left of this node's lease; STATUS_UNKNOWN: it is not the owner */
	struct tally tally;
	char address[VIP_ADDRESSES_MAX][STATUS_ADDRESS_MAX];
	int addresses;
	enum status_fence fence;
	enum fitness fitness;
	int score;
	char unlike[NODES_MAX][CONF_NODE_NAME_MAX]; /* peers whose services have another certificate */
	int unlikes;
	enum status_standing standing[NODES_MAX]; /* of the nodes in status.peer, in its order; of those that live */
	enum fitness fitness_there[NODES_MAX];    /* in the same order; of those that are not unaware */
	struct status_move last_move;
	struct status_split last_split;
	struct status_check check[VIP_CHECKS_MAX];
	int checks;
};

struct status_link {
	char address[STATUS_ADDRESS_MAX];
	enum status_link_state state;
	int64_t age_ms; /* since the last fresh beat */
	int64_t rtt_us;
	char reason[STATUS_LINK_REASON_MAX]; /* why this host cannot use it, in words; "" when it can */
};

/* How a peer hears another node, this one included. */
struct status_hears {
	char name[CONF_NODE_NAME_MAX];
	int64_t age_ms; /* as it last said */
	bool deaf;      /* although this node hears both */
};

struct status_peer {
	char name[CONF_NODE_NAME_MAX];
	bool alive;
	bool fit;     /* for every vip it may own, as it says itself */
	bool witness; /* votes, never takes over */
	bool config_matches;
	uint32_t key_id;  /* of the key that seals its heartbeats; 0: none came yet */
	bool key_matches; /* false: beats come from its address that no key of ours opens */
	struct status_link link[LINKS_MAX];
	int links;
	struct status_hears hears[NODES_MAX];
	int hears_count;
};

struct status_counter {
	char name[STATUS_COUNTER_NAME_MAX];
	uint64_t value;
};

struct status {
	char node[CONF_NODE_NAME_MAX];
	char cluster[CONF_NAME_MAX];
	char version[STATUS_VERSION_MAX];
	int pid;
	bool witness; /* this node: it votes, and never owns */
	enum status_majority majority;
	int quorum_nodes, quorum_heard; /* under "majority": all, and those heard, this one included */
	uint32_t key_id[KEYRING_MAX];   /* of this node's keys: the first seals, all open */
	int keys;
	struct status_quorum quorum;
	struct status_vip vip[VIPS_MAX];
	int vips;
	struct status_peer peer[NODES_MAX];
	int peers;
	struct status_counter counter[STATUS_COUNTERS_MAX];
	int counters;
};

enum status_form { STATUS_TEXT, STATUS_JSON };

/* Writes the snapshot, NUL-terminated: a screen for a person, or one line of JSON (design, part 11).
 * The length, or -ENOSPC when it does not fit. */
int status_write(const struct status *status, enum status_form form, char *text, size_t size);

/* As many bytes as either form of this configuration's status can take: for ctl_open() and ctl_reserve(). */
size_t status_room(const struct conf *conf);

/* Words for what a snapshot holds, as both forms show them; role_word() and fitness_word() stand in election.h. */
const char *status_check_state_word(enum check_state state);
const char *status_verdict_word(enum verdict verdict);
const char *status_link_word(enum status_link_state state);
const char *status_fence_word(enum status_fence fence);
