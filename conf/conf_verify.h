/* What is wrong across the fields of a configuration whose values are each fine by themselves. */
#pragma once

#include "conf/conf.h"
#include "conf/conf_lines.h"
#include "conf/findings.h"

/* Values that could not be read are zero, have had their finding, and are passed over. */
void conf_verify(const struct conf *conf, const struct conf_lines *lines, struct findings *findings);
