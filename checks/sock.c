#include "checks/sock.h"

#include <errno.h>
#include <linux/tcp.h> /* of struct tcp_info, libc's has only the beginning */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/conf_address.h"

int sock_connect(const struct conf_address *address, uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_socket(address, port, &to);
	int fd, error;

	if (length == 0)
		return -EAFNOSUPPORT;
	fd = socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, length) < 0 && errno != EINPROGRESS) {
		error = errno == EAGAIN ? EADDRNOTAVAIL : errno; /* EAGAIN: no local port is free */
		close(fd);
		return -error;
	}
	return fd;
}

int sock_connected(int fd)
{
	struct sockaddr_storage self = {0}, peer = {0};
	socklen_t self_length = sizeof(self), peer_length = sizeof(peer), length = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error)
		return -error;
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_length) < 0)
		return errno == ENOTCONN ? -EINPROGRESS : -errno;
	if (getsockname(fd, (struct sockaddr *)&self, &self_length) < 0)
		return -errno;
	/* An ephemeral port that nobody listens on may be chosen as our own: TCP then connects to itself. */
	if (self_length == peer_length && memcmp(&self, &peer, self_length) == 0)
		return -ECONNREFUSED;
	return 0;
}

int sock_state(int fd)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0 ? -1 : info.tcpi_state;
}

ssize_t sock_send(int fd, const uint8_t *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

ssize_t sock_receive(int fd, uint8_t *bytes, size_t room)
{
	ssize_t got = recv(fd, bytes, room, 0);

	if (got == 0)
		return -ENODATA;
	return got < 0 ? -errno : got;
}

static struct tcp_info tcp_info(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info;
}

int64_t sock_received(int fd)
{
	return (int64_t)tcp_info(fd).tcpi_bytes_received;
}

int64_t sock_round_trip_us(int fd)
{
	struct tcp_info info = tcp_info(fd);

	return info.tcpi_rtt == 0 || info.tcpi_total_retrans ? -1 : (int64_t)info.tcpi_rtt;
}

static const struct {
	int error;
	enum verdict verdict;
	const char *reason;
} meanings[] = {
	{ENODATA, VERDICT_DOWN, "eof"},
	{ECONNREFUSED, VERDICT_DOWN, "refused"},
	{ECONNRESET, VERDICT_DOWN, "reset"},
	{EPIPE, VERDICT_DOWN, "reset"},
	{ECONNABORTED, VERDICT_DOWN, "reset"},
	{ETIMEDOUT, VERDICT_DOWN, "timeout"},
	{EHOSTUNREACH, VERDICT_DOWN, "unreachable"},
	{EHOSTDOWN, VERDICT_DOWN, "unreachable"},
	{ENETUNREACH, VERDICT_DOWN, "unreachable"},
	{ENETDOWN, VERDICT_DOWN, "unreachable"},
	{EMFILE, VERDICT_UNKNOWN, "no-descriptors"},
	{ENFILE, VERDICT_UNKNOWN, "no-descriptors"},
	{ENOMEM, VERDICT_UNKNOWN, "no-memory"},
	{ENOBUFS, VERDICT_UNKNOWN, "no-memory"},
	{EADDRNOTAVAIL, VERDICT_UNKNOWN, "no-local-port"},
	{EAFNOSUPPORT, VERDICT_UNKNOWN, "no-address-family"},
	{EACCES, VERDICT_UNKNOWN, "not-permitted"},
	{EPERM, VERDICT_UNKNOWN, "not-permitted"}, /* a packet filter of this host */
};

void sock_outcome(struct outcome *outcome, int error, const char *doing)
{
	const char *why = error == -ENODATA ? "the other side closed" : strerrordesc_np(-error);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].error == -error) {
			outcome_set(outcome, meanings[i].verdict, meanings[i].reason, "%s: %s", doing, why);
			return;
		}
	}
	outcome_set(outcome, VERDICT_DOWN, "socket-error", "%s: %s", doing, why ? why : "unknown error");
}

void sock_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
