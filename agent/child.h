/* A helper process without privileges, started and watched by casvipd: casvip-checks, the judge, or casvip-quorum.
 *
 * The child gets the configuration's text as a sealed memfd (fd 3), the write end of a pipe in packet mode (fd 4) and,
 * from fd 7 on, the files of credentials that the configuration names, opened but unread; it runs as a user of its own,
 * without capabilities and the means to get any, with ordinary scheduling, and dies with casvipd. Nothing here waits
 * for it: that it could not even be executed is learnt when it is reaped. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vrrp/instant.h"

enum { CHILD_WHY_MAX = 160, CHILD_CONF_FD = 3, CHILD_FACTS_FD = 4, CHILD_CREDENTIALS_FD = 7 };

struct child {
	char program[PATH_MAX];
	bool drops; /* we are root: become this user */
	bool shares_user; /* it is nobody, whose other processes may trace the child until it is confined */
	uid_t uid;
	gid_t gid;

	pid_t pid;    /* 0: not running; so are the descriptors then -1 */
	int pidfd;    /* readable when it has ended */
	int facts_fd; /* the read end */
	int asks_fd;  /* the write end of its standard input, a pipe in packet mode; -1: that is /dev/null */
	int error_fd; /* what went wrong between fork and exec */
	struct instant started;
	struct instant start_at;  /* not before; INSTANT_NEVER while it runs */
	struct duration back_off; /* after its next end */
};

/* Where to find the program: beside the one that runs now (a build tree, any prefix), else in /usr/sbin. */
void child_find(const char *name, char path[static PATH_MAX]);

/* Looks up this user and its group (else nobody's) when we are root; nothing runs yet. Before the loop only: a look-up
 * may ask the network. 0, or -ENOENT when there is no user to become. */
int child_init(struct child *child, const char *program, const char *user);

/* What it gets; lent for the time of child_start(). */
struct child_gifts {
	const char *conf_text;
	size_t conf_length;
	const int *credentials; /* see credential_files_open(): a descriptor or -errno each */
	int credential_count;
	bool asks; /* its standard input is a pipe of ours, which ends with us */
};

/* Starts it with these. 0, or -errno with words; it is then tried again at child->start_at as well. */
int child_start(struct child *child, const struct child_gifts *gifts, struct instant now,
		char why[static CHILD_WHY_MAX]);

/* Has it ended? Then everything of it is closed, child->start_at is set and `how` tells ("exited 1", "killed by signal
 * 9", "setresuid: Operation not permitted"). 1, or 0 while it runs or none was started. */
int child_reap(struct child *child, struct instant now, char how[static CHILD_WHY_MAX]);

/* Ends it at once; child_reap() then tells. What it still had to say is not heard (facts_fd is -1 from here on): after
 * a reload it would be about checks that are no more. Fine when nothing runs. */
void child_kill(struct child *child);

/* child_kill(), and forgets it without waiting: at our own end. */
void child_done(struct child *child);
