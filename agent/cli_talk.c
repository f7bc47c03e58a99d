#include "agent/cli_talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli_paint.h"
#include "agent/clock.h"
#include "agent/json.h"

enum { REPLY_MAX = 4 << 20, WRAPPED_MAX = 64 << 10 };

/* Waits for the descriptor until the deadline. 0, or -ETIMEDOUT. */
static int await(int fd, short events, struct instant deadline)
{
	struct pollfd wait = {.fd = fd, .events = events};

	for (;;) {
		int64_t left_ms = duration_to_ms(instant_since(deadline, clock_boottime()));
		int ready = left_ms <= 0 ? 0 : poll(&wait, 1, (int)left_ms);

		if (ready == 0)
			return -ETIMEDOUT;
		if (ready > 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* A connected descriptor, or -errno. */
static int reach(const char *path)
{
	struct sockaddr_un address;
	int error = ctl_address(path, &address);
	int fd = error < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error < 0 ? error : -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno; /* EAGAIN: more callers than it has taken yet, so it is there but stuck */
	close(fd);
	return error;
}

static int say(int fd, const char *line, size_t length, struct instant deadline)
{
	while (length > 0) {
		ssize_t n = send(fd, line, length, MSG_NOSIGNAL);
		int error = n < 0 && errno == EAGAIN ? await(fd, POLLOUT, deadline) : n < 0 ? -errno : 0;

		if (error < 0)
			return error;
		if (n > 0) {
			line += n;
			length -= (size_t)n;
		}
	}
	return 0;
}

/* Everything until casvipd hangs up, and a NUL; `ret_text` is malloc'd. The length or -errno. */
static ssize_t hear(int fd, char **ret_text, struct instant deadline)
{
	char *text = malloc(REPLY_MAX + 1);
	size_t length = 0;
	int error = text ? 0 : -ENOMEM;

	while (error == 0 && length < REPLY_MAX) {
		ssize_t n;

		error = await(fd, POLLIN, deadline);
		n = error < 0 ? -1 : recv(fd, text + length, REPLY_MAX - length, 0);
		if (n > 0)
			length += (size_t)n;
		else if (n == 0)
			break;
		else if (error == 0 && errno != EAGAIN && errno != EINTR)
			error = -errno;
	}
	if (error < 0) {
		free(text);
		return error;
	}
	text[length] = '\0';
	*ret_text = text;
	return (ssize_t)length;
}

static enum ctl_exit no_answer(int error, char why[static CLI_WHY_MAX])
{
	if (error == -ETIMEDOUT)
		snprintf(why, CLI_WHY_MAX, "no answer within %d s; an order may still be carried out",
			 CLI_ANSWER_MS / 1000);
	else
		snprintf(why, CLI_WHY_MAX, "the connection to casvipd broke: %s", strerror(-error));
	return CTL_FAILED;
}

static enum ctl_exit no_connection(int error, const char *path, char why[static CLI_WHY_MAX])
{
	if (error == -EACCES || error == -EPERM)
		snprintf(why, CLI_WHY_MAX, "%s: %s (root and the group casvip may ask)", path, strerror(-error));
	else if (error == -EAGAIN)
		snprintf(why, CLI_WHY_MAX, "casvipd at %s takes no more callers", path);
	else
		snprintf(why, CLI_WHY_MAX, "casvipd does not run here (%s: %s); journalctl -u casvipd says why", path,
			 strerror(-error));
	return error == -EACCES || error == -EPERM || error == -EAGAIN ? CTL_FAILED : CTL_NOBODY;
}

int cli_connect(const char *socket, const struct ctl_request *request, enum ctl_exit *ret_code,
		char why[static CLI_WHY_MAX])
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(CLI_ANSWER_MS));
	char line[CTL_REQUEST_MAX + 1];
	int length = ctl_request_print(request, line), fd, error;

	if (length < 0) {
		snprintf(why, CLI_WHY_MAX, "names have no spaces and no signs outside ASCII");
		*ret_code = CTL_USAGE;
		return -1;
	}
	fd = reach(socket);
	if (fd < 0) {
		*ret_code = no_connection(fd, socket, why);
		return -1;
	}
	error = say(fd, line, (size_t)length, deadline);
	if (error == 0)
		return fd;
	*ret_code = no_answer(error, why);
	close(fd);
	return -1;
}

enum ctl_exit cli_fetch(const char *socket, const struct ctl_request *request, struct cli_reply *reply,
			char why[static CLI_WHY_MAX])
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(CLI_ANSWER_MS));
	struct cli_reply heard = {0};
	enum ctl_exit code = CTL_FAILED;
	int fd = cli_connect(socket, request, &code, why), head;
	ssize_t length;

	if (fd < 0)
		return code;
	length = hear(fd, &heard.memory, deadline);
	close(fd);
	if (length < 0)
		return no_answer((int)length, why);
	head = ctl_head_parse(heard.memory, (size_t)length, &heard.exit_code, &heard.length);
	if (head <= 0 || (size_t)head + heard.length != (size_t)length) {
		snprintf(why, CLI_WHY_MAX, "casvipd's answer is incomplete");
		free(heard.memory);
		return CTL_FAILED;
	}
	heard.text = heard.memory + head;
	*reply = heard;
	return CTL_DONE;
}

void cli_reply_done(struct cli_reply *reply)
{
	free(reply->memory);
	*reply = (struct cli_reply){0};
}

/* Words as JSON, for programs that would else have to read them. */
static void show_wrapped(enum ctl_exit exit_code, const char *words, size_t length)
{
	static char text[WRAPPED_MAX], line[WRAPPED_MAX / 8];
	struct json json = json_begin(text, sizeof(text));

	if (length > 0 && words[length - 1] == '\n')
		length--;
	snprintf(line, sizeof(line), "%.*s", (int)length, words);
	json_object(&json, NULL);
	json_bool(&json, "done", exit_code == CTL_DONE);
	json_string(&json, "words", line);
	json_object_end(&json);
	if (json_end(&json) > 0)
		fputs(text, stdout);
}

static void show(const struct cli *cli, const struct cli_reply *reply)
{
	FILE *out = reply->exit_code == CTL_DONE ? stdout : stderr;

	fputs(reply->exit_code == CTL_DONE ? "" : "casvipctl: ", out);
	if (cli->colour && !cli->json && out == stdout)
		cli_paint(reply->text, out);
	else
		fputs(reply->text, out);
	if (reply->length > 0 && reply->text[reply->length - 1] != '\n')
		fputc('\n', out);
}

enum ctl_exit cli_ask(const struct cli *cli, const struct ctl_request *request)
{
	struct cli_reply reply;
	char why[CLI_WHY_MAX];
	enum ctl_exit code = cli_fetch(cli->socket, request, &reply, why);

	if (code != CTL_DONE) {
		fprintf(stderr, "casvipctl: %s\n", why);
		return code;
	}
	if (cli->json && reply.text[0] != '{')
		show_wrapped(reply.exit_code, reply.text, reply.length);
	else
		show(cli, &reply);
	code = fflush(stdout) == 0 ? reply.exit_code : CTL_FAILED;
	cli_reply_done(&reply);
	return code;
}

bool cli_name(char *to, size_t size, const char *from)
{
	if (*from && (size_t)snprintf(to, size, "%s", from) < size)
		return true;
	fprintf(stderr, "casvipctl: a name has 1 to %zu letters\n", size - 1);
	return false;
}
