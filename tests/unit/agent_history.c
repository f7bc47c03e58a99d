/* Unit tests of a vip's history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/history.h"

enum { CAS1, CAS2, CAS3 };

static const struct instant at = {1000};

static void test_the_first_owner_that_is_heard_of_has_not_moved(void **state)
{
	struct history history = {0};

	(void)state;
	history_owner(&history, CAS2, at);
	assert_true(history.owned && !history.moved);
	history_owner(&history, CAS3, at);
	assert_true(history.moved && history.from_known);
	assert_int_equal(history.from, CAS2);
}

static void test_a_node_that_is_gone_is_named_no_more(void **state)
{
	struct history history = {0};

	(void)state;
	history_owner(&history, CAS3, at);
	history_took(&history, CAS1, at);
	history_split(&history, CAS3, (struct duration){5}, at);
	history_forget(&history, CAS2);
	assert_true(history.moved && history.from_known && history.split);
	history_forget(&history, CAS3);
	assert_true(history.owned && history.moved && !history.from_known && !history.split);
}

static void test_a_move_to_a_node_that_is_gone_is_none(void **state)
{
	struct history history = {0};

	(void)state;
	history_owner(&history, CAS1, at);
	history_owner(&history, CAS3, at);
	history_forget(&history, CAS3);
	assert_false(history.owned || history.moved);
	history_owner(&history, CAS2, at);
	assert_false(history.moved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_owner_that_is_heard_of_has_not_moved),
		cmocka_unit_test(test_a_node_that_is_gone_is_named_no_more),
		cmocka_unit_test(test_a_move_to_a_node_that_is_gone_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
