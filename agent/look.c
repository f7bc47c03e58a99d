#include "agent/look.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/child.h"
#include "agent/clock.h"

int look_drop(void)
{
	struct child user = {0};
	int error = child_init(&user, "casvip-checks", "casvip-checks");

	if (error < 0)
		return error;
	if (!user.drops)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(user.gid, user.gid, user.gid) < 0 ||
	    setresuid(user.uid, user.uid, user.uid) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0; /* which the change of user has forgotten */
}

/* What reads strangers' bytes is not to reach whoever sits at the terminal: neither to write there, nor to read what is
 * typed, nor to type (TIOCSTI asks for the session's own). */
static int leave_terminal(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), apart = fcntl(out, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (null < 0 || apart < 0 || setsid() < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -errno;
#ifndef CASVIP_SANITIZED /* which tells there what it found */
	if (dup2(null, STDERR_FILENO) < 0)
		return -errno;
#endif
	return apart;
}

_Noreturn static void run(enum look_as as, look_fn *fn, const void *context, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = leave_terminal(out);
	if (out < 0)
		_exit(EXIT_FAILURE);
	if (as == LOOK_UNPRIVILEGED && look_drop() < 0)
		_exit(EXIT_FAILURE);
	fn(context, out);
	_exit(EXIT_SUCCESS);
}

int look_start(struct look *look, enum look_as as, look_fn *fn, const void *context)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		run(as, fn, context, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	*look = (struct look){.pid = pid, .fd = ends[0]};
	return 0;
}

/* 1: there is something to read, or its end; 0: the time is over. */
static int await(int fd, struct instant deadline)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left_ms = duration_to_ms(instant_since(deadline, clock_boottime()));
		int ready = left_ms <= 0 ? poll(&wait, 1, 0) : poll(&wait, 1, (int)left_ms);

		if (ready >= 0 || errno != EINTR)
			return ready > 0;
	}
}

static ssize_t read_all(int fd, struct instant deadline, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	for (;;) {
		text[length] = '\0';
		if (!await(fd, deadline))
			return -ETIMEDOUT;
		n = read(fd, text + length, size - 1 - length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return length + 1 == size ? -EFBIG : (ssize_t)length;
		length += (size_t)n;
	}
}

ssize_t look_finish(struct look *look, struct instant deadline, char *text, size_t size)
{
	ssize_t length;
	int how = 0;

	text[0] = '\0';
	if (look->pid == 0)
		return 0;
	length = read_all(look->fd, deadline, text, size);
	close(look->fd);
	if (length < 0)
		kill(look->pid, SIGKILL);
	while (waitpid(look->pid, &how, 0) < 0 && errno == EINTR)
		;
	*look = (struct look){0};
	return length >= 0 && (!WIFEXITED(how) || WEXITSTATUS(how) != 0) ? -ECHILD : length;
}
