/* The part of a snapshot that tells of corosync, and what both forms show of it. */
#pragma once

#include <stdbool.h>

#include "agent/quorum_terms.h"
#include "conf/conf.h"

struct json;
struct page;

enum { STATUS_QUORUM_WHY_MAX = 24, STATUS_QUORUM_WORDS_MAX = 320, STATUS_RING_MAX = 40 };

struct status_quorum {
	bool used; /* provider "corosync", and this node may own something; else nothing below counts */
	bool open;
	char why[STATUS_QUORUM_WHY_MAX]; /* "open", or why it is shut */
	char words[STATUS_QUORUM_WORDS_MAX];
	char ring[STATUS_RING_MAX];
	char member[NODES_MAX][CONF_NODE_NAME_MAX];
	int members;
	int64_t age_ms; /* of the newest proof; STATUS_UNKNOWN */
	int64_t settle_ms, grace_ms;
	int64_t failover_ms; /* at the latest; STATUS_UNKNOWN: there is none, or it is not known */
	uint32_t restarts;   /* of corosync, since this casvip-quorum runs */
	bool witness_lost;
	struct quorum_settings settings;
};

/* "corosync": an object with the advice that follows from the settings, or null. */
void status_quorum_json(struct json *json, const struct status_quorum *quorum);
void status_quorum_text(struct page *page, const struct status_quorum *quorum);
/* As many bytes as either takes, for a cluster of so many nodes. */
size_t status_quorum_room(int nodes);
