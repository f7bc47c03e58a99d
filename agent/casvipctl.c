/* casvipctl: asks and orders the casvipd of this host over its control socket, and makes cluster keys.
 *
 * Knows nothing of elections: casvipd writes the words, this prints them. Each command is a file of its own, cli.h. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli.h"

/* Which of the options for all commands this one understands behind its name. RAW: none, they are its own affair. */
enum takes { TAKES_NOTHING, TAKES_JSON, TAKES_RAW };

struct command {
	const char *name, *arguments, *help;
	int least, most; /* arguments, without the options for all commands */
	enum takes takes;
	cli_run_fn *run;
};

static const struct command commands[] = {
	{"status", "", "what this node believes, on one screen or as JSON", 0, 0, TAKES_JSON, cli_status},
	{"watch", "[--once]", "the status and the newest events, alive, until q", 0, 1, TAKES_NOTHING, cli_watch},
	{"explain", "VIP", "why it is where it is, and what would move it", 1, 1, TAKES_JSON, cli_explain},
	{"events", "[-n N] [--vip VIP] [--since TIME]", "the newest events of the journal, with what led to them", 0, 8,
	 TAKES_JSON, cli_events},
	{"move", "[--dry-run] VIP [NODE]", "hand the vip over, to that node or to the best one", 1, 3, TAKES_JSON,
	 cli_move},
	{"drill", "[--via WORDS] [--yes] VIP", "move it there and, by words like 'ssh cas2', back", 1, 4,
	 TAKES_JSON, cli_drill},
	{"standby", "", "give every vip away and take none", 0, 0, TAKES_JSON, cli_standby},
	{"online", "", "end of standby", 0, 0, TAKES_JSON, cli_online},
	{"reload", "", "read the configuration again; a bad one changes nothing", 0, 0, TAKES_JSON, cli_reload},
	{"check", "[-f FILE] [NAME...]", "run the checks once, now, or those of these names", 0, CLI_ARGUMENTS_MAX,
	 TAKES_RAW, cli_check},
	{"doctor", "[-f FILE] [-n NODE] [-w SECONDS]", "look for what bites people, and say how to mend it", 0, 6,
	 TAKES_JSON, cli_doctor},
	{"key", "list|add|promote|drop [FILE]", "a step of a key rotation, refused until it is safe", 1, 2,
	 TAKES_NOTHING, cli_key},
	{"keygen", "[FILE]", "a new cluster key, to stdout or into a new file", 0, 1, TAKES_NOTHING, cli_keygen},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *out)
{
	fputs("usage: casvipctl [-s SOCKET] [--json] [--no-color] COMMAND\n"
	      "       casvipctl -h | --help | --version\n\n",
	      out);
	for (size_t c = 0; c < COMMANDS; c++)
		fprintf(out, "  %-8s %-22s %s\n", commands[c].name, commands[c].arguments, commands[c].help);
}

static void usage_of(const struct command *command, FILE *out)
{
	fprintf(out, "usage: casvipctl [-s SOCKET]%s %s %s\n", command->takes == TAKES_JSON ? " [--json]" : "",
		command->name, command->arguments);
}

static const struct command *find_command(const char *name)
{
	for (size_t c = 0; c < COMMANDS; c++)
		if (strcmp(commands[c].name, name) == 0)
			return &commands[c];
	return NULL;
}

/* Takes the options for all commands out of the words behind the command. How many words are left. */
static int take_options(struct cli *cli, int argc, char *argv[])
{
	int left = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			cli->json = true;
		else if (strcmp(argv[i], "--no-color") == 0)
			cli->colour = false;
		else
			argv[left++] = argv[i];
	}
	argv[left] = NULL;
	return left;
}

static enum ctl_exit run(struct cli *cli, int argc, char *argv[])
{
	const struct command *command = argc > 0 ? find_command(argv[0]) : NULL;

	if (argc > 0 && !command)
		fprintf(stderr, "casvipctl: there is no command %s\n", argv[0]);
	if (!command) {
		usage(stderr);
		return CTL_USAGE;
	}
	if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		usage_of(command, stdout);
		printf("  %s\n", command->help);
		return CTL_DONE;
	}
	if (command->takes != TAKES_RAW)
		argc = take_options(cli, argc, argv);
	if (cli->json && command->takes != TAKES_JSON) {
		fprintf(stderr, "casvipctl: %s knows no --json\n", command->name);
		return CTL_USAGE;
	}
	if (argc - 1 < command->least || argc - 1 > command->most) {
		usage_of(command, stderr);
		return CTL_USAGE;
	}
	return command->run(cli, argc, argv);
}

/* Not where a file or a pipe would get them, nor for those who say so (no-color.org). */
static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

int main(int argc, char *argv[])
{
	static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
						     {"version", no_argument, NULL, 'V'},
						     {"json", no_argument, NULL, 'j'},
						     {"no-color", no_argument, NULL, 'n'},
						     {0}};
	struct cli cli = {.socket = CTL_SOCKET_DEFAULT, .colour = wants_colour()};
	int letter;

	while ((letter = getopt_long(argc, argv, "+s:h", long_options, NULL)) != -1) {
		switch (letter) {
		case 's':
			cli.socket = optarg;
			break;
		case 'j':
			cli.json = true;
			break;
		case 'n':
			cli.colour = false;
			break;
		case 'h':
			usage(stdout);
			return CTL_DONE;
		case 'V':
			puts("casvipctl " CASVIP_VERSION);
			return CTL_DONE;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	return (int)run(&cli, argc - optind, argv + optind);
}
