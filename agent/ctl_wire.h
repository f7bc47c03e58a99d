/* What is said on the control socket: one request line in, one head line and a text out, then the connection ends.
 *
 *   "status" | "status-json" | "move VIP [NODE]" | "standby" | "online" | "reload", and a newline
 *   "EXIT LENGTH" and a newline, then LENGTH bytes of text
 *
 * Only "follow SINCE [SESSION]" is answered without a head and without an end: a line of JSON for each event after
 * the one of that number (event_json.h). A number of another session than this run's, or one that no event has had yet,
 * stands for 0: all that are still there.
 *
 * The length in front shows a reader that nothing is missing. Pure: reads and writes memory only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "conf/conf.h"

#define CTL_SOCKET_DEFAULT "/run/casvip/casvip.sock"

enum { CTL_REQUEST_MAX = 256 /* a request line with its newline */, CTL_HEAD_MAX = 32 };

enum ctl_verb { CTL_STATUS, CTL_STATUS_JSON, CTL_MOVE, CTL_STANDBY, CTL_ONLINE, CTL_RELOAD, CTL_FOLLOW, CTL_EXPLAIN,
		CTL_EXPLAIN_JSON, CTL_MAY_MOVE };
enum { CTL_VERB_COUNT = CTL_MAY_MOVE + 1 };

/* Exit codes of casvipctl, and what a reply carries. */
enum ctl_exit { CTL_DONE, CTL_FAILED, CTL_USAGE, CTL_NOBODY };
enum { CTL_EXIT_COUNT = CTL_NOBODY + 1 };

struct ctl_request {
	enum ctl_verb verb;
	char vip[CONF_NAME_MAX];       /* move */
	char node[CONF_NODE_NAME_MAX]; /* move; "" for the best one */
	uint64_t since;                /* follow: the newest event that the caller has; 0: none */
	uint64_t session;              /* follow: whose number that is; 0: not said */
};

enum ctl_refusal { CTL_OK, CTL_EMPTY, CTL_TOO_LONG, CTL_NOT_PRINTABLE, CTL_UNKNOWN_VERB, CTL_BAD_ARGUMENTS };
enum { CTL_REFUSAL_COUNT = CTL_BAD_ARGUMENTS + 1 };
const char *ctl_refusal_words(enum ctl_refusal refusal);

/* Reads a request line without its newline. `request` is untouched on failure. */
enum ctl_refusal ctl_request_parse(const char *line, size_t length, struct ctl_request *request);

/* The line of a request, newline and NUL included; its length, or -EINVAL when it could not be read back. */
int ctl_request_print(const struct ctl_request *request, char line[static CTL_REQUEST_MAX + 1]);

/* May whoever can connect ask this, or is it an order? */
bool ctl_is_order(enum ctl_verb verb);

int ctl_head_print(enum ctl_exit exit_code, size_t length, char head[static CTL_HEAD_MAX]);
/* Reads the head line of a reply; its length in bytes, 0 when more must arrive, -EPROTO when it is none. */
int ctl_head_parse(const char *text, size_t length, enum ctl_exit *exit_code, size_t *text_length);

/* 0, or -ENAMETOOLONG, -EINVAL for a path that cannot be a socket's. */
int ctl_address(const char *path, struct sockaddr_un *address);
