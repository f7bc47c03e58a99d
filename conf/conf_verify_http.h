/* What is wrong with a check by HTTP that was understood, but cannot work as it stands. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"
#include "conf/findings.h"

void conf_verify_http(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
