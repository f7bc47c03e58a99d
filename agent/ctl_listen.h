/* The control socket as a file: its directory, its lock, its mode, and who may replace it. */
#pragma once

#include <stdbool.h>

struct ctl_listen {
	int fd;   /* listening, CLOEXEC and NONBLOCK */
	int lock; /* held as long as we listen: two casvipds that start together cannot both replace a stale file */
	bool root_only; /* this kernel does not refuse descriptors: who may connect can hold us up */
};

/* Makes the directory (0755) when it is missing, and the socket: 0660, group "casvip" where there is one, or 0600
 * where `root_only`. A file that an earlier run left behind is replaced. 0 or -errno with `why` in words;
 * -EADDRINUSE: another casvipd is running.
 * Looks up a group: before the loop only. */
int ctl_listen_open(struct ctl_listen *listen, const char *path, char why[static 128]);

/* Removes the file and closes. */
void ctl_listen_close(struct ctl_listen *listen, const char *path);
