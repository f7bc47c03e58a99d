#include "agent/net_beat.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/conf_address.h"

enum {
	/* A turn that comes late finds the newest beats lost, not the oldest: so room for a moment's beats, no more. */
	RECEIVE_BUFFER_BYTES = 64 * 1024,
	CLASS_CS6 = 0xc0, /* network control, RFC 2474 4.2.2 */
	PRIORITY_FIRST_BAND = 6, /* the highest that needs no privilege */
	TRIES = 2, /* a call that reports an error of an earlier datagram has not done its own work */
};

struct path {
	struct conf_address from, to; /* family 0: no such link */
	int fd;     /* or -errno: why there is none */
	bool connected; /* ever: strangers are kept out by the kernel from then on */
	bool mend;
};

struct net_beat {
	uint16_t port;
	struct path path[NODES_MAX][LINKS_MAX];
	int strangers;
	uint32_t strangers_seen;
};

/* Reuse of the port, because all sockets share it. No path MTU from the network: an ICMP message is a stranger's. What
 * does not fit the interface's own MTU goes in fragments. Only the priorities may fail: they help, no more. */
static const struct option {
	int family; /* 0: any */
	int level, name, value;
	bool may_fail;
} options[] = {
	{0, SOL_SOCKET, SO_REUSEPORT, 1, false},
	{0, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES, false},
	{AF_INET, IPPROTO_IP, IP_FREEBIND, 1, false},
	{AF_INET, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT, false},
	{AF_INET, IPPROTO_IP, IP_TOS, CLASS_CS6, true},
	{AF_INET6, IPPROTO_IPV6, IPV6_FREEBIND, 1, false},
	{AF_INET6, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT, false},
	{AF_INET6, IPPROTO_IPV6, IPV6_TCLASS, CLASS_CS6, true},
	{0, SOL_SOCKET, SO_PRIORITY, PRIORITY_FIRST_BAND, true}, /* after IP_TOS, which sets it too */
};

static int set_options(int fd, int family)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *each = &options[i];

		if (each->family != 0 && each->family != family)
			continue;
		if (setsockopt(fd, each->level, each->name, &each->value, sizeof(each->value)) < 0 && !each->may_fail)
			return -1;
	}
	return 0;
}

/* From now on the kernel drops, and counts, whatever comes to this socket. */
static int drop_all(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* A socket bound to the address and the port that drops what comes, or -errno when that cannot be had now. */
static int open_bound(const struct conf_address *address, uint16_t port)
{
	struct sockaddr_storage from;
	socklen_t length = address_to_socket(address, port, &from);
	int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	int error;

	if (fd < 0)
		return -errno;
	if (set_options(fd, address->family) == 0 && drop_all(fd) == 0 &&
	    bind(fd, (struct sockaddr *)&from, length) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* One for both families: an IPv6 socket hears IPv4 too, unless the kernel has no IPv6. */
static void open_strangers(struct net_beat *net)
{
	static const struct conf_address any[] = {{.family = AF_INET6}, {.family = AF_INET}};

	for (int i = 0; i < 2 && net->strangers < 0; i++)
		net->strangers = open_bound(&any[i], net->port);
	net->strangers_seen = 0;
}

/* Connects, again if need be: a connected socket keeps its peer and what it has received when this fails. The filter
 * falls only now, so no stranger's datagram that came before the connection waits among the peer's. */
static void connect_path(const struct net_beat *net, struct path *path)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_socket(&path->to, net->port, &to);
	int ignored = 0;

	for (int tries = 0; tries < TRIES && path->mend; tries++)
		path->mend = connect(path->fd, (struct sockaddr *)&to, length) < 0;
	if (path->mend || path->connected)
		return;
	setsockopt(path->fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof(ignored));
	path->connected = true;
}

/* Is there something left to mend? */
static bool mend_path(const struct net_beat *net, struct path *path)
{
	if (path->from.family == 0)
		return false;
	if (path->fd < 0)
		path->fd = open_bound(&path->from, net->port);
	if (path->fd >= 0 && path->mend)
		connect_path(net, path);
	return path->mend;
}

int net_beat_mend(struct net_beat *net)
{
	int missing = 0;

	if (net->strangers < 0)
		open_strangers(net);
	if (net->strangers < 0)
		missing++;
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++)
			missing += mend_path(net, &net->path[n][l]);
	}
	return missing;
}

static void plan_path(struct path *path, const struct conf_node *self, const struct conf_node *peer, int link)
{
	*path = (struct path){.fd = -EBADF};
	if (self == peer || link >= self->addresses || link >= peer->addresses ||
	    self->address[link].family != peer->address[link].family)
		return;
	path->from = self->address[link];
	path->to = peer->address[link];
	path->mend = true;
}

int net_beat_open(struct net_beat **ret_net, const struct conf *conf, node_id self)
{
	struct net_beat *net = calloc(1, sizeof(*net));

	assert(self < conf->nodes);
	if (!net)
		return -ENOMEM;
	net->port = conf->port;
	net->strangers = -1;
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++)
			plan_path(&net->path[n][l], &conf->node[self], &conf->node[n], l);
	}
	net_beat_mend(net);
	*ret_net = net;
	return 0;
}

static bool same_ends(const struct path *a, const struct path *b)
{
	return address_same(&a->from, &b->from) && address_same(&a->to, &b->to);
}

void net_beat_change(struct net_beat *net, const struct conf *conf, node_id self,
		     bool changed[static NODES_MAX][LINKS_MAX])
{
	assert(self < conf->nodes && conf->port == net->port);
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++) {
			struct path *path = &net->path[n][l], next;

			plan_path(&next, &conf->node[self], &conf->node[n], l);
			changed[n][l] = !same_ends(path, &next);
			if (!changed[n][l])
				continue;
			if (path->fd >= 0)
				close(path->fd);
			*path = next;
		}
	}
}

void net_beat_close(struct net_beat *net)
{
	if (!net)
		return;
	for (int n = 0; n < NODES_MAX; n++) {
		for (int l = 0; l < LINKS_MAX; l++) {
			if (net->path[n][l].fd >= 0)
				close(net->path[n][l].fd);
		}
	}
	if (net->strangers >= 0)
		close(net->strangers);
	free(net);
}

int net_beat_fds(const struct net_beat *net, struct net_beat_fd fds[static NET_BEAT_FDS_MAX])
{
	int count = 0;

	for (node_id n = 0; n < NODES_MAX; n++) {
		for (uint8_t l = 0; l < LINKS_MAX; l++) {
			const struct path *path = &net->path[n][l];

			if (path->from.family != 0)
				fds[count++] = (struct net_beat_fd){path->fd < 0 ? -1 : path->fd, n, l};
		}
	}
	return count;
}

int net_beat_trouble(const struct net_beat *net, node_id peer, uint8_t link)
{
	const struct path *path;

	assert(peer < NODES_MAX && link < LINKS_MAX);
	path = &net->path[peer][link];
	return path->from.family != 0 && path->fd < 0 ? path->fd : 0;
}

/* Errors that pass by themselves; any other means that the way to the peer has changed under the socket. */
static bool passes(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENOMEM || error == EPERM || error == ECONNREFUSED;
}

int net_beat_send(struct net_beat *net, node_id peer, uint8_t link, const uint8_t *datagram, size_t length)
{
	struct path *path;

	assert(peer < NODES_MAX && link < LINKS_MAX);
	path = &net->path[peer][link];
	if (!path->connected)
		return -ENOTCONN;
	for (int tries = 0; tries < TRIES; tries++) {
		if (send(path->fd, datagram, length, MSG_NOSIGNAL) >= 0)
			return 0;
	}
	if (!passes(errno))
		path->mend = true;
	return -errno;
}

ssize_t net_beat_receive(struct net_beat *net, node_id peer, uint8_t link, uint8_t *datagram, size_t most)
{
	const struct path *path;

	assert(peer < NODES_MAX && link < LINKS_MAX);
	path = &net->path[peer][link];
	if (!path->connected)
		return -EAGAIN;
	for (int tries = 0; tries < TRIES; tries++) {
		ssize_t length = recv(path->fd, datagram, most, MSG_TRUNC);

		if (length >= 0)
			return length;
		if (errno == EAGAIN)
			break;
	}
	return -errno;
}

unsigned net_beat_strangers(struct net_beat *net)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0}, fresh;
	socklen_t length = sizeof(memory);

	if (net->strangers < 0 || getsockopt(net->strangers, SOL_SOCKET, SO_MEMINFO, memory, &length) < 0)
		return 0;
	fresh = memory[SK_MEMINFO_DROPS] - net->strangers_seen;
	net->strangers_seen = memory[SK_MEMINFO_DROPS];
	return fresh;
}
