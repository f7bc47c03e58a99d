/* What makes sense in a check of the host itself. For conf_verify.c, which knows the check's type. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"
#include "conf/findings.h"

void conf_verify_exec(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
void conf_verify_file(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
void conf_verify_process(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
void conf_verify_link(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
void conf_verify_dns(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
void conf_verify_route(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings);
