/* A packet socket on one interface for one Ethernet protocol, as net_arp.c and net_nd.c use it: payloads without the
 * Ethernet header, non-blocking, filtered in the kernel, with a bounded receive buffer. */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sockaddr_ll;

enum { NET_PACKET_MOST = 1500 }; /* bytes of a payload; what is longer arrives cut */

extern const uint8_t mac_broadcast[6];

/* Instructions to begin a filter with: refuse what this host sent (PACKET_OUTGOING) and what is not for it
 * (PACKET_OTHERHOST: other hosts' unicast seen by a promiscuous card, and frames of a VLAN that has no interface here,
 * which are not this LAN's). `to_refusal` is the number of instructions between these and the one that refuses. */
#define NET_PACKET_FILTER_OTHERS(to_refusal)                                     \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)), \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, PACKET_OTHERHOST, to_refusal, 0)

/* The descriptor, or -errno (-ENODEV: there is no such interface). Nothing that the filter refuses is ever queued. */
int net_packet_open(unsigned ifindex, uint16_t protocol, const struct sock_fprog *filter);

/* 0 or -errno (-ENETDOWN: the interface is down, -ENXIO: it is gone). */
int net_packet_send(int fd, const struct sockaddr_ll *to, const uint8_t *bytes, size_t length);

/* Where net_packet_send() sends to. */
struct sockaddr_ll net_packet_to(unsigned ifindex, uint16_t protocol, const uint8_t mac[static 6]);

/* One payload: its length, -EAGAIN when there is none; -ENETDOWN once when the interface went down (the socket works
 * again when it is up), -ENXIO when it is gone for good. */
ssize_t net_packet_receive(int fd, uint8_t bytes[static NET_PACKET_MOST], struct sockaddr_ll *from);
