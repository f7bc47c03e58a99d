#include "agent/follow.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/cli_talk.h"

_Static_assert((int)FOLLOW_WHY_MAX == (int)CLI_WHY_MAX, "they are the same words");

int follow_open(struct follow *follow, const char *socket, uint64_t since, uint64_t session,
		char why[static FOLLOW_WHY_MAX])
{
	const struct ctl_request request = {.verb = CTL_FOLLOW, .since = since, .session = session};
	enum ctl_exit code;
	int fd = cli_connect(socket, &request, &code, why);

	if (fd < 0)
		return code == CTL_NOBODY ? -ECONNREFUSED : -EACCES;
	*follow = (struct follow){.fd = fd};
	return 0;
}

void follow_close(struct follow *follow)
{
	if (follow->fd >= 0)
		close(follow->fd);
	follow->fd = -1;
}

static int take_line(struct follow *follow, const char **ret_line)
{
	char *end = memchr(follow->text, '\n', follow->length);

	if (!end)
		return follow->length == sizeof(follow->text) ? -EMSGSIZE : -EAGAIN;
	*ret_line = follow->text;
	follow->line = (size_t)(end - follow->text) + 1;
	return (int)follow->line - 1;
}

int follow_next(struct follow *follow, const char **ret_line)
{
	ssize_t n;
	int length;

	follow->length -= follow->line;
	memmove(follow->text, follow->text + follow->line, follow->length);
	follow->line = 0;
	length = take_line(follow, ret_line);
	if (length != -EAGAIN)
		return length;
	n = recv(follow->fd, follow->text + follow->length, sizeof(follow->text) - follow->length, MSG_DONTWAIT);
	if (n > 0) {
		follow->length += (size_t)n;
		return take_line(follow, ret_line);
	}
	if (n == 0)
		return -EPIPE;
	return errno == EINTR ? -EAGAIN : -errno;
}
