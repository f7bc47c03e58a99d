/* The arithmetic of a quorum by corosync, from what corosync runs with: how long is waited for it, how long it is
 * believed, when clients are answered again, whether it can be relied on at all, and what would make it faster.
 * Pure. */
#pragma once

#include "agent/quorum_fact.h"
#include "vrrp/lease.h"

struct quorum_terms {
	/* As in struct gate (vrrp/gate.h): W, A, and how long a new ring and its verdict may take. */
	struct duration settle, max_age, grace;
	/* From the owner's sudden death, or its being cut off, to the successor's claim: at the latest. 0: there is no
	 * such claim, for two nodes without a device are never quorate alone. */
	struct duration failover;
};

/* For a cluster of so many nodes of casvip's, witnesses included. All zeros while token and consensus are not known. */
struct quorum_terms quorum_terms(const struct quorum_settings *settings, int nodes, const struct lease_terms *lease);

/* Why two halves could both be quorate, whatever the arithmetic. */
enum quorum_danger {
	QUORUM_NO_DANGER,
	QUORUM_DANGER_TWO_NODE,
	QUORUM_DANGER_TIE_BREAKER,
	QUORUM_DANGER_HALVES,
	QUORUM_DANGER_ALONE,
};
enum { QUORUM_DANGER_COUNT = QUORUM_DANGER_ALONE + 1 };
enum quorum_danger quorum_danger(const struct quorum_settings *settings);
const char *quorum_danger_word(enum quorum_danger danger);
/* What is wrong and what to do about it, quotable; "" for none. */
const char *quorum_danger_words(enum quorum_danger danger);

/* A setting to change for a faster failover: where it stands, what it is, what it could be. */
struct quorum_advice {
	const char *key; /* "quorum.device.timeout" as in corosync.conf(5), or a program's option */
	const char *better;
	uint32_t now_ms; /* 0: it cannot be seen from here */
};
enum { QUORUM_ADVICE_MAX = 6 };

/* How many there are; none where nothing is to be gained. For corosync-qdevice these are three that only go
 * together. */
int quorum_advice(const struct quorum_settings *settings, struct quorum_advice advice[static QUORUM_ADVICE_MAX]);
