#include "agent/net_diag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ANSWER_BYTES = 16384, /* of a piece of a list: about 120 connections, which is a millisecond of work to end */
	ENDS_AT_ONCE = 64,    /* requests in one datagram: their acknowledgements fit the receive buffer */
};

struct net_diag {
	int lists, ends; /* a socket each: answers do not mix */
	uint32_t list_seq, end_seq;
	bool listing; /* a list was asked for, and not read to its end */
	alignas(struct nlmsghdr) uint8_t answer[ANSWER_BYTES];
};

static int netlink_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);

	return fd < 0 ? -errno : fd;
}

int net_diag_open(struct net_diag **ret_diag)
{
	struct net_diag *diag = calloc(1, sizeof(*diag));
	int r;

	if (!diag)
		return -ENOMEM;
	diag->lists = netlink_socket();
	diag->ends = netlink_socket();
	if (diag->lists >= 0 && diag->ends >= 0) {
		*ret_diag = diag;
		return 0;
	}
	r = diag->lists < 0 ? diag->lists : diag->ends;
	net_diag_close(diag);
	return r;
}

void net_diag_close(struct net_diag *diag)
{
	if (!diag)
		return;
	if (diag->lists >= 0)
		close(diag->lists);
	if (diag->ends >= 0)
		close(diag->ends);
	free(diag);
}

/* A list that is not read to its end keeps its socket busy: that one goes. */
static int give_up(struct net_diag *diag)
{
	int fd = netlink_socket();

	if (fd < 0)
		return fd;
	close(diag->lists);
	diag->lists = fd;
	diag->listing = false;
	return 0;
}

int net_diag_list(struct net_diag *diag, int family, enum diag_scope scope, const struct conf_address *address,
		  int addresses)
{
	uint8_t request[DIAG_LIST_MAX];
	size_t length = diag_list(request, family, scope, ++diag->list_seq, address, addresses);
	int r = diag->listing ? give_up(diag) : 0;

	if (r < 0)
		return r;
	if (send(diag->lists, request, length, 0) < 0)
		return -errno;
	diag->listing = true;
	return 0;
}

/* The connections in a piece. `*ret_more` becomes false where the list ends. */
static int read_piece(struct net_diag *diag, size_t length, struct diag_connection *connection, bool *ret_more)
{
	size_t at = 0;
	int count = 0, error = 0;

	while (count < NET_DIAG_PIECE_MAX) {
		switch (diag_read(diag->answer, length, diag->list_seq, &at, &connection[count], &error)) {
		case DIAG_CONNECTION:
			count++;
			break;
		case DIAG_DONE:
			*ret_more = false;
			return count;
		case DIAG_ERROR:
			return error < 0 ? error : -EPROTO;
		case DIAG_OTHER:
			break;
		case DIAG_NOTHING:
			return count;
		}
	}
	return count;
}

int net_diag_next(struct net_diag *diag, struct diag_connection connection[static NET_DIAG_PIECE_MAX], bool *ret_more)
{
	ssize_t length = recv(diag->lists, diag->answer, sizeof(diag->answer), 0);
	bool more = true;
	int count = length < 0 ? -errno : read_piece(diag, (size_t)length, connection, &more);

	if (count < 0)
		more = false;
	diag->listing = more;
	*ret_more = more;
	return count;
}

/* What the kernel said to each of the ends: it has answered before send() returns. */
static int read_acknowledgements(struct net_diag *diag, int *ended)
{
	struct diag_connection none;
	int error = 0, refusal = 0;
	ssize_t length;

	while ((length = recv(diag->ends, diag->answer, sizeof(diag->answer), 0)) > 0) {
		size_t at = 0;
		enum diag_news news;

		while ((news = diag_read(diag->answer, (size_t)length, diag->end_seq, &at, &none, &error)) !=
		       DIAG_NOTHING) {
			if (news != DIAG_ERROR)
				continue;
			*ended += error == 0;
			if (error < 0 && error != -ENOENT && refusal == 0)
				refusal = error;
		}
	}
	return refusal;
}

int net_diag_end(struct net_diag *diag, const struct diag_connection *connection, int count)
{
	uint8_t requests[ENDS_AT_ONCE * DIAG_END_BYTES];
	int ended = 0;

	diag->end_seq++;
	for (int done = 0; done < count;) {
		int now = count - done < ENDS_AT_ONCE ? count - done : ENDS_AT_ONCE;
		int r;

		for (int i = 0; i < now; i++)
			diag_end(requests + (size_t)i * DIAG_END_BYTES, diag->end_seq, &connection[done + i]);
		if (send(diag->ends, requests, (size_t)now * DIAG_END_BYTES, 0) < 0)
			return -errno;
		r = read_acknowledgements(diag, &ended);
		if (r < 0)
			return r;
		done += now;
	}
	return ended;
}
