#include "agent/cli_talk.h"

enum ctl_exit cli_explain(const struct cli *cli, int argc, char *argv[])
{
	struct ctl_request request = {.verb = cli->json ? CTL_EXPLAIN_JSON : CTL_EXPLAIN};

	(void)argc;
	if (!cli_name(request.vip, sizeof(request.vip), argv[1]))
		return CTL_USAGE;
	return cli_ask(cli, &request);
}
