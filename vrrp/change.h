/* The ways in which a node's role changes, each leaving behind everything that belonged to the former one. */
#pragma once

#include "vrrp/election.h"
#include "vrrp/handover.h"

void change_role(struct election *is, enum role role, enum why why, struct instant at);

/* Owns it from now on, in a new term, without asking anybody (provider "none"). */
void change_claim(const struct rules *rules, struct election *is, enum why why, struct instant at);

/* After losing the vip other than by a yield this node listens for D before it bids again. */
void change_step_down(const struct rules *rules, struct election *is, enum why why, struct instant at);

/* Hands it over: says so until the successor claims, or for T. */
void change_yield(const struct rules *rules, struct election *is, struct handover handover, struct instant at);
