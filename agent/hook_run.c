#include "agent/hook_run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/clock.h"

enum {
	HIGH_FD = 16, /* out of the way of the three that it gets */
	EXIT_NOT_RUN = 127, /* as a shell's */
	READS_A_TURN = 16,
};

/* Exit statuses are 8 bits, errors are not: they come through the pipe, marked. */
struct fault {
	char mark[8];
	int error;
};
static const char mark[8] = "\0casvip";

struct ends {
	int in[2], out[2];
};

static void close_ends(struct ends *ends)
{
	for (int i = 0; i < 2; i++) {
		if (ends->in[i] >= 0)
			close(ends->in[i]);
		if (ends->out[i] >= 0)
			close(ends->out[i]);
	}
}

/* The text waits in the pipe, whole, before there is anybody to read it. */
static int make_ends(struct ends *ends, const char *text, size_t length)
{
	*ends = (struct ends){{-1, -1}, {-1, -1}};
	if (length > PIPE_BUF)
		return -EMSGSIZE;
	if (pipe2(ends->in, O_CLOEXEC) < 0 || pipe2(ends->out, O_CLOEXEC) < 0 ||
	    fcntl(ends->out[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return write(ends->in[1], text, length) == (ssize_t)length ? 0 : -EIO;
}

static bool set_fds(const struct ends *ends)
{
	int in = fcntl(ends->in[0], F_DUPFD_CLOEXEC, HIGH_FD), out = fcntl(ends->out[1], F_DUPFD_CLOEXEC, HIGH_FD);

	return in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
	       dup2(out, STDERR_FILENO) >= 0 && syscall(SYS_close_range, 3U, ~0U, 0) == 0;
}

static bool reset_signals(void)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP && sigaction(s, &standard, NULL) < 0 && errno != EINVAL)
			return false;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* The parent is asked for after the tie: one that died in between would never be noticed. */
static _Noreturn void live(const struct conf_hook *hook, char *const environment[], const struct ends *ends,
			   pid_t parent)
{
	char *argv[CHECK_ARGUMENTS_MAX + 1] = {NULL};
	struct fault fault;
	int out = ends->out[1];

	for (int i = 0; i < hook->arguments; i++)
		argv[i] = (char *)hook->command[i]; /* execve() promises not to write to them */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent && setsid() >= 0 && set_fds(ends)) {
		out = STDOUT_FILENO;
		if (reset_signals() && chdir("/") == 0)
			execve(argv[0], argv, environment);
	}
	fault.error = errno;
	memcpy(fault.mark, mark, sizeof(mark));
	(void)!write(out, &fault, sizeof(fault));
	_exit(EXIT_NOT_RUN);
}

int hook_run_begin(struct hook_run *run, const struct conf_hook *hook, char *const environment[], const char *text,
		   size_t length, struct instant now)
{
	struct ends ends;
	pid_t parent = getpid(), pid;
	int error = make_ends(&ends, text, length);

	pid = error < 0 ? -1 : fork();
	if (pid == 0)
		live(hook, environment, &ends, parent);
	if (pid < 0) {
		error = error < 0 ? error : -errno;
		close_ends(&ends);
		return error;
	}
	*run = (struct hook_run){.pid = pid, .began = now, .deadline = instant_add(now, hook->timeout)};
	run->pidfd = pidfd_open(pid, 0); /* unreaped, so it is its; without one it is found ended at the deadline */
	run->out_fd = ends.out[0];
	ends.out[0] = -1;
	close_ends(&ends);
	return 0;
}

/* What it said so far is the first line's beginning; a quote would end words="...". */
static void keep(struct hook_run *run, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length && !run->output_over; i++) {
		run->output_over = bytes[i] == '\n' || run->output_length == HOOK_OUTPUT_MAX - 1;
		if (!run->output_over)
			run->output[run->output_length++] = bytes[i];
	}
}

static void hear(struct hook_run *run)
{
	char bytes[4096];
	ssize_t n = 0;

	for (int i = 0; i < READS_A_TURN && run->out_fd >= 0; i++) {
		n = read(run->out_fd, bytes, sizeof(bytes));
		if (n > 0)
			keep(run, bytes, (size_t)n);
		else
			break;
	}
	if (run->out_fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		close(run->out_fd);
		run->out_fd = -1;
	}
}

static int fault_of(const struct hook_run *run)
{
	struct fault fault;

	if (run->output_length < sizeof(fault))
		return 0;
	memcpy(&fault, run->output, sizeof(fault));
	return memcmp(fault.mark, mark, sizeof(mark)) == 0 ? fault.error : 0;
}

static void sanitise(struct hook_run *run)
{
	run->output[run->output_length] = '\0';
	for (size_t i = 0; i < run->output_length; i++)
		if (run->output[i] < ' ' || run->output[i] > '~')
			run->output[i] = '?';
		else if (run->output[i] == '"')
			run->output[i] = '\'';
}

static void close_run(struct hook_run *run)
{
	if (run->pidfd >= 0)
		close(run->pidfd);
	if (run->out_fd >= 0)
		close(run->out_fd);
	run->pidfd = run->out_fd = -1;
	run->pid = 0;
}

/* The group goes before its first process is reaped: until then nobody else can get its number. */
static bool reap(pid_t pid, siginfo_t *end)
{
	*end = (siginfo_t){0};
	if (waitid(P_PID, (id_t)pid, end, WEXITED | WNOHANG | WNOWAIT) < 0 || end->si_pid == 0)
		return false;
	kill(-pid, SIGKILL);
	waitid(P_PID, (id_t)pid, end, WEXITED | WNOHANG);
	return true;
}

static void kill_group(const struct hook_run *run)
{
	kill(-run->pid, SIGKILL);
	kill(run->pid, SIGKILL); /* it may not have its group yet */
}

bool hook_run_advance(struct hook_run *run, struct instant now, struct hook_end *end)
{
	siginfo_t how;

	hear(run);
	if (!run->late && instant_reached(now, run->deadline)) {
		run->late = true;
		kill_group(run);
	}
	if (!reap(run->pid, &how))
		return false;
	hear(run);
	*end = (struct hook_end){
		.late = run->late,
		.error = how.si_code == CLD_EXITED && how.si_status == EXIT_NOT_RUN ? fault_of(run) : 0,
		.status = how.si_code == CLD_EXITED ? how.si_status : -1,
		.signal = how.si_code == CLD_EXITED ? 0 : how.si_status,
	};
	sanitise(run);
	close_run(run);
	return true;
}

void hook_run_kill(struct hook_run *run)
{
	siginfo_t end;

	if (run->pid > 0) {
		kill_group(run);
		reap(run->pid, &end); /* one that is slow to die is reaped by whoever comes after us */
	}
	close_run(run);
}
