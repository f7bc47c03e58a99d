#include "agent/net_nd.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/net_packet.h"

struct net_nd {
	int fd;
	unsigned ifindex;
	uint8_t mac[6];
};

static const uint8_t mac_all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1}; /* of ff02::1, RFC 2464 7 */

/* Neighbour advertisements with hop limit 255, from others: no other IPv6 packet costs more than these instructions. */
static struct sock_filter filter_code[] = {
	NET_PACKET_FILTER_OTHERS(5),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* next header, hop limit */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6 << 8 | 255, 0, 3),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 40), /* type, code */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136 << 8, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, NET_PACKET_MOST),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

/* Answers to probes go to all nodes. The card passes that group while the kernel speaks IPv6 on the interface; this
 * makes it pass in any case. */
static int join_all_nodes(int fd, unsigned ifindex)
{
	struct packet_mreq membership = {
		.mr_ifindex = (int)ifindex,
		.mr_type = PACKET_MR_MULTICAST,
		.mr_alen = 6,
	};

	memcpy(membership.mr_address, mac_all_nodes, 6);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) != 0)
		return -errno;
	return 0;
}

static int open_socket(unsigned ifindex)
{
	const struct sock_fprog filter = {sizeof(filter_code) / sizeof(filter_code[0]), filter_code};
	int fd = net_packet_open(ifindex, ETH_P_IPV6, &filter);
	int error;

	if (fd < 0)
		return fd;
	error = join_all_nodes(fd, ifindex);
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}

int net_nd_open(struct net_nd **ret_nd, unsigned ifindex, const uint8_t mac[static 6])
{
	struct net_nd *nd = calloc(1, sizeof(*nd));
	int fd;

	if (!nd)
		return -ENOMEM;
	fd = open_socket(ifindex);
	if (fd < 0) {
		free(nd);
		return fd;
	}
	nd->fd = fd;
	nd->ifindex = ifindex;
	memcpy(nd->mac, mac, 6);
	*ret_nd = nd;
	return 0;
}

int net_nd_fd(const struct net_nd *nd)
{
	return nd->fd;
}

void net_nd_close(struct net_nd *nd)
{
	if (!nd)
		return;
	close(nd->fd);
	free(nd);
}

static int send_packet(struct net_nd *nd, const uint8_t to_mac[static 6], const uint8_t *bytes, size_t length)
{
	const struct sockaddr_ll to = net_packet_to(nd->ifindex, ETH_P_IPV6, to_mac);

	return net_packet_send(nd->fd, &to, bytes, length);
}

/* 33:33 and the last four bytes of the solicited-node group (RFC 2464 7). */
static int send_to_group(struct net_nd *nd, const uint8_t address[static 16], const uint8_t *bytes, size_t length)
{
	uint8_t group[16];
	uint8_t mac[6] = {0x33, 0x33};

	nd_solicited_node(address, group);
	memcpy(mac + 2, group + 12, 4);
	return send_packet(nd, mac, bytes, length);
}

int net_nd_announce(struct net_nd *nd, const struct conf_address *address)
{
	uint8_t bytes[ND_PACKET_BYTES];
	size_t length = nd_write_announcement(address->bytes, nd->mac, bytes);

	return send_packet(nd, mac_all_nodes, bytes, length);
}

int net_nd_probe(struct net_nd *nd, const struct conf_address *address)
{
	uint8_t bytes[ND_PACKET_BYTES];
	size_t length = nd_write_probe(address->bytes, bytes);

	return send_to_group(nd, address->bytes, bytes, length);
}

/* The claimed MAC is the option's, or the sender's where the option was left out. Our own packets may come back by a
 * switch loop or a wireless bridge. */
static void report(const struct net_nd *nd, const struct nd_advertisement *advertisement,
		   const struct sockaddr_ll *from, net_nd_heard_fn *heard, void *context)
{
	static const uint8_t zeros[6];
	struct conf_address address = {.family = AF_INET6, .prefix = 128};
	const uint8_t *mac = memcmp(advertisement->mac, zeros, 6) != 0 ? advertisement->mac : from->sll_addr;

	if (memcmp(mac, nd->mac, 6) == 0 || memcmp(from->sll_addr, nd->mac, 6) == 0)
		return;
	memcpy(address.bytes, advertisement->target, 16);
	heard(context, &address, mac);
}

int net_nd_drain(struct net_nd *nd, int most, net_nd_heard_fn *heard, void *context)
{
	for (int i = 0; i < most; i++) {
		uint8_t bytes[NET_PACKET_MOST];
		struct sockaddr_ll from;
		struct nd_advertisement advertisement;
		ssize_t length = net_packet_receive(nd->fd, bytes, &from);

		if (length == -EAGAIN)
			return 0;
		if (length < 0)
			return (int)length;
		if (nd_parse(bytes, (size_t)length, &advertisement) == ND_OK)
			report(nd, &advertisement, &from, heard, context);
	}
	return 0;
}
