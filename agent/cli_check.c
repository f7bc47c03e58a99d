/* The checks are casvip-checks' affair, which needs no casvipd: a file may be tried before it is put into service. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/child.h"
#include "agent/cli.h"

enum ctl_exit cli_check(const struct cli *cli, int argc, char *argv[])
{
	char program[PATH_MAX], name[] = "casvip-checks", once[] = "--once", *arguments[CLI_ARGUMENTS_MAX + 3];

	(void)cli;
	child_find(name, program);
	arguments[0] = name;
	arguments[1] = once;
	for (int i = 1; i <= argc; i++) /* the NULL at the end, too */
		arguments[i + 1] = argv[i];
	execv(program, arguments);
	fprintf(stderr, "casvipctl: %s: %s\n", program, strerror(errno));
	return CTL_FAILED;
}
