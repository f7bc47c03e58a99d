#include "agent/options.h"

#include <errno.h>
#include <getopt.h>

#include "agent/ctl_wire.h"

enum { LONG_RELEASE = 256, LONG_VERSION };

static const struct option long_options[] = {
	{"release", no_argument, NULL, LONG_RELEASE},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, LONG_VERSION},
	{0},
};

void options_usage(FILE *out)
{
	fputs("usage: casvipd [-f FILE] [-n NODE] [-s SOCKET] [-k KEYFILE] [-d] [-e]\n"
	      "       casvipd -t [-v] [-f FILE] [-n NODE] [-k KEYFILE]\n"
	      "       casvipd --release\n"
	      "       casvipd -h | --help | --version\n"
	      "\n"
	      "  -f FILE     configuration (" OPTIONS_CONF_DEFAULT ")\n"
	      "  -n NODE     which node of it this host is (found by host name, then by address)\n"
	      "  -s SOCKET   control socket (" CTL_SOCKET_DEFAULT ")\n"
	      "  -k KEYFILE  cluster keys (key_file in the configuration)\n"
	      "  -d          debug words to stderr\n"
	      "  -e          log to stderr too, even when it is no terminal\n"
	      "  -t          test the configuration: exit 0, or 2 with the findings on stderr\n"
	      "  -v          with -t: print the configuration with all its defaults, and the checks of its profiles\n"
	      "  --release   remove this node's vips and fence, and exit\n",
	      out);
}

static int choose(struct options *options, enum options_deed deed, FILE *words)
{
	if (options->deed != OPTIONS_RUN && options->deed != deed) {
		fputs("casvipd: -t and --release exclude each other\n", words);
		return -EINVAL;
	}
	options->deed = deed;
	return 0;
}

static int take_text(const char **text, char letter, FILE *words)
{
	if (!*optarg) {
		fprintf(words, "casvipd: -%c needs a word that is not empty\n", letter);
		return -EINVAL;
	}
	*text = optarg;
	return 0;
}

static int take(struct options *options, int letter, char *argv[], FILE *words)
{
	switch (letter) {
	case 'f':
		return take_text(&options->conf_file, 'f', words);
	case 'n':
		return take_text(&options->node, 'n', words);
	case 's':
		return take_text(&options->socket, 's', words);
	case 'k':
		return take_text(&options->key_file, 'k', words);
	case 'd':
		options->debug = options->to_stderr = true;
		return 0;
	case 'e':
		options->to_stderr = true;
		return 0;
	case 't':
		return choose(options, OPTIONS_TEST, words);
	case 'v':
		options->print = true;
		return 0;
	case LONG_RELEASE:
		return choose(options, OPTIONS_RELEASE, words);
	case 'h':
		options->deed = OPTIONS_HELP;
		return 0;
	case LONG_VERSION:
		options->deed = OPTIONS_VERSION;
		return 0;
	case ':':
		fprintf(words, "casvipd: -%c needs a word after it\n", optopt);
		return -EINVAL;
	default:
		if (optopt > 0 && optopt < LONG_RELEASE)
			fprintf(words, "casvipd: there is no -%c\n", optopt);
		else
			fprintf(words, "casvipd: cannot make sense of %s\n", argv[optind - 1]);
		return -EINVAL;
	}
}

int options_parse(int argc, char *argv[], struct options *options, FILE *words)
{
	struct options found = {.conf_file = OPTIONS_CONF_DEFAULT, .socket = CTL_SOCKET_DEFAULT};
	int letter;

	optind = 0; /* glibc: start afresh, whatever was parsed before */
	opterr = 0;
	while ((letter = getopt_long(argc, argv, "+:f:n:s:k:detvh", long_options, NULL)) != -1) {
		int error = take(&found, letter, argv, words);

		if (error < 0)
			return error;
		if (found.deed == OPTIONS_HELP || found.deed == OPTIONS_VERSION) {
			*options = found; /* whatever else stands there: the question is answered */
			return 0;
		}
	}
	if (optind < argc) {
		fprintf(words, "casvipd: %s is not wanted here\n", argv[optind]);
		return -EINVAL;
	}
	if (found.print && found.deed != OPTIONS_TEST) {
		fputs("casvipd: -v is wanted only with -t\n", words);
		return -EINVAL;
	}
	*options = found;
	return 0;
}
