/* Probe type process: does a process run, by its name or by its pid file, and not merely as one that is stopped?
 *
 * Of several of a name the oldest counts: it is the one that started the others. Its pidfd is left to whoever wants to
 * know at once when it dies.
 *
 * A host may have very many processes: so many are looked at in a turn, that the other checks do not wait. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "checks/peek.h"
#include "checks/probe.h"
#include "checks/proc_text.h"
#include "checks/sock.h"

enum { LOOKED_AT_MAX = 100 /* in a turn: about a millisecond */, STAT_MAX = 1024 };

struct probe {
	const struct conf_check *check;
	struct peek peek; /* at the pid file */
	DIR *proc;        /* NULL: not begun to look for the name */
	bool found;
	struct proc_stat best;
	int pidfd; /* -1: none */
};

static struct probe *process_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	probe->pidfd = -1;
	peek_init(&probe->peek, check, check->pid_file, true);
	return probe;
}

/* A file of /proc/PID as it begins; how many bytes, 0 when the process has gone. */
static size_t read_proc(pid_t pid, const char *what, char text[static STAT_MAX])
{
	char path[64];
	ssize_t got = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		got = read(fd, text, STAT_MAX);
	sock_close(&fd);
	return got > 0 ? (size_t)got : 0;
}

static bool read_stat(pid_t pid, struct proc_stat *stat)
{
	char text[STAT_MAX];
	size_t length = read_proc(pid, "stat", text);

	return length > 0 && proc_stat_read(text, length, stat);
}

/* Of a longer name than the kernel keeps, the rest stands in the arguments. They are memory of the process, and not
 * looked at without need: whoever is about to change that memory makes us wait. A dead one has none. */
static bool is_wanted(const struct conf_check *check, const struct proc_stat *stat)
{
	char text[STAT_MAX];

	if (!*check->process)
		return true;
	if (!proc_is_named(stat, check->process))
		return false;
	return strlen(check->process) <= PROC_COMM_CHARS || proc_is_dead(stat) ||
	       proc_is_called(text, read_proc(stat->pid, "cmdline", text), check->process);
}

static bool is_better(const struct proc_stat *stat, const struct proc_stat *than)
{
	if (proc_is_dead(stat) != proc_is_dead(than))
		return proc_is_dead(than);
	return stat->start < than->start;
}

static void consider(struct probe *probe, pid_t pid)
{
	struct proc_stat stat;

	if (!read_stat(pid, &stat) || !is_wanted(probe->check, &stat))
		return;
	if (!probe->found || is_better(&stat, &probe->best))
		probe->best = stat;
	probe->found = true;
}

/* The next ones of /proc. 0: all have been looked at; -EAGAIN: not yet; or another -errno. */
static int look_on(struct probe *probe)
{
	const struct dirent *entry;

	if (!probe->proc && !(probe->proc = opendir("/proc")))
		return -errno;
	for (int looked_at = 0; looked_at < LOOKED_AT_MAX; looked_at++) {
		pid_t pid;

		entry = readdir(probe->proc);
		if (!entry)
			return 0;
		pid = proc_pid_read(entry->d_name, strlen(entry->d_name));
		if (pid > 0)
			consider(probe, pid);
	}
	return -EAGAIN;
}

/* Holds on to the one that was found: 0, -ESRCH when it has gone meanwhile, or another -errno. */
static int take_hold(struct probe *probe)
{
	struct proc_stat stat;

	probe->pidfd = pidfd_open(probe->best.pid, 0);
	if (probe->pidfd < 0)
		return errno == EINVAL ? -ESRCH : -errno; /* EINVAL: a thread, by a pid file */
	if (read_stat(probe->best.pid, &stat) && stat.start == probe->best.start) {
		probe->best = stat;
		return 0;
	}
	sock_close(&probe->pidfd);
	return -ESRCH;
}

static void judge(const struct probe *probe, struct outcome *outcome)
{
	const char *name = *probe->check->process ? probe->check->process : probe->best.name;

	if (proc_is_dead(&probe->best))
		outcome_set(outcome, VERDICT_DOWN, "zombie", "%.40s, process %d, has died and is a zombie", name,
			    probe->best.pid);
	else if (proc_is_stopped(&probe->best))
		outcome_set(outcome, VERDICT_DOWN, "stopped", "%.40s, process %d, is stopped by a signal", name,
			    probe->best.pid);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "%.40s runs as process %d", name, probe->best.pid);
}

static void tell_none(const struct probe *probe, struct outcome *outcome)
{
	struct proc_stat first;

	if (!read_stat(1, &first))
		outcome_set(outcome, VERDICT_UNKNOWN, "not-permitted", "/proc hides the processes of other users");
	else
		outcome_set(outcome, VERDICT_DOWN, "not-running", "no process %.63s runs", probe->check->process);
}

/* True when there is a verdict. */
static bool find_by_name(struct probe *probe, struct probe_wait *wait, struct outcome *outcome)
{
	int error = look_on(probe);

	if (error == 0 && !probe->found) {
		tell_none(probe, outcome);
		return true;
	}
	if (error == 0)
		error = take_hold(probe);
	if (error == 0) {
		judge(probe, outcome);
		return true;
	}
	if (error == -ESRCH) { /* gone between two looks: another may have come */
		probe->found = false;
		rewinddir(probe->proc);
	} else if (error != -EAGAIN) {
		sock_outcome(outcome, error, "looking at processes");
		return true;
	}
	*wait = (struct probe_wait){.fd = dirfd(probe->proc), .events = POLLIN}; /* which it always is */
	return false;
}

static void judge_pid(struct probe *probe, pid_t pid, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	int error = read_stat(pid, &probe->best) ? take_hold(probe) : -ESRCH;

	if (error == -ESRCH)
		outcome_set(outcome, VERDICT_DOWN, "not-running", "no process %d runs, which %.64s names", pid,
			    check->pid_file);
	else if (error)
		sock_outcome(outcome, error, "looking at a process");
	else if (!is_wanted(check, &probe->best))
		outcome_set(outcome, VERDICT_DOWN, "other-process", "%.40s names process %d, which is %.16s, not %.24s",
			    check->pid_file, pid, probe->best.name, check->process);
	else
		judge(probe, outcome);
}

static bool find_by_file(struct probe *probe, struct probe_wait *wait, struct outcome *outcome)
{
	const char *path = probe->check->pid_file;
	struct peek_report report;
	pid_t pid;

	if (!peek_advance(&probe->peek, wait, &report))
		return false;
	pid = proc_pid_read(report.head, report.head_bytes);
	if (report.error == ENOENT || report.error == ENOTDIR)
		outcome_set(outcome, VERDICT_DOWN, "no-pid-file", "%.80s is not there", path);
	else if (report.error)
		outcome_set(outcome, VERDICT_UNKNOWN, report.error == EACCES ? "not-permitted" : "file-error",
			    "cannot read %.64s: %s", path, strerrordesc_np(report.error));
	else if (pid == 0)
		outcome_set(outcome, VERDICT_DOWN, "bad-pid-file", "%.80s names no process", path);
	else
		judge_pid(probe, pid, outcome);
	return true;
}

static bool process_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	return *probe->check->pid_file ? find_by_file(probe, wait, outcome) : find_by_name(probe, wait, outcome);
}

static const char *process_stage(const struct probe *probe)
{
	return *probe->check->pid_file ? peek_stage(&probe->peek) : "looking at processes";
}

static int process_death_fd(struct probe *probe)
{
	int fd = probe->pidfd;

	probe->pidfd = -1;
	return fd;
}

static void process_free(struct probe *probe)
{
	if (!probe)
		return;
	peek_done(&probe->peek);
	if (probe->proc)
		closedir(probe->proc);
	sock_close(&probe->pidfd);
	free(probe);
}

const struct probe_type probe_process = {
	.start = process_start,
	.advance = process_advance,
	.stage = process_stage,
	.death_fd = process_death_fd,
	.free = process_free,
};
