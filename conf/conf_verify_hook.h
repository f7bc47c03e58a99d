/* What is wrong with a hook whose values are each fine by themselves. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"
#include "conf/findings.h"

void conf_verify_hook(const struct conf *conf, const struct conf_hook *hook, const struct conf_lines *lines,
		      struct findings *findings);
