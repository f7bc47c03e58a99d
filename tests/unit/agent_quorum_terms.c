/* The arithmetic of a quorum by corosync, beside what was measured of real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/quorum_terms.h"

static const struct quorum_settings three = {
	.token_ms = 3650, .consensus_ms = 4380, .nodes = 3, .votes = 3, .heaviest = 1, .quorum = 2, .expected = 3,
};
static const struct quorum_settings two_with_device = {
	.token_ms = 1000, .consensus_ms = 1200, .device_timeout_ms = 10000, .device_sync_ms = 30000, .nodes = 2,
	.votes = 2, .heaviest = 1, .device_votes = 1, .quorum = 2, .expected = 3, .flags = QUORUM_DEVICE,
};

static struct quorum_settings tuned(void)
{
	struct quorum_settings settings = two_with_device;

	settings.device_timeout_ms = 1250;
	settings.device_sync_ms = 8000;
	return settings;
}

static struct quorum_terms terms(const struct quorum_settings *settings, int nodes)
{
	struct lease_terms lease = lease_terms(duration_ms(100), 3);

	return quorum_terms(settings, nodes, &lease);
}

static void test_two_nodes_wait_out_the_device(void **state)
{
	const struct quorum_settings fast = tuned();

	(void)state;
	assert_int_equal(duration_to_ms(terms(&two_with_device, 2).settle), 10500);
	assert_int_equal(duration_to_ms(terms(&fast, 2).settle), 1750);
	assert_int_equal(duration_to_ms(terms(&three, 3).settle), 0);
}

static void test_a_proof_lasts_until_the_next_ring_has_its_verdict(void **state)
{
	(void)state;
	assert_int_equal(duration_to_ms(terms(&three, 3).grace), 3650 + 4380 + 500);
	assert_int_equal(duration_to_ms(terms(&two_with_device, 2).grace), 1000 + 1200 + 500 + 1000);
	assert_true(terms(&three, 3).max_age.ns < terms(&three, 3).grace.ns);
}

static void test_two_nodes_fail_over_when_a_ring_is_there_and_the_other_one_is_excluded(void **state)
{
	const struct quorum_settings fast = tuned();

	(void)state;
	/* The ring; what the other one may have proven in the last one, and by the device; then as ever. */
	assert_int_equal(duration_to_ms(terms(&fast, 2).failover), 2700 + (1750 + 3700) * 501 / 500 + 300 + 500);
	assert_int_equal(duration_to_ms(terms(&two_with_device, 2).failover), 2700 + (14000 + 10500 + 600) * 501 / 500 + 300 + 500);
}

static void test_three_nodes_fail_over_as_fast_as_a_majority(void **state)
{
	(void)state;
	assert_int_equal(duration_to_ms(terms(&three, 3).failover), 500);
}

static void test_two_nodes_without_a_device_have_no_failover(void **state)
{
	struct quorum_settings settings = two_with_device;

	(void)state;
	settings.flags = settings.device_votes = settings.device_timeout_ms = 0;
	assert_int_equal(terms(&settings, 2).settle.ns, 0); /* which excludes nobody */
	assert_int_equal(terms(&settings, 2).failover.ns, 0);
}

static void test_nothing_follows_from_times_that_are_not_known(void **state)
{
	const struct quorum_settings none = {0};

	(void)state;
	assert_int_equal(terms(&none, 2).settle.ns, 0);
	assert_int_equal(terms(&none, 2).max_age.ns, 0); /* no evidence is young enough */
}

static enum quorum_danger danger(struct quorum_settings settings)
{
	enum quorum_danger is = quorum_danger(&settings);

	assert_int_equal(is == QUORUM_NO_DANGER, *quorum_danger_words(is) == '\0');
	assert_null(strchr(quorum_danger_words(is), '"'));
	return is;
}

static void test_a_quorum_that_two_halves_may_have_is_a_danger(void **state)
{
	struct quorum_settings settings = three;

	(void)state;
	assert_int_equal(danger(three), QUORUM_NO_DANGER);
	assert_int_equal(danger(two_with_device), QUORUM_NO_DANGER);
	settings.quorum = 1; /* expected_votes: 1 */
	assert_int_equal(danger(settings), QUORUM_DANGER_HALVES);
	settings = two_with_device;
	settings.votes = 4;
	assert_int_equal(danger(settings), QUORUM_DANGER_HALVES);
	settings = two_with_device;
	settings.heaviest = 2;
	assert_int_equal(danger(settings), QUORUM_DANGER_ALONE);
	settings = two_with_device;
	settings.flags |= QUORUM_TIE_BREAKER;
	assert_int_equal(danger(settings), QUORUM_DANGER_TIE_BREAKER);
	settings.flags |= QUORUM_TWO_NODE;
	assert_int_equal(danger(settings), QUORUM_DANGER_TWO_NODE);
}

static bool advises(const struct quorum_settings *settings, const char *key)
{
	struct quorum_advice advice[QUORUM_ADVICE_MAX];

	for (int i = 0, count = quorum_advice(settings, advice); i < count; i++)
		if (strcmp(advice[i].key, key) == 0)
			return *advice[i].better != '\0';
	return false;
}

static void test_advice_is_for_what_is_slow(void **state)
{
	struct quorum_advice advice[QUORUM_ADVICE_MAX];
	const struct quorum_settings fast = tuned();
	struct quorum_settings slow = two_with_device;

	(void)state;
	slow.token_ms = 3000;
	assert_int_equal(quorum_advice(&fast, advice), 0);
	assert_int_equal(quorum_advice(&two_with_device, advice), 3);
	assert_true(advises(&two_with_device, "quorum.device.timeout"));
	assert_true(advises(&two_with_device, "corosync-qnetd -S dpd_interval_coefficient"));
	assert_int_equal(quorum_advice(&three, advice), 3);
	assert_true(advises(&three, "totem.token"));
	assert_int_equal(quorum_advice(&slow, advice), QUORUM_ADVICE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes_wait_out_the_device),
		cmocka_unit_test(test_a_proof_lasts_until_the_next_ring_has_its_verdict),
		cmocka_unit_test(test_two_nodes_fail_over_when_a_ring_is_there_and_the_other_one_is_excluded),
		cmocka_unit_test(test_three_nodes_fail_over_as_fast_as_a_majority),
		cmocka_unit_test(test_two_nodes_without_a_device_have_no_failover),
		cmocka_unit_test(test_nothing_follows_from_times_that_are_not_known),
		cmocka_unit_test(test_a_quorum_that_two_halves_may_have_is_a_danger),
		cmocka_unit_test(test_advice_is_for_what_is_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
