#include "agent/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t slurp_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t length = 0;
	struct stat is;
	ssize_t n = 0;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	if (fstat(fd, &is) < 0 || !S_ISREG(is.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	while (length + 1 < size && (n = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	text[n < 0 ? 0 : length] = '\0';
	return n < 0 ? n : (ssize_t)length;
}
