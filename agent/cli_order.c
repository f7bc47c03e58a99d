/* Orders: what casvipd answers is all there is to say. */
#include "agent/cli_talk.h"

enum ctl_exit cli_move(const struct cli *cli, int argc, char *argv[])
{
	struct ctl_request request = {.verb = CTL_MOVE};

	if (!cli_name(request.vip, sizeof(request.vip), argv[1]) ||
	    (argc > 2 && !cli_name(request.node, sizeof(request.node), argv[2])))
		return CTL_USAGE;
	return cli_ask(cli, &request);
}

static enum ctl_exit order(const struct cli *cli, enum ctl_verb verb)
{
	return cli_ask(cli, &(struct ctl_request){.verb = verb});
}

enum ctl_exit cli_standby(const struct cli *cli, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	return order(cli, CTL_STANDBY);
}

enum ctl_exit cli_online(const struct cli *cli, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	return order(cli, CTL_ONLINE);
}

enum ctl_exit cli_reload(const struct cli *cli, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	return order(cli, CTL_RELOAD);
}
