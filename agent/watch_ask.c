#include "agent/watch_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 4 << 20, READS_A_TURN = 64 };

int watch_ask_open(struct watch_ask *ask, const char *socket, struct instant now)
{
	*ask = (struct watch_ask){.socket = socket, .fd = -1, .asked_at = now, .ask_at = now,
				  .answered_at = INSTANT_ZERO, .well_at = now, .text = "",
				  .answer = malloc(ANSWER_MAX + 1), .coming = malloc(ANSWER_MAX + 1)};
	if (ask->answer && ask->coming)
		return 0;
	watch_ask_close(ask);
	return -ENOMEM;
}

void watch_ask_close(struct watch_ask *ask)
{
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask->answer);
	free(ask->coming);
	*ask = (struct watch_ask){.fd = -1, .text = ""};
}

static bool end(struct watch_ask *ask)
{
	if (ask->fd >= 0)
		close(ask->fd);
	ask->fd = -1;
	ask->ask_at = instant_add(ask->asked_at, duration_ms(WATCH_ASK_MS));
	return true;
}

static bool fail(struct watch_ask *ask, const char *words)
{
	snprintf(ask->trouble, sizeof(ask->trouble), "%s", words);
	ask->code = CTL_FAILED;
	return end(ask);
}

static bool begin(struct watch_ask *ask, struct instant now)
{
	const struct ctl_request request = {.verb = CTL_STATUS};
	char why[CLI_WHY_MAX];
	enum ctl_exit code = CTL_FAILED;

	ask->asked_at = now;
	ask->used = 0;
	ask->fd = cli_connect(ask->socket, &request, &code, why);
	if (ask->fd >= 0)
		return false;
	fail(ask, why);
	ask->code = code;
	return true;
}

/* Everything has come: is it an answer? */
static bool judge(struct watch_ask *ask, struct instant now)
{
	enum ctl_exit code = CTL_FAILED;
	size_t length = 0;
	int head = ctl_head_parse(ask->coming, ask->used, &code, &length);
	char *answer = ask->coming;

	if (head <= 0 || (size_t)head + length != ask->used || code != CTL_DONE)
		return fail(ask, "casvipd's answer is incomplete");
	answer[ask->used] = '\0';
	ask->coming = ask->answer;
	ask->answer = answer;
	ask->text = answer + head;
	ask->answered_at = ask->asked_at;
	ask->well_at = now;
	ask->trouble[0] = '\0';
	return end(ask);
}

static bool read_on(struct watch_ask *ask, struct instant now)
{
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = recv(ask->fd, ask->coming + ask->used, ANSWER_MAX - ask->used, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n < 0)
			return fail(ask, "the connection to casvipd broke");
		ask->used += (size_t)n;
		if (n == 0 || ask->used == ANSWER_MAX)
			return judge(ask, now);
	}
	return false;
}

bool watch_ask_turn(struct watch_ask *ask, struct instant now)
{
	if (ask->fd >= 0 && read_on(ask, now))
		return true;
	if (ask->fd >= 0 && instant_reached(now, instant_add(ask->asked_at, duration_ms(WATCH_ANSWER_MS))))
		return fail(ask, "casvipd does not answer");
	return ask->fd < 0 && instant_reached(now, ask->ask_at) && begin(ask, now);
}

struct instant watch_ask_wants(const struct watch_ask *ask)
{
	return ask->fd >= 0 ? instant_add(ask->asked_at, duration_ms(WATCH_ANSWER_MS)) : ask->ask_at;
}
