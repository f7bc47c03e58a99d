/* The answer to a web client's request: status code, type and body, from the route and the newest news. Pure. */
#pragma once

#include <stddef.h>

#include "agent/web_ask.h"
#include "agent/web_route.h"

enum { WEB_TEXT_MAX = 4 << 20 };

struct web_answer {
	unsigned code;
	const char *type;
	const char *body; /* lives as long as the program does, or else in the caller's `text` */
	size_t length;
	bool is_lent; /* it stands in `text`, or is the news', and changes */
};

/* `text` has room for what is written anew. */
struct web_answer web_answer(enum web_refusal refusal, const struct web_route *route, const struct web_news *news,
			     struct instant now, char text[static WEB_TEXT_MAX]);
