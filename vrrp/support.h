/* Providers "majority" and "corosync": whom this node supports as owner, and whether a majority supports this node
 * (design, part 5).
 *
 * A vote is support for a bid, one a term. A node supports one owner at a time, and another only after D without the
 * former, or once that one has let go by its own word; who has won by others' votes, it supports as well. An owner's
 * lease runs from the newest of its beats that a majority has echoed while supporting it: each of them waits for at
 * least D from its receipt of that beat before it supports anybody else, and any other majority has one of them. So no
 * two leases ever run at once.
 *
 * Of two nodes with "corosync" a majority is both; or one of them, where the gate speaks for it (gate.h). With more,
 * the gate is a veto. */
#pragma once

#include "vrrp/election.h"

/* Nobody votes within D + L of its start: what it promised before, it has forgotten. */
struct instant support_votes_from(const struct rules *rules, struct instant start);

/* A beat arrived: keeps, loses or gives support. True when this node supports the sender in the term it claims or bids
 * for: it is then echoed at once, so that its lease does not age by a beat. */
bool support_hear(const struct rules *rules, struct election *is, const struct event *event);

/* From when on may this node support itself in a new term, and so bid? INSTANT_NEVER while too few nodes live. */
struct instant support_bids_from(const struct rules *rules, const struct election *is, struct instant at);

/* Supports itself in the term of its bid; what others supported before says nothing now. */
void support_self(struct election *is);

/* This node let go: it supports itself no longer. Whom else it supports, it goes on supporting. */
void support_let_go(const struct rules *rules, struct election *is);

/* Until when may this node answer, by what supports its claim or its bid; INSTANT_ZERO while there is no majority. The
 * lease runs from the newest instant such that a majority, this node included, supports it by echoes of beats sent then
 * or later. Of two nodes it also runs while corosync holds for an owner, or excludes the other one for a bidder. */
struct instant support_lease_until(const struct rules *rules, const struct election *is, struct instant at);

/* The other one of two nodes with "corosync"; else NODE_NONE. */
node_id support_only_peer(const struct rules *rules);
