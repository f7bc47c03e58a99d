/* Asks casvipd for its status, again and again, and keeps the newest answer: one asker for all web clients, so that
 * however many they are, casvipd hears one question a second, or WEB_ASKS_WATCHED of them while somebody looks.
 *
 * Never blocks; an agent that is frozen, dead or silent becomes words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/status.h"
#include "vrrp/instant.h"

enum {
	WEB_ASKS_WATCHED = 4,     /* a second */
	WEB_WATCHED_MS = 10000,   /* so long after a web client's last request */
	WEB_ANSWER_MS = 2000,     /* an ask without an answer is given up */
	WEB_STALE_MS = 2000,      /* an answer older than this says nothing of now */
	WEB_REPLY_MAX = 4 << 20,
	WEB_TROUBLE_MAX = 160,
};

/* The newest answer. */
struct web_news {
	bool ever;            /* there is one */
	struct instant at;    /* when it was asked for: what it tells is no older */
	const char *text;     /* the JSON, without its newline */
	size_t length;
	const struct status *status; /* the same as a value */
	const char *trouble;  /* of the last ask, in words; "": it was answered */
};

struct web_ask;

/* For the control socket of this path. 0, or -errno: no memory, or no path of a socket. */
int web_ask_open(struct web_ask **ret_ask, const char *path);
void web_ask_close(struct web_ask *ask); /* NULL is fine */

/* The descriptor to wait for (to read), or -1 while nothing is asked. */
int web_ask_fd(const struct web_ask *ask);
/* When to call web_ask_turn() although the descriptor is quiet. */
struct instant web_ask_wants(const struct web_ask *ask);
/* Reads what is there, asks when it is time. Call it when the descriptor is readable or web_ask_wants() is reached. */
void web_ask_turn(struct web_ask *ask, struct instant now);

/* Somebody looks: ask more often for a while. */
void web_ask_watched(struct web_ask *ask, struct instant now);

/* Good until the next web_ask_turn(). */
struct web_news web_ask_news(const struct web_ask *ask);

/* Does the newest answer tell how things are now? */
bool web_news_fresh(const struct web_news *news, struct instant now);
