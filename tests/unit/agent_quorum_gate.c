/* From what casvip-quorum told to the election's gate, and to why that is shut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/quorum_gate.h"

enum { SELF = 1, NODES = 2 };
static const int64_t SECOND = 1000000000;

static struct quorum_told good(void)
{
	struct quorum_told told = {
		.heard = true,
		.fact = {
			.state = QUORUM_QUORATE, .members = 3, .self = SELF, .members_since_ns = 10 * SECOND,
			.ring_since_ns = 11 * SECOND, .proven_ns = 12 * SECOND,
			.settings = {.token_ms = 1000, .consensus_ms = 1200, .device_timeout_ms = 1250, .nodes = 2,
				     .votes = 2, .heaviest = 1, .device_votes = 1, .quorum = 2, .flags = QUORUM_DEVICE},
		},
	};

	told.fact.word_ns[0] = 12 * SECOND + 5;
	told.fact.gone_ns[0] = 12 * SECOND + 6;
	return told;
}

static struct gate gate_of(const struct quorum_told *told)
{
	struct lease_terms lease = lease_terms(duration_ms(100), 3);

	return quorum_gate(told, SELF, NODES, &lease);
}

/* Half a second after the newest proof. */
static const char *stands(const struct quorum_told *told)
{
	struct gate gate = gate_of(told);
	struct instant now = {12 * SECOND + SECOND / 2};
	enum quorum_standing is = quorum_standing(told, &gate, SELF, now);

	assert_int_equal(is == QUORUM_STANDS_OPEN, gate_open(&gate, now));
	assert_null(strchr(quorum_standing_words(is, told), '"'));
	return quorum_standing_word(is, told);
}

static void test_a_quorate_and_proven_ring_opens_the_gate(void **state)
{
	struct quorum_told told = good();
	struct gate gate = gate_of(&told);

	(void)state;
	assert_true(gate.told);
	assert_int_equal(gate.quorum, QUORUM_YES);
	assert_int_equal(gate.members, 3);
	assert_int_equal(gate.members_since.ns, 10 * SECOND);
	assert_int_equal(gate.ring_since.ns, 11 * SECOND);
	assert_int_equal(gate.proven_at.ns, 12 * SECOND);
	assert_int_equal(gate.word_at[0].ns, 12 * SECOND + 5);
	assert_int_equal(gate.gone_at[0].ns, 12 * SECOND + 6);
	assert_int_equal(gate.gone_at[1].ns, INSTANT_ZERO.ns);
	assert_int_equal(duration_to_ms(gate.settle), 1750);
	assert_true(gate.grace.ns >= gate.max_age.ns);
	assert_string_equal(stands(&told), "open");
}

static void test_not_quorate_is_no_and_not_judged_is_unknown(void **state)
{
	struct quorum_told told = good();

	(void)state;
	told.fact.state = QUORUM_NOT_QUORATE;
	assert_int_equal(gate_of(&told).quorum, QUORUM_NO);
	assert_string_equal(stands(&told), "not-quorate");
	told.fact.state = QUORUM_NO_VERDICT;
	assert_int_equal(gate_of(&told).quorum, QUORUM_UNKNOWN);
	assert_int_equal(gate_of(&told).members, 3);
	assert_int_equal(gate_of(&told).ring_since.ns, INSTANT_ZERO.ns);
	assert_string_equal(stands(&told), "no-verdict");
	told.fact.state = QUORUM_UNREACHED;
	assert_int_equal(gate_of(&told).members, 0);
	assert_string_equal(stands(&told), "no-corosync");
}

static void test_what_cannot_be_relied_on_is_unknown(void **state)
{
	struct quorum_told told = good();

	(void)state;
	told.fact.settings.flags |= QUORUM_TWO_NODE;
	assert_int_equal(gate_of(&told).quorum, QUORUM_UNKNOWN);
	assert_string_equal(stands(&told), "two-node");
	told = good();
	told.fact.self = 0; /* the other node's corosync */
	assert_int_equal(gate_of(&told).quorum, QUORUM_UNKNOWN);
	assert_string_equal(stands(&told), "mismatch");
	told = (struct quorum_told){0};
	assert_false(gate_of(&told).told);
	assert_string_equal(stands(&told), "silent");
}

static void test_old_evidence_shuts_the_gate(void **state)
{
	struct quorum_told told = good();

	(void)state;
	told.fact.proven_ns = 11 * SECOND;
	assert_string_equal(stands(&told), "unproven");
	told.fact.proven_ns = 0;
	assert_string_equal(stands(&told), "unproven");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_quorate_and_proven_ring_opens_the_gate),
		cmocka_unit_test(test_not_quorate_is_no_and_not_judged_is_unknown),
		cmocka_unit_test(test_what_cannot_be_relied_on_is_unknown),
		cmocka_unit_test(test_old_evidence_shuts_the_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
