/* A copy of this process's stderr that never blocks, whatever stderr is: a stuck pipe, a stopped terminal, a socket
 * nobody reads. What does not fit at once is lost. The description that stderr shares with other processes keeps its
 * flags. Only a regular file can make a write wait, for its disk. */
#pragma once

#include <stddef.h>

struct console {
	int fd; /* -1: nothing to write to */
	enum { CONSOLE_REOPENED, CONSOLE_SOCKET, CONSOLE_FILE } kind;
};

#define CONSOLE_NONE ((struct console){.fd = -1})

/* Without a usable stderr (closed, a pipe without a reader, no /proc) it is CONSOLE_NONE, which swallows everything. */
struct console console_open(void);
void console_close(struct console *console);

/* Raises no SIGPIPE, and is not stopped as a terminal's background job. */
void console_write(struct console *console, const char *bytes, size_t length);
