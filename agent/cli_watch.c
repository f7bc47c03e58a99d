/* casvipctl watch: the status and the newest events on one screen, alive until somebody has seen enough. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/cli_talk.h"
#include "agent/clock.h"
#include "agent/screen.h"
#include "agent/watch_ask.h"
#include "agent/watch_frame.h"
#include "agent/watch_tail.h"

enum {
	REDRAW_MS = 1000, /* for the ages, when nothing else is new */
	PAUSE_MS = 50,    /* between two frames, whatever comes in */
	QUIET_MS = 300,   /* an agent that told no event for so long has told them all */
	CLOCK_MAX = 16,
};

struct watch {
	const struct cli *cli;
	struct screen screen;
	struct watch_ask ask;
	struct watch_tail tail;
	struct instant now, drawn_at, draw_at, told_at;
	int signals;
	int error; /* of the terminal */
	bool stopping;
	char frame[WATCH_FRAME_MAX];
};

static int64_t age_ms(const struct watch *watch, struct instant at)
{
	return duration_to_ms(instant_since(watch->now, at));
}

static void compose(struct watch *watch, int columns, int rows)
{
	time_t seconds = time(NULL);
	char hour[CLOCK_MAX] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(hour, sizeof(hour), "%H:%M:%S", &tm);
	watch_frame_write(&(struct watch_view){.columns = columns,
					       .rows = rows,
					       .clock = hour,
					       .status = watch->ask.text,
					       .status_age_ms = age_ms(watch, watch->ask.answered_at),
					       .trouble = watch->ask.trouble,
					       .away_ms = age_ms(watch, watch->ask.well_at),
					       .events = &watch->tail.events,
					       .deaf = watch->tail.deaf},
			  watch->frame);
}

static void draw_if_due(struct watch *watch)
{
	int columns, rows;

	if (!instant_reached(watch->now, watch->draw_at))
		return;
	screen_size(&columns, &rows);
	compose(watch, columns, rows);
	watch->error = screen_draw(&watch->screen, watch->frame, columns);
	watch->stopping |= watch->error < 0;
	watch->drawn_at = watch->now;
	watch->draw_at = instant_add(watch->now, duration_ms(REDRAW_MS));
}

static void is_news(struct watch *watch)
{
	watch->draw_at = instant_add(watch->drawn_at, duration_ms(PAUSE_MS));
}

/* What the agent tells; where it answers, its events are followed. */
static void hear(struct watch *watch)
{
	bool answered = watch_ask_turn(&watch->ask, watch->now);

	if (answered && !watch->ask.trouble[0])
		watch_tail_connect(&watch->tail, watch->cli->socket);
	if (watch_tail_turn(&watch->tail)) {
		watch->told_at = watch->now;
		is_news(watch);
	}
	if (answered)
		is_news(watch);
}

static void take_keys(struct watch *watch)
{
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	if (n == 0 || (n < 0 && errno != EINTR))
		watch->stopping = true; /* nobody sits there any more */
	for (ssize_t i = 0; i < n; i++)
		watch->stopping |= keys[i] == 'q' || keys[i] == 'Q';
}

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo info;

	while (read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			is_news(watch);
		else
			watch->stopping = true;
	}
}

static int open_signals(void)
{
	static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t s = 0; s < sizeof(taken) / sizeof(taken[0]); s++)
		sigaddset(&set, taken[s]);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN); /* who stops it would be left with its screen */
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Until there is something to do, at the latest at `deadline`. */
static void await(struct watch *watch, struct instant deadline)
{
	struct pollfd fds[] = {{.fd = watch->ask.fd, .events = POLLIN},
			       {.fd = watch->tail.follow.fd, .events = POLLIN},
			       {.fd = watch->signals, .events = POLLIN},
			       {.fd = watch->screen.entered ? STDIN_FILENO : -1, .events = POLLIN}};
	struct instant next = instant_earlier(watch_ask_wants(&watch->ask), deadline);
	int64_t ms = duration_to_ms(instant_since(next, clock_boottime())) + 1;

	poll(fds, sizeof(fds) / sizeof(fds[0]), ms > 0 && !watch->tail.more ? (int)ms : 0);
	watch->now = clock_boottime();
	if (fds[3].revents)
		take_keys(watch);
	take_signals(watch);
}

static enum ctl_exit run_alive(struct watch *watch)
{
	int error = screen_enter(&watch->screen, watch->cli->colour);

	while (error == 0 && !watch->stopping) {
		hear(watch);
		draw_if_due(watch);
		await(watch, watch->draw_at);
	}
	screen_leave(&watch->screen);
	if (error == 0)
		error = watch->error;
	if (error < 0)
		fprintf(stderr, "casvipctl: the terminal: %s\n", strerror(-error));
	return error == 0 ? CTL_DONE : CTL_FAILED;
}

/* When the agent will have told everything: it has answered, and told no event for a while. */
static struct instant quiet(const struct watch *watch)
{
	if (!*watch->ask.text)
		return INSTANT_NEVER;
	return instant_add(instant_later(watch->told_at, watch->ask.well_at), duration_ms(QUIET_MS));
}

/* One frame, of what an agent tells that has the time to tell it. */
static enum ctl_exit run_once(struct watch *watch)
{
	struct instant quiet_at = INSTANT_NEVER;
	int columns, rows;

	while (!watch->stopping && !watch->ask.trouble[0] && !instant_reached(watch->now, quiet_at)) {
		hear(watch);
		quiet_at = quiet(watch);
		await(watch, quiet_at);
	}
	if (watch->ask.trouble[0]) {
		fprintf(stderr, "casvipctl: %s\n", watch->ask.trouble);
		return watch->ask.code;
	}
	screen_size(&columns, &rows);
	compose(watch, columns, rows);
	return puts(watch->frame) < 0 || fflush(stdout) != 0 || watch->stopping ? CTL_FAILED : CTL_DONE;
}

/* Can the screen be drawn there? */
static bool is_terminal(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

enum ctl_exit cli_watch(const struct cli *cli, int argc, char *argv[])
{
	static struct watch watch;
	bool once = argc == 2;
	enum ctl_exit code;

	if (once && strcmp(argv[1], "--once") != 0) {
		fprintf(stderr, "casvipctl: watch knows --once, not %s\n", argv[1]);
		return CTL_USAGE;
	}
	if (!once && !is_terminal()) {
		fprintf(stderr, "casvipctl: watch needs a terminal; --once shows one frame without\n");
		return CTL_USAGE;
	}
	watch.cli = cli;
	watch.now = watch.draw_at = watch.told_at = clock_boottime();
	watch.drawn_at = INSTANT_ZERO;
	watch.signals = open_signals();
	watch_tail_open(&watch.tail);
	if (watch.signals < 0 || watch_ask_open(&watch.ask, cli->socket, watch.now) < 0) {
		fprintf(stderr, "casvipctl: no memory or no descriptors\n");
		return CTL_FAILED;
	}
	code = once ? run_once(&watch) : run_alive(&watch);
	watch_tail_close(&watch.tail);
	watch_ask_close(&watch.ask);
	close(watch.signals);
	return code;
}
