/* The clients of an owner that died: each gets a tickle from its successor (tickle_packet.h), so that its connection
 * ends now and not when it times out.
 *
 * Whom to tickle was told by the old owner, and a node gone mad may have named the whole world. So nobody is sent more
 * than TICKLE_FORMS segments of 20 bytes in a takeover, and only TICKLES_AHEAD clients more than thrice the number that
 * have answered: where nobody answers, it stays at that. */
#pragma once

#include "agent/net_tickle.h"
#include "vrrp/instant.h"

struct agent;
struct vip_run;

enum { TICKLES_AHEAD = 256 };

/* Of one vip. */
struct tickling {
	uint8_t takeover; /* counts them; see client_book.h */
	int rounds_left;
	bool walking; /* part of the walk at hand */
	struct instant next_at;
	struct instant taken_at;
	unsigned long clients, answered; /* asked, and those of them that answered */
};

/* One walk through the book serves every vip whose round is due. */
struct tickles {
	struct net_tickle net;
	bool open, walking;
	size_t place;
	struct instant hold_until;  /* the walk waits for answers, or for room in the send buffer */
	struct instant given_up_at; /* ... not beyond this for the same client; INSTANT_NEVER: it does not wait */
	struct instant paid_until;
	unsigned long clients, answered; /* in all, for the status */
};

void tickles_open(struct agent *agent);
void tickles_close(struct agent *agent);

/* This node has taken the vip, and nobody has told its clients. */
void tickles_begin(struct agent *agent, struct vip_run *vip);

void tickles_turn(struct agent *agent);
struct instant tickles_at(const struct agent *agent);
