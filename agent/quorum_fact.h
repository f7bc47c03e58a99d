/* What casvip-quorum tells casvipd of corosync: one packet on a pipe in packet mode (pipe(7)), each with all there is
 * to know, so that the newest alone counts and a lost one is no loss.
 *
 * The agent trusts no field: size, magic, ranges and text are looked at before anything else, and what does not fit is
 * counted and dropped. Same machine, same build: host byte order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/instant.h"
#include "vrrp/limits.h"

enum { QUORUM_FACT_MAGIC = 0x63617171, QUORUM_WORDS_MAX = 120 };

/* How far casvip-quorum has come. All but the last are reasons why nothing may be built on this corosync. */
enum quorum_state {
	QUORUM_UNREACHED,   /* it does not answer, or not with all that is needed yet */
	QUORUM_DENIED,      /* it does not let this user in */
	QUORUM_NO_PROVIDER, /* it has no quorum provider, and would always say "quorate" */
	QUORUM_MISMATCH,    /* its nodes are not casvip's */
	QUORUM_NO_VERDICT,  /* the ring has changed, and nothing was said of the new one yet */
	QUORUM_NOT_QUORATE,
	QUORUM_QUORATE,
};
enum { QUORUM_STATE_COUNT = QUORUM_QUORATE + 1 };

enum quorum_flag {
	QUORUM_TWO_NODE = 1,
	QUORUM_TIE_BREAKER = 2,
	QUORUM_DEVICE = 4,       /* one is configured: a witness through corosync-qdevice */
	QUORUM_DEVICE_ALIVE = 8, /* corosync-qdevice runs */
	QUORUM_DEVICE_VOTES = 16,
};
enum { QUORUM_FLAGS_ALL = 31, QUORUM_MS_MOST = 3600 * 1000, QUORUM_VOTES_MOST = 1 << 16 };

/* As corosync runs with, not as its file says. */
struct quorum_settings {
	uint32_t token_ms, consensus_ms;
	uint32_t device_timeout_ms, device_sync_ms; /* 0 without a device */
	uint32_t nodes;			/* in its nodelist */
	uint32_t votes, heaviest;	/* of all of them, and of the one that has most */
	uint32_t device_votes;		/* 0 without a device */
	uint32_t quorum;		/* votes that it takes */
	uint32_t expected, present;	/* votes */
	uint32_t flags;			/* of enum quorum_flag */
};

struct quorum_fact {
	uint32_t magic;
	uint32_t state;
	uint32_t members; /* casvip's nodes in the newest ring, a bit each */
	uint32_t self;    /* which node of casvip's this corosync is; NODE_NONE: not known */
	uint32_t ring_node, connects; /* of the newest ring; how often corosync was found anew */
	uint64_t ring_seq;
	/* As in struct gate (vrrp/gate.h); CLOCK_BOOTTIME, 0: has not happened. */
	int64_t members_since_ns, ring_since_ns, proven_ns;
	int64_t word_ns[NODES_MAX], gone_ns[NODES_MAX];
	struct quorum_settings settings;
	char words[QUORUM_WORDS_MAX]; /* for people: what is wrong; printable ASCII, NUL-terminated */
};

enum quorum_refusal {
	QUORUM_FACT_OK,
	QUORUM_FACT_WRONG_SIZE,
	QUORUM_FACT_WRONG_MAGIC,
	QUORUM_FACT_OUT_OF_RANGE,
	QUORUM_FACT_BAD_TEXT,
};
enum { QUORUM_REFUSAL_COUNT = QUORUM_FACT_BAD_TEXT + 1 };

/* The fact in these bytes, its double quotes made single ones: its words stand in a log line. `fact` is untouched on
 * failure. */
enum quorum_refusal quorum_fact_read(const void *bytes, size_t length, struct quorum_fact *fact);

/* Does one of its times lie behind `at`, which was read after it? A proof from the future would hold for as long as its
 * teller likes, and outlive it. */
bool quorum_fact_foretells(const struct quorum_fact *fact, struct instant at);

/* "no-verdict", one word that a program may compare. */
const char *quorum_state_word(enum quorum_state state);
