/* The clients of a vip that this node gives up: their connections are ended, so that they come back at once to the new
 * owner instead of waiting for answers that nobody will give (design, part 8).
 *
 * Between the release and the end of the connections lies the successor's claim: a client that is told earlier would
 * ask where nobody answers, and then wait a second before it asks again. Until then the fence is shut and the address
 * stays, because the kernel sends no reset from an address that is not its own. Where no fence holds, the address is
 * gone at once and nothing is told to anybody. */
#pragma once

#include "agent/net_diag.h"
#include "vrrp/instant.h"

struct agent;
struct vip_run;

enum parting_stage {
	PARTING_NOT,
	PARTING_AWAITS_CLAIM,
	PARTING_AWAITS_TURN, /* one vip after the other */
	PARTING_ENDS,	     /* connections */
};

/* Of one vip. */
struct parting {
	enum parting_stage stage;
	struct instant until; /* then the address goes, come what may: it has a lifetime anyhow */
	struct instant claimed_at;
	unsigned long ended;
};

/* The work at hand. */
struct clients {
	struct net_diag *diag; /* NULL: this kernel cannot, see `error` */
	int error;
	struct vip_run *busy;
	int family;
	int rounds;
	bool listed; /* a list was asked for and is not over */
	unsigned long ended_in_round;
	unsigned long reset; /* in all, for the status */
	struct diag_connection piece[NET_DIAG_PIECE_MAX];
};

/* A kernel without sock_diag is no error, but something to say. */
void clients_open(struct agent *agent);
void clients_close(struct agent *agent);

/* The vip has just left ACTIVE. */
void clients_part(struct agent *agent, struct vip_run *vip);

/* Does the address stay for the sake of resets? */
bool clients_parting(const struct vip_run *vip);

/* A bounded amount of it. */
void clients_turn(struct agent *agent);
struct instant clients_at(const struct agent *agent);
