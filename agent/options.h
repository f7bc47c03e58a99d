/* casvipd's command line as a value. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#define OPTIONS_CONF_DEFAULT "/etc/casvip/casvip.conf"

enum options_deed { OPTIONS_RUN, OPTIONS_TEST, OPTIONS_RELEASE, OPTIONS_HELP, OPTIONS_VERSION };

/* The texts belong to argv. */
struct options {
	enum options_deed deed;
	const char *conf_file;
	const char *node;     /* NULL: to be found out, see conf_node_of() */
	const char *socket;
	const char *key_file; /* NULL: as the configuration says */
	bool print;           /* -v, with OPTIONS_TEST: the configuration with its defaults */
	bool debug;           /* debug words to stderr; implies to_stderr */
	bool to_stderr;       /* log lines to stderr even when it is no terminal */
};

/* 0, or -EINVAL with a line of words to `words`; `options` is then untouched. */
int options_parse(int argc, char *argv[], struct options *options, FILE *words);

void options_usage(FILE *out);
