/* The outline of a configuration: every statement is of our grammar, each key stands once, each name once.
 *
 * libconfuse stops at the first unknown key, and it forgets the first of two equal keys or titles without a word. So
 * all of those are found here, and blanked in the text: what is left, libconfuse reads without a complaint. */
#pragma once

#include <stdbool.h>

#include "conf/conf_text.h"
#include "conf/findings.h"

/* False after a syntax error: the rest of the text was not looked at, and it must not be parsed. */
bool conf_outline(struct conf_text *text, struct findings *findings);
