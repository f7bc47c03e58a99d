/* Neighbour Discovery on one interface, for IPv6 VIPs: the counterpart of net_arp.h (RFC 4861, RFC 4862).
 * Announces by unsolicited neighbour advertisement with the override flag to ff02::1, asks by neighbour solicitation
 * from the unspecified address (as duplicate address detection does), reports advertisements. AF_PACKET as well, so
 * that it works while the address is not on this host. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* `mac` claims IPv6 `address` by a neighbour advertisement. Packets sent by this host are not reported. */
typedef void net_nd_heard_fn(void *context, const struct conf_address *address, const uint8_t mac[static 6]);

struct net_nd;

int net_nd_open(struct net_nd **ret_nd, unsigned ifindex, const uint8_t mac[static 6]);
int net_nd_fd(const struct net_nd *nd);
void net_nd_close(struct net_nd *nd);

/* Tells all nodes where the address is. 0 or -errno, as all that sends here. */
int net_nd_announce(struct net_nd *nd, const struct conf_address *address);

/* Asks who has the address, from :: (RFC 4862 5.4.2). The answer goes to all nodes, so every prober hears it. */
int net_nd_probe(struct net_nd *nd, const struct conf_address *address);

/* Reads at most `most` packets and reports those that claim an address. 0 or -errno: -ENETDOWN once when the interface
 * went down (the socket works again when it is up), -ENXIO when it is gone (close, and open again when
 * it is back). */
int net_nd_drain(struct net_nd *nd, int most, net_nd_heard_fn *heard, void *context);

/* The pure part: an Ethernet payload that is an IPv6 neighbour advertisement, checksum and hop limit verified. */
enum nd_refusal { ND_OK, ND_TOO_SHORT, ND_NOT_ICMPV6, ND_BAD_HOP_LIMIT, ND_BAD_CHECKSUM, ND_NOT_ADVERTISEMENT,
		  ND_BAD_FIELD, ND_BAD_OPTION };
struct nd_advertisement {
	uint8_t target[16];
	uint8_t mac[6]; /* target link-layer address option, or zeros */
	bool solicited, override;
};

/* Refuses what RFC 4861 7.1.2 tells a receiver to discard; ND_BAD_FIELD is its code, its target, or a solicited flag
 * on what went to a group. Bytes after the packet are Ethernet's padding. `advertisement` is untouched on refusal. */
enum nd_refusal nd_parse(const uint8_t *bytes, size_t length, struct nd_advertisement *advertisement);

/* The packets we send; each returns its length. */
enum { ND_PACKET_BYTES = 72 };
size_t nd_write_announcement(const uint8_t address[static 16], const uint8_t mac[static 6],
			     uint8_t bytes[static ND_PACKET_BYTES]);
size_t nd_write_probe(const uint8_t address[static 16], uint8_t bytes[static ND_PACKET_BYTES]);

/* ff02::1:ffXX:XXXX of an address (RFC 4291 2.7.1). */
void nd_solicited_node(const uint8_t address[static 16], uint8_t group[static 16]);
