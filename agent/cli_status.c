#include "agent/cli_talk.h"

enum ctl_exit cli_status(const struct cli *cli, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	return cli_ask(cli, &(struct ctl_request){.verb = cli->json ? CTL_STATUS_JSON : CTL_STATUS});
}
