/* A host in one namespace, a prober on its LAN in another, for the tests of the fence. Include cmocka.h first.
 *
 * The prober never waits for silence: after each question to the vip it asks the host's own address the same, and the
 * answers come in the order of the questions. */
#pragma once

#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/fence.h"
#include "tests/unit/frames.h"
#include "tests/unit/netns.h"

#define VIP4  "192.0.2.50"
#define HOST4 "192.0.2.1"
#define VIP6  "2001:db8::50"
#define HOST6 "2001:db8::1"

enum { SLOT = 5 };
enum ask { ASK_ARP, ASK_ARP_REPLY, ASK_PING, ASK_UDP, ASK_PING6, ASK_NS, ASK_NS_EXTENSION, ASK_NS_UNICAST };

/* The questions that have answers. */
static const enum ask every_ask[] = {ASK_ARP, ASK_PING, ASK_PING6, ASK_NS, ASK_NS_EXTENSION, ASK_NS_UNICAST};
enum { EVERY_ASK = sizeof(every_ask) / sizeof(every_ask[0]) };

static int host_ns, lan_ns;
static int lan = -1;                                   /* the prober's packet socket */
static const uint8_t host_mac[6] = {2, 0, 0, 0, 0, 1}; /* of a0 */

static inline struct conf_address address_of(const char *text, uint8_t prefix)
{
	struct conf_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET, .prefix = prefix};

	assert_int_equal(inet_pton(address.family, text, address.bytes), 1);
	return address;
}

static inline int packet_socket(unsigned ifindex)
{
	struct sockaddr_ll place = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&place, sizeof(place)), 0);
	return fd;
}

static inline void need_root(void)
{
	if (lan < 0)
		skip();
}

static inline struct frame question(enum ask ask, enum tag tag, const char *target4, const char *target6)
{
	bool vip = strcmp(target4, VIP4) == 0;
	const uint8_t group[6] = {0x33, 0x33, 0xff, 0, 0, vip ? 0x50 : 1};
	const char *solicited = vip ? "ff02::1:ff00:50" : "ff02::1:ff00:1";
	struct frame frame = {.length = 0};

	switch (ask) {
	case ASK_ARP:
	case ASK_ARP_REPLY:
		push_ether(&frame, everyone, ETHERTYPE_ARP, tag);
		push_arp(&frame, ask == ASK_ARP ? ARPOP_REQUEST : ARPOP_REPLY, PROBE4, target4);
		break;
	case ASK_PING:
		push_ether(&frame, host_mac, ETHERTYPE_IP, tag);
		push_ping(&frame, PROBE4, target4);
		break;
	case ASK_UDP:
		push_ether(&frame, host_mac, ETHERTYPE_IP, tag);
		push_udp(&frame, target4);
		break;
	case ASK_PING6:
		push_ether(&frame, host_mac, ETHERTYPE_IPV6, tag);
		push_ping6(&frame, target6);
		break;
	case ASK_NS:
	case ASK_NS_EXTENSION:
		push_ether(&frame, group, ETHERTYPE_IPV6, tag);
		push_nd(&frame, ND_NEIGHBOR_SOLICIT, PROBE6, solicited, ask == ASK_NS_EXTENSION, target6);
		break;
	case ASK_NS_UNICAST:
		push_ether(&frame, host_mac, ETHERTYPE_IPV6, tag);
		push_nd(&frame, ND_NEIGHBOR_SOLICIT, PROBE6, HOST6, false, target6);
		break;
	}
	return frame;
}

/* Who answers in this frame, as text: the ARP sender, the IP source, the target of an advertisement; or "". */
static inline void speaker(const uint8_t *bytes, ssize_t length, char text[static INET6_ADDRSTRLEN])
{
	const uint8_t *payload = &bytes[sizeof(struct ether_header)], *icmp6 = &payload[sizeof(struct ip6_hdr)];
	int protocol = length >= 42 ? bytes[12] << 8 | bytes[13] : 0;

	text[0] = '\0';
	if (protocol == ETHERTYPE_ARP && payload[7] == ARPOP_REPLY)
		inet_ntop(AF_INET, &payload[14], text, INET6_ADDRSTRLEN);
	else if (protocol == ETHERTYPE_IP && payload[9] == IPPROTO_ICMP)
		inet_ntop(AF_INET, &payload[12], text, INET6_ADDRSTRLEN);
	else if (protocol == ETHERTYPE_IPV6 && length >= 14 + 40 + 24 && icmp6[0] == ND_NEIGHBOR_ADVERT)
		inet_ntop(AF_INET6, &icmp6[8], text, INET6_ADDRSTRLEN);
	else if (protocol == ETHERTYPE_IPV6 && length >= 14 + 40 + 8 && icmp6[0] == ICMP6_ECHO_REPLY)
		inet_ntop(AF_INET6, &payload[8], text, INET6_ADDRSTRLEN);
}

static inline void ask_lan(enum ask ask, enum tag tag, const char *target4, const char *target6)
{
	struct frame frame = question(ask, tag, target4, target6);

	assert_int_equal(send(lan, frame.bytes, frame.length, 0), frame.length);
}

/* The next frame that comes to the prober; false after a second. */
static inline bool next_frame(uint8_t bytes[static 2048], ssize_t *ret_length)
{
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);

	do {
		if (poll(&(struct pollfd){.fd = lan, .events = POLLIN}, 1, 1000) != 1)
			return false;
		*ret_length = recvfrom(lan, bytes, 2048, 0, (struct sockaddr *)&from, &size);
		assert_true(*ret_length > 0);
	} while (from.sll_pkttype == PACKET_OUTGOING);
	return true;
}

/* Asks the vip, then the host's own address. How many answers for the vip came before those of the host? Both cards
 * answer ARP. */
static inline int answers(enum ask ask, enum tag tag)
{
	int vip = 0, host = 0;
	uint8_t bytes[2048];
	char text[INET6_ADDRSTRLEN];
	ssize_t length;

	ask_lan(ask, tag, VIP4, VIP6);
	ask_lan(ask == ASK_NS_EXTENSION || ask == ASK_NS_UNICAST ? ASK_NS : ask, TAG_NONE, HOST4, HOST6);
	while (next_frame(bytes, &length)) {
		speaker(bytes, length, text);
		vip += strcmp(text, VIP4) == 0 || strcmp(text, VIP6) == 0;
		host += strcmp(text, HOST4) == 0 || strcmp(text, HOST6) == 0;
		if (host == (ask == ASK_ARP ? 2 : 1))
			return vip;
	}
	fail_msg("the host's own address does not answer");
	return -1;
}

/* A new bridge lets nothing through until its ports have their carrier. True when both cards have answered. */
static inline bool lan_works(void)
{
	struct instant end = instant_add(now(), duration_ms(5000));
	char text[INET6_ADDRSTRLEN];
	uint8_t bytes[2048];
	ssize_t length;

	do {
		ask_lan(ASK_ARP, TAG_NONE, HOST4, HOST6);
		if (poll(&(struct pollfd){.fd = lan, .events = POLLIN}, 1, 20) != 1)
			continue;
		for (int host = 0; (length = recv(lan, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;) {
			speaker(bytes, length, text);
			host += strcmp(text, HOST4) == 0;
			if (host == 2)
				return true;
		}
	} while (!instant_reached(now(), end));
	return false;
}

/* The host has two cards, a0 and b0, on one LAN: a bridge in the other namespace, where the prober sits. */
static inline int set_up(void **state)
{
	(void)state;
	lan_ns = netns_new();
	host_ns = lan_ns < 0 ? -1 : netns_new();
	if (host_ns < 0)
		return 0;
	run("ip link set lo up; for i in all default; do echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter; done");
	run("ip link add a0 address 02:00:00:00:00:01 type veth peer name pa netns /proc/%d/fd/%d", getpid(), lan_ns);
	run("ip link add b0 type veth peer name pb netns /proc/%d/fd/%d", getpid(), lan_ns);
	run("ip address add " HOST4 "/24 dev a0; ip address add " HOST6 "/64 dev a0 nodad");
	run("ip address add " VIP4 "/24 dev a0; ip address add " VIP6 "/64 dev a0 nodad");
	run("ip neighbour add " PROBE4 " lladdr 02:00:00:00:00:09 dev a0 nud permanent");
	run("ip neighbour add " PROBE6 " lladdr 02:00:00:00:00:09 dev a0 nud permanent");
	run("echo 0 >/proc/sys/net/ipv6/conf/a0/dad_transmits; echo 0 >/proc/sys/net/ipv6/conf/b0/dad_transmits");
	run("ip link set a0 up; ip link set b0 up");
	assert_int_equal(setns(lan_ns, CLONE_NEWNET), 0);
	run("ip link add lan address 02:00:00:00:00:09 type bridge mcast_snooping 0; ip link set pa master lan; ip "
	    "link set pb master lan");
	run("echo 1 >/proc/sys/net/ipv6/conf/lan/disable_ipv6");
	run("ip link set lan up; ip link set pa up; ip link set pb up");
	lan = packet_socket(if_nametoindex("lan"));
	assert_int_equal(setns(host_ns, CLONE_NEWNET), 0);
	return !lan_works();
}

static inline int tear_down(void **state)
{
	(void)state;
	close(lan);
	close(lan_ns);
	close(host_ns);
	return 0;
}

/* ---- the host ---- */

static inline struct fence *open_fence(void)
{
	const struct conf_address vip[] = {address_of(VIP4, 24), address_of(VIP6, 64)};
	struct fence *fence = NULL;
	char why[128] = "";
	int r = fence_open(&fence, why);

	if (r < 0)
		fail_msg("fence_open: %d %s", r, why);
	assert_int_equal(fence_guard(fence, SLOT, vip, 2), 0);
	return fence;
}

static inline void attach_both(struct fence *fence)
{
	assert_int_equal(fence_attach(fence, if_nametoindex("a0")), 0);
	assert_int_equal(fence_attach(fence, if_nametoindex("b0")), 0);
}

static inline struct fence *new_fence(void)
{
	struct fence *fence = open_fence();

	attach_both(fence);
	return fence;
}

static inline void lease_for(struct fence *fence, int64_t ms)
{
	fence_lease(fence, SLOT, instant_add(now(), duration_ms(ms)));
}

static inline int no_fence(void **state)
{
	(void)state;
	return lan >= 0 && fence_remove_all() < 0;
}

#define fenced(test) cmocka_unit_test_teardown(test, no_fence)
