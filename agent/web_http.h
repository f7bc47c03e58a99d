/* The HTTP server, within the caller's loop and thread: libmicrohttpd speaks, a function of the caller's answers.
 *
 * However many clients there are and whatever they do, memory is bounded: so many connections, so many of one address,
 * so long a request, and each connection ends after WEB_CONNECTION_MS at the latest, read or not. One request a
 * connection: who is slow or silent holds one place for a while, and nothing else. */
#pragma once

#include "agent/web_answer.h"
#include "agent/web_route.h"
#include "vrrp/instant.h"

enum {
	WEB_CONNECTIONS_MAX = 64,
	WEB_CONNECTIONS_OF_ONE_MAX = 32, /* address: a proxy's clients all come from one */
	WEB_REQUEST_MAX = 16 << 10,	 /* bytes of a request's head, and of what is kept with it */
	WEB_IDLE_S = 3,
	WEB_CONNECTION_MS = 8000,
};

struct web_http;

typedef struct web_answer web_answer_fn(void *context, const struct web_request *request);

/* Serves on this listening socket, which is its own from here on, success or not. 0 or -errno. */
int web_http_open(struct web_http **ret_http, int listening, web_answer_fn *answer, void *context);
void web_http_close(struct web_http *http); /* NULL is fine */

/* One descriptor for everything, to wait for (to read). */
int web_http_fd(const struct web_http *http);
/* When to call web_http_turn() although the descriptor is quiet. */
struct instant web_http_wants(const struct web_http *http, struct instant now);
void web_http_turn(struct web_http *http, struct instant now);
