/* casvip-web: the status of this host's casvipd as a page, as metrics and as a health check. See casvip-web(8).
 *
 * A client of the control socket without privileges: nothing waits for it, and it may end at any time. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/ctl_wire.h"
#include "agent/web_http.h"
#include "conf/conf_address.h"

#define LISTEN_DEFAULT "127.0.0.1:7412"

enum { EXIT_USAGE = 2, BACKLOG = 64, LONG_VERSION = 256 };

struct web {
	struct web_ask *ask;
	struct web_http *http;
	bool by_name; /* reached from elsewhere: by whatever name this host has there */
	struct instant now;
	char text[WEB_TEXT_MAX];
};

static struct web_answer answer(void *context, const struct web_request *request)
{
	struct web *web = context;
	struct web_news news = web_ask_news(web->ask);
	struct web_route route = {0};
	enum web_refusal refusal = web_route(request, web->by_name, &route);

	if (refusal == WEB_FOUND)
		web_ask_watched(web->ask, web->now);
	return web_answer(refusal, &route, &news, web->now, web->text);
}

/* Milliseconds until then, rounded up, for poll(). */
static int until(struct instant then, struct instant now)
{
	int64_t ns = instant_reached(now, then) ? 0 : instant_since(then, now).ns;

	return then.ns == INSTANT_NEVER.ns || ns > 60000 * INT64_C(1000000) ? 60000 : (int)((ns + 999999) / 1000000);
}

static void serve(struct web *web)
{
	for (;;) {
		struct pollfd wait[] = {{.fd = web_http_fd(web->http), .events = POLLIN},
					{.fd = web_ask_fd(web->ask), .events = POLLIN}};
		struct instant now = clock_boottime();

		poll(wait, 2, until(instant_earlier(web_ask_wants(web->ask), web_http_wants(web->http, now)), now));
		web->now = clock_boottime();
		web_ask_turn(web->ask, web->now);
		web_http_turn(web->http, web->now);
	}
}

/* A listening descriptor, or -errno. */
static int listen_on(const struct conf_endpoint *endpoint)
{
	struct sockaddr_storage address;
	socklen_t length = address_to_socket(&endpoint->address, endpoint->port, &address);
	int fd = socket(endpoint->address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, error;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static int run(const struct conf_endpoint *endpoint, const char *where, const char *socket_path)
{
	static struct web web;
	int fd = listen_on(endpoint);
	int error = fd < 0 ? fd : web_http_open(&web.http, fd, answer, &web);

	if (error < 0) {
		fprintf(stderr, "casvip-web: cannot listen on %s: %s\n", where, strerror(-error));
		return EXIT_FAILURE;
	}
	error = web_ask_open(&web.ask, socket_path);
	if (error < 0) {
		fprintf(stderr, "casvip-web: %s: %s\n", socket_path, strerror(-error));
		web_http_close(web.http);
		return EXIT_FAILURE;
	}
	web.by_name = !address_is_loopback(&endpoint->address);
	serve(&web);
	return EXIT_SUCCESS;
}

static void usage(FILE *out)
{
	fputs("usage: casvip-web [-l ADDRESS:PORT] [-s SOCKET]\n"
	      "       casvip-web -h | --help | --version\n"
	      "\n"
	      "  -l ADDRESS:PORT  where to listen (" LISTEN_DEFAULT ")\n"
	      "  -s SOCKET        control socket of casvipd (" CTL_SOCKET_DEFAULT ")\n",
	      out);
}

static int start(const char *where, const char *socket_path)
{
	struct conf_endpoint endpoint = {0};
	const char *why;

	if (endpoint_read(where, &endpoint, &why) < 0) {
		fprintf(stderr, "casvip-web: -l: \"%s\" %s\n", where, why);
		return EXIT_USAGE;
	}
	/* What parses strangers' bytes never gets more rights than it has. A client that goes away is no signal. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_FAILURE;
	return run(&endpoint, where, socket_path);
}

int main(int argc, char *argv[])
{
	static const struct option long_options[] = {
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, LONG_VERSION}, {0}};
	const char *where = LISTEN_DEFAULT, *socket_path = CTL_SOCKET_DEFAULT;
	int letter;

	while ((letter = getopt_long(argc, argv, "l:s:h", long_options, NULL)) != -1) {
		switch (letter) {
		case 'l':
			where = optarg;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case LONG_VERSION:
			puts("casvip-web " CASVIP_VERSION);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return start(where, socket_path);
}
