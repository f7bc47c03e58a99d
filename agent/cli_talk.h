/* A question to casvipd over its control socket, and its answer. */
#pragma once

#include <stddef.h>

#include "agent/cli.h"
#include "vrrp/instant.h"

enum { CLI_ANSWER_MS = 10000, CLI_WHY_MAX = 320 };

/* What casvipd answered. */
struct cli_reply {
	enum ctl_exit exit_code;
	char *memory;     /* malloc'd: cli_reply_done() */
	const char *text; /* NUL-terminated */
	size_t length;
};

/* Asks and waits up to CLI_ANSWER_MS. CTL_DONE: `reply` is filled, whatever exit code it carries, and to be done with.
 * Else nothing was answered; the words for it are in `why`. */
enum ctl_exit cli_fetch(const char *socket, const struct ctl_request *request, struct cli_reply *reply,
			char why[static CLI_WHY_MAX]);
void cli_reply_done(struct cli_reply *reply);

/* Asks, and shows what was answered: on stdout, or on stderr when it says why not. With --json a text of words becomes
 * {"done":true,"words":"..."} on stdout. The reply's exit code, or that of having none. */
enum ctl_exit cli_ask(const struct cli *cli, const struct ctl_request *request);

/* Copies an argument that is to be a name; false with words on stderr where it is none. */
bool cli_name(char *to, size_t size, const char *from);

/* A connection for whoever reads on its own: sends the request within CLI_ANSWER_MS and returns a non-blocking
 * descriptor, or -1 with `why`, and CTL_NOBODY or CTL_FAILED in `ret_code`. */
int cli_connect(const char *socket, const struct ctl_request *request, enum ctl_exit *ret_code,
		char why[static CLI_WHY_MAX]);
