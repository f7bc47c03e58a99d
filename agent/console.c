#include "agent/console.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* O_NONBLOCK belongs to the description, which stderr shares with whoever started us: so pipes and terminals are opened
 * anew. A socket cannot be, but has MSG_DONTWAIT; a file opened anew would begin at its start. */
struct console console_open(void)
{
	struct console console = CONSOLE_NONE;
	struct stat what;

	if (fstat(STDERR_FILENO, &what) != 0)
		return console;
	if (S_ISSOCK(what.st_mode) || S_ISREG(what.st_mode)) {
		console.fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		console.kind = S_ISSOCK(what.st_mode) ? CONSOLE_SOCKET : CONSOLE_FILE;
		return console;
	}
	console.fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	console.kind = CONSOLE_REOPENED;
	return console;
}

void console_close(struct console *console)
{
	if (console->fd >= 0)
		close(console->fd);
	*console = CONSOLE_NONE;
}

/* With SIGPIPE and SIGTTOU blocked: the first would kill the agent when the pipe's reader has gone, the second would
 * stop it as a background job of a terminal with TOSTOP. A SIGPIPE that this write raised is taken back. */
static ssize_t write_quietly(int fd, const char *bytes, size_t length)
{
	static const struct timespec no_wait;
	sigset_t both, pipe_only, before, pending;
	ssize_t wrote;
	int error;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	both = pipe_only;
	sigaddset(&both, SIGTTOU);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &both, &before);
	wrote = write(fd, bytes, length);
	error = errno;
	if (wrote < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe_only, NULL, &no_wait);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return wrote;
}

void console_write(struct console *console, const char *bytes, size_t length)
{
	ssize_t wrote;

	if (console->fd < 0)
		return;
	if (console->kind == CONSOLE_SOCKET)
		wrote = send(console->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		wrote = write_quietly(console->fd, bytes, length);
	if (wrote < 0 && (errno == EPIPE || errno == EIO)) /* its reader has gone for good */
		console_close(console);
}
