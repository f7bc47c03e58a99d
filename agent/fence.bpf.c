/* The fence's kernel half: one filter for packets that come in, one for packets that go out. See fence.h.
 *
 * A packet that is not for (or from) a guarded address goes on to other people's filters (TC_ACT_UNSPEC), never
 * straight to the stack. Headers are read relative to the network header, so that interfaces without Ethernet
 * (tunnels, ppp) need nothing of their own. What is too short to read is passed: the stack refuses it too. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "agent/fence_map.h"

enum {
	TAGS_MAX = 4,          /* VLAN tags inside the packet, besides the one that the kernel keeps beside it */
	EXTENSIONS_MAX = 8,    /* IPv6 extension headers before ICMPv6 */
	HEADERS_BYTES = 256,   /* what is made linear when a driver left the headers in fragments */
	ND_SOLICITATION = 135, /* RFC 4861 4.3 */
	ND_ADVERTISEMENT = 136,
};

enum { NEXT_HOP_BY_HOP = 0, NEXT_ROUTING = 43, NEXT_ICMPV6 = 58, NEXT_DESTINATION = 60 }; /* RFC 8200 4 */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FENCE_ADDRESSES_MAX);
	__type(key, struct fence_address);
	__type(value, __u32);
} guarded SEC(".maps");

/* These two live in a page that the agent has mapped. */
__u64 lease_until_ns[FENCE_SLOTS]; /* of CLOCK_BOOTTIME */
__u64 dropped[FENCE_SLOTS];

struct arp_head {
	__be16 hardware;
	__be16 protocol;
	__u8 hardware_bytes;
	__u8 protocol_bytes;
	__be16 operation;
};

struct ipv6_head {
	__be32 flow;
	__be16 length;
	__u8 next;
	__u8 hops;
	struct fence_address source;
	struct fence_address destination;
};

struct nd_message {
	__u8 type;
	__u8 code;
	__be16 checksum;
	__be32 flags;
	struct fence_address target;
};

static __always_inline bool load(struct __sk_buff *skb, __u32 offset, void *to, __u32 bytes)
{
	if (bpf_skb_load_bytes_relative(skb, offset, to, bytes, BPF_HDR_START_NET) == 0)
		return true;
	if (bpf_skb_pull_data(skb, skb->len < HEADERS_BYTES ? skb->len : HEADERS_BYTES) != 0)
		return false;
	return bpf_skb_load_bytes_relative(skb, offset, to, bytes, BPF_HDR_START_NET) == 0;
}

static __always_inline bool load_ipv4(struct __sk_buff *skb, __u32 offset, struct fence_address *address)
{
	*address = (struct fence_address){.bytes = {[10] = 0xff, [11] = 0xff}};
	return load(skb, offset, &address->bytes[12], 4);
}

/* The rule: whoever guards this address must hold a running lease. */
static __always_inline int judge(const struct fence_address *address)
{
	const volatile __u32 *guard = bpf_map_lookup_elem(&guarded, address);
	__u32 slot;

	if (!guard)
		return TC_ACT_UNSPEC;
	slot = *guard; /* read once: a reload may change it */
	if (slot >= FENCE_SLOTS || lease_until_ns[slot] > bpf_ktime_get_boot_ns())
		return TC_ACT_UNSPEC;
	__sync_fetch_and_add(&dropped[slot], 1);
	return TC_ACT_SHOT;
}

/* Questions are dropped, replies to the vip too. An announcement (sender = target, RFC 5227 3) is neither: a host that
 * is not the owner must learn from it where the vip lives now, or its own connections to the vip stay dark. */
static __always_inline int arp_in(struct __sk_buff *skb, __u32 offset, const struct arp_head *head)
{
	struct fence_address sender, target;

	if (!load_ipv4(skb, offset + sizeof(*head) + head->hardware_bytes, &sender) ||
	    !load_ipv4(skb, offset + sizeof(*head) + 2 * head->hardware_bytes + 4, &target))
		return TC_ACT_UNSPEC;
	return sender.words[3] == target.words[3] ? TC_ACT_UNSPEC : judge(&target);
}

static __always_inline int arp_out(struct __sk_buff *skb, __u32 offset, const struct arp_head *head)
{
	struct fence_address sender;

	if (!load_ipv4(skb, offset + sizeof(*head) + head->hardware_bytes, &sender))
		return TC_ACT_UNSPEC;
	return judge(&sender);
}

/* Finds a neighbour discovery message behind extension headers, where Linux would answer it as well. */
static __always_inline bool load_nd(struct __sk_buff *skb, __u32 offset, __u8 next, struct nd_message *nd)
{
	__u8 extension[2];

	for (int i = 0; i < EXTENSIONS_MAX && next != NEXT_ICMPV6; i++) {
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_DESTINATION)
			return false;
		if (!load(skb, offset, extension, sizeof(extension)))
			return false;
		next = extension[0];
		offset += (extension[1] + 1) * 8;
	}
	return next == NEXT_ICMPV6 && load(skb, offset, nd, sizeof(*nd));
}

static __always_inline int ipv6(struct __sk_buff *skb, __u32 offset, bool in)
{
	struct ipv6_head head;
	struct nd_message nd;

	if (!load(skb, offset, &head, sizeof(head)))
		return TC_ACT_UNSPEC;
	if (in && judge(&head.destination) == TC_ACT_SHOT)
		return TC_ACT_SHOT;
	if (!load_nd(skb, offset + sizeof(head), head.next, &nd))
		return TC_ACT_UNSPEC;
	if (nd.type == ND_SOLICITATION)
		return judge(in ? &nd.target : &head.source);
	if (nd.type == ND_ADVERTISEMENT && !in)
		return judge(&nd.target);
	return TC_ACT_UNSPEC;
}

/* The protocol behind the VLAN tags, and where its header begins; 0 behind too many. Linux takes packets with any
 * number of tags of VLAN 0 for its own; a tag that the kernel keeps beside the packet needs no step here. */
static __always_inline __be16 protocol_of(struct __sk_buff *skb, __u32 *offset)
{
	__be16 protocol = (__be16)skb->protocol;

	*offset = 0;
	for (int i = 0; i <= TAGS_MAX; i++) {
		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			return protocol;
		if (!load(skb, *offset + 2, &protocol, sizeof(protocol)))
			return 0;
		*offset += 4;
	}
	return 0;
}

static __always_inline int fence(struct __sk_buff *skb, bool in)
{
	struct fence_address destination;
	struct arp_head arp;
	__u32 offset;

	switch (protocol_of(skb, &offset)) {
	case 0:
		return in ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	case bpf_htons(ETH_P_IP):
		return in && load_ipv4(skb, offset + 16, &destination) ? judge(&destination) : TC_ACT_UNSPEC;
	case bpf_htons(ETH_P_IPV6):
		return ipv6(skb, offset, in);
	case bpf_htons(ETH_P_ARP):
		if (!load(skb, offset, &arp, sizeof(arp)) || arp.protocol_bytes != 4)
			return TC_ACT_UNSPEC;
		return in ? arp_in(skb, offset, &arp) : arp_out(skb, offset, &arp);
	default:
		return TC_ACT_UNSPEC;
	}
}

SEC("tc") int casvip_in(struct __sk_buff *skb)
{
	return skb->pkt_type == PACKET_OTHERHOST ? TC_ACT_UNSPEC : fence(skb, true);
}

SEC("tc") int casvip_out(struct __sk_buff *skb)
{
	return fence(skb, false);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
