/* Provider "majority": a claim is preceded by a bid, which answers nothing until a majority supports it. */
#pragma once

#include "vrrp/election.h"

/* Asks for the votes of a new term. What `todo` says of the occasion is kept for the claim's line in the log. */
void bid_start(const struct rules *rules, struct election *is, enum why why, struct instant at,
	       const struct todo *todo);

/* Won when a majority supports it: the lease then runs from the newest of its beats that a majority echoed. Lost to a
 * higher term, to a preferred node that bids for the same term, or after D; the next bid waits, so that two who outbid
 * each other part. Repeated until then. */
void bid_tend(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo);
