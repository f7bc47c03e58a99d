/* Why a vip is where it is, why it has not moved, and what would move it: from what this node believes, by the
 * arithmetic of the lease (design, part 5). First a value, then words of it: pure. */
#pragma once

#include "agent/history.h"
#include "conf/conf.h"
#include "vrrp/election.h"

enum { EXPLAIN_WORDS_MAX = 256 };

struct explain_facts {
	const struct conf *conf;
	const struct conf_vip *vip;
	const struct rules *rules;
	const struct election *is;
	const struct history *history;
	struct instant at;
	struct duration failover; /* of two nodes by corosync, as event=quorum state=terms says; 0: there is none */
};

/* A node that does not own it. */
struct explained_node {
	node_id node;
	bool ready; /* it would be a candidate if the owner died */
	char words[EXPLAIN_WORDS_MAX];
};

struct explanation {
	node_id owner; /* NODE_NONE: none is known */
	struct explained_node other[NODES_MAX];
	int others;
	/* The owner dies now: who takes, and when, counted from its death; NODE_NONE: nobody. */
	node_id heir;
	int64_t least_ms, most_ms;
	char death[EXPLAIN_WORDS_MAX];
	/* A required check falls on the owner: who gets it, and how long until that is noticed; -1: there is none. */
	node_id stand_in;
	int64_t notice_ms;
	char failure[EXPLAIN_WORDS_MAX];
};

void explain(const struct explain_facts *facts, struct explanation *explanation);

/* As text for a person, or as a line of JSON. The length, or -ENOSPC. */
int explain_write_text(const struct explain_facts *facts, char *text, size_t size);
int explain_write_json(const struct explain_facts *facts, char *text, size_t size);
