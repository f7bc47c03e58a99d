/* Who lives: turns authentic beats into evidence, or refuses them as such.
 *
 * A sealed beat proves who wrote it, not when. It is *fresh* when it echoes a datagram that this node sent at most
 * `fresh_for` ago: then it was written after that, and its sender hears us. That needs neither clocks in step nor
 * memory across restarts. A beat whose echo is old comes from a peer that does not hear us any more; the sender's own
 * clock, tied to ours by the last fresh beat, then bounds its delay: within the bound it still shows that the sender
 * speaks (one-way), beyond it is a recording. A session that never was fresh here proves nothing: it is answered at
 * once, so that its owner can echo that answer.
 *
 * Knows no roles, no sockets and no clock. All state is in the values; everything is bounded. */
#pragma once

#include "vrrp/beat.h"
#include "vrrp/lease.h"

enum heard {
	HEARD_FRESH,    /* evidence of life, and the link works both ways */
	HEARD_ONE_WAY,  /* the sender speaks but does not hear us: holds a takeover back, nothing more */
	HEARD_UNPROVEN, /* a session that has yet to echo us: answer it */
	HEARD_STALE,    /* replayed, delayed or overtaken: no evidence at all */
};

enum link_state { LINK_DOWN, LINK_ONE_WAY, LINK_UP };

enum {
	PEER_SENT_MAX = 256,  /* datagrams of ours that may still be echoed, per link */
	PEER_UNPROVEN_MAX = 4, /* sessions that have not proven themselves, per peer */
	PEER_REPLIES_PER_BEAT = 4, /* on a link to a peer that is alive ... */
	PEER_REPLIES_TO_THE_DEAD = 64, /* ... and, at least, to one that is not: to find it among recordings */
	PEER_REPLIES_AT_ONCE = 4,
	PEER_RETIRED_MAX = 4, /* former sessions whose beats may still echo us freshly: restarts within fresh_for */
};

struct peer_link {
	struct {
		uint64_t seq;
		struct instant at;
	} sent[PEER_SENT_MAX];
	unsigned sent_next;
	uint64_t newest_seq; /* of the proven session, on this link: nothing older is heard again */
	uint64_t echo_seq;   /* the newest that was evidence: only that is echoed, for an echo promises to have heard */
	struct instant echo_at;
	struct instant fresh_at;
	struct instant heard_at; /* fresh or one-way */
	struct instant replied_until; /* the replies given, each at its share of T, are paid for by then */
	struct duration rtt;
};

struct peer {
	uint64_t session; /* the one that proved itself last; 0: none yet */
	uint64_t newest_seq; /* of it, on any link: what it said before that is superseded */
	int64_t clock_offset_ns; /* the peer's clock less ours is at most this ... */
	struct instant clock_at; /* ... known from a fresh beat received then */
	struct instant fresh_at;
	struct instant heard_at;
	struct instant proven_at; /* when we sent the newest datagram that it has echoed: it heard us then */
	uint64_t config_digest;
	uint64_t retired[PEER_RETIRED_MAX]; /* proven once, replaced since: never again */
	unsigned retired_next;
	struct unproven {
		uint64_t session;
		uint64_t newest_seq[LINKS_MAX];
		struct instant at;
	} unproven[PEER_UNPROVEN_MAX];
	struct peer_link link[LINKS_MAX];
};

struct peers {
	uint64_t session; /* ours */
	uint64_t newest_sent; /* seq of this session */
	struct lease_terms terms;
	struct duration fresh_for; /* min(D, 32 T) */
	struct peer peer[NODES_MAX];
};

/* What hearing a beat came to. */
struct hearing {
	enum heard heard;
	struct instant echo_at; /* when we sent the datagram it echoes; INSTANT_ZERO: it echoes nothing we know */
	bool superseded;        /* something newer came by another link: evidence of life and of this link, but its
				   words count no more */
	bool new_session;       /* the first fresh beat of this session: the peer (re)started */
	bool answers;           /* it was itself an answer: two owners that answered those would do so for ever */
	bool reply;             /* beat this peer on this link at once; where the beat was no evidence, without a word
				   on vips, for it then answers for nothing but its arrival, echoing: */
	uint64_t echo_session, echo_seq;
	bool turned_back;       /* the peer has datagrams of this session that we have yet to send: begin anew */
};

void peers_init(struct peers *peers, uint64_t session, struct lease_terms terms);

/* A session of our own that replaces the one before: this host was set back to a snapshot of itself. Whoever goes on in
 * the old one seals other words with seqs that are used up, and is deaf and mute until it has caught up with itself. */
void peers_new_session(struct peers *peers, uint64_t session);

/* Another host may stand behind this number, or behind this link, from now on: all that was known of it is
 * forgotten. */
void peers_forget(struct peers *peers, node_id node);
void peers_forget_link(struct peers *peers, node_id node, uint8_t link);

/* Our datagram `seq` went to this peer on this link. */
void peers_sent(struct peers *peers, node_id node, uint8_t link, uint64_t seq, struct instant at);

/* An authentic beat arrived. */
struct hearing peers_hear(struct peers *peers, const struct beat_header *header, const struct beat *beat,
			  struct instant at);

/* Fills the echo and the ages that our next regular beat to this peer on this link carries. */
void peers_fill(const struct peers *peers, node_id node, uint8_t link, struct instant at, struct beat *beat);

/* Heard fresh within D. */
bool peers_alive(const struct peers *peers, node_id node, struct instant at);

/* UP: fresh within D. ONE_WAY: heard within D, but not fresh. DOWN: neither. */
enum link_state peers_link(const struct peers *peers, node_id node, uint8_t link, struct instant at);
