/* Does this node own a vip now? For balancers in front, which send their clients where the answer is 200.
 *
 * Owning it means: ACTIVE with a lease that has not run out. Anything else, not knowing included, is no. */
#pragma once

#include "agent/web_ask.h"

enum { WEB_HEALTH_WORDS_MAX = 256 };

/* `vip` names one; "": owning any of them is enough. The words are a line. The HTTP status code: 200, 503, or 404 for
 * a vip that no configuration of this node has. */
unsigned web_health(const struct web_news *news, struct instant now, const char *vip,
		    char words[static WEB_HEALTH_WORDS_MAX]);
