/* How a living owner loses the vip on purpose: it offers it, and yields when the offer is answered.
 *
 * The offer costs no darkness: the owner answers clients until the successor has shown, by echoing the offer, that it
 * is there and hears us this very moment. Then the owner shuts its fence and says so (the yield), and the successor
 * claims. */
#pragma once

#include "vrrp/election.h"

/* Why should this owner leave, and to whom? */
struct handover {
	bool leave;
	enum why why;
	node_id to; /* NODE_NONE: there is nobody (rule 8 decides) */
};

struct handover handover_wanted(const struct rules *rules, const struct election *is, struct instant at);

/* How soon a lost offer, yield or bid is said again. */
struct duration handover_repeat(const struct rules *rules);

/* A yield ends within T, and then the next in order may take. So it is said for half a beat, and counts for half a beat
 * from the echo that it carries; nobody claimed till then: it has failed. */
struct instant handover_expires(const struct rules *rules, const struct election *is);

/* Does this beat hand the vip to this node, sealed, fresh within T / 2 and in the newest term it knows (rule 3)? Not
 * while a third node may own it. */
bool handover_is_mine(const struct rules *rules, const struct election *is, const struct event *event);

/* Until when may a claim on this yield answer before it is renewed? A successor that falls asleep within its claim must
 * find the fence shut when it wakes: others have taken by then. */
struct instant handover_claim_until(const struct rules *rules, const struct event *event);

/* When rule 9 may want to act, without any other event; INSTANT_NEVER: not from what is known. */
struct instant handover_failback_at(const struct rules *rules, const struct election *is);
