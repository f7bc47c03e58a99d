/* Frames as a prober writes them: Ethernet, VLAN tags, ARP, ICMP, UDP, ICMPv6. For tests; include cmocka.h first. */
#pragma once

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PROBE4 "192.0.2.9"
#define PROBE6 "2001:db8::9"

enum tag { TAG_NONE, TAG_PRIORITY, TAG_PRIORITY_TWICE };

static const uint8_t probe_mac[6] = {2, 0, 0, 0, 0, 9};
static const uint8_t everyone[6] = {255, 255, 255, 255, 255, 255};

struct frame {
	uint8_t bytes[256];
	size_t length;
};

static inline void push(struct frame *frame, const void *header, size_t bytes)
{
	assert_true(frame->length + bytes <= sizeof(frame->bytes));
	memcpy(&frame->bytes[frame->length], header, bytes);
	frame->length += bytes;
}

static inline void push_ether(struct frame *frame, const uint8_t to[static 6], uint16_t protocol, enum tag tag)
{
	struct ether_header ether = {.ether_type = htons(tag == TAG_NONE ? protocol : ETHERTYPE_VLAN)};

	memcpy(ether.ether_dhost, to, 6);
	memcpy(ether.ether_shost, probe_mac, 6);
	push(frame, &ether, sizeof(ether));
	for (enum tag i = TAG_PRIORITY; i <= tag; i++) {
		/* VLAN 0: priority only, the host's own untagged network */
		const uint16_t vlan[2] = {0, htons(i == tag ? protocol : ETHERTYPE_VLAN)};

		push(frame, vlan, sizeof(vlan));
	}
}

static inline uint16_t checksum(const void *data, size_t length, uint32_t sum)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static inline void push_arp(struct frame *frame, uint16_t operation, const char *sender, const char *target)
{
	struct ether_arp arp = {.ea_hdr = {htons(ARPHRD_ETHER), htons(ETHERTYPE_IP), 6, 4, htons(operation)}};

	memcpy(arp.arp_sha, probe_mac, 6);
	inet_pton(AF_INET, sender, arp.arp_spa);
	inet_pton(AF_INET, target, arp.arp_tpa);
	push(frame, &arp, sizeof(arp));
}

static inline void push_ipv4(struct frame *frame, uint8_t protocol, size_t payload, const char *sender,
			     const char *target)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = protocol};

	ip.tot_len = htons((uint16_t)(sizeof(ip) + payload));
	inet_pton(AF_INET, sender, &ip.saddr);
	inet_pton(AF_INET, target, &ip.daddr);
	ip.check = checksum(&ip, sizeof(ip), 0);
	push(frame, &ip, sizeof(ip));
}

static inline void push_ping(struct frame *frame, const char *sender, const char *target)
{
	struct icmphdr icmp = {.type = ICMP_ECHO, .un.echo.id = htons(7)};

	icmp.checksum = checksum(&icmp, sizeof(icmp), 0);
	push_ipv4(frame, IPPROTO_ICMP, sizeof(icmp), sender, target);
	push(frame, &icmp, sizeof(icmp));
}

static inline void push_udp(struct frame *frame, const char *target)
{
	const struct udphdr udp = {.source = htons(7), .dest = htons(7), .len = htons(sizeof(udp))};

	push_ipv4(frame, IPPROTO_UDP, sizeof(udp), PROBE4, target);
	push(frame, &udp, sizeof(udp)); /* no checksum: allowed over IPv4 */
}

/* An ICMPv6 message of at most 32 bytes, behind a destination options header when `extension`. */
static inline void push_icmp6(struct frame *frame, const char *sender, const char *to, bool extension,
			      const void *message, size_t length)
{
	static const uint8_t padding[8] = {IPPROTO_ICMPV6, 0, 1, 4}; /* PadN over the other six bytes */
	struct ip6_hdr ip = {.ip6_hlim = 255};
	struct icmp6_hdr icmp6[4];

	ip.ip6_vfc = 6 << 4;
	ip.ip6_plen = htons((uint16_t)(length + (extension ? sizeof(padding) : 0)));
	ip.ip6_nxt = extension ? IPPROTO_DSTOPTS : IPPROTO_ICMPV6;
	inet_pton(AF_INET6, sender, &ip.ip6_src);
	inet_pton(AF_INET6, to, &ip.ip6_dst);
	push(frame, &ip, sizeof(ip));
	if (extension)
		push(frame, padding, sizeof(padding));
	memcpy(icmp6, message, length);
	icmp6->icmp6_cksum =
		checksum(icmp6, length,
			 (uint32_t)(ntohs(checksum(&ip.ip6_src, 32, 0)) ^ 0xffff) + (uint32_t)length + IPPROTO_ICMPV6);
	push(frame, icmp6, length);
}

static inline void push_ping6(struct frame *frame, const char *target)
{
	const struct icmp6_hdr echo = {.icmp6_type = ICMP6_ECHO_REQUEST};

	push_icmp6(frame, PROBE6, target, false, &echo, sizeof(echo));
}

static inline void push_nd(struct frame *frame, uint8_t type, const char *sender, const char *to, bool extension,
			   const char *target)
{
	struct nd_neighbor_solicit nd = {.nd_ns_type = type};

	inet_pton(AF_INET6, target, &nd.nd_ns_target);
	push_icmp6(frame, sender, to, extension, &nd, sizeof(nd));
}
