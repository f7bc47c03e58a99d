/* Which node this host is: the order of -n, host name, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>

#include "conf/conf.h"

static const struct conf_address none[1];
static const struct conf_address first = {.family = AF_INET, .prefix = 24, .bytes = {192, 0, 2, 1}};
static const struct conf_address second = {.family = AF_INET, .prefix = 24, .bytes = {198, 51, 100, 2}};
static const struct conf_address stranger = {.family = AF_INET, .prefix = 24, .bytes = {203, 0, 113, 9}};

static const struct conf two = {
	.node = {{.name = "cas1", .address = {{AF_INET, 32, {192, 0, 2, 1}}}, .addresses = 1},
		 {.name = "cas2.example.net",
		  .address = {{AF_INET, 32, {192, 0, 2, 2}}, {AF_INET, 32, {198, 51, 100, 2}}},
		  .addresses = 2}},
	.nodes = 2,
};

static void test_wanted_name_is_taken_to_the_letter_and_nothing_else_is_tried(void **state)
{
	(void)state;
	assert_int_equal(conf_node_of(&two, "cas1", "cas2.example.net", &second, 1), 0);
	assert_int_equal(conf_node_of(&two, "CAS1", "cas1", &first, 1), NODE_NONE);
	assert_int_equal(conf_node_of(&two, "cas", "cas1", &first, 1), NODE_NONE);
}

static void test_host_name_or_its_first_label_comes_next(void **state)
{
	(void)state;
	assert_int_equal(conf_node_of(&two, NULL, "cas1", &second, 1), 0);
	assert_int_equal(conf_node_of(&two, "", "CAS1.example.net", &second, 1), 0);
	assert_int_equal(conf_node_of(&two, NULL, "cas2.example.net", &first, 1), 1);
	assert_int_equal(conf_node_of(&two, NULL, "Cas2.Example.NET", &first, 1), 1);
	assert_int_equal(conf_node_of(&two, NULL, "cas2", none, 0), NODE_NONE);
	assert_int_equal(conf_node_of(&two, NULL, "cas11", none, 0), NODE_NONE);
	assert_int_equal(conf_node_of(&two, NULL, "", none, 0), NODE_NONE);
}

static void test_else_the_one_that_owns_a_local_address_whatever_its_prefix(void **state)
{
	const struct conf_address local[] = {stranger, second};

	(void)state;
	assert_int_equal(conf_node_of(&two, NULL, "elsewhere", local, 2), 1);
	assert_int_equal(conf_node_of(&two, NULL, NULL, &first, 1), 0);
	assert_int_equal(conf_node_of(&two, NULL, "elsewhere", &stranger, 1), NODE_NONE);
}

static void test_a_host_with_addresses_of_two_nodes_is_neither(void **state)
{
	const struct conf_address local[] = {first, second};

	(void)state;
	assert_int_equal(conf_node_of(&two, NULL, "elsewhere", local, 2), NODE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted_name_is_taken_to_the_letter_and_nothing_else_is_tried),
		cmocka_unit_test(test_host_name_or_its_first_label_comes_next),
		cmocka_unit_test(test_else_the_one_that_owns_a_local_address_whatever_its_prefix),
		cmocka_unit_test(test_a_host_with_addresses_of_two_nodes_is_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
