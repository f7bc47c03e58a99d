#include "agent/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/child_exec.h"
#include "conf/credential_file.h"

enum { CHILD_NUMBERS_MAX = CREDENTIAL_FILES_MAX * sizeof("-4095,") };
enum { FACTS_BYTES_MOST = 1 << 20, FACTS_BYTES_LEAST = 1 << 16 /* pipe(7): what each may have */ };
enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MOST_MS = 10000, GOOD_LIFE_MS = 60000 };

void child_find(const char *name, char path[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *slash;

	self[length < 0 ? 0 : length] = 0;
	slash = strrchr(self, '/');
	if (slash && snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, name) < PATH_MAX &&
	    access(path, X_OK) == 0)
		return;
	snprintf(path, PATH_MAX, "/usr/sbin/%s", name);
}

int child_init(struct child *child, const char *program, const char *user_name)
{
	const struct passwd *user;

	*child = (struct child){.pidfd = -1, .facts_fd = -1, .asks_fd = -1, .error_fd = -1, .start_at = INSTANT_ZERO};
	child->back_off = duration_ms(BACK_OFF_FIRST_MS);
	if ((size_t)snprintf(child->program, sizeof(child->program), "%s", program) >= sizeof(child->program))
		return -ENAMETOOLONG;
	if (geteuid() != 0)
		return 0;
	user = getpwnam(user_name);
	child->shares_user = !user;
	if (!user)
		user = getpwnam("nobody");
	if (!user || user->pw_uid == 0)
		return -ENOENT;
	child->drops = true;
	child->uid = user->pw_uid;
	child->gid = user->pw_gid;
	return 0;
}

/* The text as a file that nobody can change any more. The descriptor or -errno. */
static int conf_memfd(const char *text, size_t length)
{
	int fd = memfd_create("casvip.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t written = fd < 0 ? -1 : pwrite(fd, text, length, 0);
	int error;

	if (written == (ssize_t)length &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	error = written >= 0 && written < (ssize_t)length ? ENOSPC : errno;
	if (fd >= 0)
		close(fd);
	return -error;
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* What the two sides need: our ends and the child's. */
struct ends {
	int facts[2]; /* ours, the child's */
	int asks[2];  /* the child's, ours */
	int error[2]; /* ours, the child's */
	int conf;
};

/* A pipe, since it carries bytes only: a descriptor passed over a socket might cost us its last close, and that can
 * take as long as whoever sent it likes. In packet mode a read takes what one write gave, whole; each takes up a page,
 * so there is room for as many facts as the pipe has pages. */
static int make_facts(int ends[static 2])
{
	if (pipe2(ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	for (int bytes = FACTS_BYTES_MOST; bytes > FACTS_BYTES_LEAST; bytes /= 2)
		if (fcntl(ends[0], F_SETPIPE_SZ, bytes) >= 0)
			break;
	return 0;
}

static int make_ends(struct ends *ends, const struct child_gifts *gifts)
{
	int error;

	*ends = (struct ends){.facts = {-1, -1}, .asks = {-1, -1}, .error = {-1, -1}};
	ends->conf = conf_memfd(gifts->conf_text, gifts->conf_length);
	if (ends->conf < 0)
		return ends->conf;
	error = make_facts(ends->facts);
	if (error < 0)
		return error;
	if (gifts->asks && pipe2(ends->asks, O_DIRECT | O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	return pipe2(ends->error, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

/* The numbers that the credentials will have in the child, "7,-2,8": a negative one says why there is none. Made here,
 * since after the fork there is not much that may be called. */
static char *tell_numbers(const struct child_gifts *gifts, char numbers[static CHILD_NUMBERS_MAX])
{
	int length = 0;

	numbers[0] = '\0';
	for (int i = 0; i < gifts->credential_count; i++)
		length += snprintf(numbers + length, (size_t)(CHILD_NUMBERS_MAX - length), "%s%d", i ? "," : "",
				   gifts->credentials[i] < 0 ? gifts->credentials[i] : CHILD_CREDENTIALS_FD + i);
	return numbers;
}

/* A fork that yields the pidfd in the same step. Not fork(3), whose handlers this process has no use for, and not
 * vfork: that would stop casvipd while the disk is asked for the program. Nor clone3: systemd forbids it to a service
 * that may make no namespaces. All signals stay blocked until the child has put the standard handlers in place of ours.
 * The pid or -errno. */
static pid_t fork_child(const struct child *child, const struct ends *ends, const struct child_gifts *gifts,
			int *ret_pidfd)
{
	char numbers[CHILD_NUMBERS_MAX];
	const struct child_exec plan = {
		.program = child->program,
		.conf_fd = ends->conf,
		.facts_fd = ends->facts[1],
		.asks_fd = ends->asks[0],
		.error_fd = ends->error[1],
		.credentials = gifts->credentials,
		.credential_count = gifts->credential_count,
		.credential_numbers = tell_numbers(gifts, numbers),
		.drops = child->drops,
		.limits_processes = child->drops && !child->shares_user,
		.uid = child->uid,
		.gid = child->gid,
		.parent = getpid(),
	};
	int pidfd = -1;
	sigset_t all, before;
	long pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);
	if (pid == 0)
		child_exec(&plan);
	pid = pid < 0 ? -errno : pid;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

static void wait_longer(struct child *child, struct instant now)
{
	const struct duration most = duration_ms(BACK_OFF_MOST_MS);

	child->start_at = instant_add(now, child->back_off);
	child->back_off = duration_times(child->back_off, 2);
	if (child->back_off.ns > most.ns)
		child->back_off = most;
}

static int spawn(struct child *child, struct ends *ends, const struct child_gifts *gifts, struct instant now)
{
	pid_t pid = fork_child(child, ends, gifts, &child->pidfd);

	if (pid < 0)
		return pid;
	child->pid = pid;
	child->facts_fd = ends->facts[0];
	child->asks_fd = ends->asks[1];
	child->error_fd = ends->error[0];
	child->started = now;
	child->start_at = INSTANT_NEVER;
	ends->facts[0] = ends->asks[1] = ends->error[0] = -1;
	return 0;
}

int child_start(struct child *child, const struct child_gifts *gifts, struct instant now,
		char why[static CHILD_WHY_MAX])
{
	struct ends ends;
	int error = make_ends(&ends, gifts);

	if (error == 0)
		error = spawn(child, &ends, gifts, now);
	close_all(ends.facts, 2);
	close_all(ends.asks, 2);
	close_all(ends.error, 2);
	close_all(&ends.conf, 1);
	if (error < 0) {
		snprintf(why, CHILD_WHY_MAX, "cannot start %.64s: %s", child->program, strerror(-error));
		wait_longer(child, now);
	}
	return error;
}

static void tell_end(const struct child *child, const siginfo_t *end, char how[static CHILD_WHY_MAX])
{
	struct child_failure failure;

	if (read(child->error_fd, &failure, sizeof(failure)) == sizeof(failure) && failure.step < CHILD_STEP_COUNT)
		snprintf(how, CHILD_WHY_MAX, "%s: %s", child_step_word((enum child_step)failure.step),
			 strerror(failure.error));
	else if (end->si_code == CLD_EXITED)
		snprintf(how, CHILD_WHY_MAX, "exited %d", end->si_status);
	else
		snprintf(how, CHILD_WHY_MAX, "killed by signal %d (%s)", end->si_status, strsignal(end->si_status));
}

static void forget(struct child *child)
{
	close_all((int[]){child->pidfd, child->facts_fd, child->asks_fd, child->error_fd}, 4);
	child->pidfd = child->facts_fd = child->asks_fd = child->error_fd = -1;
	child->pid = 0;
}

int child_reap(struct child *child, struct instant now, char how[static CHILD_WHY_MAX])
{
	siginfo_t end = {0};

	if (child->pid == 0 || waitid(P_PIDFD, (id_t)child->pidfd, &end, WEXITED | WNOHANG) < 0 || end.si_pid == 0)
		return 0;
	tell_end(child, &end, how);
	forget(child);
	if (instant_since(now, child->started).ns >= duration_ms(GOOD_LIFE_MS).ns)
		child->back_off = duration_ms(BACK_OFF_FIRST_MS);
	wait_longer(child, now);
	return 1;
}

void child_kill(struct child *child)
{
	if (child->pid == 0)
		return;
	pidfd_send_signal(child->pidfd, SIGKILL, NULL, 0);
	close_all(&child->facts_fd, 1);
}

void child_done(struct child *child)
{
	if (!child->program[0]) /* never went through child_init(): its descriptors are none */
		return;
	child_kill(child);
	forget(child);
}
