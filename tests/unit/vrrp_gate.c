/* What follows from what corosync says (vrrp/gate.h), as rows. Node 0 looks at node 1. Times are ms since 1000 s;
 * W = 1750, A = 500, grace = 1500; T = 100, D = 300, L = 275, G = 25. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "vrrp/gate.h"

enum { ME = 0, PEER = 1, NEVER = -1, ALONE = 1, BOTH = 3 };

static struct instant ms(int at)
{
	return at == NEVER ? INSTANT_ZERO : (struct instant){INT64_C(1000000000000) + at * INT64_C(1000000)};
}

struct row {
	const char *words;
	enum quorum quorum;
	uint32_t members;
	int members_since, ring_since, proven_at, word_at, gone_at, at;
	bool open, excludes;
};

static struct gate gate_of(const struct row *row)
{
	struct gate gate = gate_closed();

	gate.told = true;
	gate.quorum = row->quorum;
	gate.members = row->members;
	gate.members_since = ms(row->members_since);
	gate.ring_since = ms(row->ring_since);
	gate.proven_at = ms(row->proven_at);
	gate.word_at[PEER] = ms(row->word_at);
	gate.gone_at[PEER] = ms(row->gone_at);
	gate.settle = duration_ms(1750);
	gate.max_age = duration_ms(500);
	gate.grace = duration_ms(1500);
	return gate;
}

static struct lease_terms terms(void)
{
	return lease_terms(duration_ms(100), 3);
}

/* The spans that exclude, with 1 in 500 for drift and G: W + A: 2279.5; W + grace: 3281.5; grace: 1528; L: 300.55. */
static const struct row rows[] = {
	{"alone, all spans over", QUORUM_YES, ALONE, 0, 5000, 7300, NEVER, NEVER, 7400, true, true},
	{"W + A after the verdict began, less 1 ms", QUORUM_YES, ALONE, 0, 5000, 7279, NEVER, NEVER, 7400, true, false},
	{"W + A after the verdict began", QUORUM_YES, ALONE, 0, 5000, 7280, NEVER, NEVER, 7400, true, true},
	{"W is over now, was not when proven", QUORUM_YES, ALONE, 0, 5000, 7200, NEVER, NEVER, 7600, true, false},
	{"W + grace of the ring, less 1 ms", QUORUM_YES, ALONE, 5000, 5000, 8281, NEVER, NEVER, 8300, true, false},
	{"W + grace of the ring", QUORUM_YES, ALONE, 5000, 5000, 8282, NEVER, NEVER, 8300, true, true},
	{"no verdict yet", QUORUM_UNKNOWN, ALONE, 0, 0, 9000, NEVER, NEVER, 9100, false, false},
	{"a verdict that says no", QUORUM_NO, ALONE, 0, 0, 9000, NEVER, NEVER, 9100, false, false},
	{"proven A ago", QUORUM_YES, ALONE, 0, 5000, 9000, NEVER, NEVER, 9500, false, false},
	{"proven less than A ago", QUORUM_YES, ALONE, 0, 5000, 9000, NEVER, NEVER, 9499, true, true},
	{"never proven", QUORUM_YES, ALONE, 0, 5000, NEVER, NEVER, NEVER, 9000, false, false},
	{"in one ring, it has just spoken", QUORUM_YES, BOTH, 0, 0, 9000, 8990, NEVER, 9010, true, false},
	{"in one ring, silent for grace, less 1 ms", QUORUM_YES, BOTH, 0, 0, 9000, 7473, NEVER, 9010, true, false},
	{"in one ring, silent for grace", QUORUM_YES, BOTH, 0, 0, 9000, 7472, NEVER, 9010, true, true},
	{"in one ring, silent, but unproven since", QUORUM_YES, BOTH, 0, 0, 8900, 7472, NEVER, 9010, true, false},
	{"in one ring for too short, never heard", QUORUM_YES, BOTH, 7473, 7473, 9000, NEVER, NEVER, 9010, true, false},
	{"in one ring for grace, never heard", QUORUM_YES, BOTH, 7472, 7472, 9000, NEVER, NEVER, 9010, true, true},
	{"its agent is dead for less than D", QUORUM_YES, BOTH, 0, 0, 9000, 8690, 8700, 9010, true, false},
	{"its agent is dead for D", QUORUM_YES, BOTH, 0, 0, 9000, 8690, 8699, 9010, true, true},
	{"its agent died, another one has spoken since", QUORUM_YES, BOTH, 0, 0, 9000, 8800, 8690, 9010, true, false},
	{"its agent died in a former ring", QUORUM_YES, BOTH, 8695, 8695, 9000, 8600, 8690, 9010, true, false},
	{"its agent died, and then its corosync", QUORUM_YES, ALONE, 8695, 8695, 9000, 8600, 8690, 9010, true, false},
};

static void test_when_the_gate_is_open_and_when_it_excludes_the_peer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct gate gate = gate_of(row);
		bool open = gate_open(&gate, ms(row->at)), excludes = gate_excludes(&gate, PEER, terms(), ms(row->at));

		if (open != row->open || excludes != row->excludes)
			fail_msg("%s: open %d, excludes %d", row->words, open, excludes);
	}
}

static void test_what_was_never_told_opens_nothing(void **state)
{
	struct gate gate = gate_of(&rows[0]), closed = gate_closed();
	struct hold hold = gate_hold(&closed, PEER, terms(), HOLD_NONE, ms(7400));

	(void)state;
	assert_true(gate_excludes(&gate, PEER, terms(), ms(7400)));
	gate.told = false;
	assert_false(gate_open(&gate, ms(7400)));
	assert_false(gate_excludes(&gate, PEER, terms(), ms(7400)));
	assert_false(gate_open(&closed, ms(0)));
	assert_int_equal(hold.until.ns, INSTANT_ZERO.ns);
}

static void test_without_a_device_no_verdict_excludes(void **state)
{
	struct gate gate = gate_of(&rows[0]);

	(void)state;
	gate.settle = duration_ms(0);
	assert_true(gate_open(&gate, ms(7400)));
	assert_false(gate_excludes(&gate, PEER, terms(), ms(7400)));
}

static struct hold hold_by(struct row row, node_id peer, struct hold was)
{
	struct gate gate = gate_of(&row);

	return gate_hold(&gate, peer, terms(), was, ms(row.at));
}

static const struct row shared = {"", QUORUM_YES, BOTH, 0, 0, 5000, 5000, NEVER, 5010, true, false};

static void test_a_proof_in_a_ring_with_the_peer_holds_for_grace(void **state)
{
	struct hold hold = hold_by(shared, PEER, HOLD_NONE);

	(void)state;
	assert_int_equal(hold.until.ns, ms(6500).ns);
	assert_int_equal(hold.shared_until.ns, ms(6500).ns);
}

static void test_a_new_ring_without_a_verdict_leaves_what_was_proven(void **state)
{
	struct hold hold = hold_by(shared, PEER, HOLD_NONE);

	(void)state;
	hold = hold_by((struct row){"", QUORUM_UNKNOWN, ALONE, 6000, NEVER, NEVER, 5000, NEVER, 6010, 0, 0}, PEER,
		       hold);
	assert_int_equal(hold.until.ns, ms(6500).ns);
}

static void test_a_verdict_that_says_no_ends_it_at_once(void **state)
{
	struct hold hold = hold_by(shared, PEER, HOLD_NONE);

	(void)state;
	hold = hold_by((struct row){"", QUORUM_NO, ALONE, 6000, NEVER, NEVER, 5000, NEVER, 6010, 0, 0}, PEER, hold);
	assert_int_equal(hold.until.ns, ms(6010).ns);
}

static void test_a_verdict_that_comes_within_grace_counts_at_once_and_for_a(void **state)
{
	struct hold hold = hold_by(shared, PEER, HOLD_NONE);

	(void)state;
	hold = hold_by((struct row){"", QUORUM_YES, ALONE, 6000, 6500, 6600, 5000, NEVER, 6610, 0, 0}, PEER, hold);
	assert_int_equal(hold.until.ns, ms(7100).ns);
	hold = hold_by((struct row){"", QUORUM_YES, ALONE, 6000, 6500, 9000, 5000, NEVER, 9010, 0, 0}, PEER, hold);
	assert_int_equal(hold.until.ns, ms(9500).ns);
}

static void test_a_verdict_that_comes_later_counts_once_it_would_exclude_the_peer(void **state)
{
	struct hold hold = hold_by(shared, PEER, HOLD_NONE);

	(void)state;
	hold = hold_by((struct row){"", QUORUM_YES, ALONE, 6000, 6501, 8780, 5000, NEVER, 8790, 0, 0}, PEER, hold);
	assert_int_equal(hold.until.ns, ms(6500).ns);
	hold = hold_by((struct row){"", QUORUM_YES, ALONE, 6000, 6501, 9282, 5000, NEVER, 9290, 0, 0}, PEER, hold);
	assert_int_equal(hold.until.ns, ms(9782).ns);
}

static void test_of_more_nodes_any_proof_holds_for_grace(void **state)
{
	struct hold hold;

	(void)state;
	hold = hold_by((struct row){"", QUORUM_YES, ALONE, 6000, 6501, 6600, NEVER, NEVER, 6610, 0, 0}, NODE_NONE,
		       HOLD_NONE);
	assert_int_equal(hold.until.ns, ms(8100).ns);
}

static void test_grace_is_never_less_than_a(void **state)
{
	struct gate gate = gate_of(&shared);
	struct hold hold;

	(void)state;
	gate.grace = duration_ms(0);
	hold = gate_hold(&gate, PEER, terms(), HOLD_NONE, ms(5010));
	assert_int_equal(hold.until.ns, ms(5500).ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_when_the_gate_is_open_and_when_it_excludes_the_peer),
		cmocka_unit_test(test_what_was_never_told_opens_nothing),
		cmocka_unit_test(test_without_a_device_no_verdict_excludes),
		cmocka_unit_test(test_a_proof_in_a_ring_with_the_peer_holds_for_grace),
		cmocka_unit_test(test_a_new_ring_without_a_verdict_leaves_what_was_proven),
		cmocka_unit_test(test_a_verdict_that_says_no_ends_it_at_once),
		cmocka_unit_test(test_a_verdict_that_comes_within_grace_counts_at_once_and_for_a),
		cmocka_unit_test(test_a_verdict_that_comes_later_counts_once_it_would_exclude_the_peer),
		cmocka_unit_test(test_of_more_nodes_any_proof_holds_for_grace),
		cmocka_unit_test(test_grace_is_never_less_than_a),
	};

	return cmocka_run_group_tests_name("vrrp_gate", tests, NULL, NULL);
}
