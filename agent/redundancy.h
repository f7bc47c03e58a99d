/* Could another node take a vip over if its owner died this instant? In plain words, from the snapshot alone: what
 * keeps the others from it is an alarm before the failover that would need them. */
#pragma once

#include "agent/status.h"

enum { REDUNDANCY_MAX = NODES_MAX * (CONF_NODE_NAME_MAX + 128) };

struct redundancy {
	bool ready; /* somebody could */
	bool whole; /* everybody could who may, and nothing is odd about them */
	char words[REDUNDANCY_MAX]; /* "ready: cas2", "NONE READY: cas2 is on standby" */
};

void redundancy_judge(const struct status *status, const struct status_vip *vip, struct redundancy *redundancy);
