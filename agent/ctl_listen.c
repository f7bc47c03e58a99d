#include "agent/ctl_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/ctl_wire.h"
#include "agent/rights.h"

enum { WHY_MAX = 128, BACKLOG = 16 };

static int fail(int error, const char *words, const char *path, char why[static WHY_MAX])
{
	snprintf(why, WHY_MAX, "%s %.64s: %s", words, path, strerror(error));
	return -error;
}

static int in_use(const char *path, char why[static WHY_MAX])
{
	snprintf(why, WHY_MAX, "another casvipd is running: it has %.64s", path);
	return -EADDRINUSE;
}

static int make_directory(const char *path, char why[static WHY_MAX])
{
	const char *end = strrchr(path, '/');
	char directory[PATH_MAX];
	mode_t umask_was;
	int made;

	if (!end || end == path)
		return 0;
	snprintf(directory, sizeof(directory), "%.*s", (int)(end - path), path);
	umask_was = umask(0022);
	made = mkdir(directory, 0755);
	umask(umask_was);
	return made == 0 || errno == EEXIST ? 0 : fail(errno, "cannot make", directory, why);
}

/* The descriptor of the lock beside the socket, or -errno. */
static int take_lock(const char *path, char why[static WHY_MAX])
{
	char lock[PATH_MAX];
	int fd, error;

	snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return fail(errno, "cannot open", lock, why);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	error = errno;
	close(fd);
	return error == EWOULDBLOCK ? in_use(path, why) : fail(error, "cannot lock", lock, why);
}

/* A frozen casvipd still owns its socket: the kernel completes the connection for it. */
static bool is_answered(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answered;

	if (fd < 0)
		return true;
	answered = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		   (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return answered;
}

static int remove_stale(const struct sockaddr_un *address, char why[static WHY_MAX])
{
	struct stat there;

	if (lstat(address->sun_path, &there) < 0)
		return errno == ENOENT ? 0 : fail(errno, "cannot look at", address->sun_path, why);
	if (!S_ISSOCK(there.st_mode))
		return fail(EEXIST, "not a socket:", address->sun_path, why);
	if (is_answered(address))
		return in_use(address->sun_path, why);
	return unlink(address->sun_path) == 0 ? 0 : fail(errno, "cannot remove", address->sun_path, why);
}

static int bind_socket(const struct sockaddr_un *address, bool *ret_root_only, char why[static WHY_MAX])
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const struct group *group = getgrnam("casvip");
	mode_t umask_was;
	int bound, error;

	if (fd < 0)
		return fail(errno, "no socket for", address->sun_path, why);
	*ret_root_only = rights_refuse(fd) < 0;
	if (*ret_root_only)
		group = NULL;
	umask_was = umask(*ret_root_only ? 0177 : 0117); /* 0600 or 0660 from its first instant */
	bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	error = errno;
	umask(umask_was);
	if (bound < 0) {
		close(fd);
		return fail(error, "cannot bind", address->sun_path, why);
	}
	/* An unprivileged casvipd (a test) may not give the group away; then its own user alone can connect. */
	if ((group && chown(address->sun_path, (uid_t)-1, group->gr_gid) < 0 && errno != EPERM) ||
	    listen(fd, BACKLOG) < 0) {
		error = errno;
		unlink(address->sun_path);
		close(fd);
		return fail(error, "cannot listen on", address->sun_path, why);
	}
	return fd;
}

int ctl_listen_open(struct ctl_listen *listen, const char *path, char why[static WHY_MAX])
{
	struct sockaddr_un address;
	int error = ctl_address(path, &address), lock, fd;
	bool root_only = false;

	if (error < 0)
		return fail(-error, "bad socket path", path, why);
	error = make_directory(path, why);
	if (error < 0)
		return error;
	lock = take_lock(path, why);
	if (lock < 0)
		return lock;
	error = remove_stale(&address, why);
	fd = error < 0 ? error : bind_socket(&address, &root_only, why);
	if (fd < 0) {
		close(lock);
		return fd;
	}
	*listen = (struct ctl_listen){.fd = fd, .lock = lock, .root_only = root_only};
	return 0;
}

void ctl_listen_close(struct ctl_listen *listen, const char *path)
{
	unlink(path);
	close(listen->fd);
	close(listen->lock);
}
