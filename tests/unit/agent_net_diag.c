/* Connections listed and ended by the kernel, in a network namespace of this program's own; and what answers may look
 * like. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/net_diag.h"
#include "tests/unit/netns.h"

#define VIP4   "192.0.2.50"
#define VIP6   "2001:db8::50"
#define OTHER4 "192.0.2.1"
#define CLIENT4 "192.0.2.9"
#define CLIENT6 "2001:db8::9"
enum { PORT = 7100, MANY = 700 };

static struct net_diag *port;

static struct conf_address address_of(const char *text)
{
	struct conf_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	address.prefix = address.family == AF_INET ? 32 : 128;
	assert_int_equal(inet_pton(address.family, text, address.bytes), 1);
	return address;
}

static int set_up(void **state)
{
	(void)state;
	port = NULL;
	if (netns_new() < 0)
		return 0;
	run("ip link set lo up; ip addr add " VIP4 "/32 dev lo; ip addr add " OTHER4 "/32 dev lo; "
	    "ip addr add " VIP6 "/128 dev lo nodad; ip addr add " CLIENT4 "/32 dev lo; "
	    "ip addr add " CLIENT6 "/128 dev lo nodad");
	/* A worker of the kernel's makes them addresses that packets reach (net/ipv6/addrconf.c: addrconf_dad_work()). */
	run("left=1000; for a in " VIP6 " " CLIENT6 "; do until ip -6 route show table local | grep -q \"^local $a \" || "
	    "[ $((left -= 1)) -lt 0 ]; do :; done; done");
	return net_diag_open(&port);
}

static int tear_down(void **state)
{
	(void)state;
	net_diag_close(port);
	return 0;
}

static void need_root(void)
{
	if (!port)
		skip();
}

static socklen_t place(const char *address, uint16_t tcp_port, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (strchr(address, ':')) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(tcp_port);
		assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
		return sizeof(*v6);
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(tcp_port);
	assert_int_equal(inet_pton(AF_INET, address, &v4->sin_addr), 1);
	return sizeof(*v4);
}

/* A server on every address, by one socket for both families. */
static int listen_everywhere(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), off = 0;
	struct sockaddr_storage here;
	socklen_t length = place("::", PORT, &here);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&here, length), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

struct pair {
	int client, server;
};

static struct pair connect_to(int listener, const char *address)
{
	struct sockaddr_storage there, here;
	socklen_t length = place(address, PORT, &there);
	struct pair pair = {.client = socket(there.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};

	assert_true(pair.client >= 0);
	place(there.ss_family == AF_INET ? CLIENT4 : CLIENT6, 0, &here); /* else it would be the vip as well */
	assert_int_equal(bind(pair.client, (struct sockaddr *)&here, length), 0);
	assert_int_equal(connect(pair.client, (struct sockaddr *)&there, length), 0);
	pair.server = accept(listener, NULL, NULL);
	assert_true(pair.server >= 0);
	return pair;
}

static void hang_up(struct pair pair)
{
	close(pair.client);
	close(pair.server);
}

static bool is_reset(int fd)
{
	struct pollfd poll_of = {.fd = fd};

	return poll(&poll_of, 1, 0) == 1 && (poll_of.revents & POLLERR);
}

/* All of the list; of each the caller may make what it likes. The last one is left in `last`. */
static int list(int family, enum diag_scope scope, const struct conf_address *address, int addresses, bool end,
		struct diag_connection *last)
{
	static struct diag_connection piece[NET_DIAG_PIECE_MAX];
	bool more = true;
	int all = 0;

	assert_int_equal(net_diag_list(port, family, scope, address, addresses), 0);
	while (more) {
		int count = net_diag_next(port, piece, &more);

		assert_true(count >= 0);
		if (count > 0)
			*last = piece[count - 1];
		if (end)
			assert_int_equal(net_diag_end(port, piece, count), count);
		all += count;
	}
	return all;
}

/* Every one of them, however many lists that takes: one that stands behind an ended one in the kernel's table is missed
 * by the list at hand, and found by the next. How many. */
static int end_all(const struct conf_address *address, int addresses, struct diag_connection *last)
{
	int all = 0, now;

	do {
		now = list(AF_INET6, DIAG_LIVING, address, addresses, true, last);
		all += now;
	} while (now > 0);
	return all;
}

static void test_only_connections_of_the_named_addresses_are_listed(void **state)
{
	struct conf_address one[] = {address_of(VIP4)}, other[] = {address_of("192.0.2.77")};
	struct conf_address all[] = {address_of("192.0.2.77"), address_of(VIP6), address_of("2001:db8::77"),
				     address_of(VIP4)};
	struct pair to_vip, to_other, to_vip6;
	struct diag_connection found;
	int listener;

	(void)state;
	need_root();
	listener = listen_everywhere();
	to_vip = connect_to(listener, VIP4);
	to_other = connect_to(listener, OTHER4);
	to_vip6 = connect_to(listener, VIP6);
	/* The server's sockets are of family AF_INET6. */
	assert_int_equal(list(AF_INET6, DIAG_ESTABLISHED, one, 1, false, &found), 1);
	assert_true(found.mapped);
	assert_int_equal(found.local.family, AF_INET);
	assert_memory_equal(found.local.bytes, one[0].bytes, 4);
	assert_int_equal(found.local_port, PORT);
	assert_int_equal(list(AF_INET6, DIAG_ESTABLISHED, other, 1, false, &found), 0);
	assert_int_equal(list(AF_INET6, DIAG_ESTABLISHED, all, 4, false, &found), 2);
	assert_int_equal(list(AF_INET, DIAG_ESTABLISHED, one, 1, false, &found), 0);
	hang_up(to_vip);
	hang_up(to_other);
	hang_up(to_vip6);
	close(listener);
}

static void test_what_is_ended_is_reset_and_nothing_else_is(void **state)
{
	struct conf_address all[] = {address_of(VIP6), address_of(VIP4)};
	struct pair to_vip, to_other, to_vip6;
	struct diag_connection last;
	char byte;
	int listener;

	(void)state;
	need_root();
	listener = listen_everywhere();
	to_vip = connect_to(listener, VIP4);
	to_other = connect_to(listener, OTHER4);
	to_vip6 = connect_to(listener, VIP6);
	assert_int_equal(end_all(all, 2, &last), 2);
	assert_true(is_reset(to_vip.client));
	assert_true(is_reset(to_vip6.client));
	assert_false(is_reset(to_other.client));
	assert_int_equal(recv(to_vip.server, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNABORTED);
	assert_int_equal(list(AF_INET6, DIAG_LIVING, all, 2, false, &last), 0);
	/* Gone already: no error, and not counted. */
	assert_int_equal(net_diag_end(port, &last, 1), 0);
	hang_up(to_vip);
	hang_up(to_other);
	hang_up(to_vip6);
	close(listener);
}

static void test_a_client_that_has_said_all_is_still_waiting_for_its_answer(void **state)
{
	struct conf_address vip[] = {address_of(VIP4)};
	struct diag_connection last;
	struct pair pair;
	int listener;

	(void)state;
	need_root();
	listener = listen_everywhere();
	pair = connect_to(listener, VIP4);
	assert_int_equal(shutdown(pair.client, SHUT_WR), 0);
	assert_int_equal(list(AF_INET6, DIAG_ESTABLISHED, vip, 1, false, &last), 0);
	assert_int_equal(list(AF_INET6, DIAG_LIVING, vip, 1, true, &last), 1);
	assert_true(is_reset(pair.client));
	hang_up(pair);
	close(listener);
}

static void test_many_come_in_pieces_and_a_list_may_be_given_up(void **state)
{
	struct conf_address vip[] = {address_of(VIP4)};
	static struct diag_connection piece[NET_DIAG_PIECE_MAX];
	static struct pair pairs[MANY];
	struct diag_connection last;
	bool more;
	int listener, first;

	(void)state;
	need_root();
	listener = listen_everywhere();
	for (int i = 0; i < MANY; i++)
		pairs[i] = connect_to(listener, VIP4);
	assert_int_equal(net_diag_list(port, AF_INET6, DIAG_LIVING, vip, 1), 0);
	first = net_diag_next(port, piece, &more);
	assert_true(first > 0 && first < MANY && more);
	assert_int_equal(end_all(vip, 1, &last), MANY);
	for (int i = 0; i < MANY; i++) {
		assert_true(is_reset(pairs[i].client));
		hang_up(pairs[i]);
	}
	close(listener);
}

static void test_a_request_for_every_address_there_may_be_is_accepted(void **state)
{
	static struct conf_address every[DIAG_ADDRESSES_MAX];
	struct diag_connection last;
	struct pair pair;
	int listener;

	(void)state;
	need_root();
	for (int i = 0; i < DIAG_ADDRESSES_MAX; i++) {
		every[i] = address_of("2001:db8:1::");
		every[i].bytes[14] = (uint8_t)(i >> 8);
		every[i].bytes[15] = (uint8_t)i;
	}
	every[DIAG_ADDRESSES_MAX - 1] = address_of(VIP6);
	listener = listen_everywhere();
	pair = connect_to(listener, VIP6);
	assert_int_equal(list(AF_INET6, DIAG_ESTABLISHED, every, DIAG_ADDRESSES_MAX, false, &last), 1);
	assert_memory_equal(last.local.bytes, every[DIAG_ADDRESSES_MAX - 1].bytes, 16);
	hang_up(pair);
	close(listener);
}

/* ---- answers, without a kernel ---- */

struct answer {
	struct nlmsghdr header;
	struct inet_diag_msg body;
};

static struct answer answer_of(int family, uint32_t seq)
{
	struct answer answer = {
		.header = {.nlmsg_len = sizeof(answer), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_seq = seq},
		.body = {.idiag_family = (uint8_t)family},
	};

	answer.body.id.idiag_sport = htons(443);
	answer.body.id.idiag_dport = htons(50000);
	return answer;
}

static enum diag_news read_one(const struct answer *answer, size_t length, struct diag_connection *connection)
{
	size_t at = 0;
	int error = 0;

	return diag_read(answer, length, 7, &at, connection, &error);
}

static void test_an_answer_that_is_cut_foreign_or_of_another_family_is_none(void **state)
{
	struct answer answer = answer_of(AF_INET, 7);
	struct diag_connection connection;

	(void)state;
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_CONNECTION);
	assert_int_equal(connection.local_port, 443);
	assert_int_equal(connection.remote_port, 50000);
	for (size_t length = 0; length < sizeof(answer); length++)
		assert_int_equal(read_one(&answer, length, &connection), DIAG_NOTHING);
	answer.header.nlmsg_len = sizeof(answer) - 1;
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_OTHER);
	answer = answer_of(AF_INET, 8);
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_OTHER);
	answer = answer_of(AF_UNIX, 7);
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_OTHER);
}

static void test_half_a_mapped_address_is_none(void **state)
{
	struct answer answer = answer_of(AF_INET6, 7);
	struct diag_connection connection;

	(void)state;
	inet_pton(AF_INET6, "::ffff:192.0.2.50", answer.body.id.idiag_src);
	inet_pton(AF_INET6, "2001:db8::1", answer.body.id.idiag_dst);
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_OTHER);
	inet_pton(AF_INET6, "::ffff:192.0.2.9", answer.body.id.idiag_dst);
	assert_int_equal(read_one(&answer, sizeof(answer), &connection), DIAG_CONNECTION);
	assert_true(connection.mapped && connection.remote.family == AF_INET && connection.remote.bytes[3] == 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_connections_of_the_named_addresses_are_listed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_ended_is_reset_and_nothing_else_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_client_that_has_said_all_is_still_waiting_for_its_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_many_come_in_pieces_and_a_list_may_be_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_request_for_every_address_there_may_be_is_accepted, set_up,
						tear_down),
		cmocka_unit_test(test_an_answer_that_is_cut_foreign_or_of_another_family_is_none),
		cmocka_unit_test(test_half_a_mapped_address_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
