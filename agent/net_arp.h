/* ARP on one interface: announces a VIP (RFC 5227 announcements, in both forms), asks whether anybody answers for one
 * (RFC 5227 probe: sender 0.0.0.0), and reports who answered. One AF_PACKET socket an interface, non-blocking, with a
 * socket filter so that only ARP reaches it, and a bounded receive buffer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

enum arp_heard {
	ARP_CLAIM,  /* `mac` claims `address`: a packet, request or reply, had it as its sender */
	ARP_ANSWER, /* the same, and it is a reply to this host: the answer to a probe or a question */
	ARP_PROBE,  /* `mac` probes for `address` (RFC 5227 2.1.1), as somebody does who is about to take it */
};

/* Packets sent by this host are not reported. */
typedef void net_arp_heard_fn(void *context, const struct conf_address *address, const uint8_t mac[static 6],
			      enum arp_heard kind);

struct net_arp;

int net_arp_open(struct net_arp **ret_arp, unsigned ifindex, const uint8_t mac[static 6]);
int net_arp_fd(const struct net_arp *arp);
void net_arp_close(struct net_arp *arp);

/* Broadcasts a gratuitous ARP for the address: as request and as reply. 0 or -errno. */
int net_arp_announce(struct net_arp *arp, const struct conf_address *address);

/* Asks who has the address, sender 0.0.0.0 (RFC 5227 2.1.1). 0 or -errno. */
int net_arp_probe(struct net_arp *arp, const struct conf_address *address);

/* Asks a neighbour (neighbours.h) as any host would: from `own`, this node's own address on the interface, never a vip,
 * to the neighbour's MAC, or to everybody when `neighbour_mac` is NULL. 0 or -errno. */
int net_arp_ask(struct net_arp *arp, const struct conf_address *own, const struct conf_address *neighbour,
		const uint8_t *neighbour_mac);

/* Reads at most `most` packets and reports those that claim an address. 0 or -errno: -ENETDOWN once when the interface
 * went down (the socket works again when it is up), -ENXIO when it is gone (close, and open again when
 * it is back). */
int net_arp_drain(struct net_arp *arp, int most, net_arp_heard_fn *heard, void *context);

/* The pure part, for tests and fuzzing. A parsed ARP packet for Ethernet and IPv4. */
enum arp_refusal { ARP_OK, ARP_TOO_SHORT, ARP_NOT_ETHERNET, ARP_NOT_IPV4, ARP_BAD_LENGTHS, ARP_BAD_OPERATION };
enum { ARP_REQUEST = 1, ARP_REPLY = 2 };
struct arp_packet {
	int operation;
	uint8_t sender_mac[6], target_mac[6];
	uint8_t sender_ip[4], target_ip[4];
};
enum { ARP_PACKET_BYTES = 28 };

/* Bytes after the packet are Ethernet's padding. `packet` is untouched on refusal. */
enum arp_refusal arp_parse(const uint8_t *bytes, size_t length, struct arp_packet *packet);
void arp_write(const struct arp_packet *packet, uint8_t bytes[static ARP_PACKET_BYTES]);

/* Does its sender say "this address is at this MAC"? A probe (sender 0.0.0.0) does not, and no group can. */
bool arp_claims(const struct arp_packet *packet);
/* An RFC 5227 probe: a request from 0.0.0.0. */
bool arp_probes(const struct arp_packet *packet);
