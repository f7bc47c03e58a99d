/* Who comes first: the order of the nodes that may own a vip. Fit before unfit, then score, then preference, then
 * node id: unique by construction, so two nodes can never be equal. */
#pragma once

#include "vrrp/election.h"

/* May this node, as it is or last said it is, take or be given the vip at all? Under "majority" only behind a fence:
 * without one a lease ends by the address's lifetime, which is nothing that voters could wait for. */
bool candidate_eligible(const struct rules *rules, const struct election *is, node_id node);

/* Heard fresh within D. */
bool candidate_living(const struct rules *rules, const struct election *is, node_id node, struct instant at);

/* Could this other node take the vip over now? One that is still listening after its start takes nothing yet. */
bool candidate_ready(const struct rules *rules, const struct election *is, node_id node, struct instant at);

/* The best ready node, or NODE_NONE. */
node_id candidate_best_peer(const struct rules *rules, const struct election *is, struct instant at);

/* Which of two nodes is the better one, be it living or not? */
bool candidate_comes_before(const struct rules *rules, const struct election *is, node_id a, node_id b);

/* How many living eligible peers come before this node. */
int candidate_place(const struct rules *rules, const struct election *is, struct instant at);

/* How many preferred nodes have never been heard. */
int candidate_strangers_before(const struct rules *rules, const struct election *is);

/* Would `a` win over `b`, both being owners? The higher term; of equal terms the lower node id. */
bool candidate_outranks(uint32_t term_a, node_id a, uint32_t term_b, node_id b);
