/* The cookies of one session with one server: each Set-Cookie goes back as name=value, whatever its attributes say
 * (RFC 6265 5.2, as far as it matters to a client that asks for one path three times). No sockets here. */
#pragma once

#include "checks/http_reply.h"

enum { COOKIES_TEXT_MAX = 4096 };

struct cookies {
	char header[COOKIES_TEXT_MAX]; /* "Cookie: a=b; c=d", or "" */
};

/* Takes those of a reply; one of a name that is there already replaces it. What is not a cookie, and what has no room
 * any more, is left out. */
void cookies_take(struct cookies *cookies, const struct http_reply *reply);
