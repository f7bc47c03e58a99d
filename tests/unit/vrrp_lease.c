/* The lease's arithmetic, for every heartbeat interval and every dead_after that a configuration may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrp/lease.h"

enum { BEAT_LEAST_MS = 5, BEAT_MOST_MS = 1000, DEAD_LEAST = 2, DEAD_MOST = 100 };

static void test_the_default_is_100_300_25_275_ms(void **state)
{
	struct lease_terms terms = lease_terms(duration_ms(100), 3);

	(void)state;
	assert_int_equal(duration_to_ms(terms.beat), 100);
	assert_int_equal(duration_to_ms(terms.dead), 300);
	assert_int_equal(duration_to_ms(terms.margin), 25);
	assert_int_equal(duration_to_ms(terms.lease), 275);
}

static void test_the_margin_is_a_quarter_beat_but_at_least_2_ms(void **state)
{
	(void)state;
	assert_int_equal(lease_terms(duration_ms(5), 3).margin.ns, 2000000);
	assert_int_equal(lease_terms(duration_ms(8), 3).margin.ns, 2000000);
	assert_int_equal(lease_terms(duration_ms(9), 3).margin.ns, 2250000);
	assert_int_equal(lease_terms(duration_ms(1000), 3).margin.ns, 250000000);
}

static void test_the_lease_ends_a_margin_before_anyone_may_take(void **state)
{
	(void)state;
	for (int t = BEAT_LEAST_MS; t <= BEAT_MOST_MS; t++) {
		for (int beats = DEAD_LEAST; beats <= DEAD_MOST; beats++) {
			struct lease_terms terms = lease_terms(duration_ms(t), beats);

			assert_int_equal(terms.dead.ns, (int64_t)t * beats * 1000000);
			assert_int_equal(terms.lease.ns + terms.margin.ns, terms.dead.ns);
			assert_true(terms.margin.ns >= 2000000 && terms.margin.ns * 4 >= terms.beat.ns);
			assert_true(terms.lease.ns < terms.dead.ns);
		}
	}
}

static void test_an_owner_that_beats_on_time_never_lapses(void **state)
{
	(void)state;
	for (int t = BEAT_LEAST_MS; t <= BEAT_MOST_MS; t++) {
		for (int beats = DEAD_LEAST; beats <= DEAD_MOST; beats++) {
			struct lease_terms terms = lease_terms(duration_ms(t), beats);

			assert_true(terms.lease.ns > terms.beat.ns);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_default_is_100_300_25_275_ms),
		cmocka_unit_test(test_the_margin_is_a_quarter_beat_but_at_least_2_ms),
		cmocka_unit_test(test_the_lease_ends_a_margin_before_anyone_may_take),
		cmocka_unit_test(test_an_owner_that_beats_on_time_never_lapses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
