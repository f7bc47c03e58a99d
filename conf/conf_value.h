/* One value: its text into a field of struct conf, and the field back into text that reads as the same value. */
#pragma once

#include <stdio.h>

#include "conf/conf_keys.h"

enum { CONF_WHY_MAX = 320 };

/* Reads the text as the key wants it. 0; or -EINVAL with `why` what is wrong, `field` untouched. `field` must be zeroed
 * memory: what the value does not use stays zero, so that equal configurations are equal bytes.
 * Not for KIND_NODE and KIND_SECTION, which need more than a text. */
int conf_value_read(const struct conf_key *key, const char *text, void *field, char why[static CONF_WHY_MAX]);

/* Writes what stands after "KEY = " in the canonical form. */
void conf_value_print(const struct conf_key *key, const void *field, FILE *out);

/* A text in double quotes, escaped. */
void conf_text_print(const char *text, FILE *out);
