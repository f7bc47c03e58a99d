/* News of interfaces and addresses, in a network namespace of this program's own. What is told is kept as lines of
 * text, and a test waits for a line. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "agent/net_link.h"
#include "tests/unit/netns.h"

static struct net_link *monitor;
static char told[65536];
static unsigned a0;

static int refusals; /* so many full reads are answered with an error */

/* Stands before libc's: in place of what the kernel sent there may be its refusal of a full read. */
ssize_t recvfrom(int fd, void *bytes, size_t size, int flags, struct sockaddr *from, socklen_t *from_size)
{
	const struct {
		struct nlmsghdr header;
		struct nlmsgerr body;
	} refusal = {{.nlmsg_len = sizeof(refusal), .nlmsg_type = NLMSG_ERROR}, {.error = -EBUSY}};
	ssize_t got;

	do
		got = syscall(SYS_recvfrom, fd, bytes, size, flags, from, from_size);
	while (got >= 0 && refusals > 0);
	if (refusals == 0)
		return got;
	refusals--;
	assert_true(size >= sizeof(refusal));
	memcpy(bytes, &refusal, sizeof(refusal));
	return sizeof(refusal);
}

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
	size_t length = strlen(told);
	va_list words;

	va_start(words, format);
	vsnprintf(told + length, sizeof(told) - length, format, words);
	va_end(words);
}

static void on_link(void *context, const char *name, const struct net_link_state *state)
{
	assert_ptr_equal(context, told);
	if (state->ifindex == 0)
		tell("%s gone\n", name);
	else
		tell("%s %s %02x:%02x index=%u\n", name, state->up ? "up" : "down", state->mac[0], state->mac[5],
		     state->ifindex);
}

static void on_address(void *context, unsigned ifindex, const struct conf_address *address, bool present,
		       bool dad_failed)
{
	char text[INET6_ADDRSTRLEN], name[IF_NAMESIZE] = "?";

	assert_ptr_equal(context, told);
	if_indextoname(ifindex, name);
	inet_ntop(address->family, address->bytes, text, sizeof(text));
	tell("%s/%d %s %s%s\n", text, address->prefix, present ? "on" : "off", name, dad_failed ? " dadfailed" : "");
}

static const struct net_link_calls calls = {.link = on_link, .address = on_address};

static void open_monitor(void)
{
	assert_int_equal(net_link_open(&monitor, &calls, told), 0);
}

static int set_up(void **state)
{
	(void)state;
	monitor = NULL;
	told[0] = '\0';
	refusals = 0;
	if (netns_new() < 0)
		return 0;
	run("ip link add a0 address 02:00:00:00:00:a0 type veth peer name p0; sysctl -q "
	    "net.ipv6.conf.a0.addr_gen_mode=1 "
	    "net.ipv6.conf.p0.addr_gen_mode=1");
	a0 = if_nametoindex("a0");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	net_link_close(monitor);
	return 0;
}

static void need_root(void)
{
	if (geteuid() != 0 || !a0)
		skip();
}

/* How often this text was told. */
static int count(const char *text)
{
	int times = 0;

	for (const char *at = told; (at = strstr(at, text)); at += strlen(text))
		times++;
	return times;
}

static void await(const char *text)
{
	struct instant deadline = instant_add(now(), duration_ms(5000));

	for (;;) {
		assert_int_equal(net_link_dispatch(monitor, 16), 0);
		if (count(text) > 0)
			return;
		if (instant_reached(now(), deadline))
			fail_msg("not told: %s; but:\n%s", text, told);
		poll(&(struct pollfd){.fd = net_link_fd(monitor), .events = POLLIN}, 1, 100);
	}
}

/* Everything that the kernel had to tell up to here has been told: this address comes last. */
static void await_marker(void)
{
	static int markers;
	char marker[64];

	snprintf(marker, sizeof(marker), "198.51.100.%d/32 on", ++markers % 250);
	run("ip address add 198.51.100.%d/32 dev a0", markers % 250);
	await(marker);
}

static void test_first_dispatch_tells_all_there_is(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip link set lo up");
	open_monitor();
	assert_int_equal(poll(&(struct pollfd){.fd = net_link_fd(monitor), .events = POLLIN}, 1, 0), 1);
	assert_int_equal(net_link_dispatch(monitor, 1 << 16), 0);
	assert_int_equal(count("a0 down 02:a0"), 1);
	assert_int_equal(count("lo up 00:00"), 1);
	assert_int_equal(count("p0 down"), 1);
	assert_int_equal(count("192.0.2.1/24 on a0\n"), 1);
	assert_int_equal(count("127.0.0.1/8 on lo\n"), 1);
}

static void test_up_needs_carrier(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	run("ip link set a0 up");
	await_marker();
	assert_int_equal(count("a0 up"), 0);
	run("ip link set p0 up");
	await("a0 up 02:a0");
	told[0] = '\0';
	run("ip link set p0 down");
	await("a0 down 02:a0");
	run("ip link set p0 up");
	await("a0 up");
	told[0] = '\0';
	run("ip link set a0 down");
	await("a0 down");
}

static void test_coming_changing_and_going_is_told(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	run("ip link add b0 type veth peer name q0");
	await("b0 down");
	run("ip link set b0 address 02:00:00:00:00:b1");
	await("b0 down 02:b1");
	run("ip link del b0");
	await("b0 gone");
	await("q0 gone");
	told[0] = '\0';
	run("ip link add b0 address 02:00:00:00:00:b2 type veth peer name q0");
	await("b0 down 02:b2");
}

static void test_renamed_interface_is_gone_under_its_old_name_first(void **state)
{
	const char *gone, *there;

	(void)state;
	need_root();
	open_monitor();
	await_marker();
	run("ip link set a0 name mail0");
	await("mail0 down");
	gone = strstr(told, "a0 gone");
	there = strstr(told, "mail0 down");
	assert_non_null(gone);
	assert_true(gone < there);
}

static void test_addresses_are_told_once_and_again_when_they_are_gone(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	run("ip address add 192.0.2.50/24 dev a0 valid_lft 60 preferred_lft 0");
	await("192.0.2.50/24 on a0\n");
	for (int i = 0; i < 5; i++)
		run("ip address replace 192.0.2.50/24 dev a0 valid_lft %d preferred_lft 0", 60 + i);
	run("ip address add 2001:db8::50/64 dev a0 nodad");
	await("2001:db8::50/64 on a0\n");
	await_marker();
	assert_int_equal(count("192.0.2.50/24 on"), 1); /* a refresh is no news */
	run("ip address del 192.0.2.50/24 dev a0; ip address del 2001:db8::50/64 dev a0");
	await("192.0.2.50/24 off a0\n");
	await("2001:db8::50/64 off a0\n");
}

static void test_address_that_stands_twice_is_there_until_both_are_gone(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	run("ip address add 192.0.2.50/24 dev a0; ip address add 192.0.2.50/32 dev a0; ip address del 192.0.2.50/24 "
	    "dev a0");
	await_marker();
	assert_int_equal(count("off"), 0);
	run("ip address del 192.0.2.50/32 dev a0");
	await("192.0.2.50/32 off");
}

static void test_failed_dad_is_told(void **state)
{
	(void)state;
	need_root();
	run("ip link set a0 up; ip link set p0 up; ip address add 2001:db8::50/64 dev p0 nodad");
	open_monitor();
	await("a0 up");
	run("ip address add 2001:db8::50/64 dev a0");
	await("2001:db8::50/64 on a0 dadfailed");
}

static void test_port_that_leaves_its_bridge_is_not_gone(void **state)
{
	(void)state;
	need_root();
	run("ip link add br0 type bridge; ip link set a0 master br0");
	open_monitor();
	await("a0 down");
	run("ip link set a0 nomaster");
	await_marker();
	assert_int_equal(count("a0 gone"), 0);
}

/* More news than the socket holds; nobody reads meanwhile. */
static void overrun(void)
{
	run("{ for i in $(seq 4000); do echo address add 203.0.113.1/24 dev p0; echo address del 203.0.113.1/24 dev "
	    "p0; "
	    "done; } | ip -batch -");
}

static void shrink_socket(void)
{
	int bytes = 4096;

	assert_int_equal(setsockopt(net_link_fd(monitor), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)), 0);
}

static void test_nothing_is_missed_after_an_overrun(void **state)
{
	(void)state;
	need_root();
	run("ip link add gone0 type veth peer name gone1; ip address add 192.0.2.1/24 dev a0");
	run("ip link add old0 address 02:00:00:00:00:01 type veth peer name old1");
	open_monitor();
	await("192.0.2.1/24 on");
	shrink_socket();
	told[0] = '\0';
	overrun();
	run("ip link del gone0; ip address del 192.0.2.1/24 dev a0; ip address add 192.0.2.2/24 dev a0");
	run("ip link del old0; ip link add old0 address 02:00:00:00:00:02 type veth peer name old1");
	run("ip link set p0 name new0; ip link set a0 up; ip link set new0 up");
	await("a0 up");
	await("192.0.2.1/24 off a0\n");
	await("192.0.2.2/24 on a0\n");
	await("gone0 gone");
	await("p0 gone");
	await("new0 up");
	await("old0 down 02:02");
	assert_true(strstr(told, "old0 gone") < strstr(told, "old0 down 02:02")); /* not gone after it came back */
	await_marker();
	assert_int_equal(count("old0 gone"), 1);
	assert_int_equal(count("203.0.113.1/24 on"), count("203.0.113.1/24 off"));
}

static void test_overrun_during_the_first_read_ends_well(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	shrink_socket();
	overrun();
	run("ip address add 192.0.2.3/24 dev a0; ip link add late0 type veth peer name late1");
	await("192.0.2.3/24 on a0\n");
	await("late0 down");
	await("a0 down 02:a0");
}

static void test_full_read_that_is_refused_begins_anew(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0");
	open_monitor();
	refusals = 2;
	assert_int_equal(net_link_dispatch(monitor, 1 << 16), -EBUSY);
	assert_string_equal(told, "");
	assert_int_equal(net_link_dispatch(monitor, 1 << 16), -EBUSY);
	assert_int_equal(net_link_dispatch(monitor, 1 << 16), 0);
	assert_int_equal(count("a0 down 02:a0"), 1);
	assert_int_equal(count("192.0.2.1/24 on a0\n"), 1);
	run("ip link del a0");
	await("a0 gone");
}

static void test_addresses_of_one_interface_are_told_again(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 192.0.2.2/24 dev a0; ip address add 192.0.2.3/24 dev p0");
	open_monitor();
	await("192.0.2.3/24 on p0");
	run("ip address del 192.0.2.2/24 dev a0");
	await("192.0.2.2/24 off");
	told[0] = '\0';
	net_link_tell_addresses(monitor, a0);
	assert_string_equal(told, "192.0.2.1/24 on a0\n");
}

static void test_dispatch_reads_no_more_than_it_may(void **state)
{
	(void)state;
	need_root();
	open_monitor();
	await_marker();
	told[0] = '\0';
	for (int i = 1; i <= 6; i++)
		run("ip address add 192.0.2.%d/32 dev a0", i);
	assert_int_equal(net_link_dispatch(monitor, 2), 0);
	assert_int_equal(count(" on a0"), 2);
	assert_int_equal(net_link_dispatch(monitor, 16), 0);
	assert_int_equal(count(" on a0"), 6);
	assert_int_equal(net_link_dispatch(monitor, 16), 0);
	assert_int_equal(count(" on a0"), 6);
}

static void test_other_processes_cannot_tell_news(void **state)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
		struct nlattr head;
		uint8_t bytes[4];
	} lie = {.header = {.nlmsg_len = sizeof(lie), .nlmsg_type = RTM_NEWADDR},
		 .body = {.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = a0},
		 .head = {8, IFA_LOCAL},
		 .bytes = {192, 0, 2, 66}};
	socklen_t size = sizeof(to);
	int liar;

	(void)state;
	need_root();
	open_monitor();
	await_marker();
	liar = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(getsockname(net_link_fd(monitor), (struct sockaddr *)&to, &size), 0);
	to.nl_groups = 0;
	assert_int_equal(sendto(liar, &lie, sizeof(lie), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(lie));
	await_marker();
	assert_int_equal(count("192.0.2.66"), 0);
	close(liar);
}

static void test_calls_may_be_left_out(void **state)
{
	static const struct net_link_calls none;

	(void)state;
	need_root();
	assert_int_equal(net_link_open(&monitor, &none, NULL), 0);
	run("ip address add 192.0.2.3/24 dev a0; ip link del a0");
	assert_int_equal(net_link_dispatch(monitor, 1 << 16), 0);
}

#define carded(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		carded(test_first_dispatch_tells_all_there_is),
		carded(test_up_needs_carrier),
		carded(test_coming_changing_and_going_is_told),
		carded(test_renamed_interface_is_gone_under_its_old_name_first),
		carded(test_addresses_are_told_once_and_again_when_they_are_gone),
		carded(test_address_that_stands_twice_is_there_until_both_are_gone),
		carded(test_failed_dad_is_told),
		carded(test_port_that_leaves_its_bridge_is_not_gone),
		carded(test_nothing_is_missed_after_an_overrun),
		carded(test_overrun_during_the_first_read_ends_well),
		carded(test_full_read_that_is_refused_begins_anew),
		carded(test_addresses_of_one_interface_are_told_again),
		carded(test_dispatch_reads_no_more_than_it_may),
		carded(test_other_processes_cannot_tell_news),
		carded(test_calls_may_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
