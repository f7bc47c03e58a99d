/* Heartbeats between two hosts: what peers send arrives on every link, through strangers and network changes. */
#include "tests/unit/two_hosts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/net_beat.h"
#include "vrrp/wire.h"

enum { NEAR, FAR, PORT = 7411, V4 = 0, V6 = 1, BURST = 3000 };

static struct conf *conf;
static struct net_beat *near_beats, *far_beats;

static struct conf_address address_of(int family, const char *text)
{
	struct conf_address address = {.family = family, .prefix = family == AF_INET ? 32 : 128};

	assert_int_equal(inet_pton(family, text, address.bytes), 1);
	return address;
}

static void add_node(const char *four, const char *six)
{
	struct conf_node *node = &conf->node[conf->nodes++];

	node->address[V4] = address_of(AF_INET, four);
	node->address[V6] = address_of(AF_INET6, six);
	node->addresses = 2;
}

static void addresses_on(int ns)
{
	enter(ns);
	run(ns == hosts.near_ns ? "ip addr add 192.0.2.1/24 dev near && ip addr add 2001:db8::1/64 dev near nodad"
				: "ip addr add 192.0.2.2/24 dev far && ip addr add 192.0.2.9/24 dev far && "
				  "ip addr add 2001:db8::2/64 dev far nodad");
}

static struct net_beat *open_on(int ns, node_id self)
{
	struct net_beat *net = NULL;

	enter(ns);
	assert_int_equal(net_beat_open(&net, conf, self), 0);
	return net;
}

static void open_both(void)
{
	near_beats = open_on(hosts.near_ns, NEAR);
	far_beats = open_on(hosts.far_ns, FAR);
}

static int plug(void **state)
{
	conf = calloc(1, sizeof(*conf));
	conf->port = PORT;
	if (hosts.far_ns < 0)
		return 0;
	add_node("192.0.2.1", "2001:db8::1");
	add_node("192.0.2.2", "2001:db8::2");
	return hosts_plug(state);
}

static int unplug(void **state)
{
	net_beat_close(near_beats);
	net_beat_close(far_beats);
	near_beats = far_beats = NULL;
	free(conf);
	return hosts_unplug(state);
}

static int fd_of(const struct net_beat *net, uint8_t link)
{
	struct net_beat_fd fds[NET_BEAT_FDS_MAX];
	int count = net_beat_fds(net, fds);

	for (int i = 0; i < count; i++) {
		if (fds[i].link == link)
			return fds[i].fd;
	}
	return -1;
}

static int send_far(uint8_t link, const char *words)
{
	return net_beat_send(near_beats, FAR, link, (const uint8_t *)words, strlen(words));
}

static int send_near(uint8_t link, const char *words)
{
	return net_beat_send(far_beats, NEAR, link, (const uint8_t *)words, strlen(words));
}

/* The next datagram on this link is this one, and there is no other. */
static void assert_hears(struct net_beat *net, uint8_t link, const char *words)
{
	node_id peer = net == near_beats ? FAR : NEAR;
	uint8_t bytes[WIRE_MAX + 1];

	assert_true(readable(fd_of(net, link)));
	assert_int_equal(net_beat_receive(net, peer, link, bytes, sizeof(bytes)), strlen(words));
	assert_memory_equal(bytes, words, strlen(words));
	assert_int_equal(net_beat_receive(net, peer, link, bytes, sizeof(bytes)), -EAGAIN);
}

static void assert_both_ways(void)
{
	for (uint8_t link = V4; link <= V6; link++) {
		assert_int_equal(send_far(link, "there"), 0);
		assert_hears(far_beats, link, "there");
		assert_int_equal(send_near(link, "and back"), 0);
		assert_hears(near_beats, link, "and back");
	}
}

static void test_beats_go_both_ways_on_every_link(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(net_beat_mend(far_beats), 0);
	assert_both_ways();
}

static void test_a_link_needs_addresses_of_one_family_at_both_ends(void **state)
{
	struct net_beat_fd fds[NET_BEAT_FDS_MAX];

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	conf->node[FAR].address[V6] = address_of(AF_INET, "192.0.2.9");
	conf->node[NEAR].address[2] = address_of(AF_INET, "192.0.2.1");
	conf->node[NEAR].addresses = 3;
	near_beats = open_on(hosts.near_ns, NEAR);
	assert_int_equal(net_beat_fds(near_beats, fds), 1);
	assert_int_equal(fds[0].peer, FAR);
	assert_int_equal(fds[0].link, V4);
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(send_far(V6, "x"), -ENOTCONN);
	assert_int_equal(send_far(2, "x"), -ENOTCONN);
}

/* A plain socket on the far host that says something to the near agent's port, many times. */
static void burst(const char *from, uint16_t from_port, int times)
{
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(from_port)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int on = 1, fd;

	enter(hosts.far_ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(inet_pton(AF_INET, from, &me.sin_addr), 1);
	assert_int_equal(inet_pton(AF_INET, "192.0.2.1", &to.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
	for (int i = 0; i < times; i++)
		assert_int_equal(sendto(fd, "stranger", 8, 0, (struct sockaddr *)&to, sizeof(to)), 8);
	close(fd);
}

/* Strangers' datagrams are counted by the kernel as they come: waits until so many were. */
static unsigned await_strangers(unsigned wanted)
{
	unsigned seen = 0;

	for (int tries = 0; tries < 500 && seen < wanted; tries++) {
		seen += net_beat_strangers(near_beats);
		usleep(1000);
	}
	return seen;
}

static void test_a_burst_of_strangers_costs_no_beat(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	burst("192.0.2.9", PORT, BURST);
	burst("192.0.2.2", PORT + 1, BURST);
	assert_int_equal(send_near(V4, "peer"), 0);
	assert_hears(near_beats, V4, "peer");
	assert_int_equal(await_strangers(2 * BURST), 2 * BURST);
	assert_int_equal(net_beat_strangers(near_beats), 0);
	assert_both_ways();
}

static void test_no_stranger_waits_in_a_link_that_connects_later(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.far_ns);
	enter(hosts.near_ns);
	run("ip addr add 192.0.2.1/32 dev near && ip route add 192.0.2.9 dev near");
	open_both();
	assert_int_equal(send_far(V4, "no route"), -ENOTCONN);
	burst("192.0.2.9", PORT, BURST);
	enter(hosts.near_ns);
	run("ip route add 192.0.2.2 dev near");
	net_beat_mend(near_beats);
	assert_int_equal(send_near(V4, "peer"), 0);
	assert_hears(near_beats, V4, "peer");
}

static void test_a_network_that_is_late_is_mended_under_the_same_descriptors(void **state)
{
	int four, six;

	(void)state;
	skip_without_hosts();
	open_both();
	four = fd_of(near_beats, V4);
	six = fd_of(near_beats, V6);
	assert_true(four >= 0 && six >= 0);
	assert_int_equal(net_beat_mend(near_beats), 2);
	assert_int_equal(send_far(V4, "too early"), -ENOTCONN);
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(net_beat_mend(far_beats), 0);
	assert_both_ways();
	assert_int_equal(fd_of(near_beats, V4), four);
	assert_int_equal(fd_of(near_beats, V6), six);
}

static void test_an_interface_that_is_deleted_and_made_again_carries_beats_again(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	assert_both_ways();
	hosts_uncable();
	assert_true(send_far(V4, "lost") < 0 && send_far(V6, "lost") < 0);
	assert_true(send_near(V4, "lost") < 0 && send_near(V6, "lost") < 0);
	assert_int_equal(net_beat_mend(near_beats), 2);
	hosts_cable();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(net_beat_mend(far_beats), 0);
	assert_both_ways();
}

static void test_a_link_whose_way_out_is_gone_still_hears(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	enter(hosts.near_ns);
	run("ip route add unreachable 192.0.2.2 metric 0");
	run("ip neigh replace 192.0.2.1 lladdr 02:00:00:00:00:0a dev near nud permanent 2>/dev/null || true");
	assert_true(send_far(V4, "cannot") < 0);
	assert_int_equal(net_beat_mend(near_beats), 1);
	enter(hosts.far_ns);
	run("ip neigh replace 192.0.2.1 lladdr 02:00:00:00:00:0a dev far nud permanent");
	enter(hosts.near_ns);
	run("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.near.rp_filter=0");
	assert_int_equal(send_near(V4, "one way"), 0);
	assert_hears(near_beats, V4, "one way");
	run("ip route del unreachable 192.0.2.2 metric 0");
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_both_ways();
}

/* The peer's agent was down: the kernel owes us an error for the last beat, which must not cost the next. */
static void test_an_error_of_an_earlier_beat_does_not_eat_the_next(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	near_beats = open_on(hosts.near_ns, NEAR);
	for (uint8_t link = V4; link <= V6; link++) {
		assert_int_equal(send_far(link, "nobody there"), 0);
		assert_true(readable(fd_of(near_beats, link))); /* the error */
	}
	far_beats = open_on(hosts.far_ns, FAR);
	for (uint8_t link = V4; link <= V6; link++) {
		assert_int_equal(send_far(link, "hello"), 0);
		assert_hears(far_beats, link, "hello");
	}
}

static void test_an_error_of_an_earlier_beat_does_not_hide_what_arrived(void **state)
{
	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	near_beats = open_on(hosts.near_ns, NEAR);
	assert_int_equal(send_far(V4, "nobody there"), 0);
	assert_true(readable(fd_of(near_beats, V4)));
	far_beats = open_on(hosts.far_ns, FAR);
	assert_int_equal(send_near(V4, "here I am"), 0);
	assert_hears(near_beats, V4, "here I am");
}

static void test_the_largest_beat_passes_a_small_mtu(void **state)
{
	uint8_t bytes[WIRE_MAX], read[WIRE_MAX];

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	enter(hosts.near_ns);
	run("ip link set near mtu 1280");
	memset(bytes, 7, sizeof(bytes));
	assert_int_equal(net_beat_send(near_beats, FAR, V6, bytes, sizeof(bytes)), 0);
	assert_true(readable(fd_of(far_beats, V6)));
	assert_int_equal(net_beat_receive(far_beats, NEAR, V6, read, sizeof(read)), WIRE_MAX);
	run("ip link set near mtu 600");
	assert_int_equal(net_beat_send(near_beats, FAR, V4, bytes, sizeof(bytes)), 0);
	assert_true(readable(fd_of(far_beats, V4)));
	assert_int_equal(net_beat_receive(far_beats, NEAR, V4, read, sizeof(read)), WIRE_MAX);
}

static void test_a_datagram_longer_than_asked_for_says_so(void **state)
{
	uint8_t byte[8];

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	open_both();
	assert_int_equal(send_near(V4, "0123456789"), 0);
	assert_true(readable(fd_of(near_beats, V4)));
	assert_int_equal(net_beat_receive(near_beats, FAR, V4, byte, sizeof(byte)), 10);
}

static void test_a_port_that_was_taken_is_opened_once_it_is_free(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd;

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	enter(hosts.near_ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	open_both();
	enter(hosts.near_ns); /* a socket belongs to the namespace in which it is opened */
	assert_int_equal(net_beat_mend(near_beats), 2);
	assert_int_equal(fd_of(near_beats, V4), -1);
	assert_int_equal(net_beat_trouble(near_beats, FAR, V4), -EADDRINUSE);
	assert_int_equal(net_beat_trouble(near_beats, FAR, V6), 0);
	close(fd);
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(net_beat_trouble(near_beats, FAR, V4), 0);
	assert_both_ways();
}

static void test_beats_are_marked_as_network_control(void **state)
{
	static const int on = 1;
	struct sockaddr_in me = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	char control[64];
	uint8_t byte[8];
	struct iovec part = {.iov_base = byte, .iov_len = sizeof(byte)};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int fd;

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	addresses_on(hosts.far_ns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&me, sizeof(me)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), 0);
	near_beats = open_on(hosts.near_ns, NEAR);
	assert_int_equal(send_far(V4, "x"), 0);
	assert_true(readable(fd));
	assert_int_equal(recvmsg(fd, &message, 0), 1);
	assert_non_null(CMSG_FIRSTHDR(&message));
	assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&message)), 0xc0);
	close(fd);
}

static void test_a_link_that_changes_is_made_anew_and_no_other(void **state)
{
	bool changed[NODES_MAX][LINKS_MAX];
	int four, six;

	(void)state;
	skip_without_hosts();
	addresses_on(hosts.near_ns);
	run("ip addr add 192.0.2.11/24 dev near");
	addresses_on(hosts.far_ns);
	open_both();
	four = fd_of(near_beats, V4);
	six = fd_of(near_beats, V6);
	conf->node[NEAR].address[V4] = address_of(AF_INET, "192.0.2.11");
	enter(hosts.near_ns);
	net_beat_change(near_beats, conf, NEAR, changed);
	assert_true(changed[FAR][V4] && !changed[FAR][V6] && !changed[NEAR][V4]);
	assert_int_equal(net_beat_mend(near_beats), 0);
	assert_int_equal(fd_of(near_beats, V6), six);
	enter(hosts.far_ns);
	net_beat_change(far_beats, conf, FAR, changed);
	assert_true(changed[NEAR][V4] && !changed[NEAR][V6]);
	assert_int_equal(net_beat_mend(far_beats), 0);
	assert_int_equal(send_far(V4, "four"), 0);
	assert_int_equal(send_near(V6, "six"), 0);
	assert_hears(far_beats, V4, "four");
	assert_hears(near_beats, V6, "six");
	conf->node[FAR].addresses = 0;
	net_beat_change(near_beats, conf, NEAR, changed);
	assert_true(changed[FAR][V4] && changed[FAR][V6]);
	assert_int_equal(fd_of(near_beats, V4), -1);
	assert_int_equal(fcntl(four, F_GETFD), -1);
	assert_int_equal(fcntl(six, F_GETFD), -1);
}

#define WITH_HOSTS(test) cmocka_unit_test_setup_teardown(test, plug, unplug)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOSTS(test_beats_go_both_ways_on_every_link),
		WITH_HOSTS(test_a_link_needs_addresses_of_one_family_at_both_ends),
		WITH_HOSTS(test_a_burst_of_strangers_costs_no_beat),
		WITH_HOSTS(test_no_stranger_waits_in_a_link_that_connects_later),
		WITH_HOSTS(test_a_network_that_is_late_is_mended_under_the_same_descriptors),
		WITH_HOSTS(test_an_interface_that_is_deleted_and_made_again_carries_beats_again),
		WITH_HOSTS(test_a_link_whose_way_out_is_gone_still_hears),
		WITH_HOSTS(test_an_error_of_an_earlier_beat_does_not_eat_the_next),
		WITH_HOSTS(test_an_error_of_an_earlier_beat_does_not_hide_what_arrived),
		WITH_HOSTS(test_the_largest_beat_passes_a_small_mtu),
		WITH_HOSTS(test_a_datagram_longer_than_asked_for_says_so),
		WITH_HOSTS(test_a_port_that_was_taken_is_opened_once_it_is_free),
		WITH_HOSTS(test_beats_are_marked_as_network_control),
		WITH_HOSTS(test_a_link_that_changes_is_made_anew_and_no_other),
	};

	return cmocka_run_group_tests(tests, hosts_make, NULL);
}
