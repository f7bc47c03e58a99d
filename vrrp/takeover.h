/* When may a backup take without being asked (rules 2 and 4): the owner's lease over for sure, nobody answering for
 * the vip, and this node's turn among the living. */
#pragma once

#include "vrrp/election.h"

struct takeover {
	node_id owner;		   /* the last known owner, now silent; NODE_NONE: nobody owned it (rule 4) */
	struct instant heard_at;   /* of the owner */
	struct instant lease_over; /* from here on a living lease cannot answer any more */
	struct instant may_take;   /* D of silence, this node's slot among the living, and its own listening done */
};

struct takeover takeover_at(const struct rules *rules, const struct election *is, struct instant at);

/* May somebody other than `yielder` still own it, by what this node has heard? Two owners who had not met yet: the
 * yield of one says nothing for the other. */
bool takeover_third_owner(const struct rules *rules, const struct election *is, node_id yielder, struct instant at);

/* Until when may a claim of now answer before its first beats renew it? The next in order takes a slot later: who falls
 * asleep within its claim must find the fence shut when it wakes. */
struct instant takeover_claim_until(const struct rules *rules, struct instant at);

/* When the next probe of the vip is due. */
struct instant takeover_probe_at(const struct rules *rules, const struct election *is, const struct takeover *takeover);

/* When the answers, or rather their absence, allow it; INSTANT_NEVER while a probe is still to be sent. */
struct instant takeover_quiet_at(const struct rules *rules, const struct election *is, const struct takeover *takeover);

/* Evidence grows old: of a node that slept instead of probing on, silence counts anew. */
void takeover_forget(const struct rules *rules, struct election *is, struct instant at);

/* A probe was sent. */
void takeover_probed(struct election *is, const struct takeover *takeover, struct instant at);

/* Silence counts anew from the next probe on. */
void takeover_unquiet(struct election *is, struct instant at);

/* An answer came: silence counts anew. True when this first holds back a takeover that was due. */
bool takeover_answered(struct election *is, const struct takeover *takeover, struct instant at);

/* How long after its last beat an owner is dead to others: D, or longer where only the address's lifetime ends it. */
struct duration takeover_dead_after(const struct rules *rules, uint8_t enforces);
