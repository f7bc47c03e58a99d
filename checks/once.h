/* The checks of a configuration once, now, for a person at a terminal. */
#pragma once

#include <stdio.h>

#include "conf/conf.h"

/* Those of these names: "owa" for every vip's, or "mail/owa". None means all. */
struct once_names {
	int count;
	char *const *name;
};

/* A name that no check has, or NULL. */
const char *once_unknown(const struct conf *conf, const struct once_names *names);

/* Prints a table to `out`. 0 when every required check is good, 1 when not, or -errno. */
int once(const struct conf *conf, const struct once_names *names, FILE *out);
