/* What is allowed, and most likely not meant. */
#pragma once

#include "conf/conf.h"

/* A line each, "remark: words", to `out`; nothing when there is nothing to say. */
void conf_remarks(const struct conf *conf, FILE *out);
