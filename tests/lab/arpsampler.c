/* Asks everybody on the link who has the VIP, every so many microseconds, and writes down each MAC that answers.
 *
 *   arpsampler [-i MICROSECONDS] -o FILE VIP
 *
 * IPv4: ARP requests; IPv6: neighbour solicitations to the solicited-node group.
 *
 * It must not teach anybody. Linux takes the sender of a unicast ARP reply into its cache even when it never asked; so
 * the questions come from a MAC that is not the client's, and no other client's sampler has it. The answers then reach
 * the client's card (the bridge learns that MAC on its port) but its kernel takes them for somebody else's and drops
 * them, while this packet socket still sees them. They come from addresses nobody has, a different one for each
 * question in turn: an answer names the question it belongs to by where it is sent, so a late answer is never taken for
 * one to a later question. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/lab/sample.h"

enum { QUESTIONS = 64, QUESTION_FIRST = 128 }; /* the last byte of the addresses that ask */

static uint8_t asker[6] = {0x02, 0, 0, 0, 0xff}; /* the last byte is that of the client's own */

static struct {
	bool v6;
	uint8_t vip[16];
	int packet;
	int out;
	uint32_t seq;
	struct {
		uint64_t sent;
		uint32_t seq;
	} question[QUESTIONS];
} sampler;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

struct __attribute__((packed)) arp_frame {
	struct ether_header eth;
	struct ether_arp arp;
};

struct __attribute__((packed)) nd_frame {
	struct ether_header eth;
	struct ip6_hdr ip;
	struct nd_neighbor_solicit nd; /* an advertisement has the same shape */
	struct __attribute__((packed)) {
		uint8_t type, length, mac[6];
	} option;
};

static size_t arp_question(unsigned slot, struct arp_frame *frame)
{
	*frame = (struct arp_frame){
		.eth = {.ether_type = htons(ETHERTYPE_ARP)},
		.arp = {.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER), .ar_pro = htons(ETHERTYPE_IP), .ar_hln = 6,
				   .ar_pln = 4, .ar_op = htons(ARPOP_REQUEST)}},
	};
	memset(frame->eth.ether_dhost, 0xff, 6);
	memcpy(frame->eth.ether_shost, asker, 6);
	memcpy(frame->arp.arp_sha, asker, 6);
	memcpy(frame->arp.arp_spa, sampler.vip, 4);
	frame->arp.arp_spa[3] = (uint8_t)(QUESTION_FIRST + slot);
	memcpy(frame->arp.arp_tpa, sampler.vip, 4);
	return sizeof(*frame);
}

static uint16_t icmp6_sum(const struct nd_frame *frame)
{
	const uint8_t *b = (const uint8_t *)&frame->ip.ip6_src;
	uint32_t sum = IPPROTO_ICMPV6 + ntohs(frame->ip.ip6_plen);
	size_t length = 2 * sizeof(frame->ip.ip6_src) + sizeof(frame->nd) + sizeof(frame->option);

	for (size_t i = 0; i < length; i++)
		sum += (uint32_t)b[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t nd_question(unsigned slot, struct nd_frame *frame)
{
	const uint8_t group[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	*frame = (struct nd_frame){
		.eth = {.ether_type = htons(ETHERTYPE_IPV6), .ether_dhost = {0x33, 0x33, 0xff}},
		.nd = {.nd_ns_type = ND_NEIGHBOR_SOLICIT},
		.option = {.type = ND_OPT_SOURCE_LINKADDR, .length = 1},
	};
	memcpy(frame->eth.ether_dhost + 3, sampler.vip + 13, 3);
	memcpy(frame->eth.ether_shost, asker, 6);
	memcpy(frame->option.mac, asker, 6);
	frame->ip.ip6_vfc = 6 << 4;
	frame->ip.ip6_hlim = 255; /* RFC 4861 7.1.1 */
	frame->ip.ip6_nxt = IPPROTO_ICMPV6;
	frame->ip.ip6_plen = htons(sizeof(frame->nd) + sizeof(frame->option));
	memcpy(&frame->ip.ip6_src, sampler.vip, 16);
	frame->ip.ip6_src.s6_addr[14] = 1;
	frame->ip.ip6_src.s6_addr[15] = (uint8_t)(QUESTION_FIRST + slot);
	memcpy(&frame->ip.ip6_dst, group, 13);
	memcpy(frame->ip.ip6_dst.s6_addr + 13, sampler.vip + 13, 3);
	memcpy(&frame->nd.nd_ns_target, sampler.vip, 16);
	frame->nd.nd_ns_hdr.icmp6_cksum = icmp6_sum(frame);
	return sizeof(*frame);
}

static void ask(void)
{
	unsigned slot = ++sampler.seq % QUESTIONS;
	union {
		struct arp_frame arp;
		struct nd_frame nd;
	} frame;
	size_t length = sampler.v6 ? nd_question(slot, &frame.nd) : arp_question(slot, &frame.arp);

	sampler.question[slot].seq = sampler.seq;
	sampler.question[slot].sent = now_ns();
	send(sampler.packet, &frame, length, MSG_DONTWAIT);
}

/* The slot of the question that this frame answers, or -1. */
static int arp_answers(const uint8_t *bytes, size_t length, uint8_t mac[static 6])
{
	struct arp_frame frame;

	if (length < sizeof(frame))
		return -1;
	memcpy(&frame, bytes, sizeof(frame));
	if (frame.arp.ea_hdr.ar_op != htons(ARPOP_REPLY) || memcmp(frame.arp.arp_spa, sampler.vip, 4))
		return -1;
	memcpy(mac, frame.arp.arp_sha, 6);
	return frame.arp.arp_tpa[3] - QUESTION_FIRST;
}

static int nd_answers(const uint8_t *bytes, size_t length, uint8_t mac[static 6])
{
	struct nd_frame frame = {0};

	if (length < sizeof(frame) - sizeof(frame.option))
		return -1;
	memcpy(&frame, bytes, length < sizeof(frame) ? length : sizeof(frame));
	if (frame.ip.ip6_nxt != IPPROTO_ICMPV6 || frame.nd.nd_ns_type != ND_NEIGHBOR_ADVERT ||
	    memcmp(&frame.nd.nd_ns_target, sampler.vip, 16))
		return -1;
	memcpy(mac, frame.eth.ether_shost, 6);
	return frame.ip.ip6_dst.s6_addr[15] - QUESTION_FIRST;
}

static void drain(void)
{
	uint8_t bytes[512], m[6];
	ssize_t length;

	while ((length = recv(sampler.packet, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0) {
		struct sample sample = {.heard = now_ns(), .kind = SAMPLE_ARP};
		int slot;

		if (memcmp(bytes, asker, 6)) /* not sent to the asker */
			continue;
		slot = sampler.v6 ? nd_answers(bytes, (size_t)length, m) : arp_answers(bytes, (size_t)length, m);
		if (slot < 0 || slot >= QUESTIONS)
			continue;
		sample.answered = sample.heard;
		sample.sent = sampler.question[slot].sent;
		sample.seq = sampler.question[slot].seq;
		snprintf(sample.who, sizeof(sample.who), "%02x%02x%02x%02x%02x%02x", m[0], m[1], m[2], m[3], m[4],
			 m[5]);
		sample_write(sampler.out, &sample);
	}
}

static void asker_init(void)
{
	struct ifreq request = {.ifr_name = "eth0"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		die("arpsampler: eth0");
	asker[5] = (uint8_t)request.ifr_hwaddr.sa_data[5];
	close(fd);
}

/* Only frames to the asker's MAC, so that the prober's thousands of packets do not wake this program. */
static void packet_open(void)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, 2},
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x0000ff00u | asker[5]},
		{BPF_RET | BPF_K, 0, 0, 512},
		{BPF_RET | BPF_K, 0, 0, 0},
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};
	uint16_t protocol = sampler.v6 ? ETHERTYPE_IPV6 : ETHERTYPE_ARP;
	struct sockaddr_ll here = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
				   .sll_ifindex = (int)if_nametoindex("eth0")};

	sampler.packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sampler.packet < 0 ||
	    setsockopt(sampler.packet, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ||
	    bind(sampler.packet, (struct sockaddr *)&here, sizeof(here)) < 0)
		die("arpsampler: packet");
}

int main(int argc, char **argv)
{
	uint64_t interval = 2000000;
	struct pollfd fd = {.events = POLLIN};
	int option;

	sampler.out = -1;
	while ((option = getopt(argc, argv, "i:o:")) != -1) {
		if (option == 'i')
			interval = strtoull(optarg, NULL, 10) * 1000;
		else if (option == 'o')
			sampler.out = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		else
			return 2;
	}
	if (argc - optind != 1 || sampler.out < 0 || !interval)
		return 2;
	sampler.v6 = strchr(argv[optind], ':') != NULL;
	if (inet_pton(sampler.v6 ? AF_INET6 : AF_INET, argv[optind], sampler.vip) != 1)
		die(argv[optind]);
	asker_init();
	packet_open();
	instrument_start();
	fd.fd = sampler.packet;
	for (uint64_t next = now_ns();;) {
		uint64_t now = now_ns();
		struct timespec wait;

		if (now >= next) {
			ask();
			next = now + interval;
		}
		wait = (struct timespec){.tv_nsec = next > now ? (long)(next - now) : 0};
		if (ppoll(&fd, 1, &wait, NULL) > 0)
			drain();
	}
}
