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

static void test_evidence_lasts_for_as_long_as_a_new_ring_takes(void **state)
{
	(void)state;
	assert_int_equal(duration_to_ms(terms(&three, 3).max_age), 3650 + 4380 + 500);
	assert_int_equal(duration_to_ms(terms(&two_with_device, 2).max_age), 2700);
}

/* Whatever corosync is set to: the other node takes no earlier than four fifths of a token and the settling after the
 * owner's newest evidence. */
static void test_evidence_of_a_stopped_corosync_is_over_before_the_other_node_has_settled(void **state)
{
	(void)state;
	for (uint32_t token = 50; token < 20000; token += 150)
		for (uint32_t consensus = token / 5; consensus < 3 * token; consensus += 170)
			for (uint32_t device = 500; device < 20000; device *= 2) {
				struct quorum_settings settings = two_with_device;
				struct quorum_terms is;

				settings.token_ms = token;
				settings.consensus_ms = consensus;
				settings.device_timeout_ms = device;
				is = terms(&settings, 2);
				assert_true(is.max_age.ns + duration_ms(100).ns <=
					    duration_ms(token - token / 5).ns + is.settle.ns);
				assert_true(is.max_age.ns > 0);
			}
}

static void test_the_bound_covers_what_was_measured(void **state)
{
	const struct quorum_settings fast = tuned();

	(void)state;
	/* Until quorate, plus the settling: 9192 and 3294 at worst. */
	assert_true(duration_to_ms(terms(&two_with_device, 2).failover) >= 9192 + 10500);
	assert_int_equal(duration_to_ms(terms(&fast, 2).failover), 1000 + 1200 + 500 + 1250 + 1750);
	assert_true(duration_to_ms(terms(&three, 3).failover) >= 7988);
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
		cmocka_unit_test(test_evidence_lasts_for_as_long_as_a_new_ring_takes),
		cmocka_unit_test(test_evidence_of_a_stopped_corosync_is_over_before_the_other_node_has_settled),
		cmocka_unit_test(test_the_bound_covers_what_was_measured),
		cmocka_unit_test(test_nothing_follows_from_times_that_are_not_known),
		cmocka_unit_test(test_a_quorum_that_two_halves_may_have_is_a_danger),
		cmocka_unit_test(test_advice_is_for_what_is_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
