#include "agent/only.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/run/casvip"

static int fail(int error, const char *path, char why[static ONLY_WHY_MAX])
{
	snprintf(why, ONLY_WHY_MAX, "cannot lock %.64s: %s", path, strerror(error));
	return -error;
}

/* A file that only root may make: a name in the abstract, or a port, could be squatted by anybody. */
int only_one(char why[static ONLY_WHY_MAX])
{
	char path[64];
	struct stat network;
	mode_t umask_was = umask(0022);
	int made = mkdir(DIRECTORY, 0755), fd, error = errno;

	umask(umask_was);
	if (made < 0 && error != EEXIST)
		return fail(error, DIRECTORY, why);
	if (stat("/proc/self/ns/net", &network) < 0)
		return fail(errno, "/proc/self/ns/net", why);
	snprintf(path, sizeof(path), DIRECTORY "/network-%llu.lock", (unsigned long long)network.st_ino);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return fail(errno, path, why);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	if (error != EWOULDBLOCK)
		return fail(error, path, why);
	snprintf(why, ONLY_WHY_MAX, "another casvipd is running on this host: stop it first");
	return -EADDRINUSE;
}
