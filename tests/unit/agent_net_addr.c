/* Addresses with a lifetime, in a network namespace of this program's own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/net_addr.h"
#include "tests/unit/netns.h"

#define VIP4      "192.0.2.50"
#define VIP6      "2001:db8::50"
#define NEIGHBOUR "192.0.2.9"

static struct net_addr *port;
static unsigned card;
static struct conf_address vip4, vip6;

static struct conf_address address_of(const char *text, uint8_t prefix)
{
	struct conf_address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET, .prefix = prefix};

	assert_int_equal(inet_pton(address.family, text, address.bytes), 1);
	return address;
}

/* A fresh card for each test, with no address. */
static int set_up(void **state)
{
	(void)state;
	port = NULL;
	if (netns_new() < 0)
		return 0;
	run("ip link set lo up; ip link add a0 type veth peer name p0; ip link set p0 up");
	run("sysctl -q net.ipv6.conf.a0.dad_transmits=0 net.ipv4.conf.all.promote_secondaries=0 "
	    "net.ipv4.conf.a0.promote_secondaries=0; ip link set a0 up");
	card = if_nametoindex("a0");
	vip4 = address_of(VIP4, 24);
	vip6 = address_of(VIP6, 64);
	return net_addr_open(&port);
}

static int tear_down(void **state)
{
	(void)state;
	net_addr_close(port);
	return 0;
}

static void need_root(void)
{
	if (!port)
		skip();
}

static void put(const struct conf_address *address, int64_t ms)
{
	assert_int_equal(net_addr_put(port, card, address, duration_ms(ms)), 0);
}

static bool shows(const char *words)
{
	return succeeds("ip -o address show dev a0 | tr '\\\\' ' ' | tr -s ' ' | grep -q -e '%s'", words);
}

/* The source address that the kernel chooses towards this one. "" when there is no way. */
static const char *source_towards(const char *text)
{
	static char source[INET6_ADDRSTRLEN];
	struct sockaddr_storage storage = {.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET};
	struct sockaddr_in *to4 = (void *)&storage;
	struct sockaddr_in6 *to6 = (void *)&storage;
	socklen_t size = sizeof(storage);
	int fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	void *bytes = storage.ss_family == AF_INET ? (void *)&to4->sin_addr : (void *)&to6->sin6_addr;

	to4->sin_port = htons(9);
	assert_int_equal(inet_pton(storage.ss_family, text, bytes), 1);
	source[0] = '\0';
	if (connect(fd, (struct sockaddr *)&storage, size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&storage, &size) == 0)
		inet_ntop(storage.ss_family, bytes, source, sizeof(source));
	close(fd);
	return source;
}

/* It goes by itself. How soon is the kernel's affair: a second late where an address was changed meanwhile. */
static void await_absence(const struct conf_address *address)
{
	struct instant deadline = instant_add(now(), duration_ms(30000));

	while (net_addr_has(port, card, address) == 1) {
		assert_false(instant_reached(now(), deadline));
		usleep(2000);
	}
}

static void test_put_gives_the_address_a_lifetime_and_our_mark(void **state)
{
	(void)state;
	need_root();
	run("sysctl -q net.ipv6.conf.a0.dad_transmits=1");
	put(&vip4, 1001);
	put(&vip6, 2000);
	assert_true(shows("inet 192.0.2.50/24 .*valid_lft [12]sec preferred_lft 0sec"));
	assert_true(shows("inet6 2001:db8::50/64 .*valid_lft [12]sec preferred_lft 0sec"));
	assert_false(shows("2001:db8::50.*tentative"));
	assert_int_equal(net_addr_has(port, card, &vip4), 1);
	assert_int_equal(net_addr_has(port, card, &vip6), 1);
	assert_int_equal(net_addr_has(port, if_nametoindex("p0"), &vip4), 0);
	assert_int_equal(net_addr_sweep(port, NULL, 0), 2);
}

static void test_address_vanishes_by_itself(void **state)
{
	(void)state;
	need_root();
	put(&vip4, 1000);
	put(&vip6, 1000);
	await_absence(&vip4);
	await_absence(&vip6);
}

static void test_refreshing_prolongs_it(void **state)
{
	struct instant end = instant_add(now(), duration_ms(1600));

	(void)state;
	need_root();
	while (!instant_reached(now(), end)) {
		put(&vip4, 1000);
		put(&vip6, 1000);
		assert_int_equal(net_addr_has(port, card, &vip4), 1);
		assert_int_equal(net_addr_has(port, card, &vip6), 1);
		usleep(100000);
	}
}

static void test_vip_is_never_the_source_on_a_host_with_an_address(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	run("ip route add default via 192.0.2.254; ip -6 route add default via 2001:db8::fe");
	run("ip route add 203.0.113.0/24 dev a0");
	put(&vip4, 5000);
	put(&vip6, 5000);
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	assert_string_equal(source_towards("198.51.100.7"), "192.0.2.1");
	assert_string_equal(source_towards("203.0.113.7"), "192.0.2.1");
	assert_string_equal(source_towards("2001:db8::9"), "2001:db8::1");
	assert_string_equal(source_towards("2001:db8:7::9"), "2001:db8::1");
}

static void test_vip_that_was_there_first_gives_way_at_its_next_refresh(void **state)
{
	(void)state;
	need_root();
	put(&vip4, 5000);
	put(&vip6, 5000);
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	put(&vip4, 5000);
	run("ip route add default via 192.0.2.254; ip route add 203.0.113.0/24 dev a0");
	assert_true(shows("inet 192.0.2.50/24 .*secondary"));
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	assert_string_equal(source_towards("198.51.100.7"), "192.0.2.1");
	assert_string_equal(source_towards("203.0.113.7"), "192.0.2.1");
	assert_string_equal(source_towards("2001:db8::9"), "2001:db8::1");
}

static void test_several_vips_that_were_there_first_all_give_way(void **state)
{
	struct conf_address vip[3] = {vip4, address_of("192.0.2.51", 24), address_of("192.0.2.52", 24)};

	(void)state;
	need_root();
	for (int i = 0; i < 3; i++)
		put(&vip[i], 5000);
	run("ip address add 192.0.2.1/24 dev a0");
	for (int i = 0; i < 3; i++)
		put(&vip[i], 5000);
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	for (int i = 0; i < 3; i++)
		assert_int_equal(net_addr_has(port, card, &vip[i]), 1);
}

static void test_prefix_other_than_the_hosts_lends_no_route(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/22 dev a0");
	for (int i = 0; i < 3; i++) {
		put(&vip4, 5000);
		assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	}
	assert_true(shows("inet 192.0.2.50/24"));
}

static void test_programs_that_ask_for_the_cards_address_get_the_hosts(void **state)
{
	struct ifreq request = {.ifr_name = "a0"};
	const struct sockaddr_in *answer = (const void *)&request.ifr_addr;
	int fd;

	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0");
	put(&vip4, 5000);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCGIFADDR, &request), 0);
	assert_string_equal(inet_ntoa(answer->sin_addr), "192.0.2.1");
	close(fd);
}

static void test_removing_it_leaves_an_address_that_came_later(void **state)
{
	(void)state;
	need_root();
	put(&vip4, 5000);
	put(&vip6, 5000);
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	assert_int_equal(net_addr_drop(port, card, &vip4), 0);
	assert_int_equal(net_addr_drop(port, card, &vip6), 0);
	assert_false(shows(VIP4));
	assert_false(shows(VIP6));
	assert_true(shows("inet 192.0.2.1/24"));
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	assert_string_equal(source_towards("2001:db8::9"), "2001:db8::1");
}

static void test_it_stays_when_the_hosts_own_address_goes_and_comes_back(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0");
	put(&vip4, 5000);
	run("ip address del 192.0.2.1/24 dev a0");
	assert_int_equal(net_addr_has(port, card, &vip4), 1);
	run("ip address add 192.0.2.1/24 dev a0"); /* a lease renewed, a network manager restarted */
	put(&vip4, 5000);
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
	assert_int_equal(net_addr_has(port, card, &vip4), 1);
}

static void test_prefix_route_of_the_host_keeps_its_own_lifetime(void **state)
{
	(void)state;
	need_root();
	run("ip address add 2001:db8::1/64 dev a0 nodad valid_lft 1000 preferred_lft 500");
	put(&vip6, 2000);
	assert_true(succeeds("ip -6 route show 2001:db8::/64 metric 256 | grep -q 'expires 1\\?[09][0-9][0-9]sec'"));
	assert_int_equal(net_addr_drop(port, card, &vip6), 0);
	assert_true(succeeds("ip -6 route show 2001:db8::/64 metric 256 | grep -q 'expires 1\\?[09][0-9][0-9]sec'"));
}

static void test_host_without_an_address_reaches_its_neighbours_while_it_has_a_vip(void **state)
{
	struct conf_address second = address_of("192.0.2.51", 24);

	(void)state;
	need_root();
	assert_string_equal(source_towards(NEIGHBOUR), "");
	put(&vip4, 5000);
	put(&vip4, 5000);
	put(&second, 5000);
	assert_string_equal(source_towards(NEIGHBOUR), VIP4);
	assert_int_equal(net_addr_drop(port, card, &vip4), 0);
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.51");
	assert_int_equal(net_addr_drop(port, card, &second), 0);
	assert_string_equal(source_towards(NEIGHBOUR), "");
	assert_false(succeeds("ip route show | grep -q ."));
}

static void test_address_added_by_hand_becomes_ours(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 192.0.2.50/24 dev a0; ip address add 2001:db8::50/128 "
	    "dev a0");
	put(&vip4, 1000);
	put(&vip6, 1000);
	assert_true(shows("inet 192.0.2.50/24 .*valid_lft [12]sec"));
	await_absence(&vip4);
	await_absence(&vip6);
	run("ip address add 192.0.2.50/24 dev a0; ip address add 2001:db8::50/128 dev a0");
	put(&vip4, 5000);
	put(&vip6, 5000);
	assert_int_equal(net_addr_sweep(port, NULL, 0), 2);
}

static void test_twin_with_another_prefix_goes_and_takes_nothing_with_it(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.50/28 dev a0; ip address add 192.0.2.49/28 dev a0"); /* the second depends on the
											    first */
	put(&vip4, 1000);
	assert_false(shows("192.0.2.50/28"));
	await_absence(&vip4);
	assert_true(shows("inet 192.0.2.49/28"));
}

static void test_expiry_takes_nothing_with_it(void **state)
{
	(void)state;
	need_root();
	put(&vip4, 1000);
	run("ip address add 192.0.2.1/24 dev a0"); /* behind the vip, whose agent then dies */
	await_absence(&vip4);
	assert_true(shows("inet 192.0.2.1/24"));
	assert_string_equal(source_towards(NEIGHBOUR), "192.0.2.1");
}

static void test_drop_removes_it_whoever_put_it_there(void **state)
{
	(void)state;
	need_root();
	run("ip address add 192.0.2.50/24 dev a0; ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::50/128 "
	    "dev a0");
	run("ip address add 192.0.2.50/28 dev a0");
	assert_int_equal(net_addr_drop(port, card, &vip4), 0);
	assert_int_equal(net_addr_drop(port, card, &vip6), 0);
	assert_int_equal(net_addr_has(port, card, &vip4), 0);
	assert_int_equal(net_addr_has(port, card, &vip6), 0);
	assert_true(shows("inet 192.0.2.1/24"));
}

static void test_what_is_not_there_is_dropped_without_complaint(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(net_addr_drop(port, card, &vip4), 0);
	assert_int_equal(net_addr_drop(port, card, &vip6), 0);
	assert_int_equal(net_addr_drop(port, 9999, &vip4), 0);
	assert_int_equal(net_addr_has(port, 9999, &vip4), 0);
}

static void test_put_says_why_it_cannot(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(net_addr_put(port, 9999, &vip4, duration_ms(1000)), -ENODEV);
	assert_int_equal(net_addr_put(port, 9999, &vip6, duration_ms(1000)), -ENODEV);
	run("sysctl -q net.ipv6.conf.a0.disable_ipv6=1");
	assert_int_equal(net_addr_put(port, card, &vip6, duration_ms(1000)), -EACCES);
	assert_int_equal(net_addr_put(port, card, &vip4, duration_ms(1000)), 0);
}

static void test_address_survives_its_card_going_down_and_up(void **state)
{
	(void)state;
	need_root();
	run("ip link set a0 down");
	put(&vip4, 5000);
	run("ip link set a0 up");
	put(&vip4, 5000);
	assert_string_equal(source_towards(NEIGHBOUR), VIP4);
}

static void test_sweep_takes_what_is_ours_and_leaves_the_rest(void **state)
{
	struct conf_address kept = address_of("192.0.2.51", 24);

	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	put(&vip4, 5000);
	put(&vip6, 5000);
	put(&kept, 5000);
	assert_int_equal(net_addr_put(port, if_nametoindex("p0"), &vip4, duration_ms(5000)), 0);
	assert_int_equal(net_addr_sweep(port, &kept, 1), 3);
	assert_int_equal(net_addr_has(port, card, &kept), 1);
	assert_int_equal(net_addr_has(port, card, &vip4), 0);
	assert_int_equal(net_addr_has(port, if_nametoindex("p0"), &vip4), 0);
	assert_true(shows("192.0.2.1/24"));
	assert_true(shows("2001:db8::1/64"));
	assert_int_equal(net_addr_sweep(port, NULL, 0), 1);
	assert_int_equal(net_addr_sweep(port, NULL, 0), 0);
}

static void test_local_lists_the_hosts_addresses(void **state)
{
	struct conf_address found[8], expected4 = address_of("192.0.2.1", 32),
				      expected6 = address_of("2001:db8::1", 128);

	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	assert_int_equal(net_addr_local(port, found, 8), 2);
	assert_memory_equal(&found[0], &expected4, sizeof(expected4));
	assert_memory_equal(&found[1], &expected6, sizeof(expected6));
	assert_int_equal(net_addr_local(port, found, 1), 1);
}

static void test_many_vips_stand_side_by_side(void **state)
{
	struct conf_address address = vip4;

	(void)state;
	need_root();
	for (int i = 0; i < 200; i++) {
		address.bytes[3] = (uint8_t)(20 + i);
		put(&address, 60000);
	}
	assert_int_equal(net_addr_sweep(port, NULL, 0), 200);
}

static int64_t us_each(struct instant start, int rounds)
{
	return instant_since(now(), start).ns / 1000 / rounds;
}

static void test_many_turns_of_taking_refreshing_and_dropping_leave_one_address(void **state)
{
	enum { ROUNDS = 200 };
	const struct conf_address *vips[] = {&vip4, &vip6};

	(void)state;
	need_root();
	run("ip address add 192.0.2.1/24 dev a0; ip address add 2001:db8::1/64 dev a0 nodad");
	for (int v = 0; v < 2; v++) {
		int64_t take_ns = 0, drop_ns = 0, refresh_us;
		struct instant start;

		for (int i = 0; i < ROUNDS; i++) {
			start = now();
			put(vips[v], 60000);
			take_ns += instant_since(now(), start).ns;
			start = now();
			assert_int_equal(net_addr_drop(port, card, vips[v]), 0);
			drop_ns += instant_since(now(), start).ns;
		}
		start = now();
		for (int i = 0; i < ROUNDS; i++)
			put(vips[v], 60000);
		refresh_us = us_each(start, ROUNDS);
		print_message("IPv%c: take %lld us, refresh %lld us, drop %lld us\n", v ? '6' : '4',
			      (long long)take_ns / ROUNDS / 1000, (long long)refresh_us,
			      (long long)drop_ns / ROUNDS / 1000);
		assert_int_equal(net_addr_sweep(port, NULL, 0), 1);
	}
}

#define carded(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		carded(test_put_gives_the_address_a_lifetime_and_our_mark),
		carded(test_address_vanishes_by_itself),
		carded(test_refreshing_prolongs_it),
		carded(test_vip_is_never_the_source_on_a_host_with_an_address),
		carded(test_vip_that_was_there_first_gives_way_at_its_next_refresh),
		carded(test_several_vips_that_were_there_first_all_give_way),
		carded(test_prefix_other_than_the_hosts_lends_no_route),
		carded(test_programs_that_ask_for_the_cards_address_get_the_hosts),
		carded(test_removing_it_leaves_an_address_that_came_later),
		carded(test_it_stays_when_the_hosts_own_address_goes_and_comes_back),
		carded(test_prefix_route_of_the_host_keeps_its_own_lifetime),
		carded(test_host_without_an_address_reaches_its_neighbours_while_it_has_a_vip),
		carded(test_address_added_by_hand_becomes_ours),
		carded(test_twin_with_another_prefix_goes_and_takes_nothing_with_it),
		carded(test_expiry_takes_nothing_with_it),
		carded(test_drop_removes_it_whoever_put_it_there),
		carded(test_what_is_not_there_is_dropped_without_complaint),
		carded(test_put_says_why_it_cannot),
		carded(test_address_survives_its_card_going_down_and_up),
		carded(test_sweep_takes_what_is_ours_and_leaves_the_rest),
		carded(test_local_lists_the_hosts_addresses),
		carded(test_many_vips_stand_side_by_side),
		carded(test_many_turns_of_taking_refreshing_and_dropping_leave_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
