/* Holds many connections on which nobody speaks, and tells when the kernel reports each as reset:
 * `holder [-t] -o FILE ADDRESS PORT COUNT`, -t: with TLS.
 *
 * FILE: "ready" and a newline once all are established; then, at the end, for each that was reset a line with the
 * instant (CLOCK_MONOTONIC, ns), in the order in which they came, and last "left N": those that were not. The end is
 * when none is left, or SIGTERM. In between nothing is written: the machine has other things to do. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "tests/lab/sample.h"

enum { EVENTS_A_TURN = 64 };

static void die(const char *what)
{
	fprintf(stderr, "holder: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* As many descriptors as this process may have: to have more takes a right that root need not have. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("RLIMIT_NOFILE");
}

/* Unverified: whose certificate it is changes nothing here. What the server sends after its handshake stays unread, and
 * without a goodbye the connection outlives the session's memory. */
static void shake_hands(SSL_CTX *tls, int fd)
{
	SSL *ssl = SSL_new(tls);

	if (!ssl || !SSL_set_fd(ssl, fd) || SSL_connect(ssl) != 1) {
		fprintf(stderr, "holder: no TLS\n");
		exit(1);
	}
	SSL_free(ssl);
}

static int join(const struct sockaddr_in *to, SSL_CTX *tls)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	if (tls)
		shake_hands(tls, fd);
	return fd;
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll");
}

static bool is_reset(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return error == ECONNRESET;
}

/* One look at what the kernel has; false when it is time to go. */
static bool turn(int epoll, int stop, uint64_t *at, unsigned *resets)
{
	struct epoll_event event[EVENTS_A_TURN];
	int count = epoll_wait(epoll, event, EVENTS_A_TURN, -1);
	uint64_t now = now_ns();

	for (int i = 0; i < count; i++) {
		int fd = event[i].data.fd;

		if (fd == stop)
			return false;
		if (is_reset(fd))
			at[(*resets)++] = now;
		close(fd);
	}
	return true;
}

static int signal_to_stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void hold(FILE *out, const struct sockaddr_in *to, unsigned count, SSL_CTX *tls)
{
	uint64_t *at = calloc(count, sizeof(*at));
	int epoll = epoll_create1(EPOLL_CLOEXEC), stop = signal_to_stop();
	unsigned resets = 0;

	if (!at || epoll < 0 || stop < 0)
		die("start");
	for (unsigned i = 0; i < count; i++)
		watch(epoll, join(to, tls), 0); /* errors and hang-ups come unasked */
	watch(epoll, stop, EPOLLIN);
	instrument_start(); /* not before: to open them is hard work, and nothing that is measured */
	fprintf(out, "ready\n");
	fflush(out);
	while (resets < count && turn(epoll, stop, at, &resets))
		;
	for (unsigned i = 0; i < resets; i++)
		fprintf(out, "%llu\n", (unsigned long long)at[i]);
	fprintf(out, "left %u\n", count - resets);
	free(at);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	SSL_CTX *tls = NULL;
	FILE *out = NULL;
	unsigned count;
	int option;

	while ((option = getopt(argc, argv, "to:")) != -1) {
		if (option == 't')
			tls = SSL_CTX_new(TLS_client_method());
		else if (option == 'o')
			out = fopen(optarg, "we");
	}
	if (argc - optind != 3 || !out || inet_pton(AF_INET, argv[optind], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: holder [-t] -o FILE ADDRESS PORT COUNT\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)atoi(argv[optind + 1]));
	count = (unsigned)atoi(argv[optind + 2]);
	allow_descriptors();
	hold(out, &to, count, tls);
	SSL_CTX_free(tls);
	return fclose(out) != 0;
}
