/* Is this host cut off from its LAN? A pure value: what other hosts on the LAN, not of the cluster, have let us hear.
 *
 * An owner that hears no peer any more asks it, to tell "my peers died" (the neighbours still answer: serve on) from
 * "I am cut off" (nobody answers: release, so that no two hosts answer once the cable heals). Silence alone proves
 * nothing, for a lone host must serve on; only witnesses who fell silent together with the peers do. A witness is a
 * neighbour who
 *   - was heard at most 30 s before the peers were missed, and
 *   - owed us no answer then: one who had left the LAN before is no witness.
 * Any word of any neighbour after the peers were missed says: not cut off.
 *
 * A neighbour who still speaks keeps its place; a newcomer gets a free one, or that of one silent for 30 s, or of one
 * that owes answers to two questions. So whoever invents neighbours to fall silent with later cannot push out those we
 * know; and where all we knew went down with the peers, the first who speaks is the one to ask.
 *
 * Nor can a stranger make one we know fall silent by claiming its address: the MAC that answers our questions stays the
 * one that is asked, until it has not answered for 30 s. What counts is that the address speaks, from whichever MAC;
 * and where an answer is wanting, everybody is asked, since another one may have it now. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "vrrp/instant.h"

enum { NEIGHBOURS_MAX = 8 };

struct neighbour {
	struct conf_address address;
	uint8_t mac[6];
	struct instant answered;            /* its newest answer to a question, from that MAC; INSTANT_ZERO: none */
	struct instant heard;               /* its newest word */
	struct instant asked, asked_before; /* the newest two questions; INSTANT_ZERO: none */
	struct instant owed;                /* the first question since its newest word; INSTANT_NEVER: none */
};

/* All zeros is a host without neighbours. */
struct neighbours {
	int count;
	struct neighbour known[NEIGHBOURS_MAX];
	bool any_heard;
	struct instant heard; /* the newest word of anybody, known or not */
};

/* A packet came from `address`; `answer`: a reply to this host. The caller leaves out the cluster: its nodes, its vips,
 * this host. Feed only addresses that can be asked. */
void neighbours_heard(struct neighbours *neighbours, const struct conf_address *address, const uint8_t mac[static 6],
		      bool answer, struct instant now);

/* The neighbour was asked, or would have been if the interface had taken the packet. */
void neighbours_asked(struct neighbours *neighbours, const struct conf_address *address, struct instant now);

/* How often each is to be asked: each 10 s in peace (`since` is INSTANT_NEVER). From `since` on, while nobody has been
 * heard: each T/4 for 8 T, then each second, so that a heal is noticed. Once anybody has been heard, the question is
 * settled, and it is each 10 s again. */
struct duration neighbours_pace(const struct neighbours *neighbours, struct instant since, struct duration beat,
				struct instant now);

/* Was its last question in vain so far? */
bool neighbours_owes(const struct neighbour *neighbour);

/* Is an answer wanting so much that everybody is to be asked for it, and not its MAC alone? At any pace but that of
 * peace, and when the last question was in vain. */
bool neighbours_wants_all(const struct neighbour *neighbour, struct duration pace);

/* Those to be asked now at this pace: how many were copied to `due`. */
int neighbours_due(const struct neighbours *neighbours, struct duration pace, struct instant now,
		   struct neighbour due[static NEIGHBOURS_MAX]);

/* When the next is due at this pace; INSTANT_NEVER without neighbours. */
struct instant neighbours_wants(const struct neighbours *neighbours, struct duration pace);

/* When the newest question was asked that a neighbour has spoken after; INSTANT_ZERO: none. */
struct instant neighbours_answered(const struct neighbours *neighbours);

/* Is there any witness, as of `since`? Without one, silence proves nothing. */
bool neighbours_testify(const struct neighbours *neighbours, struct instant since);

/* Cut off? `since` is when the peers were missed: when the newest beat's successor was due and did not come, 1 to 1.5 T
 * after that beat, not the beat itself; for between the beat and the cut a neighbour may well speak. There is at least
 * one witness, every witness was asked twice after `since`, and nobody has been heard after `since`. Act on it when D
 * is over, so that slow answers had their time. */
bool neighbours_lost(const struct neighbours *neighbours, struct instant since);
