/* Vigils: a hold on the process that each check of type process has found, by its pidfd. The kernel tells of its death
 * there and then.
 *
 * The death is no verdict: the process may have been replaced already. It only asks for a probe, and that finds the
 * next process to hold on to; at most one an interval, so that a process which dies again and again causes no storm. */
#pragma once

#include <stdbool.h>

#include "vrrp/instant.h"

struct vigils;

struct vigils *vigils_new(void); /* NULL and errno */
void vigils_free(struct vigils *vigils);

/* A vigil that holds nothing yet. `interval` is its check's. Returns its number, or -ENOMEM. */
int vigils_add(struct vigils *vigils, struct duration interval);

/* Readable when vigils_next() has something to say. */
int vigils_fd(const struct vigils *vigils);

/* The number of the next vigil whose process has died; it holds nothing any more. -1: none has. */
int vigils_next(struct vigils *vigils);

/* A probe has found the process of this pidfd, which is taken over (-1: there is none), in good health. */
void vigils_good(struct vigils *vigils, int vigil, int pidfd, struct instant now);
