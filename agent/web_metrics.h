/* What /metrics shows: the newest answer of the agent as metrics, by the names of casvip-web(8). Pure. */
#pragma once

#include <stddef.h>

#include "agent/web_ask.h"

/* Of an agent that does not answer now only casvip_up 0 and the age of its last answer are shown: what was true once
 * would look like what is. The length, or -ENOSPC. */
int web_metrics(const struct web_news *news, struct instant now, bool openmetrics, char *text, size_t size);
