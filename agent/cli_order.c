/* Orders: what casvipd answers is all there is to say. */
#include <stdio.h>
#include <string.h>

#include "agent/cli_talk.h"

/* "--dry-run" may stand anywhere among the names. */
enum ctl_exit cli_move(const struct cli *cli, int argc, char *argv[])
{
	struct ctl_request request = {.verb = CTL_MOVE};
	int names = 0;

	for (int i = 1; i < argc; i++) {
		bool taken = true;

		if (strcmp(argv[i], "--dry-run") == 0)
			request.verb = CTL_MAY_MOVE;
		else if (names++ == 0)
			taken = cli_name(request.vip, sizeof(request.vip), argv[i]);
		else
			taken = names == 2 && cli_name(request.node, sizeof(request.node), argv[i]);
		if (!taken)
			return CTL_USAGE;
	}
	if (names == 0 || names > 2) {
		fprintf(stderr, "usage: casvipctl move [--dry-run] VIP [NODE]\n");
		return CTL_USAGE;
	}
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
