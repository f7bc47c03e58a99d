/* Following an agent: a connection to its control socket that yields what it tells, line by line. Never waits. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/event_json.h"

enum { FOLLOW_WHY_MAX = 320 };

struct follow {
	int fd; /* -1: not connected */
	size_t length, line; /* of the text; of its first line, which was handed out */
	char text[2 * EVENT_JSON_MAX];
};

#define FOLLOW_NONE ((struct follow){.fd = -1})

/* Asks for everything after the event `since` of that session (0: whatever there is). 0, or -errno with `why`. */
int follow_open(struct follow *follow, const char *socket, uint64_t since, uint64_t session,
		char why[static FOLLOW_WHY_MAX]);
void follow_close(struct follow *follow);

/* The next line, without its newline, valid until the next call: its length; -EAGAIN: none has come yet; or another
 * -errno when nothing more will come: -EPIPE, the agent hung up, -EMSGSIZE, what came is no line. */
int follow_next(struct follow *follow, const char **ret_line);
