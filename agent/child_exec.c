#include "agent/child_exec.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/child.h"
#include "conf/credential_file.h"

enum { ERROR_FD = CHILD_FACTS_FD + 1, PROGRAM_FD, HIGH_FD = CHILD_CREDENTIALS_FD + CREDENTIAL_FILES_MAX };
static_assert((int)PROGRAM_FD < (int)CHILD_CREDENTIALS_FD, "each has a number of its own");

const char *child_step_word(enum child_step step)
{
	static const char *const words[] = {
		[STEP_FDS] = "descriptors",
		[STEP_SIGNALS] = "signals",
		[STEP_SCHED] = "scheduling",
		[STEP_LIMITS] = "limits",
		[STEP_BOUNDING] = "capability bounding set",
		[STEP_USER] = "change of user",
		[STEP_CAPS] = "dropping capabilities",
		[STEP_NO_NEW_PRIVS] = "no_new_privs",
		[STEP_PARENT] = "tie to the parent",
		[STEP_EXEC] = "exec",
	};

	static_assert(sizeof(words) / sizeof(words[0]) == CHILD_STEP_COUNT, "a word for each step");
	return words[step];
}

static int lift_credentials(const struct child_exec *plan, int lifted[static CREDENTIAL_FILES_MAX])
{
	for (int i = 0; i < plan->credential_count; i++) {
		lifted[i] = plan->credentials[i] < 0 ? -1 : fcntl(plan->credentials[i], F_DUPFD_CLOEXEC, HIGH_FD);
		if (plan->credentials[i] >= 0 && lifted[i] < 0)
			return -1;
	}
	return 0;
}

/* The places of those that could not be opened stay empty. */
static int place_credentials(const int *lifted, int count)
{
	for (int i = 0; i < count; i++) {
		if (lifted[i] < 0)
			close(CHILD_CREDENTIALS_FD + i);
		else if (dup2(lifted[i], CHILD_CREDENTIALS_FD + i) < 0)
			return -1;
	}
	return 0;
}

/* 0 asks or /dev/null, 1 /dev/null, 2 as it is, 3 configuration, 4 facts, from 7 on credentials; until exec 5 errors, 6
 * the program; nothing else. */
static int set_fds(const struct child_exec *plan)
{
	/* First out of the way: any of them may stand on a number that another one is to get. */
	int credentials[CREDENTIAL_FILES_MAX];
	int conf = fcntl(plan->conf_fd, F_DUPFD_CLOEXEC, HIGH_FD);
	int facts = fcntl(plan->facts_fd, F_DUPFD_CLOEXEC, HIGH_FD);
	int error = fcntl(plan->error_fd, F_DUPFD_CLOEXEC, HIGH_FD);
	int asks = plan->asks_fd < 0 ? -1 : fcntl(plan->asks_fd, F_DUPFD_CLOEXEC, HIGH_FD);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int program = open(plan->program, O_PATH | O_CLOEXEC);

	if (conf < 0 || facts < 0 || error < 0 || null < 0 || (plan->asks_fd >= 0 && asks < 0) ||
	    lift_credentials(plan, credentials) < 0)
		return -1;
	/* Errors first, so that what fails later can be told. */
	if (dup3(error, ERROR_FD, O_CLOEXEC) < 0 || dup2(conf, CHILD_CONF_FD) < 0 || dup2(facts, CHILD_FACTS_FD) < 0)
		return -1;
	if (dup2(asks < 0 ? null : asks, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return -1;
	if (program >= 0 && program != PROGRAM_FD && dup3(program, PROGRAM_FD, O_CLOEXEC) < 0)
		return -1;
	if (place_credentials(credentials, plan->credential_count) < 0)
		return -1;
	return (int)syscall(SYS_close_range, (unsigned)(CHILD_CREDENTIALS_FD + plan->credential_count), ~0U, 0);
}

/* Handlers first, then the mask: a signal that waits must not meet casvipd's handler here. */
static int reset_signals(void)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP && sigaction(s, &standard, NULL) < 0 && errno != EINVAL)
			return -1;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Checks may be as slow as they like; casvipd may not. A better place than ours towards the OOM killer would be wrong
 * too, but where it cannot be written (no /proc) the child still is of use. */
static int reset_scheduling(void)
{
	const struct sched_param ordinary = {0};
	int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (score >= 0) {
		(void)!write(score, "0", 1);
		close(score);
	}
	if (sched_setscheduler(0, SCHED_OTHER, &ordinary) < 0)
		return -1;
	return getpriority(PRIO_PROCESS, 0) < 0 ? setpriority(PRIO_PROCESS, 0, 0) : 0;
}

/* A limit of processes counts all of a user's: where others run as that user too, they would use it up. */
static int set_limits(bool limits_processes)
{
	const struct rlimit processes = {CHILD_PROCESSES_MAX, CHILD_PROCESSES_MAX};

#ifndef CASVIP_SANITIZED /* whose shadow takes terabytes of addresses */
	const struct rlimit memory = {(rlim_t)CHILD_MEMORY_GIB_MAX << 30, (rlim_t)CHILD_MEMORY_GIB_MAX << 30};

	if (setrlimit(RLIMIT_AS, &memory) < 0)
		return -1;
#endif
	return limits_processes ? setrlimit(RLIMIT_NPROC, &processes) : 0;
}

/* Ends at the first number that the kernel does not know. */
static int drop_bounding_set(void)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	return 0;
}

/* Raw system calls: the library's would look for other threads, of which a forked child has none. */
static int change_user(const struct child_exec *plan)
{
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0 ||
	    syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
		return -1;
	if (syscall(SYS_setresuid, 0, 0, 0) == 0) { /* it must not work any more */
		errno = EPERM;
		return -1;
	}
	return 0;
}

static int drop_caps(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_capset, &header, none);
}

/* After the change of user, which forgets it. A parent that died in between would never be noticed. */
static int tie_to_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -1;
	errno = ESRCH;
	return getppid() == parent ? 0 : -1;
}

/* By its path, so that it has its name in process lists. A tree that only root may enter (a clone in /root) hides the
 * path from the user we have become; then by the descriptor from before. */
static void become_program(const char *program, char *const argv[], char *const environment[])
{
	execve(program, argv, environment);
	if (errno == EACCES)
		syscall(SYS_execveat, PROGRAM_FD, "", argv, environment, AT_EMPTY_PATH);
}

static _Noreturn void fail(int error_fd, enum child_step step)
{
	const struct child_failure failure = {.step = step, .error = errno};

	(void)!write(error_fd, &failure, sizeof(failure));
	_exit(127);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

_Noreturn void child_exec(const struct child_exec *plan)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	static char conf[] = "--conf-fd", three[] = "3", facts[] = "--facts-fd", four[] = "4";
	static_assert(CHILD_CONF_FD == 3 && CHILD_FACTS_FD == 4, "as the arguments say");
	static char credentials[] = "--credential-fds";
	char *const argv[] = {(char *)base_name(plan->program), conf, three, facts, four,
			      plan->credential_count ? credentials : NULL, plan->credential_numbers, NULL};
	char *const environment[] = {path, locale, NULL};

	if (set_fds(plan) < 0)
		fail(plan->error_fd, STEP_FDS);
	umask(077);
	setsid(); /* a ^C in casvipd's terminal is for casvipd */
	if (reset_signals() < 0)
		fail(ERROR_FD, STEP_SIGNALS);
	if (reset_scheduling() < 0)
		fail(ERROR_FD, STEP_SCHED);
	if (set_limits(plan->limits_processes) < 0)
		fail(ERROR_FD, STEP_LIMITS);
	if (plan->drops && drop_bounding_set() < 0)
		fail(ERROR_FD, STEP_BOUNDING);
	if (plan->drops && change_user(plan) < 0)
		fail(ERROR_FD, STEP_USER);
	if (drop_caps() < 0)
		fail(ERROR_FD, STEP_CAPS);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(ERROR_FD, STEP_NO_NEW_PRIVS);
	if (tie_to_parent(plan->parent) < 0)
		fail(ERROR_FD, STEP_PARENT);
	become_program(plan->program, argv, environment);
	fail(ERROR_FD, STEP_EXEC);
}
