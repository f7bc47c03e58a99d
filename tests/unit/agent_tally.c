/* The tally of a vip: what is counted, in which class. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/tally.h"

static void test_a_change_without_a_claim_is_counted_and_has_no_darkness(void **state)
{
	struct tally tally = {0};

	(void)state;
	tally_change(&tally, WHY_CHECK, (struct duration){-1});
	tally_change(&tally, WHY_CHECK, (struct duration){-1});
	assert_int_equal(tally.changes[WHY_CHECK], 2);
	assert_int_equal(tally.changes[WHY_SILENCE], 0);
	assert_int_equal(tally_claims(&tally), 0);
	assert_int_equal(tally.dark_us, 0);
}

static void test_each_bound_is_the_last_of_its_class(void **state)
{
	struct tally tally = {0};

	(void)state;
	for (int b = 0; b < TALLY_BOUNDS; b++) {
		assert_true(b == 0 || tally_bound_us[b] > tally_bound_us[b - 1]);
		tally_change(&tally, WHY_SILENCE, duration_us(tally_bound_us[b]));
		assert_int_equal(tally.dark[b], 1 + (b > 0));
		tally_change(&tally, WHY_SILENCE, duration_us(tally_bound_us[b] + 1));
		assert_int_equal(tally.dark[b + 1], 1);
	}
	assert_int_equal(tally_claims(&tally), 2 * TALLY_BOUNDS);
	assert_int_equal(tally.changes[WHY_SILENCE], 2 * TALLY_BOUNDS);
}

static void test_what_is_beyond_all_bounds_counts_with_its_whole_length(void **state)
{
	struct tally tally = {0};

	(void)state;
	tally_change(&tally, WHY_YIELDED, (struct duration){0});
	tally_change(&tally, WHY_SILENCE, duration_ms(3600 * 1000));
	assert_int_equal(tally.dark[0], 1);
	assert_int_equal(tally.dark[TALLY_BOUNDS], 1);
	assert_int_equal(tally.dark_us, 3600 * INT64_C(1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_without_a_claim_is_counted_and_has_no_darkness),
		cmocka_unit_test(test_each_bound_is_the_last_of_its_class),
		cmocka_unit_test(test_what_is_beyond_all_bounds_counts_with_its_whole_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
