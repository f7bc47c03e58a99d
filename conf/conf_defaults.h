/* Defaults that depend on the rest of a check: its type, its port, its interval. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"

/* Replaces what does not stand in the file:
 *   interval and timeout, by the type: a greeting may take its time (postscreen lets clients wait for 6 s), and a
 *   certificate need not be looked at every 2 s;
 *   tls, by the port: implicit on 465, 993 and 995 (RFC 8314 3.3);
 *   fast, which may not contradict an interval that is shorter still. */
void conf_defaults(struct conf_check *check, const struct conf_lines *lines);
