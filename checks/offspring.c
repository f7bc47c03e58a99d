#include "checks/offspring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/sock.h"

enum { FAULT_FD = 3, HIGH_FD = 16 };

/* Killed, and not yet ended. */
static struct stray {
	pid_t pid;
	int pidfd;
	const void *owner;
} strays[OFFSPRING_MAX];
static int stray_count;
static int strays_fd = -1; /* epoll of their pidfds */
static int alive;          /* strays, and those whose probe still runs */

/* Our ends and the child's. */
struct ends {
	int out[2];
	int fault[2];
};

static void close_both(int fds[static 2])
{
	sock_close(&fds[0]);
	sock_close(&fds[1]);
}

static int make_ends(struct ends *ends)
{
	*ends = (struct ends){.out = {-1, -1}, .fault = {-1, -1}};
	if (pipe2(ends->out, O_CLOEXEC) < 0 || pipe2(ends->fault, O_CLOEXEC) < 0)
		return -errno;
	/* Ours alone: a plugin may well expect that a write waits. */
	if (fcntl(ends->out[0], F_SETFL, O_NONBLOCK) < 0 || fcntl(ends->fault[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* 0 and 2 /dev/null, 1 our pipe; until exec 3 for faults; nothing else: one of the judge's own descriptors takes facts
 * for the agent. */
static bool set_fds(const struct ends *ends)
{
	/* First out of the way: any of them may stand on a number that another one is to get. */
	int out = fcntl(ends->out[1], F_DUPFD_CLOEXEC, HIGH_FD);
	int fault = fcntl(ends->fault[1], F_DUPFD_CLOEXEC, HIGH_FD);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (out < 0 || fault < 0 || null < 0 || dup3(fault, FAULT_FD, O_CLOEXEC) < 0)
		return false;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return false;
	return syscall(SYS_close_range, FAULT_FD + 1U, ~0U, 0) == 0;
}

/* The judge ignores SIGPIPE, and whoever started it may have ignored more. */
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

/* What a check needs at most. The processor time is for what has left the group and so escapes the deadline. */
static bool set_limits(void)
{
	static const struct {
		__rlimit_resource_t what;
		rlim_t most;
	} limits[] = {
		{RLIMIT_CORE, 0},         {RLIMIT_CPU, 60},     {RLIMIT_DATA, 1 << 30},
		{RLIMIT_FSIZE, 16 << 20}, {RLIMIT_NPROC, 256}, {RLIMIT_NOFILE, 1024},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		if (getrlimit(limits[i].what, &limit) < 0)
			return false;
		if (limit.rlim_max > limits[i].most)
			limit.rlim_max = limits[i].most;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(limits[i].what, &limit) < 0)
			return false;
	}
	return true;
}

/* The parent is asked for after the tie: one that died in between would never be noticed. */
static _Noreturn void live(const struct offspring *offspring, const struct ends *ends, pid_t parent)
{
	int fault = ends->fault[1];

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent && setsid() >= 0 && set_fds(ends)) {
		fault = FAULT_FD;
		if (reset_signals() && set_limits() && chdir("/") == 0)
			offspring->work(offspring->context);
	}
	(void)!write(fault, &errno, sizeof(errno));
	_exit(127);
}

_Noreturn void offspring_fault(void)
{
	(void)!write(FAULT_FD, &errno, sizeof(errno));
	_exit(127);
}

static bool has_stray(const void *owner)
{
	for (int i = 0; i < stray_count; i++)
		if (strays[i].owner == owner)
			return true;
	return false;
}

/* A fork that yields the pidfd in the same step. Not vfork: the judge would stand still while the disk is asked for the
 * program. Nor clone3: systemd forbids it to a service that may make no namespaces. The pid or -errno. */
static pid_t fork_one(struct offspring *offspring, const struct ends *ends)
{
	pid_t parent = getpid();
	int pidfd = -1;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);

	if (pid == 0)
		live(offspring, ends, parent);
	if (pid < 0)
		return -errno;
	offspring->pidfd = pidfd;
	return (pid_t)pid;
}

void offspring_init(struct offspring *offspring, const void *owner, offspring_work *work, const void *context)
{
	*offspring = (struct offspring){
		.owner = owner,
		.work = work,
		.context = context,
		.pidfd = -1,
		.out_fd = -1,
		.fault_fd = -1,
	};
}

static int begin(struct offspring *offspring)
{
	struct ends ends;
	int error = alive == OFFSPRING_MAX ? -EAGAIN : make_ends(&ends);
	pid_t pid;

	if (error == -EAGAIN)
		return error;
	pid = error ? error : fork_one(offspring, &ends);
	if (pid > 0) {
		alive++;
		offspring->pid = pid;
		offspring->out_fd = ends.out[0];
		offspring->fault_fd = ends.fault[0];
		ends.out[0] = ends.fault[0] = -1;
	}
	close_both(ends.out);
	close_both(ends.fault);
	return pid < 0 ? pid : 0;
}

/* The group goes before its first process is reaped: until then nobody else can get its number. */
static bool reap(pid_t pid, int pidfd, siginfo_t *end)
{
	*end = (siginfo_t){0};
	if (waitid(P_PIDFD, (id_t)pidfd, end, WEXITED | WNOHANG | WNOWAIT) < 0 || end->si_pid == 0)
		return false;
	kill(-pid, SIGKILL);
	waitid(P_PIDFD, (id_t)pidfd, end, WEXITED | WNOHANG);
	alive--;
	return true;
}

int offspring_advance(struct offspring *offspring, struct probe_wait *wait, siginfo_t *end)
{
	int error;

	if (offspring->pidfd < 0) {
		offspring_bury();
		if (has_stray(offspring->owner)) {
			*wait = (struct probe_wait){.fd = strays_fd, .events = POLLIN};
			return -EINPROGRESS;
		}
		error = begin(offspring);
		if (error)
			return error;
	}
	*wait = (struct probe_wait){.fd = offspring->pidfd, .events = POLLIN};
	if (!reap(offspring->pid, offspring->pidfd, end))
		return -EINPROGRESS;
	offspring->pid = 0;
	return 0;
}

const char *offspring_stage(const struct offspring *offspring, const char *running)
{
	return offspring->pidfd < 0 ? "an earlier one hangs and cannot be killed" : running;
}

size_t offspring_output(const struct offspring *offspring, void *bytes, size_t room)
{
	size_t have = 0;
	ssize_t got;

	do {
		got = read(offspring->out_fd, (char *)bytes + have, room - have);
		have += got > 0 ? (size_t)got : 0;
	} while (got > 0 && have < room);
	return have;
}

int offspring_errno(const struct offspring *offspring)
{
	int error = 0;

	return read(offspring->fault_fd, &error, sizeof(error)) == sizeof(error) ? error : 0;
}

/* SIGKILL is on its way. The set tells of each end once: a debugger may keep the dead from us for as long as it likes.
 * What has no place in the set is reaped when the next one begins. */
static void remember(struct offspring *offspring)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = offspring->pidfd};

	if (strays_fd < 0)
		strays_fd = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(strays_fd, EPOLL_CTL_ADD, offspring->pidfd, &event);
	strays[stray_count++] = (struct stray){offspring->pid, offspring->pidfd, offspring->owner};
	offspring->pidfd = -1;
}

void offspring_done(struct offspring *offspring)
{
	siginfo_t end;

	if (offspring->pid > 0) {
		kill(-offspring->pid, SIGKILL);
		pidfd_send_signal(offspring->pidfd, SIGKILL, NULL, 0); /* it may not have its group yet */
		if (!reap(offspring->pid, offspring->pidfd, &end))
			remember(offspring);
	}
	offspring->pid = 0;
	sock_close(&offspring->pidfd);
	sock_close(&offspring->out_fd);
	sock_close(&offspring->fault_fd);
}

void offspring_outcome(struct outcome *outcome, int error)
{
	if (error == -EAGAIN)
		outcome_set(outcome, VERDICT_UNKNOWN, "no-processes", "no process to be had for the probe");
	else
		sock_outcome(outcome, error, "starting a process");
}

int offspring_fd(void)
{
	return stray_count > 0 ? strays_fd : -1;
}

void offspring_bury(void)
{
	struct epoll_event told;
	siginfo_t end;

	while (stray_count > 0 && epoll_wait(strays_fd, &told, 1, 0) == 1)
		;
	for (int i = stray_count; i-- > 0;) {
		if (!reap(strays[i].pid, strays[i].pidfd, &end))
			continue;
		sock_close(&strays[i].pidfd); /* which takes it out of the set */
		strays[i] = strays[--stray_count];
	}
}
