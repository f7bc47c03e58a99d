/* Canaries: one idle TCP connection to each service under check. When the service's process dies its kernel says so on
 * every connection at once, and the judge looks again now instead of at the next interval.
 *
 * The death of a canary is no verdict: servers close idle connections for reasons of their own (nginx after 60 s). It
 * only asks for a probe, and a new canary flies once that has succeeded; at most one an interval, so that a server
 * which closes at once causes no storm.
 *
 * A server that serves one connection at a time would be blocked by a canary. So the first to each endpoint is on
 * trial: a probe starts at once beside it, and if that takes much longer than the one before, the canary is closed
 * (which unblocks the server while the probe still runs) and none flies to that endpoint for ten minutes. */
#pragma once

#include "conf/conf.h"
#include "vrrp/instant.h"

struct canaries;

struct canaries *canaries_new(void); /* NULL and errno */
void canaries_free(struct canaries *canaries);

/* The canary of an endpoint, a new one only if no check has asked for it yet. `interval` is the check's; the shortest
 * counts. Returns its number, or -ENOMEM. */
int canaries_add(struct canaries *canaries, const struct conf_endpoint *endpoint, struct duration interval);

/* Readable when canaries_next() has something to say; also at canaries_deadline(). */
int canaries_fd(const struct canaries *canaries);
struct instant canaries_deadline(const struct canaries *canaries);

/* The number of the next canary for which a probe should start now, because it died or because its trial begins.
 * -1: no more. */
int canaries_next(struct canaries *canaries, struct instant now, bool *died);

/* A probe of this endpoint has succeeded: opens the canary if there is none and it may be, or ends its trial. */
void canaries_good(struct canaries *canaries, int canary, struct instant began, struct duration took,
		   struct instant now);
