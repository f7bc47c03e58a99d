/* Who is connected to the vips: told to the peers by an owner, written down by them. See vrrp/roll.h. */
#pragma once

#include "agent/client_book.h"
#include "agent/net_diag.h"
#include "vrrp/beat.h"
#include "vrrp/roll.h"

struct agent;

struct rolls {
	struct client_book *book; /* NULL: no vip wants this */
	struct net_diag *diag;	  /* NULL: this kernel cannot list */
	/* The pass at hand: which list of the kernel's. */
	int vip, address, family;
	bool listing;
	int seen; /* of this vip's connections */
	int64_t worked_ns;
	struct instant pass_at;
	struct instant paid_until; /* the rolls sent so far, each at ROLL_EVERY */
	struct roll roll;	   /* being filled */
	struct roll_heard {
		uint64_t session, seq;
	} heard[NODES_MAX];
	unsigned long told, heard_of, refused; /* rolls told; clients heard of; rolls and clients refused */
	struct diag_connection piece[NET_DIAG_PIECE_MAX];
};

/* 0 or -ENOMEM. A kernel that cannot list connections is no error: its clients are not told of. */
int rolls_open(struct agent *agent);
void rolls_close(struct agent *agent);
/* Begins anew: vips may have other places now. */
void rolls_reload(struct agent *agent);

/* A bounded amount of telling. */
void rolls_turn(struct agent *agent);
struct instant rolls_at(const struct agent *agent);

/* An authentic roll arrived. */
void rolls_hear(struct agent *agent, const struct beat_header *header, const struct roll *roll);
