/* Questions to the kernel about routes and neighbours, and the answers that Linux 6.18 gave, which the fuzz
 * target keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "checks/rtnl.h"
#include "conf/conf_address.h"

static uint8_t reply[RTNL_REPLY_MAX] __attribute__((aligned(8)));

static size_t load(const char *name)
{
	char path[128];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/fuzz_rtnl/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	length = fread(reply, 1, sizeof(reply), file);
	fclose(file);
	assert_true(length > 0);
	return length;
}

static struct rtnl_route route_of(const char *name)
{
	struct rtnl_route route;

	assert_true(rtnl_route_read(reply, load(name), &route));
	return route;
}

static struct rtnl_neighbour neighbour_of(const char *name)
{
	struct rtnl_neighbour neighbour;

	assert_true(rtnl_neighbour_read(reply, load(name), &neighbour));
	return neighbour;
}

static void test_a_route_is_on_link_or_not(void **state)
{
	static const struct {
		const char *name;
		bool own, on_link;
		int interface;
	} rows[] = {
		{"route-on-link", false, true, 3},     {"route6-on-link", false, true, 3},
		{"route6-link-local", false, true, 3}, {"route-behind", false, false, 3},
		{"route-via-ipv6", false, false, 3},   {"route-own", true, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rtnl_route route = route_of(rows[i].name);

		assert_int_equal(route.error, 0);
		assert_int_equal(route.own, rows[i].own);
		assert_int_equal(route.on_link, rows[i].on_link);
		assert_int_equal(route.interface, rows[i].interface);
	}
	assert_int_equal(route_of("route-none").error, ENETUNREACH);
}

static void test_a_neighbour_has_a_state_and_perhaps_an_address(void **state)
{
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 0xfe};
	struct rtnl_neighbour neighbour = neighbour_of("neighbour"), six = neighbour_of("neighbour6");

	(void)state;
	assert_int_equal(neighbour.error, 0);
	assert_int_equal(neighbour.state, NUD_REACHABLE);
	assert_int_equal(neighbour.mac_bytes, sizeof(mac));
	assert_memory_equal(neighbour.mac, mac, sizeof(mac));
	assert_int_equal(six.state, NUD_REACHABLE);
	assert_memory_equal(six.mac, mac, sizeof(mac));
	neighbour = neighbour_of("neighbour-incomplete");
	assert_int_equal(neighbour.state, NUD_INCOMPLETE);
	assert_int_equal(neighbour.mac_bytes, 0);
	assert_int_equal(neighbour_of("neighbour-none").error, ENOENT);
}

static void test_an_answer_to_another_question_is_none(void **state)
{
	struct rtnl_neighbour neighbour;
	struct rtnl_route route;

	(void)state;
	assert_false(rtnl_neighbour_read(reply, load("route-on-link"), &neighbour));
	assert_false(rtnl_route_read(reply, load("neighbour"), &route));
}

/* Each in memory of its own, so that a byte too far is seen under ASan. */
static void test_what_is_cut_short_is_none(void **state)
{
	size_t whole = load("route-on-link");

	(void)state;
	for (size_t length = 0; length < whole; length++) {
		uint8_t *cut = malloc(length ? length : 1);
		struct rtnl_neighbour neighbour;
		struct rtnl_route route;

		memcpy(cut, reply, length);
		assert_false(rtnl_route_read(cut, length, &route));
		assert_false(rtnl_neighbour_read(cut, length, &neighbour));
		free(cut);
	}
}

static void test_odd_lengths_of_attributes_end_them(void **state)
{
	static const uint8_t lengths[] = {0, 3, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		size_t length = load("route-on-link");
		struct rtnl_route route;

		reply[NLMSG_HDRLEN + sizeof(struct rtmsg)] = lengths[i]; /* the first: nothing is found behind it */
		assert_false(rtnl_route_read(reply, length, &route));
	}
}

static void test_the_questions_are_what_the_kernel_expects(void **state)
{
	static const uint8_t route4[] = {36, 0, 0, 0, 26, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,   32, 0, 0,
					 0,  0, 0, 0, 0,  0, 0, 0, 8, 0, 1, 0, 192, 0, 2, 254};
	static const uint8_t neighbour4[] = {36, 0, 0, 0, 30, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,   0, 0, 0,
					     3,  0, 0, 0, 0,  0, 0, 0, 8, 0, 1, 0, 192, 0, 2, 254};
	uint8_t request[RTNL_REQUEST_MAX];
	struct conf_address address;
	const char *why;

	(void)state;
	address_read("192.0.2.254", &address, &why);
	assert_int_equal(rtnl_route_request(request, &address, 0), sizeof(route4));
	assert_memory_equal(request, route4, sizeof(route4));
	assert_int_equal(rtnl_neighbour_request(request, &address, 3), sizeof(neighbour4));
	assert_memory_equal(request, neighbour4, sizeof(neighbour4));
	address_read("fe80::fe", &address, &why);
	assert_int_equal(rtnl_route_request(request, &address, 3), 56); /* 20 the address, 8 the interface */
	assert_int_equal(request[48], 8);
	assert_int_equal(request[50], RTA_OIF);
	assert_int_equal(request[52], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_route_is_on_link_or_not),
		cmocka_unit_test(test_a_neighbour_has_a_state_and_perhaps_an_address),
		cmocka_unit_test(test_an_answer_to_another_question_is_none),
		cmocka_unit_test(test_what_is_cut_short_is_none),
		cmocka_unit_test(test_odd_lengths_of_attributes_end_them),
		cmocka_unit_test(test_the_questions_are_what_the_kernel_expects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
