/* Every check of a configuration once, now, for a person at a terminal. */
#pragma once

#include <stdio.h>

#include "conf/conf.h"

/* Prints a table to `out`. 0 when every required check is good, 1 when not, or -errno. */
int once(const struct conf *conf, FILE *out);
