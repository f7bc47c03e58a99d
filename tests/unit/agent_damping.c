/* A check that keeps falling is held down, and let go when it has been calm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/damping.h"

static struct instant at(double seconds)
{
	return (struct instant){(int64_t)(1e12 + seconds * 1e9)};
}

static double free_at(const struct damping *damping)
{
	return (double)(damping_free_at(damping).ns - at(0).ns) / 1e9;
}

static struct damping after_falls(int falls, double apart)
{
	struct damping damping = {0};

	for (int i = 0; i < falls; i++)
		damping_fall(&damping, at(i * apart));
	return damping;
}

static void test_a_fall_or_two_are_ordinary_life(void **state)
{
	struct damping damping = after_falls(2, 5);

	(void)state;
	assert_false(damping_holds(&damping, at(5)));
	assert_true(damping_free_at(&damping).ns == INSTANT_NEVER.ns);
}

static void test_the_third_in_a_row_holds_it(void **state)
{
	struct damping damping = after_falls(3, 5);

	(void)state;
	assert_true(damping_holds(&damping, at(10)));
	assert_true(damping_holds(&damping, at(70)));
	assert_false(damping_holds(&damping, at(free_at(&damping))));
	assert_in_range((int)free_at(&damping), 10 + 60, 10 + 120);
}

static void test_falls_that_are_far_apart_do_not_add_up(void **state)
{
	struct damping damping = after_falls(50, 100);

	(void)state;
	assert_false(damping_holds(&damping, at(4900)));
}

static void test_however_often_it_falls_it_is_free_two_minutes_after_the_last(void **state)
{
	struct damping damping = after_falls(1000, 1);

	(void)state;
	assert_true(damping_holds(&damping, at(999 + 119)));
	assert_false(damping_holds(&damping, at(999 + 120)));
}

/* What has decayed to half is held on: the two bounds differ, so that it does not flap itself. */
static void test_it_is_held_until_it_is_well_below_what_held_it(void **state)
{
	struct damping damping = after_falls(3, 1);

	(void)state;
	assert_true(damping_holds(&damping, at(2 + 30)));
	damping_fall(&damping, at(2 + 61));
	assert_true(damping_holds(&damping, at(2 + 61)));
}

static void test_a_fall_after_ages_is_the_first(void **state)
{
	struct damping damping = after_falls(3, 1);

	(void)state;
	damping_fall(&damping, at(1e6));
	assert_false(damping_holds(&damping, at(1e6)));
	assert_int_equal(damping.penalty, DAMPING_FALL);
}

static void test_its_penalty_never_grows_by_waiting(void **state)
{
	(void)state;
	for (double wait = 0; wait < 400; wait += 0.7) {
		struct damping sooner = after_falls(3, 1), later = after_falls(3, 1);

		damping_fall(&sooner, at(2 + wait));
		damping_fall(&later, at(2 + wait + 0.7));
		assert_true(later.penalty <= sooner.penalty);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_fall_or_two_are_ordinary_life),
		cmocka_unit_test(test_the_third_in_a_row_holds_it),
		cmocka_unit_test(test_falls_that_are_far_apart_do_not_add_up),
		cmocka_unit_test(test_however_often_it_falls_it_is_free_two_minutes_after_the_last),
		cmocka_unit_test(test_it_is_held_until_it_is_well_below_what_held_it),
		cmocka_unit_test(test_a_fall_after_ages_is_the_first),
		cmocka_unit_test(test_its_penalty_never_grows_by_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
