/* Who follows the events: each gets a line of JSON for every one, from where it asked on. Nobody waits for any of them.
 *
 * A turn writes a bounded number of lines, whoever wants how many. One that does not read finds, while its place lasts,
 * the older events in the ring; after FOLLOWER_PATIENCE_MS without reading it loses its place. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/event_json.h"
#include "agent/events.h"
#include "vrrp/instant.h"

/* Who may not give orders may not have more than half of the places: the journal is to find one, whatever else
 * follows. */
enum { FOLLOWERS_MAX = 8, FOLLOWERS_OF_ONE_MAX = FOLLOWERS_MAX / 2 };
enum { FOLLOWERS_LINES_A_TURN = 8, FOLLOWER_PATIENCE_MS = 5000 };

struct follower {
	uint64_t token; /* 0: a free place */
	int fd;
	uid_t uid;
	uint64_t told; /* the newest event it has, or has been told it lost */
	struct instant stuck_since; /* INSTANT_NEVER: it reads */
	size_t sent, end; /* of the text */
	char text[EVENT_JSON_MAX]; /* one line on its way */
};

/* All zeros is one without followers. */
struct followers {
	int next; /* whose turn it is */
	struct instant again_at; /* more lines, if there are any, not before */
	unsigned long dropped; /* that did not read */
	struct follower follower[FOLLOWERS_MAX];
};

/* Takes the socket over. `token` is its owner's, never 0; `uid` is whose it is, 0 for who may give orders. False when
 * every place is taken, or as many as this user may have: it stays the caller's. */
bool followers_add(struct followers *followers, int fd, uid_t uid, uint64_t token, uint64_t since);

/* Forgets one that has hung up; of others' tokens nothing is known. */
void followers_remove(struct followers *followers, uint64_t token);
void followers_done(struct followers *followers);

/* Sends what is new, as far as it goes without blocking and a turn can bear. */
void followers_send(struct followers *followers, const struct events *events, const struct event_origin *origin,
		    struct instant now);

/* When to call followers_send() for what this turn could not bear; INSTANT_NEVER: everybody has everything, or does not
 * read, which each turn finds out by itself. */
struct instant followers_at(const struct followers *followers, const struct events *events);

/* Drops those that did not read for too long; and when to. */
void followers_expire(struct followers *followers, struct instant now);
struct instant followers_expiry(const struct followers *followers);
