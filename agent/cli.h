/* The commands of casvipctl: each is a file cli_NAME.c or ctl_NAME.c of its own, and a row of the table in
 * casvipctl.c. */
#pragma once

#include <stdbool.h>

#include "agent/ctl_wire.h"

enum { CLI_ARGUMENTS_MAX = 64 };

/* What was said before, or for all commands. */
struct cli {
	const char *socket; /* of the casvipd that is asked */
	bool json;          /* --json: one JSON object a line, errors in words all the same */
	bool colour;        /* stdout is a terminal that wants colours */
};

/* Runs a command: argv[0] is its name, argv[argc] is NULL, and their number is within the bounds of its row. The exit
 * code of casvipctl; what went wrong stands on stderr. */
typedef enum ctl_exit cli_run_fn(const struct cli *cli, int argc, char *argv[]);

cli_run_fn cli_key, cli_events, cli_watch, cli_drill;
cli_run_fn cli_explain, cli_status, cli_move, cli_standby, cli_online, cli_reload, cli_check, cli_keygen, cli_doctor;
