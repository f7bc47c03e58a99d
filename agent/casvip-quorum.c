/* casvip-quorum: tells casvipd what corosync says of the quorum, without any privilege. Started by casvipd, when its
 * configuration says quorum { provider = "corosync" }. See casvipd(8).
 *
 * It may block as long as corosync likes: casvipd goes by what it said last, and by how old that is. Its standard input
 * is a pipe on which casvipd asks it, every now and then and with its own time, to send a word round corosync's ring.
 * So a casvipd that is stopped falls silent there too; and when the pipe ends, casvipd is dead, and a last word says so
 * to the others. */
#include <errno.h>
#include <fcntl.h>
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
enum { RETRY_MS = 100, LOOK_MS = 500, LOST_MS = 1000 };

struct options {
	int conf_fd, facts_fd; /* -1: not given */
};

static void usage(FILE *out)
{
	fputs("usage: casvip-quorum --conf-fd N --facts-fd M <ASKS\n"
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

/* As with casvip-checks: no new privileges, no core, nobody's debugger. But it outlives casvipd by a word. */
static int confine(void)
{
	const struct rlimit none = {0};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
#ifndef CASVIP_SANITIZED /* the leak checker traces its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0 ? -errno : 0;
}

struct teller {
	struct quorum_view view;
	struct corosync *corosync;
	int facts_fd;
	struct quorum_fact told;
	struct instant open_at, look_at;
	struct instant asked_at; /* by casvipd, and no word was sent on it yet; INSTANT_ZERO: not */
	struct instant sent_at;	 /* of the word that is on its way; INSTANT_ZERO: none is */
	bool orphan;
};

/* What does not go out now is overtaken by what is true at the next turn. */
static void tell(struct teller *teller)
{
	struct quorum_fact fact;

	quorum_view_fact(&teller->view, &fact);
	if (memcmp(&fact, &teller->told, sizeof(fact)) == 0)
		return;
	/* The whole of it or nothing: it is shorter than PIPE_BUF (pipe(7)). */
	if (write(teller->facts_fd, &fact, sizeof(fact)) == sizeof(fact))
		teller->told = fact;
}

/* The newest of what was asked counts. A time ahead of ours would make a word younger than it is. */
static void hear_asks(struct teller *teller)
{
	int64_t asked_ns;
	ssize_t n;

	while ((n = read(STDIN_FILENO, &asked_ns, sizeof(asked_ns))) == sizeof(asked_ns))
		teller->asked_at = instant_earlier((struct instant){asked_ns}, clock_boottime());
	teller->orphan = n == 0;
}

/* One at a time: that the next one comes back shows that the token has made its round since this one did. */
static void say(struct teller *teller)
{
	if (teller->sent_at.ns != INSTANT_ZERO.ns && teller->view.came_back.ns < teller->sent_at.ns) {
		if (instant_since(clock_boottime(), teller->sent_at).ns < duration_ms(LOST_MS).ns)
			return;
		quorum_view_give_up(&teller->view, teller->sent_at);
		teller->sent_at = INSTANT_ZERO;
	}
	if (teller->asked_at.ns == INSTANT_ZERO.ns ||
	    corosync_say(teller->corosync, QUORUM_WORD_LIVES, teller->asked_at) < 0)
		return;
	teller->sent_at = teller->asked_at;
	teller->asked_at = INSTANT_ZERO;
}

static void do_what_is_due(struct teller *teller, struct instant now)
{
	if (!corosync_is_open(teller->corosync)) {
		if (!instant_reached(now, teller->open_at))
			return;
		teller->open_at = instant_add(now, duration_ms(RETRY_MS));
		if (corosync_open(teller->corosync) < 0)
			return;
		teller->sent_at = INSTANT_ZERO;
		teller->look_at = instant_add(now, duration_ms(LOOK_MS));
	}
	if (instant_reached(now, teller->look_at)) {
		teller->look_at = instant_add(now, duration_ms(LOOK_MS));
		if (corosync_look(teller->corosync) < 0)
			return;
	}
	say(teller);
}

static void turn(struct teller *teller)
{
	struct pollfd fds[COROSYNC_FDS + 1];
	struct instant now = clock_boottime(), next;
	int count, wait_ms;

	do_what_is_due(teller, now);
	tell(teller);
	next = corosync_is_open(teller->corosync) ? teller->look_at : teller->open_at;
	now = clock_boottime();
	wait_ms = instant_reached(now, next) ? 0 : (int)duration_to_ms(instant_since(next, now)) + 1;
	count = corosync_fds(teller->corosync, fds);
	fds[count] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	if (poll(fds, (nfds_t)count + 1, wait_ms) <= 0)
		return;
	if (fds[count].revents)
		hear_asks(teller);
	if (corosync_is_open(teller->corosync))
		corosync_hear(teller->corosync);
	tell(teller);
}

/* Until casvipd is no more; corosync is then told so, if it hears. */
static int tell_for_ever(const struct conf *conf, int facts_fd)
{
	static struct teller teller;

	teller.facts_fd = facts_fd;
	teller.asked_at = teller.sent_at = INSTANT_ZERO;
	teller.corosync = corosync_new(&teller.view, conf);
	if (!teller.corosync)
		return failed("no memory", ENOMEM);
	quorum_view_lose(&teller.view, QUORUM_UNREACHED, "not asked yet");
	teller.open_at = clock_boottime();
	while (!teller.orphan)
		turn(&teller);
	if (corosync_is_open(teller.corosync))
		corosync_say(teller.corosync, QUORUM_WORD_GONE, clock_boottime());
	corosync_free(teller.corosync);
	return EXIT_FINE;
}

int main(int argc, char **argv)
{
	struct options options;
	struct conf *conf;
	FILE *text;
	int error, status;

	if (!read_options(argc, argv, &options)) {
		usage(stderr);
		return EXIT_USAGE;
	}
	error = confine();
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
