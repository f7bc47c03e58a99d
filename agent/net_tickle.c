#include "agent/net_tickle.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/conf_address.h"

enum {
	SEGMENT_MOST = 128, /* of what comes in: its head is enough */
	RECEIVE_BUFFER_BYTES = 256 * 1024,
	FLAGS_AT = 13, /* in a TCP header */
	SYN_OR_FIN = 0x03,
};

/* An IPv4 socket sees the IP header too, an IPv6 socket does not: raw(7), RFC 3542 3. */
static struct sock_filter filter_v4[] = {
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, FLAGS_AT),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN_OR_FIN, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0),
	BPF_STMT(BPF_RET | BPF_K, SEGMENT_MOST),
};
static struct sock_filter filter_v6[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS_AT),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN_OR_FIN, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, 0),
	BPF_STMT(BPF_RET | BPF_K, SEGMENT_MOST),
};

static int set_up(int fd, int family)
{
	const struct sock_fprog program = {
		.len = family == AF_INET ? sizeof(filter_v4) / sizeof(filter_v4[0])
					 : sizeof(filter_v6) / sizeof(filter_v6[0]),
		.filter = family == AF_INET ? filter_v4 : filter_v6,
	};
	const int bytes = RECEIVE_BUFFER_BYTES, on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		return -errno;
	if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

static int open_raw(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int r;

	if (fd < 0)
		return -errno;
	r = set_up(fd, family);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

int net_tickle_open(struct net_tickle *net)
{
	net->v4 = open_raw(AF_INET);
	net->v6 = open_raw(AF_INET6);
	return net->v4 >= 0 || net->v6 >= 0 ? 0 : net->v4;
}

void net_tickle_close(struct net_tickle *net)
{
	if (net->v4 >= 0)
		close(net->v4);
	if (net->v6 >= 0)
		close(net->v6);
	net->v4 = net->v6 = -1;
}

union control {
	alignas(struct cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Which address it comes from: the vip is never chosen by itself. */
static void set_source(struct msghdr *message, union control *control, const struct conf_address *from)
{
	bool v4 = from->family == AF_INET;
	struct in6_pktinfo info6 = {.ipi6_ifindex = 0};
	struct in_pktinfo info4 = {.ipi_ifindex = 0};
	size_t length = v4 ? sizeof(info4) : sizeof(info6);
	struct cmsghdr *head;

	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(length);
	head = CMSG_FIRSTHDR(message);
	head->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	head->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
	head->cmsg_len = CMSG_LEN(length);
	memcpy(&info4.ipi_spec_dst, from->bytes, sizeof(info4.ipi_spec_dst));
	memcpy(&info6.ipi6_addr, from->bytes, sizeof(info6.ipi6_addr));
	memcpy(CMSG_DATA(head), v4 ? (const void *)&info4 : (const void *)&info6, length);
}

int net_tickle_send(const struct net_tickle *net, const struct tickle *tickle)
{
	int fd = tickle->to.family == AF_INET ? net->v4 : net->v6;
	uint8_t segment[TICKLE_BYTES];
	struct sockaddr_storage to;
	union control control = {{0}};
	struct iovec piece = {segment, sizeof(segment)};
	struct msghdr message = {.msg_name = &to, .msg_iov = &piece, .msg_iovlen = 1};

	if (fd < 0)
		return -EAFNOSUPPORT;
	message.msg_namelen = address_to_socket(&tickle->to, 0, &to); /* a raw socket knows no ports */
	set_source(&message, &control, &tickle->from);
	tickle_write(tickle, segment);
	return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static struct conf_address address_of(int family, const void *bytes)
{
	struct conf_address address = {.family = family, .prefix = family == AF_INET ? 32 : 128};

	memcpy(address.bytes, bytes, family == AF_INET ? 4 : 16);
	return address;
}

static void answer_v4(const uint8_t *packet, size_t length, net_tickle_answer_fn *answered, void *context)
{
	struct iphdr ip;
	uint16_t from_port, to_port;
	struct conf_address from, to;

	if (length < sizeof(ip))
		return;
	memcpy(&ip, packet, sizeof(ip));
	if ((size_t)ip.ihl * 4 > length ||
	    !tickle_answer(packet + ip.ihl * 4, length - (size_t)ip.ihl * 4, &from_port, &to_port))
		return;
	from = address_of(AF_INET, &ip.saddr);
	to = address_of(AF_INET, &ip.daddr);
	answered(context, &from, from_port, &to, to_port);
}

static void answer_v6(const uint8_t *segment, size_t length, const struct sockaddr_in6 *sender, struct msghdr *message,
		      net_tickle_answer_fn *answered, void *context)
{
	struct conf_address from = address_of(AF_INET6, &sender->sin6_addr), to;
	struct in6_pktinfo info;
	uint16_t from_port, to_port;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
		if (head->cmsg_level != IPPROTO_IPV6 || head->cmsg_type != IPV6_PKTINFO ||
		    !tickle_answer(segment, length, &from_port, &to_port))
			continue;
		memcpy(&info, CMSG_DATA(head), sizeof(info));
		to = address_of(AF_INET6, &info.ipi6_addr);
		answered(context, &from, from_port, &to, to_port);
		return;
	}
}

static void drain(int fd, int family, int most, net_tickle_answer_fn *answered, void *context)
{
	for (int i = 0; i < most; i++) {
		uint8_t packet[SEGMENT_MOST];
		struct sockaddr_in6 sender = {.sin6_family = AF_UNSPEC};
		union control control = {{0}};
		struct iovec piece = {packet, sizeof(packet)};
		struct msghdr message = {.msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = &piece,
					 .msg_iovlen = 1, .msg_control = control.bytes,
					 .msg_controllen = sizeof(control.bytes)};
		ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);

		if (length < 0)
			return;
		if (family == AF_INET)
			answer_v4(packet, (size_t)length, answered, context);
		else
			answer_v6(packet, (size_t)length, &sender, &message, answered, context);
	}
}

void net_tickle_answers(const struct net_tickle *net, int most, net_tickle_answer_fn *answered, void *context)
{
	if (net->v4 >= 0)
		drain(net->v4, AF_INET, most, answered, context);
	if (net->v6 >= 0)
		drain(net->v6, AF_INET6, most, answered, context);
}
