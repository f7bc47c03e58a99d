/* What is wrong with logging on to a mail server as the file says. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"
#include "conf/findings.h"

void conf_verify_mail(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
