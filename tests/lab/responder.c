/* Answers for whatever address of this host it is asked at, with the host's name: `responder NAME PORT`.
 *
 * UDP: the question comes back with the name and the instant of the answer, from the address it was sent to. TCP: the
 * name and a newline, then the client closes. Both families. It knows nothing of VIPs: whether a question for one gets
 * here is what the lab wants to know. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/lab/sample.h"

enum { CONNECTIONS_MAX = 64 };

static const char *name;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_on(int type, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int off = 0, on = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		die("responder: socket");
	if (type == SOCK_STREAM && listen(fd, CONNECTIONS_MAX) < 0)
		die("responder: listen");
	/* The control message that tells where a question was sent also sets where the answer comes from. For an
	 * IPv4 question on an IPv6 socket the kernel gives and takes the IPv4 form. */
	if (type == SOCK_DGRAM && (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0 ||
				   setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0))
		die("responder: pktinfo");
	return fd;
}

/* The answer leaves from the address that was asked, by whatever route: no interface is forced. */
static void forget_interface(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)(void *)CMSG_DATA(c))->ipi6_ifindex = 0;
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)(void *)CMSG_DATA(c))->ipi_ifindex = 0;
	}
}

static void answer_datagrams(int fd)
{
	for (;;) {
		struct question question;
		struct sockaddr_in6 from;
		_Alignas(struct cmsghdr) char control[256];
		struct iovec bytes = {.iov_base = &question, .iov_len = sizeof(question)};
		struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &bytes,
					 .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t length = recvmsg(fd, &message, 0);

		if (length < 0)
			return;
		if ((size_t)length != sizeof(question))
			continue;
		forget_interface(&message);
		strncpy(question.who, name, sizeof(question.who) - 1);
		question.answered = now_ns();
		sendmsg(fd, &message, 0);
	}
}

static void greet(int fd, struct pollfd fds[static CONNECTIONS_MAX])
{
	int connection = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (connection < 0)
		return;
	dprintf(connection, "%s\n", name);
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		if (fds[i].fd < 0) {
			fds[i] = (struct pollfd){.fd = connection, .events = POLLIN};
			return;
		}
	close(connection);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2 + CONNECTIONS_MAX];
	uint16_t port;

	if (argc != 3)
		return 2;
	name = argv[1];
	port = (uint16_t)atoi(argv[2]);
	instrument_start();
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	fds[0].fd = listen_on(SOCK_DGRAM, port);
	fds[1].fd = listen_on(SOCK_STREAM, port);
	for (;;) {
		if (poll(fds, sizeof(fds) / sizeof(*fds), -1) < 0)
			die("responder: poll");
		if (fds[0].revents)
			answer_datagrams(fds[0].fd);
		if (fds[1].revents)
			greet(fds[1].fd, fds + 2);
		for (size_t i = 2; i < sizeof(fds) / sizeof(*fds); i++)
			if (fds[i].revents) { /* the client has closed, or has more to say than we want */
				close(fds[i].fd);
				fds[i] = (struct pollfd){.fd = -1, .events = POLLIN};
			}
	}
}
