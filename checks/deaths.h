/* Deaths: what tells at once that a service's process has died, where there is anything that can: a canary (canary.h)
 * for what has an endpoint, a vigil (vigil.h) for what is a process.
 *
 * What is told is no verdict. It asks for a probe now, instead of at the next interval. */
#pragma once

#include <stdbool.h>

#include "checks/runs.h"
#include "conf/conf.h"
#include "vrrp/instant.h"

enum teller_kind { TELLER_NONE, TELLER_CANARY, TELLER_VIGIL };

/* What tells of the death of a check's service; checks of one endpoint share theirs. */
struct teller {
	enum teller_kind kind;
	int number;
};

struct deaths;

struct deaths *deaths_new(void); /* NULL and errno */
void deaths_free(struct deaths *deaths);

/* What can tell of this check's service: 0 with `teller`, or -ENOMEM. */
int deaths_add(struct deaths *deaths, const struct conf_check *check, struct teller *teller);

/* Readable when deaths_next() has something to say; also at deaths_deadline(). */
int deaths_fd(const struct deaths *deaths);
struct instant deaths_deadline(const struct deaths *deaths);

/* True with the next teller for whose checks a probe should start now: because there is a death to tell (`died`), or
 * because a probe beside it is to show that it does no harm. */
bool deaths_next(struct deaths *deaths, struct instant now, struct teller *teller, bool *died);

/* A probe of such a check has succeeded. Takes over its death_fd. */
void deaths_good(struct deaths *deaths, struct teller teller, struct run_end *end, struct instant now);

bool teller_same(struct teller a, struct teller b);
