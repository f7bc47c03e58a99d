/* casvip-quorum: tells casvipd what corosync says of the quorum, without any privilege. Started by casvipd, when its
 * configuration says quorum { provider = "corosync" }. See casvipd(8).
 *
 * It may block as long as corosync likes: casvipd goes by what it said last, and by how old that is. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/quorum_corosync.h"
#include "conf/conf.h"

enum { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };
enum { PROVE_MS = 100, RETRY_MS = 100, LOOK_MS = 500 };

struct options {
	int conf_fd, facts_fd; /* -1: not given */
};

static void usage(FILE *out)
{
	fputs("usage: casvip-quorum --conf-fd N --facts-fd M\n"
	      "       casvip-quorum -h | --help | --version\n"
	      "\n"
	      "casvipd starts it by itself: see casvipd(8)\n",
	      out);
}

static bool read_fd(const char *text, int *ret_fd)
{
	char *end;
	long fd = strtol(text, &end, 10);

	if (end == text || *end != '\0' || fd < 0 || fd > 1000000)
		return false;
	*ret_fd = (int)fd;
	return true;
}

static _Noreturn void answer(int letter)
{
	if (letter == 'h')
		usage(stdout);
	else
		puts("casvip-quorum " CASVIP_VERSION);
	exit(EXIT_FINE);
}

static bool read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"conf-fd", required_argument, NULL, 'c'},
		{"facts-fd", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{0},
	};
	bool fine = true;
	int letter;

	*options = (struct options){.conf_fd = -1, .facts_fd = -1};
	while ((letter = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		if (letter == 'c')
			fine = fine && read_fd(optarg, &options->conf_fd);
		else if (letter == 'm')
			fine = fine && read_fd(optarg, &options->facts_fd);
		else if (letter == 'h' || letter == 'V')
			answer(letter);
		else
			fine = false;
	}
	return fine && optind == argc && options->conf_fd >= 0 && options->facts_fd >= 0;
}

static int failed(const char *what, int error)
{
	fprintf(stderr, "casvip-quorum: %s: %s\n", what, strerror(error));
	return EXIT_FAILED;
}

/* As with casvip-checks: no new privileges, no core, nobody's debugger, and no life after its parent's. */
static int confine(pid_t parent)
{
	const struct rlimit none = {0};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
#ifndef CASVIP_SANITIZED /* the leak checker traces its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

struct quorum {
	struct quorum_view view;
	struct corosync *corosync;
	int facts_fd;
	struct quorum_fact told;
	struct instant open_at, prove_at, look_at;
};

/* What does not go out now is overtaken by what is true at the next turn. 0, or -errno: -EPIPE when casvipd is gone. */
static int tell(struct quorum *quorum)
{
	struct quorum_fact fact;

	quorum_view_fact(&quorum->view, &fact);
	if (memcmp(&fact, &quorum->told, sizeof(fact)) == 0)
		return 0;
	if (write(quorum->facts_fd, &fact, sizeof(fact)) < 0) /* whole or not at all: it is shorter than PIPE_BUF */
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	quorum->told = fact;
	return 0;
}

static void do_what_is_due(struct quorum *quorum, struct instant now)
{
	if (!corosync_is_open(quorum->corosync)) {
		if (!instant_reached(now, quorum->open_at))
			return;
		quorum->open_at = instant_add(now, duration_ms(RETRY_MS));
		if (corosync_open(quorum->corosync) < 0)
			return;
		quorum->prove_at = now;
		quorum->look_at = instant_add(now, duration_ms(LOOK_MS));
	}
	if (instant_reached(now, quorum->look_at)) {
		quorum->look_at = instant_add(now, duration_ms(LOOK_MS));
		if (corosync_look(quorum->corosync) < 0)
			return;
	}
	if (instant_reached(now, quorum->prove_at)) {
		quorum->prove_at = instant_add(now, duration_ms(PROVE_MS));
		corosync_prove(quorum->corosync, now);
	}
}

static struct instant next_deadline(const struct quorum *quorum)
{
	if (!corosync_is_open(quorum->corosync))
		return quorum->open_at;
	return instant_earlier(quorum->prove_at, quorum->look_at);
}

static int turn(struct quorum *quorum)
{
	struct pollfd fds[COROSYNC_FDS];
	struct instant now = clock_boottime(), next;
	int error, count, wait_ms;

	do_what_is_due(quorum, now);
	error = tell(quorum);
	if (error < 0)
		return error;
	next = next_deadline(quorum);
	now = clock_boottime();
	wait_ms = instant_reached(now, next) ? 0 : (int)duration_to_ms(instant_since(next, now)) + 1;
	count = corosync_fds(quorum->corosync, fds);
	if (poll(fds, (nfds_t)count, wait_ms) > 0)
		corosync_hear(quorum->corosync);
	return tell(quorum);
}

static int tell_for_ever(const struct conf *conf, int facts_fd)
{
	static struct quorum quorum;
	int error = 0;

	quorum.facts_fd = facts_fd;
	quorum.corosync = corosync_new(&quorum.view, conf);
	if (!quorum.corosync)
		return failed("no memory", ENOMEM);
	quorum_view_lose(&quorum.view, QUORUM_UNREACHED, "not asked yet");
	quorum.open_at = clock_boottime();
	while (!error)
		error = turn(&quorum);
	corosync_free(quorum.corosync);
	return error == -EPIPE ? EXIT_FINE : failed("cannot go on", -error);
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	struct conf *conf;
	FILE *text;
	int error, status;

	if (!read_options(argc, argv, &options)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	error = confine(parent);
	if (error)
		return failed("cannot give up privileges", -error);
	text = fdopen(options.conf_fd, "r");
	conf = text ? conf_load(text, "configuration", stderr) : NULL;
	if (text)
		fclose(text);
	if (!conf)
		return EXIT_USAGE;
	status = tell_for_ever(conf, options.facts_fd);
	conf_free(conf);
	return status;
}
