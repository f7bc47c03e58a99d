/* Why a node that lives and may own a vip cannot be given it now, in words. */
#pragma once

#include "vrrp/election.h"

enum { OBSTACLE_MAX = 80 };

/* "it is unhealthy", "it has no fence ...", for `to`, which election_can_move() refused. Returns `words`. */
const char *obstacle_words(const struct rules *rules, const struct election *is, node_id to,
			   char words[static OBSTACLE_MAX]);
