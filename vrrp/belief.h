/* What an event changes in what this node believes, before anything is decided on it. */
#pragma once

#include "vrrp/election.h"

void belief_absorb(const struct rules *rules, struct election *is, const struct event *event, struct todo *todo);

/* Has every other node been heard fresh within D? */
bool belief_heard_all(const struct rules *rules, const struct election *is, struct instant at);
