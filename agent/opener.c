#include "agent/opener.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 6000 }; /* casvipd may be slow to take a caller, see cli_talk.h */

struct question {
	uint64_t since, session;
};

struct answer {
	int error; /* 0: a descriptor comes with it */
	char why[FOLLOW_WHY_MAX];
};

union control {
	alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
};

/* ---- the half that stays root ---- */

static void reply(int to, const struct answer *answer, int fd)
{
	union control control = {{0}};
	struct iovec piece = {(void *)answer, sizeof(*answer)};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	struct cmsghdr *head;

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT); /* who does not wait for it is gone */
}

/* False when the other half is. */
static bool serve(int from, const char *socket)
{
	struct follow follow = FOLLOW_NONE;
	struct question question;
	struct answer answer = {.error = 0};
	ssize_t n = recv(from, &question, sizeof(question), MSG_DONTWAIT);

	if (n == 0)
		return false;
	if (n != sizeof(question))
		return true;
	answer.error = follow_open(&follow, socket, question.since, question.session, answer.why);
	reply(from, &answer, answer.error == 0 ? follow.fd : -1);
	follow_close(&follow);
	return true;
}

static void pass_on(int signals, pid_t child)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			kill(child, (int)info.ssi_signo);
	}
}

/* Until the child has ended; then as it ended. */
static void stay_root(int from, const char *socket, int signals, pid_t child)
{
	bool served = true;
	int status = 0;

	while (waitpid(child, &status, served ? WNOHANG : 0) == 0) {
		struct pollfd fds[] = {{.fd = from, .events = POLLIN}, {.fd = signals, .events = POLLIN}};

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			pass_on(signals, child);
		if (fds[0].revents)
			served = serve(from, socket);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

/* ---- the half that gives it up ---- */

static int become(const struct passwd *entry)
{
	gid_t gid = getegid() ? getegid() : entry->pw_gid;

	if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0)
		return -errno;
	if (setresuid(0, 0, 0) == 0) /* it must not work any more */
		return -EPERM;
	setenv("USER", entry->pw_name, 1);
	setenv("LOGNAME", entry->pw_name, 1);
	setenv("HOME", entry->pw_dir, 1);
	/* Its death is the other's concern, and the other's is its own. */
	return prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 ? -errno : 0;
}

static int block_signals(sigset_t *was)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, was);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int opener_split(const char *user, const char *socket, int *ret_fd, char why[static FOLLOW_WHY_MAX])
{
	const struct passwd *entry = getpwnam(user);
	int ends[2], signals, r;
	sigset_t was;
	pid_t child;

	if (!entry) {
		snprintf(why, FOLLOW_WHY_MAX, "there is no user %.64s", user);
		return -ENOENT;
	}
	signals = block_signals(&was);
	if (signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 || (child = fork()) < 0) {
		r = -errno;
		snprintf(why, FOLLOW_WHY_MAX, "%s", strerror(-r));
		return r;
	}
	if (child > 0) {
		close(ends[1]);
		stay_root(ends[0], socket, signals, child);
	}
	close(ends[0]);
	close(signals);
	sigprocmask(SIG_SETMASK, &was, NULL);
	r = become(entry);
	if (r < 0)
		snprintf(why, FOLLOW_WHY_MAX, "cannot become %.64s: %s", user, strerror(-r));
	*ret_fd = ends[1];
	return r;
}

static int await_answer(int fd, struct answer *answer, int *ret_fd)
{
	union control control = {{0}};
	struct iovec piece = {answer, sizeof(*answer)};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct cmsghdr *head;

	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != (ssize_t)sizeof(*answer))
		return -EPIPE;
	answer->why[sizeof(answer->why) - 1] = '\0';
	head = CMSG_FIRSTHDR(&message);
	if (answer->error == 0 && head && head->cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(head), sizeof(*ret_fd));
	else if (answer->error == 0)
		return -EPIPE;
	return answer->error;
}

int opener_follow(int fd, struct follow *follow, uint64_t since, uint64_t session, char why[static FOLLOW_WHY_MAX])
{
	const struct question question = {since, session};
	struct answer answer = {.error = 0};
	int connection = -1, r;

	if (send(fd, &question, sizeof(question), MSG_NOSIGNAL) < 0)
		r = -errno;
	else
		r = await_answer(fd, &answer, &connection);
	if (r == 0)
		*follow = (struct follow){.fd = connection};
	else
		snprintf(why, FOLLOW_WHY_MAX, "%s", answer.why[0] ? answer.why : strerror(-r));
	return r;
}
