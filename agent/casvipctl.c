/* casvipctl: asks and orders the casvipd of this host over its control socket, and makes cluster keys.
 *
 * Knows nothing of elections: casvipd writes the words, this prints them. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/child.h"
#include "agent/clock.h"
#include "agent/ctl_wire.h"
#include "agent/privilege.h"
#include "vrrp/seal.h"

enum { ANSWER_MS = 10000, REPLY_MAX = 4 << 20, CTL_ARGUMENTS_MAX = 64 };

struct command {
	const char *name, *arguments, *help;
	int least, most; /* arguments */
	enum ctl_verb verb;
	enum ctl_exit (*run)(const char *socket_path, enum ctl_verb verb, int argc, char *argv[]);
};

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

/* Everything until casvipd hangs up; `ret_text` is malloc'd. The length or -errno. */
static ssize_t hear(int fd, char **ret_text, struct instant deadline)
{
	char *text = malloc(REPLY_MAX);
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
	*ret_text = text;
	return (ssize_t)length;
}

static enum ctl_exit no_answer(int error)
{
	if (error == -ETIMEDOUT)
		fprintf(stderr, "casvipctl: no answer within %d s; an order may still be carried out\n",
			ANSWER_MS / 1000);
	else
		fprintf(stderr, "casvipctl: the connection to casvipd broke: %s\n", strerror(-error));
	return CTL_FAILED;
}

/* The text goes to stdout, or to stderr when it says why not. */
static enum ctl_exit show(const char *reply, size_t length)
{
	enum ctl_exit exit_code = CTL_FAILED;
	size_t text_length = 0;
	int head = ctl_head_parse(reply, length, &exit_code, &text_length);
	FILE *out;

	if (head <= 0 || (size_t)head + text_length != length) {
		fprintf(stderr, "casvipctl: casvipd's answer is incomplete\n");
		return CTL_FAILED;
	}
	out = exit_code == CTL_DONE ? stdout : stderr;
	fputs(exit_code == CTL_DONE ? "" : "casvipctl: ", out);
	fwrite(reply + head, 1, text_length, out);
	if (text_length > 0 && reply[length - 1] != '\n')
		fputc('\n', out);
	return fflush(out) == 0 ? exit_code : CTL_FAILED;
}

static enum ctl_exit talk(int fd, const char *line, size_t line_length)
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(ANSWER_MS));
	int error = say(fd, line, line_length, deadline);
	char *reply = NULL;
	ssize_t length = error < 0 ? error : hear(fd, &reply, deadline);
	enum ctl_exit exit_code = length < 0 ? no_answer((int)length) : show(reply, (size_t)length);

	free(reply);
	return exit_code;
}

static enum ctl_exit ask(const char *path, const struct ctl_request *request)
{
	char line[CTL_REQUEST_MAX + 1];
	int length = ctl_request_print(request, line), fd;
	enum ctl_exit exit_code;

	if (length < 0) {
		fprintf(stderr, "casvipctl: names have no spaces and no signs outside ASCII\n");
		return CTL_USAGE;
	}
	fd = reach(path);
	if (fd == -EACCES || fd == -EPERM) {
		fprintf(stderr, "casvipctl: %s: %s (root and the group casvip may ask)\n", path, strerror(-fd));
		return CTL_FAILED;
	}
	if (fd == -EAGAIN) {
		fprintf(stderr, "casvipctl: casvipd at %s takes no more callers\n", path);
		return CTL_FAILED;
	}
	if (fd < 0) {
		fprintf(stderr, "casvipctl: casvipd does not run here (%s: %s); journalctl -u casvipd says why\n",
			path, strerror(-fd));
		return CTL_NOBODY;
	}
	exit_code = talk(fd, line, (size_t)length);
	close(fd);
	return exit_code;
}

static enum ctl_exit run_status(const char *path, enum ctl_verb verb, int argc, char *argv[])
{
	struct ctl_request request = {.verb = argc > 1 ? CTL_STATUS_JSON : verb};

	if (argc > 1 && strcmp(argv[1], "--json") != 0) {
		fprintf(stderr, "casvipctl: status knows --json, not %s\n", argv[1]);
		return CTL_USAGE;
	}
	return ask(path, &request);
}

static bool take_name(char *to, size_t size, const char *from)
{
	if (*from && (size_t)snprintf(to, size, "%s", from) < size)
		return true;
	fprintf(stderr, "casvipctl: a name has 1 to %zu letters\n", size - 1);
	return false;
}

static enum ctl_exit run_order(const char *path, enum ctl_verb verb, int argc, char *argv[])
{
	struct ctl_request request = {.verb = verb};

	if ((argc > 1 && !take_name(request.vip, sizeof(request.vip), argv[1])) ||
	    (argc > 2 && !take_name(request.node, sizeof(request.node), argv[2])))
		return CTL_USAGE;
	return ask(path, &request);
}

/* A key that is half on disk would lock a node out of its cluster at the next start: it is there whole, or not at all.
 */
static enum ctl_exit write_key(const char *file, const char *key)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t length = strlen(key);
	bool is_whole;

	if (fd < 0) {
		fprintf(stderr, "casvipctl: %s: %s%s\n", file,
			errno == EEXIST ? "exists already; a key is never overwritten" : strerror(errno),
			errno == EACCES && geteuid() != 0 ? ": not root?" : "");
		return CTL_FAILED;
	}
	is_whole = write(fd, key, length) == (ssize_t)length && fsync(fd) == 0;
	if (close(fd) == 0 && is_whole) {
		printf("%s is written: copy it to the other nodes\n", file);
		return CTL_DONE;
	}
	fprintf(stderr, "casvipctl: cannot write %s: %s\n", file, strerror(errno));
	unlink(file);
	return CTL_FAILED;
}

static enum ctl_exit run_keygen(const char *path, enum ctl_verb verb, int argc, char *argv[])
{
	char key[KEY_TEXT_MAX];
	enum ctl_exit exit_code;

	(void)path; /* needs no casvipd */
	(void)verb;
	if (privilege_hide() < 0 || seal_init() < 0) {
		fprintf(stderr, "casvipctl: cannot hide the key, or libsodium cannot start\n");
		return CTL_FAILED;
	}
	key_generate(key);
	if (argc > 1)
		exit_code = write_key(argv[1], key);
	else
		exit_code = fputs(key, stdout) >= 0 && fflush(stdout) == 0 ? CTL_DONE : CTL_FAILED;
	explicit_bzero(key, sizeof(key));
	return exit_code;
}

/* The checks are casvip-checks' affair, which needs no casvipd: a file may be tried before it is put into service. */
static enum ctl_exit run_check(const char *path, enum ctl_verb verb, int argc, char *argv[])
{
	char program[PATH_MAX], name[] = "casvip-checks", once[] = "--once", *arguments[CTL_ARGUMENTS_MAX + 3];

	(void)path;
	(void)verb;
	child_find(name, program);
	arguments[0] = name;
	arguments[1] = once;
	for (int i = 1; i <= argc; i++) /* the NULL at the end, too */
		arguments[i + 1] = argv[i];
	execv(program, arguments);
	fprintf(stderr, "casvipctl: %s: %s\n", program, strerror(errno));
	return CTL_FAILED;
}

static const struct command commands[] = {
	{"status", "[--json]", "what this node believes, on one screen or as JSON", 0, 1, CTL_STATUS, run_status},
	{"move", "VIP [NODE]", "hand the vip over, to that node or to the best one", 1, 2, CTL_MOVE, run_order},
	{"standby", "", "give every vip away and take none", 0, 0, CTL_STANDBY, run_order},
	{"online", "", "end of standby", 0, 0, CTL_ONLINE, run_order},
	{"reload", "", "read the configuration again; a bad one changes nothing", 0, 0, CTL_RELOAD, run_order},
	{"check", "[-f FILE] [NAME...]", "run the checks once, now, or those of these names", 0, CTL_ARGUMENTS_MAX, 0,
	 run_check},
	{"keygen", "[FILE]", "a new cluster key, to stdout or into a new file", 0, 1, 0, run_keygen},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *out)
{
	fputs("usage: casvipctl [-s SOCKET] COMMAND\n"
	      "       casvipctl -h | --help | --version\n\n",
	      out);
	for (size_t c = 0; c < COMMANDS; c++)
		fprintf(out, "  %-8s %-19s %s\n", commands[c].name, commands[c].arguments, commands[c].help);
}

static const struct command *find_command(const char *name)
{
	for (size_t c = 0; c < COMMANDS; c++)
		if (strcmp(commands[c].name, name) == 0)
			return &commands[c];
	return NULL;
}

static enum ctl_exit run(const char *path, int argc, char *argv[])
{
	const struct command *command = argc > 0 ? find_command(argv[0]) : NULL;

	if (argc > 0 && !command)
		fprintf(stderr, "casvipctl: there is no command %s\n", argv[0]);
	if (!command) {
		usage(stderr);
		return CTL_USAGE;
	}
	if (argc == 2 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)) {
		printf("usage: casvipctl [-s SOCKET] %s %s\n  %s\n", command->name, command->arguments, command->help);
		return CTL_DONE;
	}
	if (argc - 1 < command->least || argc - 1 > command->most) {
		fprintf(stderr, "usage: casvipctl [-s SOCKET] %s %s\n", command->name, command->arguments);
		return CTL_USAGE;
	}
	return command->run(path, command->verb, argc, argv);
}

int main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
	const char *path = CTL_SOCKET_DEFAULT;
	int letter;

	while ((letter = getopt_long(argc, argv, "+s:h", long_options, NULL)) != -1) {
		switch (letter) {
		case 's':
			path = optarg;
			break;
		case 'h':
			usage(stdout);
			return CTL_DONE;
		case 'V':
			puts("casvipctl " CASVIP_VERSION);
			return CTL_DONE;
		default:
			usage(stderr);
			return CTL_USAGE;
		}
	}
	return (int)run(path, argc - optind, argv + optind);
}
