/* What differs between two configurations, and whether a running agent can go from one to the other. Pure. */
#pragma once

#include "conf/conf.h"

enum conf_change { CONF_ADDED, CONF_REMOVED, CONF_CHANGED };

enum { CONF_THING_MAX = 2 * CONF_NAME_MAX + 64, CONF_REASON_MAX = 3 * CONF_NAME_MAX + 160 };

/* Gets each difference, one word without blanks: "vip:mail", "check:mail/owa", "address:mail/192.0.2.50/24",
 * "interface:mail", "node:cas3", "link:cas2/198.51.100.2", "hook:dns", "key_file". Order alone is no difference. */
typedef void conf_diff_fn(void *context, enum conf_change change, const char *thing);
void conf_diff(const struct conf *was, const struct conf *is, conf_diff_fn *tell, void *context);

/* The vip of `was` that goes on as this one: its place there, or -1. It has the same name and the same interface:
 * behind another one there may be another network. */
int conf_diff_kept(const struct conf *was, const struct conf_vip *is);

/* Why it needs a restart: each reason in words, quotable. How many (design, part 12). */
typedef void conf_reason_fn(void *context, const char *words);
int conf_diff_restarts(const struct conf *was, const struct conf *is, conf_reason_fn *tell, void *context);
