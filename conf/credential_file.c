/* See credential_file.h. */
#include "conf/credential_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_listed(const char *const *names, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

int credential_file_names(const struct conf *conf, const char *names[static CREDENTIAL_FILES_MAX])
{
	int count = 0;

	for (int v = 0; v < conf->vips; v++) {
		for (int c = 0; c < conf->vip[v].checks; c++) {
			const char *name = conf->vip[v].check[c].credentials;

			if (name[0] && count < CREDENTIAL_FILES_MAX && !is_listed(names, count, name))
				names[count++] = name;
		}
	}
	return count;
}

static int judge(int fd)
{
	struct stat is;

	if (fstat(fd, &is) < 0)
		return -errno;
	if (!S_ISREG(is.st_mode))
		return -EINVAL;
	if (is.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	return is.st_size > CREDENTIAL_FILE_BYTES_MAX ? -EFBIG : 0;
}

int credential_file_open(const char *name, const char *directory)
{
	char path[PATH_MAX];
	int fd, error;

	if (!strchr(name, '/') && !directory)
		return -ENOKEY;
	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return -ENAMETOOLONG;
	/* Non-blocking: a FIFO in the place of the file must not stop an agent that reloads. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	error = judge(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int credential_files_open(const struct conf *conf, const char *directory, int fds[static CREDENTIAL_FILES_MAX])
{
	const char *names[CREDENTIAL_FILES_MAX];
	int count = credential_file_names(conf, names);

	for (int i = 0; i < count; i++)
		fds[i] = credential_file_open(names[i], directory);
	return count;
}

void credential_files_close(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -EBADF;
	}
}
