/* casvip-events: keeps the journal of an agent's events and runs the hooks. See casvip-events(8).
 *
 * A client of casvipd like any other, without privileges: when it hangs or dies, no heartbeat is late. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/conf_file.h"
#include "agent/ctl_wire.h"
#include "agent/follow.h"
#include "agent/hooks.h"
#include "agent/log.h"
#include "agent/opener.h"
#include "agent/options.h"
#include "agent/recorder.h"

enum { EXIT_REFUSED = 2, RETRY_MS = 500, SYNC_MS = 1000, LINES_A_TURN = 64 };

struct keeper {
	const char *conf_file, *socket, *directory;
	int opener; /* -1: it connects by itself */
	struct hooks *hooks;
	struct recorder recorder;
	struct follow follow;
	struct instant now, retry_at, sync_at;
	bool unfollowed; /* and that was told */
	bool more;	 /* lines may have come that nobody has heard yet */
	int signals;
	bool stopping;
};

static void load_hooks(struct keeper *keeper)
{
	struct conf_file file = {0};
	FILE *nowhere = fopen("/dev/null", "we");
	int error = nowhere ? conf_file_load(keeper->conf_file, nowhere, &file) : -errno;

	if (nowhere)
		fclose(nowhere);
	if (error == 0 && !hooks_load(keeper->hooks, file.conf, keeper->now))
		error = -ENOMEM;
	if (error < 0)
		log_event(LOG_ERR, EVENT_HOOK, "state=refused words=\"%s; the hooks stay as they were\"",
			  file.finding[0] ? file.finding : strerror(-error));
	else
		log_event(LOG_NOTICE, EVENT_HOOK, "state=loaded hooks=%d", file.conf->hooks);
	conf_file_done(&file);
}

static void unfollow(struct keeper *keeper, const char *words)
{
	follow_close(&keeper->follow);
	keeper->recorder.lost = 0; /* the next connection tells of it anew */
	keeper->retry_at = instant_add(keeper->now, duration_ms(RETRY_MS));
	if (!keeper->unfollowed)
		log_event(LOG_WARNING, EVENT_JOURNAL, "state=unfollowed words=\"%s\"", words);
	keeper->unfollowed = true;
}

static int follow_on(struct keeper *keeper, char why[static FOLLOW_WHY_MAX])
{
	const struct recorder *recorder = &keeper->recorder;

	if (keeper->opener >= 0)
		return opener_follow(keeper->opener, &keeper->follow, recorder->newest, recorder->session, why);
	return follow_open(&keeper->follow, keeper->socket, recorder->newest, recorder->session, why);
}

static void connect_if_due(struct keeper *keeper)
{
	char why[FOLLOW_WHY_MAX];

	if (keeper->follow.fd >= 0 || !instant_reached(keeper->now, keeper->retry_at))
		return;
	if (follow_on(keeper, why) < 0)
		unfollow(keeper, why);
}

static void take_line(struct keeper *keeper, const char *line, int length)
{
	struct event_said said;

	event_read(line, (size_t)length, &said);
	if (said.kind == EVENT_UNKNOWN) {
		unfollow(keeper, "the agent refuses to be followed, or is of another version");
		return;
	}
	if (keeper->unfollowed)
		log_event(LOG_NOTICE, EVENT_JOURNAL, "state=following");
	keeper->unfollowed = false;
	if (recorder_take(&keeper->recorder, &said))
		load_hooks(keeper);
}

/* A bounded number of lines: hooks that are late are not to wait for a flood. */
static void hear(struct keeper *keeper)
{
	const char *line;
	int length = 0;

	for (int i = 0; i < LINES_A_TURN && keeper->follow.fd >= 0; i++) {
		length = follow_next(&keeper->follow, &line);
		if (length < 0)
			break;
		take_line(keeper, line, length);
	}
	keeper->more = keeper->follow.fd >= 0 && length >= 0;
	if (keeper->follow.fd >= 0 && length < 0 && length != -EAGAIN)
		unfollow(keeper, length == -EPIPE ? "casvipd has ended, or we were too slow" : strerror(-length));
}

static void sync_if_due(struct keeper *keeper)
{
	if (!instant_reached(keeper->now, keeper->sync_at))
		return;
	recorder_sync(&keeper->recorder);
	keeper->sync_at = instant_add(keeper->now, duration_ms(SYNC_MS));
}

static void drain_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			load_hooks(keeper);
		else
			keeper->stopping = true;
	}
}

static int timeout_ms(const struct keeper *keeper)
{
	struct instant next = instant_earlier(hooks_wants(keeper->hooks), log_wants()), now = clock_boottime();
	int64_t ms;

	if (keeper->more) /* poll() knows of none that follow_next() has read ahead */
		return 0;
	if (keeper->follow.fd < 0)
		next = instant_earlier(next, keeper->retry_at);
	if (keeper->recorder.journal.dirty)
		next = instant_earlier(next, keeper->sync_at);
	if (next.ns == INSTANT_NEVER.ns)
		return -1;
	if (instant_reached(now, next))
		return 0;
	ms = duration_to_ms(instant_since(next, now)) + 1;
	return ms < 60000 ? (int)ms : 60000;
}

static void wait_for_news(const struct keeper *keeper)
{
	struct pollfd fds[HOOKS_POLL_MAX + 2];
	int count = hooks_poll(keeper->hooks, fds);

	fds[count++] = (struct pollfd){.fd = keeper->signals, .events = POLLIN};
	fds[count++] = (struct pollfd){.fd = keeper->follow.fd, .events = POLLIN};
	poll(fds, (nfds_t)count, timeout_ms(keeper));
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Hooks come before the disk, which may be slow. */
static void turn(struct keeper *keeper)
{
	wait_for_news(keeper);
	keeper->now = clock_boottime();
	log_turn(keeper->now);
	drain_signals(keeper);
	connect_if_due(keeper);
	hear(keeper);
	hooks_turn(keeper->hooks, keeper->now);
	log_flush();
	sync_if_due(keeper);
}

static int run(struct keeper *keeper)
{
	keeper->now = keeper->retry_at = keeper->sync_at = clock_boottime();
	log_turn(keeper->now);
	keeper->signals = open_signals();
	keeper->hooks = hooks_new();
	if (keeper->signals < 0 || !keeper->hooks) {
		fputs("casvip-events: no memory or no descriptors\n", stderr);
		return EXIT_FAILURE;
	}
	load_hooks(keeper);
	recorder_begin(&keeper->recorder, keeper->hooks);
	while (!keeper->stopping)
		turn(keeper);
	follow_close(&keeper->follow);
	hooks_free(keeper->hooks);
	journal_close(&keeper->recorder.journal);
	close(keeper->signals);
	return EXIT_SUCCESS;
}

static bool give_up_root(struct keeper *keeper, const char *user)
{
	char why[FOLLOW_WHY_MAX];

	if (opener_split(user, keeper->socket, &keeper->opener, why) == 0)
		return true;
	fprintf(stderr, "casvip-events: %s\n", why);
	return false;
}

static int usage(FILE *out, int code)
{
	fputs("usage: casvip-events [-e] [-f FILE] [-s SOCKET] [-d DIRECTORY] [-u USER]\n"
	      "       casvip-events -h | --help | --version\n"
	      "\n"
	      "  -f FILE       configuration, for its hooks (" OPTIONS_CONF_DEFAULT ")\n"
	      "  -s SOCKET     control socket of casvipd (" CTL_SOCKET_DEFAULT ")\n"
	      "  -d DIRECTORY  where the journal is (" JOURNAL_DIRECTORY ")\n"
	      "  -u USER       started as root: connect as root, be this user for all else\n"
	      "  -e            log to stderr too\n",
	      out);
	return code;
}

int main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	static struct keeper keeper = {
		.conf_file = OPTIONS_CONF_DEFAULT, .socket = CTL_SOCKET_DEFAULT, .directory = JOURNAL_DIRECTORY};
	const char *user = NULL;
	bool to_stderr = false;
	int letter, code;

	while ((letter = getopt_long(argc, argv, "+f:s:d:u:eh", long_options, NULL)) != -1) {
		switch (letter) {
		case 'f':
			keeper.conf_file = optarg;
			break;
		case 's':
			keeper.socket = optarg;
			break;
		case 'd':
			keeper.directory = optarg;
			break;
		case 'u':
			user = optarg;
			break;
		case 'e':
			to_stderr = true;
			break;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		case 'V':
			puts("casvip-events " CASVIP_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage(stderr, EXIT_REFUSED);
		}
	}
	keeper.follow = FOLLOW_NONE;
	if (optind < argc || !journal_init(&keeper.recorder.journal, keeper.directory))
		return usage(stderr, EXIT_REFUSED);
	keeper.opener = -1;
	if (user && geteuid() == 0 && !give_up_root(&keeper, user))
		return EXIT_FAILURE;
	log_open("casvip-events", "/dev/log", to_stderr || isatty(STDERR_FILENO), false);
	code = run(&keeper);
	log_flush();
	log_close();
	return code;
}
