/* A look that may take its time: a process of its own that writes what it saw into a pipe, and is ended when its time
 * is over. So many looks wait at once, none can hang whoever started it, and those that read strangers' bytes have no
 * privileges. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vrrp/instant.h"

struct look {
	pid_t pid; /* 0: none */
	int fd;
};

/* Runs in the new process, whose end follows; `out` takes what it saw. */
typedef void look_fn(const void *context, int out);

/* With the privileges of who starts it, or as the user of the checks from its beginning on. */
enum look_as { LOOK_AS_IS, LOOK_UNPRIVILEGED };

/* Starts it. `context` is as it was at this instant. 0 or -errno: -ENOENT when there is no user to become. */
int look_start(struct look *look, enum look_as as, look_fn *fn, const void *context);

/* For a function that needs a privilege first, to open a socket: gives it up for good. 0 or -errno. */
int look_drop(void);

/* Everything it wrote, until its end or the deadline; `text` is NUL-terminated. The length; -ETIMEDOUT when it was
 * ended, with what it had written until then; -EFBIG, -ECHILD when it failed. Fine where none was started: 0. */
ssize_t look_finish(struct look *look, struct instant deadline, char *text, size_t size);
