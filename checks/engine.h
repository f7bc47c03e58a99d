/* An engine drives libcurl's transfers: it gathers their descriptors and libcurl's timer in one epoll descriptor, for a
 * probe shows only one. There is an engine for each bundle of certificate authorities, and it stays for the life of the
 * process: it caches the bundle, for reading the system's takes some 50 ms.
 *
 * Whoever serves an engine serves all of its transfers; the others are told in their own turn. */
#pragma once

#include <stdbool.h>

struct engine;

/* A transfer in an engine: libcurl's handle (a CURL *), and what came of it. */
struct engine_entry {
	struct engine *engine; /* NULL: in none */
	void *easy;
	bool ended; /* with `code`, a CURLcode */
	bool told;
	int code;
};

/* A handle for one transfer, a CURL *, by the rules that hold for every one: to its address and no other way, on a
 * connection of its own, with no helpful extras. NULL: no memory. */
void *engine_handle(void);

/* "" for libcurl's own bundle. NULL when there is no memory or descriptor. */
struct engine *engine_for(const char *ca_file);
const char *engine_ca_file(const struct engine *engine);

/* Readable when engine_serve() has something to do, or somebody is to be told that his transfer has ended. */
int engine_fd(const struct engine *engine);

/* Begins. `entry`, zero but for its `easy`, must stay where it is until engine_remove(). False: no memory. */
bool engine_add(struct engine *engine, struct engine_entry *entry);
/* Its probe knows that it has ended, and may go on with its connection. */
void engine_told(struct engine_entry *entry);
void engine_remove(struct engine_entry *entry); /* in none is fine */

/* Serves whatever has happened to any of the engine's transfers. */
void engine_serve(struct engine *engine);
