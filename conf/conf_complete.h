/* What does not stand in a file, but follows from it. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"

void conf_complete(struct conf *conf, const struct conf_lines *lines);
