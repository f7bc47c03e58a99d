/* The client's eye: asks the VIP every so many microseconds who answers, and writes each answer down.
 *
 *   prober [-i MICROSECONDS] [-t] [-d MAC]... -o FILE VIP PORT
 *
 * A question goes where the client's kernel sends it: its ARP cache is part of what a user waits for. With -d each
 * question also goes straight to these MACs, so that a host that answers although nobody would find it is seen too.
 * -t asks by TCP connect instead, each with a deadline of 1 s.
 *
 * Darkness counts from the sending of a question, not from the last answer: a prober that was itself late did not see
 * the VIP dark. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/lab/sample.h"

enum { MACS_MAX = 8, CONNECTS_MAX = 512 };
static const uint64_t connect_deadline_ns = 1000000000;

static struct {
	struct sockaddr_storage vip;
	socklen_t vip_length;
	uint64_t interval;
	int out;
	int udp, packet;
	struct sockaddr_storage self;
	int macs;
	uint8_t mac[MACS_MAX][6];
	unsigned ifindex;
	uint32_t seq;
	uint64_t waiting_since; /* the first question since the last answer; 0: none */
} prober;

static struct connecting {
	int fd;
	uint32_t seq;
	uint64_t sent;
} connects[CONNECTS_MAX];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void vip_parse(const char *text, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&prober.vip;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&prober.vip;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		prober.vip_length = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		prober.vip_length = sizeof(*v6);
	} else {
		die(text);
	}
}

static void answered(const struct question *question, uint64_t heard)
{
	struct sample sample = {.sent = question->sent, .answered = question->answered, .heard = heard,
				.seq = question->seq, .kind = question->kind};

	memcpy(sample.who, question->who, sizeof(sample.who) - 1);
	if (question->kind == SAMPLE_ROUTED) {
		sample.dark = prober.waiting_since ? heard - prober.waiting_since : 0;
		prober.waiting_since = 0;
	}
	sample_write(prober.out, &sample);
}

static void udp_open(void)
{
	socklen_t length = sizeof(prober.self);

	prober.udp = socket(prober.vip.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (prober.udp < 0 || connect(prober.udp, (struct sockaddr *)&prober.vip, prober.vip_length) < 0 ||
	    getsockname(prober.udp, (struct sockaddr *)&prober.self, &length) < 0)
		die("prober: udp");
	prober.ifindex = if_nametoindex("eth0");
	prober.packet = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (prober.packet < 0)
		die("prober: packet");
}

static void udp_drain(void)
{
	struct question question;
	ssize_t length;

	while ((length = recv(prober.udp, &question, sizeof(question), 0)) >= 0 || errno != EAGAIN)
		if ((size_t)length == sizeof(question)) /* a refusal by ICMP is no answer */
			answered(&question, now_ns());
}

static uint32_t sum_add(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < length; i++)
		sum += (uint32_t)b[i] << (i % 2 ? 0 : 8);
	return sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t frame_v4(const struct udphdr *udp, const struct question *question, uint8_t *frame)
{
	const struct sockaddr_in *self = (struct sockaddr_in *)&prober.self, *vip = (struct sockaddr_in *)&prober.vip;
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
			   .saddr = self->sin_addr.s_addr, .daddr = vip->sin_addr.s_addr,
			   .tot_len = htons((uint16_t)(sizeof(ip) + sizeof(*udp) + sizeof(*question)))};

	ip.check = sum_fold(sum_add(0, &ip, sizeof(ip)));
	memcpy(frame, &ip, sizeof(ip));
	memcpy(frame + sizeof(ip), udp, sizeof(*udp)); /* without a checksum, as IPv4 allows */
	memcpy(frame + sizeof(ip) + sizeof(*udp), question, sizeof(*question));
	return sizeof(ip) + sizeof(*udp) + sizeof(*question);
}

static size_t frame_v6(struct udphdr *udp, const struct question *question, uint8_t *frame)
{
	const struct sockaddr_in6 *self = (struct sockaddr_in6 *)&prober.self,
				  *vip = (struct sockaddr_in6 *)&prober.vip;
	struct ip6_hdr ip = {.ip6_src = self->sin6_addr, .ip6_dst = vip->sin6_addr};
	uint32_t sum;

	ip.ip6_vfc = 6 << 4;
	ip.ip6_hlim = 64;
	ip.ip6_nxt = IPPROTO_UDP;
	ip.ip6_plen = udp->len;
	sum = sum_add(IPPROTO_UDP + (uint32_t)ntohs(udp->len), &ip.ip6_src, 2 * sizeof(ip.ip6_src));
	sum = sum_add(sum, udp, sizeof(*udp));
	udp->check = sum_fold(sum_add(sum, question, sizeof(*question)));
	memcpy(frame, &ip, sizeof(ip));
	memcpy(frame + sizeof(ip), udp, sizeof(*udp));
	memcpy(frame + sizeof(ip) + sizeof(*udp), question, sizeof(*question));
	return sizeof(ip) + sizeof(*udp) + sizeof(*question);
}

/* The same question from the same port, but addressed to a host's MAC. */
static void ask_directly(const uint8_t mac[static 6], struct question question)
{
	bool v4 = prober.vip.ss_family == AF_INET;
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)prober.ifindex, .sll_halen = 6,
				 .sll_protocol = htons(v4 ? ETHERTYPE_IP : ETHERTYPE_IPV6)};
	/* The ports stand at the same place in both families' socket addresses. */
	struct udphdr udp = {.source = ((struct sockaddr_in *)&prober.self)->sin_port,
			     .dest = ((struct sockaddr_in *)&prober.vip)->sin_port,
			     .len = htons((uint16_t)(sizeof(udp) + sizeof(question)))};
	uint8_t frame[256];
	size_t length;

	memcpy(to.sll_addr, mac, 6);
	question.kind = SAMPLE_DIRECT;
	question.sent = now_ns();
	length = v4 ? frame_v4(&udp, &question, frame) : frame_v6(&udp, &question, frame);
	sendto(prober.packet, frame, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
}

static void udp_ask(void)
{
	struct question question = {.sent = now_ns(), .seq = ++prober.seq, .kind = SAMPLE_ROUTED};

	if (!prober.waiting_since)
		prober.waiting_since = question.sent;
	send(prober.udp, &question, sizeof(question), 0);
	for (int i = 0; i < prober.macs; i++)
		ask_directly(prober.mac[i], question);
}

static void connect_close(struct connecting *connecting)
{
	struct linger reset = {.l_onoff = 1};

	setsockopt(connecting->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(connecting->fd);
	connecting->fd = -1;
}

static void tcp_ask(void)
{
	struct connecting *free_one = NULL;

	for (int i = 0; i < CONNECTS_MAX && !free_one; i++)
		if (connects[i].fd < 0)
			free_one = &connects[i];
	if (!free_one)
		return;
	*free_one = (struct connecting){.seq = ++prober.seq, .sent = now_ns()};
	if (!prober.waiting_since)
		prober.waiting_since = free_one->sent;
	free_one->fd = socket(prober.vip.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (free_one->fd < 0)
		die("prober: tcp");
	if (connect(free_one->fd, (struct sockaddr *)&prober.vip, prober.vip_length) < 0 && errno != EINPROGRESS)
		connect_close(free_one);
}

static void tcp_drain(void)
{
	for (int i = 0; i < CONNECTS_MAX; i++) {
		struct question question = {.sent = connects[i].sent, .seq = connects[i].seq, .kind = SAMPLE_ROUTED};
		ssize_t length;

		if (connects[i].fd < 0)
			continue;
		length = recv(connects[i].fd, question.who, sizeof(question.who) - 1, 0);
		if (length < 0 && errno == EAGAIN && now_ns() - connects[i].sent < connect_deadline_ns)
			continue;
		if (length > 0) {
			question.who[strcspn(question.who, "\n")] = 0;
			question.answered = now_ns();
			answered(&question, question.answered);
		}
		connect_close(&connects[i]);
	}
}

static void mac_parse(const char *text)
{
	uint8_t *m = prober.mac[prober.macs];

	if (prober.macs == MACS_MAX ||
	    sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5) != 6)
		die(text);
	prober.macs++;
}

static int poll_until(struct pollfd *fds, nfds_t count, uint64_t deadline)
{
	uint64_t now = now_ns(), left = deadline > now ? deadline - now : 0;
	struct timespec wait = {.tv_sec = (time_t)(left / 1000000000u), .tv_nsec = (long)(left % 1000000000u)};

	return ppoll(fds, count, &wait, NULL);
}

static void run_udp(void)
{
	struct pollfd fd = {.events = POLLIN};

	udp_open();
	fd.fd = prober.udp;
	for (uint64_t next = now_ns();;) {
		if (now_ns() >= next) {
			udp_ask();
			next = next + prober.interval > now_ns() ? next + prober.interval : now_ns() + prober.interval;
		}
		if (poll_until(&fd, 1, next) > 0)
			udp_drain();
	}
}

static void run_tcp(void)
{
	struct pollfd fds[CONNECTS_MAX];

	for (int i = 0; i < CONNECTS_MAX; i++)
		connects[i].fd = -1;
	for (uint64_t next = now_ns();;) {
		if (now_ns() >= next) {
			tcp_ask();
			next = next + prober.interval > now_ns() ? next + prober.interval : now_ns() + prober.interval;
		}
		for (int i = 0; i < CONNECTS_MAX; i++)
			fds[i] = (struct pollfd){.fd = connects[i].fd, .events = POLLIN};
		poll_until(fds, CONNECTS_MAX, next);
		tcp_drain();
	}
}

int main(int argc, char **argv)
{
	bool tcp = false;
	int option;

	prober.interval = 500000;
	prober.out = -1;
	while ((option = getopt(argc, argv, "i:o:td:")) != -1) {
		if (option == 'i')
			prober.interval = strtoull(optarg, NULL, 10) * 1000;
		else if (option == 'o')
			prober.out = open(optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		else if (option == 't')
			tcp = true;
		else if (option == 'd')
			mac_parse(optarg);
		else
			return 2;
	}
	if (argc - optind != 2 || prober.out < 0 || !prober.interval)
		return 2;
	vip_parse(argv[optind], (uint16_t)atoi(argv[optind + 1]));
	instrument_start();
	if (tcp)
		run_tcp();
	run_udp();
}
