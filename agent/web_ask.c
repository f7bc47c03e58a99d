#include "agent/web_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/ctl_wire.h"
#include "agent/status_read.h"

enum { READS_A_TURN = 64 };

/* Two of each: the newest answer stays whole while the next one comes in. */
struct answer {
	char text[WEB_REPLY_MAX];
	size_t used;
	size_t body, length; /* the JSON in it */
	struct status status;
};

struct web_ask {
	struct sockaddr_un address;
	int fd; /* -1: nothing is asked */
	struct instant asked_at, ask_at, watched_until;
	struct instant answered_at; /* INSTANT_ZERO: never */
	char trouble[WEB_TROUBLE_MAX];
	struct answer answer[2];
	int newest; /* its place; the other one is being filled */
};

static struct answer *coming(struct web_ask *ask)
{
	return &ask->answer[1 - ask->newest];
}

static void end(struct web_ask *ask, struct instant now)
{
	bool watched = !instant_reached(now, ask->watched_until);

	close(ask->fd);
	ask->fd = -1;
	ask->ask_at = instant_add(ask->asked_at, duration_ms(watched ? 1000 / WEB_ASKS_WATCHED : 1000));
}

static void fail(struct web_ask *ask, struct instant now, const char *words)
{
	snprintf(ask->trouble, sizeof(ask->trouble), "%s", words);
	end(ask, now);
}

static const char *reach_words(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return "casvipd does not run";
	case EACCES:
	case EPERM:
		return "casvipd's control socket is closed to this user";
	case EAGAIN:
		return "casvipd takes no more callers";
	default:
		return strerror(error);
	}
}

/* A connection within the host is there at once or not at all, and so short a line is sent whole. */
static int ask_now(struct web_ask *ask)
{
	const struct ctl_request request = {.verb = CTL_STATUS_JSON};
	char line[CTL_REQUEST_MAX + 1];
	int length = ctl_request_print(&request, line);

	ask->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ask->fd < 0)
		return -errno;
	if (connect(ask->fd, (const struct sockaddr *)&ask->address, sizeof(ask->address)) < 0)
		return -errno;
	return send(ask->fd, line, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -EPIPE;
}

static void begin(struct web_ask *ask, struct instant now)
{
	int error;

	ask->asked_at = now;
	coming(ask)->used = 0;
	error = ask_now(ask);
	if (error < 0)
		fail(ask, now, reach_words(-error));
}

/* Everything has come: is it an answer? */
static void judge(struct web_ask *ask, struct instant now)
{
	struct answer *answer = coming(ask);
	enum ctl_exit exit_code = CTL_FAILED;
	size_t length = 0;
	int head = ctl_head_parse(answer->text, answer->used, &exit_code, &length);

	if (head <= 0 || (size_t)head + length != answer->used || exit_code != CTL_DONE ||
	    status_read(answer->text + head, length, &answer->status) < 0) {
		fail(ask, now, "casvipd's answer is incomplete or of another version");
		return;
	}
	answer->body = (size_t)head;
	answer->length = length > 0 && answer->text[answer->used - 1] == '\n' ? length - 1 : length;
	ask->newest = 1 - ask->newest;
	ask->answered_at = ask->asked_at;
	ask->trouble[0] = '\0';
	end(ask, now);
}

static void read_on(struct web_ask *ask, struct instant now)
{
	struct answer *answer = coming(ask);

	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = recv(ask->fd, answer->text + answer->used, sizeof(answer->text) - answer->used, 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			fail(ask, now, "the connection to casvipd broke");
			return;
		}
		answer->used += (size_t)n;
		if (n == 0 || answer->used == sizeof(answer->text)) {
			judge(ask, now);
			return;
		}
	}
}

void web_ask_turn(struct web_ask *ask, struct instant now)
{
	if (ask->fd >= 0)
		read_on(ask, now);
	if (ask->fd >= 0 && instant_reached(now, instant_add(ask->asked_at, duration_ms(WEB_ANSWER_MS))))
		fail(ask, now, "casvipd does not answer");
	if (ask->fd < 0 && instant_reached(now, ask->ask_at))
		begin(ask, now);
}

struct instant web_ask_wants(const struct web_ask *ask)
{
	return ask->fd >= 0 ? instant_add(ask->asked_at, duration_ms(WEB_ANSWER_MS)) : ask->ask_at;
}

int web_ask_fd(const struct web_ask *ask)
{
	return ask->fd;
}

void web_ask_watched(struct web_ask *ask, struct instant now)
{
	struct instant soon = instant_add(ask->asked_at, duration_ms(1000 / WEB_ASKS_WATCHED));

	ask->watched_until = instant_add(now, duration_ms(WEB_WATCHED_MS));
	ask->ask_at = instant_earlier(ask->ask_at, soon);
}

struct web_news web_ask_news(const struct web_ask *ask)
{
	const struct answer *answer = &ask->answer[ask->newest];

	return (struct web_news){
		.ever = ask->answered_at.ns != INSTANT_ZERO.ns,
		.at = ask->answered_at,
		.text = answer->text + answer->body,
		.length = answer->length,
		.status = &answer->status,
		.trouble = ask->trouble,
	};
}

bool web_news_fresh(const struct web_news *news, struct instant now)
{
	return news->ever && !news->trouble[0] && instant_since(now, news->at).ns < duration_ms(WEB_STALE_MS).ns;
}

int web_ask_open(struct web_ask **ret_ask, const char *path)
{
	struct web_ask *ask = calloc(1, sizeof(*ask));
	int error = ask ? ctl_address(path, &ask->address) : -ENOMEM;

	if (error < 0) {
		free(ask);
		return error;
	}
	ask->fd = -1;
	ask->ask_at = ask->watched_until = ask->answered_at = ask->asked_at = INSTANT_ZERO;
	snprintf(ask->trouble, sizeof(ask->trouble), "casvipd was not asked yet");
	*ret_ask = ask;
	return 0;
}

void web_ask_close(struct web_ask *ask)
{
	if (!ask)
		return;
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask);
}
