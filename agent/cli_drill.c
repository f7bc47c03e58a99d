/* casvipctl drill: does a vip still move? There and, where another host can be asked, back; and for how long clients
 * were without it. Each step is an order that casvipd judges itself: nothing moves that could not. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli_talk.h"
#include "agent/clock.h"
#include "agent/drill.h"
#include "agent/drill_via.h"

enum {
	SETTLE_MS = 10000, /* a vip that is on its way, and a node that cannot take it back yet */
	PAUSE_MS = 50,     /* between two looks */
	ANSWER_MAX = 4 << 20,
};

struct drill {
	const struct cli *cli;
	const char *via; /* NULL: it goes there only */
	bool yes;
	struct drill_sight here, there;
	struct drill_report report;
	char answer[ANSWER_MAX]; /* of the other host */
};

/* The words may be of another host: one line, and nothing in it that moves a cursor. */
static enum ctl_exit fail(struct drill *drill, const char *words)
{
	char *to = drill->report.words;
	size_t length;

	snprintf(to, sizeof(drill->report.words), "%s", words);
	for (char *c = to; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = ' ';
	for (length = strlen(to); length > 0 && to[length - 1] == ' '; length--)
		to[length - 1] = '\0';
	return CTL_FAILED;
}

static enum ctl_exit judge_sight(struct drill *drill, int error, const char *whose)
{
	char words[DRILL_WORDS_MAX];

	if (error == 0)
		return CTL_DONE;
	if (error == -ENOENT)
		snprintf(words, sizeof(words), "%s: no vip is named %s", whose, drill->report.vip);
	else
		snprintf(words, sizeof(words), "%s: what casvipd answers is no status", whose);
	return fail(drill, words);
}

static enum ctl_exit see_here(struct drill *drill)
{
	struct cli_reply reply;
	char why[CLI_WHY_MAX];
	const struct ctl_request request = {.verb = CTL_STATUS_JSON};
	enum ctl_exit code = cli_fetch(drill->cli->socket, &request, &reply, why);

	if (code != CTL_DONE) {
		fail(drill, why);
		return code;
	}
	code = judge_sight(drill, drill_read(reply.text, reply.length, drill->report.vip, &drill->here), "here");
	cli_reply_done(&reply);
	return code;
}

/* What was said there, or why nothing was. */
static const char *said(const struct drill *drill, ssize_t error)
{
	if (error != -ECHILD)
		return strerror((int)-error);
	return drill->answer[0] ? drill->answer : "it failed";
}

/* The line that is a status: ssh may have had something to say before it. */
static const char *find_status(const char *text)
{
	while (*text && *text != '{') {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return text;
}

static enum ctl_exit see_there(struct drill *drill)
{
	static const char *const request[] = {"status", "--json", NULL};
	ssize_t length = drill_via(drill->via, request, drill->answer, sizeof(drill->answer));
	char words[DRILL_WORDS_MAX];
	const char *status;

	if (length < 0) {
		snprintf(words, sizeof(words), "%.200s casvipctl status: %.250s", drill->via, said(drill, length));
		return fail(drill, words);
	}
	status = find_status(drill->answer);
	return judge_sight(drill, drill_read(status, strcspn(status, "\n"), drill->report.vip, &drill->there), "--via");
}

/* Looks until the node whose view it is, owns the vip; `owns` false: until another one does. */
static enum ctl_exit await(struct drill *drill, enum ctl_exit (*see)(struct drill *drill),
			   const struct drill_sight *sight, bool owns)
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(SETTLE_MS));

	for (;;) {
		enum ctl_exit code = see(drill);

		if (code != CTL_DONE)
			return code;
		if (sight->active[0] && (strcmp(sight->active, sight->node) == 0) == owns)
			return CTL_DONE;
		if (instant_reached(clock_boottime(), deadline))
			return fail(drill, "it did not come to where it was moved; casvipctl status says where it is");
		poll(NULL, 0, PAUSE_MS);
	}
}

static void note(struct drill *drill, const char *from, const char *to, int64_t dark_us)
{
	struct drill_move *move = &drill->report.move[drill->report.moves++];

	snprintf(move->from, sizeof(move->from), "%s", from);
	snprintf(move->to, sizeof(move->to), "%s", to);
	move->dark_us = dark_us;
}

static enum ctl_exit go_there(struct drill *drill)
{
	struct ctl_request request = {.verb = CTL_MOVE};
	struct cli_reply reply;
	char why[CLI_WHY_MAX];
	enum ctl_exit code;

	snprintf(request.vip, sizeof(request.vip), "%s", drill->report.vip);
	if (drill->via)
		snprintf(request.node, sizeof(request.node), "%s", drill->there.node);
	code = cli_fetch(drill->cli->socket, &request, &reply, why);
	if (code != CTL_DONE)
		return fail(drill, why);
	code = reply.exit_code == CTL_DONE ? CTL_DONE : fail(drill, reply.text);
	cli_reply_done(&reply);
	if (code == CTL_DONE)
		code = await(drill, see_here, &drill->here, false);
	if (code == CTL_DONE && drill->via)
		code = await(drill, see_there, &drill->there, true);
	if (code == CTL_DONE)
		note(drill, drill->here.node, drill->here.active, drill->via ? drill->there.dark_us : -1);
	return code;
}

/* The node that gave it away may not be ready to have it again at once. */
static enum ctl_exit order_back(struct drill *drill)
{
	const char *const move[] = {"move", drill->report.vip, drill->here.node, NULL};
	struct instant deadline = instant_add(clock_boottime(), duration_ms(SETTLE_MS));
	char words[DRILL_WORDS_MAX];
	ssize_t length;

	do {
		length = drill_via(drill->via, move, drill->answer, sizeof(drill->answer));
		if (length >= 0)
			return CTL_DONE;
		poll(NULL, 0, PAUSE_MS);
	} while (!instant_reached(clock_boottime(), deadline));
	snprintf(words, sizeof(words), "%s is on %s, and was not brought back: %.300s", drill->report.vip,
		 drill->there.node, said(drill, length));
	return fail(drill, words);
}

static enum ctl_exit come_back(struct drill *drill)
{
	enum ctl_exit code = order_back(drill);

	if (code == CTL_DONE)
		code = await(drill, see_here, &drill->here, true);
	if (code == CTL_DONE)
		note(drill, drill->there.node, drill->here.node, drill->here.dark_us);
	return code;
}

static bool confirmed(const struct drill *drill)
{
	char line[16] = "";

	if (drill->yes)
		return true;
	fprintf(stderr, "Move %s away from %s%s? Its clients connect anew. [y/N] ", drill->report.vip,
		drill->here.node, drill->via ? " and back" : "");
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static enum ctl_exit run(struct drill *drill)
{
	struct drill_report *report = &drill->report;
	char words[DRILL_WORDS_MAX];
	enum ctl_exit code = see_here(drill);

	if (code == CTL_DONE && drill->via)
		code = see_there(drill);
	if (code != CTL_DONE)
		return code;
	if (drill_refuse(report->vip, &drill->here, drill->via ? &drill->there : NULL, words))
		return fail(drill, words);
	if (!confirmed(drill))
		return fail(drill, "nothing was moved");
	code = go_there(drill);
	if (code == CTL_DONE && drill->via)
		code = come_back(drill);
	report->done = code == CTL_DONE;
	if (report->done && !drill->via)
		snprintf(report->words, sizeof(report->words), "for how long it was dark, casvipctl status on %s says "
			 "(dark_max_ms); casvipctl move %s %s there brings it back", drill->here.active, report->vip,
			 drill->here.node);
	return code;
}

static enum ctl_exit show(const struct drill *drill, enum ctl_exit code)
{
	static char text[DRILL_REPORT_MAX];
	int length = drill->cli->json ? drill_write_json(&drill->report, text, sizeof(text))
				      : drill_write_text(&drill->report, text, sizeof(text));
	FILE *out = code == CTL_DONE || drill->cli->json ? stdout : stderr;

	if (length > 0)
		fputs(text, out);
	return length < 0 || fflush(stdout) != 0 ? CTL_FAILED : code;
}

/* The vip and the options in any order. */
static bool read_arguments(struct drill *drill, int argc, char *argv[])
{
	static const struct option long_options[] = {
		{"via", required_argument, NULL, 'v'}, {"yes", no_argument, NULL, 'y'}, {0}};
	int letter;

	optind = 0; /* glibc: start afresh */
	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (letter == '?')
			return false;
		if (letter == 'v')
			drill->via = optarg;
		else
			drill->yes = true;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "casvipctl: drill takes one vip\n");
		return false;
	}
	drill->report.vip = argv[optind];
	return true;
}

enum ctl_exit cli_drill(const struct cli *cli, int argc, char *argv[])
{
	static struct drill drill;

	drill.cli = cli;
	if (!read_arguments(&drill, argc, argv))
		return CTL_USAGE;
	if (!drill.yes && !(isatty(STDIN_FILENO) && isatty(STDERR_FILENO))) {
		fprintf(stderr, "casvipctl: nobody is here to be asked: --yes moves it all the same\n");
		return CTL_USAGE;
	}
	return show(&drill, run(&drill));
}
