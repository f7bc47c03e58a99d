#include "agent/net_arp.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/net_packet.h"

struct net_arp {
	int fd;
	unsigned ifindex;
	uint8_t mac[6];
};

/* Requests and replies for Ethernet and IPv4, from others. Everything else is refused before it costs buffer. The
 * socket is bound to every protocol, because only such a one sees packets before the fence drops them: who asks for a
 * vip is a neighbour, and another node may be probing for it at this moment. A VLAN's frames are not this LAN's. */
static struct sock_filter filter_code[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 10),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 8),
	NET_PACKET_FILTER_OTHERS(6),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* hardware and protocol */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1 << 16 | ETH_P_IP, 0, 4),
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* operation */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REQUEST, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARP_REPLY, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, NET_PACKET_MOST),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

int net_arp_open(struct net_arp **ret_arp, unsigned ifindex, const uint8_t mac[static 6])
{
	const struct sock_fprog filter = {sizeof(filter_code) / sizeof(filter_code[0]), filter_code};
	struct net_arp *arp = calloc(1, sizeof(*arp));
	int fd;

	if (!arp)
		return -ENOMEM;
	fd = net_packet_open(ifindex, ETH_P_ALL, &filter);
	if (fd < 0) {
		free(arp);
		return fd;
	}
	arp->fd = fd;
	arp->ifindex = ifindex;
	memcpy(arp->mac, mac, 6);
	*ret_arp = arp;
	return 0;
}

int net_arp_fd(const struct net_arp *arp)
{
	return arp->fd;
}

void net_arp_close(struct net_arp *arp)
{
	if (!arp)
		return;
	close(arp->fd);
	free(arp);
}

static int send_packet(struct net_arp *arp, const struct arp_packet *packet, const uint8_t to_mac[static 6])
{
	const struct sockaddr_ll to = net_packet_to(arp->ifindex, ETH_P_ARP, to_mac);
	uint8_t bytes[ARP_PACKET_BYTES];

	arp_write(packet, bytes);
	return net_packet_send(arp->fd, &to, bytes, sizeof(bytes));
}

/* From this interface's MAC; sender and target addresses may be NULL for 0.0.0.0. */
static struct arp_packet packet_of(const struct net_arp *arp, int operation, const struct conf_address *sender,
				   const struct conf_address *target)
{
	struct arp_packet packet = {.operation = operation};

	memcpy(packet.sender_mac, arp->mac, 6);
	if (sender)
		memcpy(packet.sender_ip, sender->bytes, 4);
	memcpy(packet.target_ip, target->bytes, 4);
	return packet;
}

/* Both forms, because some neighbours learn only from requests and some only from replies; the second goes out even
 * when the first could not. */
int net_arp_announce(struct net_arp *arp, const struct conf_address *address)
{
	struct arp_packet packet = packet_of(arp, ARP_REQUEST, address, address); /* RFC 5227 2.3, 3 */
	int as_request = send_packet(arp, &packet, mac_broadcast);
	int as_reply;

	packet.operation = ARP_REPLY;
	memcpy(packet.target_mac, mac_broadcast, 6);
	as_reply = send_packet(arp, &packet, mac_broadcast);
	return as_request < 0 ? as_request : as_reply;
}

int net_arp_probe(struct net_arp *arp, const struct conf_address *address)
{
	const struct arp_packet packet = packet_of(arp, ARP_REQUEST, NULL, address);

	return send_packet(arp, &packet, mac_broadcast);
}

int net_arp_ask(struct net_arp *arp, const struct conf_address *own, const struct conf_address *neighbour,
		const uint8_t *neighbour_mac)
{
	const struct arp_packet packet = packet_of(arp, ARP_REQUEST, own, neighbour);

	return send_packet(arp, &packet, neighbour_mac ? neighbour_mac : mac_broadcast);
}

/* A switch loop or a wireless bridge may bring our own packets back as if they were somebody's. */
static bool is_own(const struct net_arp *arp, const struct arp_packet *packet, const struct sockaddr_ll *from)
{
	return memcmp(packet->sender_mac, arp->mac, 6) == 0 || memcmp(from->sll_addr, arp->mac, 6) == 0;
}

static void report(const struct net_arp *arp, const struct arp_packet *packet, net_arp_heard_fn *heard, void *context)
{
	struct conf_address address = {.family = AF_INET, .prefix = 32};
	bool is_answer = packet->operation == ARP_REPLY && memcmp(packet->target_mac, arp->mac, 6) == 0;

	if (arp_claims(packet)) {
		memcpy(address.bytes, packet->sender_ip, 4);
		heard(context, &address, packet->sender_mac, is_answer ? ARP_ANSWER : ARP_CLAIM);
	} else if (arp_probes(packet)) {
		memcpy(address.bytes, packet->target_ip, 4);
		heard(context, &address, packet->sender_mac, ARP_PROBE);
	}
}

int net_arp_drain(struct net_arp *arp, int most, net_arp_heard_fn *heard, void *context)
{
	for (int i = 0; i < most; i++) {
		uint8_t bytes[NET_PACKET_MOST];
		struct sockaddr_ll from;
		struct arp_packet packet;
		ssize_t length = net_packet_receive(arp->fd, bytes, &from);

		if (length == -EAGAIN)
			return 0;
		if (length < 0)
			return (int)length;
		if (arp_parse(bytes, (size_t)length, &packet) != ARP_OK)
			continue;
		if (!is_own(arp, &packet, &from))
			report(arp, &packet, heard, context);
	}
	return 0;
}
