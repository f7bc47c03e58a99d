/* A heartbeat as a value: what one node tells one other node over one link, and the clear header around it.
 *
 * Everybody beats, backups too. One datagram per peer, per link and per beat carries all vips. wire.h turns a beat
 * into bytes and back, seal.h encrypts them, peers.h judges whether what arrived is evidence of life. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vrrp/instant.h"
#include "vrrp/limits.h"

enum role { ROLE_INIT, ROLE_BACKUP, ROLE_ACTIVE }; /* RFC 9568 6.2 */
enum { ROLE_COUNT = ROLE_ACTIVE + 1 };

/* May this node own the vip? Ordered: a smaller value is the better candidate. */
enum fitness {
	FITNESS_FIT,
	FITNESS_UNHEALTHY, /* a required check is down or stale */
	FITNESS_UNKNOWN,   /* the checks have not spoken yet since the start */
	FITNESS_STANDBY,   /* an admin said so */
	FITNESS_NO_LINK,   /* the vip's interface is missing, without carrier, or hears nobody */
	FITNESS_NO_QUORUM, /* the quorum provider says no */
};
enum { FITNESS_COUNT = FITNESS_NO_QUORUM + 1 };

/* Why a role changed: the words of event=role (design, part 4). */
enum why {
	WHY_STARTED,   /* 1: listened long enough */
	WHY_SILENCE,   /* 2: the owner was silent for D */
	WHY_YIELDED,   /* 3: the owner handed over to this node */
	WHY_VACANT,    /* 4: nobody owned it */
	WHY_STALLED,   /* 5: woke after the lease was over */
	WHY_OUTRANKED, /* 6: another owner with a higher term */
	WHY_CHECK,     /* 7, 8: unhealthy */
	WHY_LINK,      /* 7, 8: no link */
	WHY_STANDBY,   /* 7, 10 */
	WHY_FAILBACK,  /* 9 */
	WHY_ORDER,     /* 10: casvipctl move */
	WHY_STOPPING,  /* 10 */
	WHY_NO_QUORUM, /* 11 */
};
enum { WHY_COUNT = WHY_NO_QUORUM + 1 };

/* Which layers end a lease on this node when its agent cannot (bits). */
enum { ENFORCES_FENCE = 1, ENFORCES_LIFETIME = 2 };

enum { SCORE_MAX = 1000 };

enum datagram_kind { DATAGRAM_BEAT, DATAGRAM_ROLL }; /* what the body is: a beat, or see roll.h */
enum { DATAGRAM_KIND_COUNT = DATAGRAM_ROLL + 1 };

/* The clear part of a datagram. It is authenticated (associated data of the seal) but not secret. */
struct beat_header {
	enum datagram_kind kind;
	uint64_t cluster;  /* hash of the cluster's name: another cluster's beats are refused before any cryptography */
	uint32_t key_id;   /* which of the keys in the key file sealed it */
	node_id sender;
	node_id receiver;
	uint8_t link;      /* 0..LINKS_MAX-1: the place of the address in the node's list */
	uint64_t session;  /* 64 random bits, drawn at each start of an agent; never 0 */
	uint64_t seq;      /* counts every datagram of this session, to whomever: from 1, never repeats */
};

/* What the sender says of one vip. */
struct beat_vip {
	uint32_t vip; /* hash of its name, so that nodes whose files differ in order do not talk past each other */
	uint32_t term; /* of its claim, its bid or its yield; else the newest it knows of */
	enum role role;
	enum fitness fitness;
	uint16_t score;     /* 0..SCORE_MAX: health, higher is better; compared only among equally fit nodes */
	node_id offers_to;  /* the owner asks this node whether it is there to take over, or NODE_NONE */
	node_id yields_to;  /* the sender has stopped answering in favour of this node, or NODE_NONE */
	uint8_t enforces;   /* ENFORCES_* */
	enum why why;       /* of the sender's last role change */
	/* Provider "majority" only; else false, NODE_NONE, 0. */
	bool bids;              /* the sender asks for votes in `term` */
	node_id supports;       /* whom the sender supports as owner (its vote) ... */
	uint32_t supports_term; /* ... and in which term of it */
};

#define BEAT_AGE_NEVER	  ((uint16_t)0xffff)
#define BEAT_HELD_UNKNOWN ((uint32_t)0xffffffff)
#define BEAT_SENT_MAX	  (INT64_C(1) << 62) /* 146 years of uptime: sums of it with our own instants do not overflow */

struct beat {
	uint64_t echo_session; /* the newest datagram the sender has from the receiver on this link; 0, 0: none yet */
	uint64_t echo_seq;
	uint32_t echo_held_us;  /* how long ago that one had arrived when this was sent, or BEAT_HELD_UNKNOWN */
				/* 0: this is the answer to that one, and nobody answers an answer */
	int64_t sent_ns;        /* the sender's CLOCK_BOOTTIME when it sent this: 0..BEAT_SENT_MAX */
	uint64_t config_digest; /* hash of the canonical configuration: differs = alarm */
	/* How long ago the sender last had a fresh beat from node n on link l, in ms; BEAT_AGE_NEVER if never. */
	uint16_t heard_age_ms[NODES_MAX][LINKS_MAX];
	/* What one check of the sender's saw; the next beat tells of the next such check. By their places, for whoever
	 * has another configuration compares nothing. */
	uint8_t certificate_vip; /* counted from 1; 0: no check of certificates is told of, the rest means nothing */
	uint8_t certificate_check;
	uint64_t certificate; /* the first 64 bits of its SHA-256; 0: not known */
	uint8_t vips;
	struct beat_vip vip[VIPS_MAX];
};
