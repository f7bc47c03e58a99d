/* Provider "corosync" (design, part 10) on the pure step. Node 0 looks at node 1, of two; or, of three, at 1 and 2. Time
 * is virtual: milliseconds since 1000 s. T = 100, D = 300, L = 275; W = 1000, A = 400, grace = 800. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vrrp/election.h"

enum { ME = 0, OTHER = 1, THIRD = 2, ALONE = 1, BOTH = 3, ALL = 7 };

static struct rules rules;
static struct election is;
static struct todo todo;
static struct gate gate;

static struct instant ms(double at)
{
	return (struct instant){INT64_C(1000000000000) + (int64_t)(at * 1e6)};
}

static void step(struct event event)
{
	struct step result = election_step(&rules, &is, &event);

	is = result.is;
	todo = result.todo;
}

static void tick(double at)
{
	step((struct event){.kind = ON_TICK, .at = ms(at)});
}

static void be(double at, enum fitness fitness)
{
	step((struct event){.kind = ON_FITNESS, .at = ms(at), .fitness = fitness, .score = 1000, .enforces = 3});
}

/* A turn as the agent has it: what the provider allows is part of the fitness. */
static void turn(double at)
{
	enum fitness fitness = election_has_quorum(&rules, &is, ms(at)) ? FITNESS_FIT : FITNESS_NO_QUORUM;

	if (fitness != is.fitness)
		be(at, fitness);
	tick(at);
}

static void told(double at)
{
	step((struct event){.kind = ON_GATE, .at = ms(at), .gate = gate});
}

static void ring(double at, uint32_t members, enum quorum quorum)
{
	gate.members = members;
	gate.members_since = ms(at);
	gate.quorum = quorum;
	gate.ring_since = quorum == QUORUM_YES ? ms(at) : INSTANT_ZERO;
	gate.proven_at = INSTANT_ZERO;
	told(at);
}

static void prove(double at)
{
	gate.proven_at = ms(at - 1);
	told(at);
}

static void hear(double at, node_id node, double echo_at, enum role role, uint32_t term, node_id supports)
{
	step((struct event){.kind = ON_BEAT, .at = ms(at), .node = node, .heard = HEARD_FRESH, .echo_at = ms(echo_at),
			    .said = {.role = role, .term = term, .score = 1000, .enforces = 3,
				     .offers_to = NODE_NONE, .yields_to = NODE_NONE, .supports = supports,
				     .supports_term = term}});
}

static int start_with(uint8_t nodes)
{
	rules = (struct rules){
		.self = ME,
		.nodes = nodes,
		.rank = {0, 1, 2},
		.terms = lease_terms(duration_ms(100), 3),
		.lifetime = duration_ms(2000),
		.hold_when_none_fit = true,
		.majority = true,
		.corosync = true,
	};
	gate = gate_closed();
	gate.told = true;
	gate.settle = duration_ms(nodes == 2 ? 1000 : 0);
	gate.max_age = duration_ms(400);
	gate.grace = duration_ms(800);
	is = election_start(&rules, ms(0));
	be(0, FITNESS_FIT);
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with(2);
}

static int start_three(void **state)
{
	(void)state;
	return start_with(3);
}

/* In one ring with everybody, it is told nothing new but proofs; nobody is heard. Until it owns the vip, or for ever. */
static double run(double from, double until, bool proofs)
{
	for (double at = from; at <= until; at += 5) {
		if (proofs && (int)at % 50 == 0)
			prove(at);
		turn(at);
		if (is.role == ROLE_ACTIVE)
			return at;
	}
	return until;
}

/* Both in one quorate ring; the other one votes. Returns when it owns the vip, which is before 1000. */
static double own_by_a_vote(void)
{
	double at = 5;

	ring(0, gate.settle.ns ? BOTH : ALL, QUORUM_YES);
	for (; is.role != ROLE_ACTIVE && at < 1000; at += 5) {
		if ((int)at % 50 == 0)
			prove(at);
		gate.word_at[OTHER] = ms(at);
		hear(at, OTHER, at - 1, ROLE_BACKUP, is.term, is.bidding ? ME : NODE_NONE);
		if (rules.nodes == 3)
			hear(at, THIRD, at - 1, ROLE_BACKUP, is.term, NODE_NONE);
		turn(at);
	}
	assert_int_equal(is.role, ROLE_ACTIVE);
	return at;
}

static void test_two_that_hear_each_other_begin_by_a_vote(void **state)
{
	(void)state;
	own_by_a_vote();
	assert_int_equal(is.why, WHY_VACANT);
}

static void test_a_bid_is_not_won_by_what_holds_for_an_owner(void **state)
{
	bool bid = false;

	(void)state;
	ring(0, BOTH, QUORUM_YES);
	for (double at = 5; at < 2000; at += 5) {
		gate.word_at[OTHER] = ms(at);
		prove(at);
		hear(at, OTHER, at - 1, ROLE_BACKUP, is.term, NODE_NONE);
		turn(at);
		bid |= is.bidding;
		assert_int_not_equal(is.role, ROLE_ACTIVE);
	}
	assert_true(bid);
}

static void test_two_in_one_ring_whose_beats_do_not_pass_wait(void **state)
{
	(void)state;
	ring(0, BOTH, QUORUM_YES);
	for (double at = 5; at < 5000; at += 5) {
		if ((int)at % 50 == 0) {
			gate.word_at[OTHER] = ms(at);
			prove(at);
		}
		turn(at);
	}
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.term_seen, 0);
}

static void test_one_alone_begins_once_its_verdict_has_settled(void **state)
{
	double at;

	(void)state;
	ring(0, ALONE, QUORUM_YES);
	at = run(5, 5000, true);
	assert_int_equal(is.role, ROLE_ACTIVE);
	/* The ring's W + grace are the longer ones: 1800, and drift, and G. */
	assert_true(at >= 1825 && at < 2100);
	assert_true(is.lease_until.ns <= instant_add(gate.proven_at, gate.max_age).ns);
}

static void test_one_alone_without_a_verdict_never_begins(void **state)
{
	(void)state;
	ring(0, ALONE, QUORUM_UNKNOWN);
	run(5, 5000, true);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.fitness, FITNESS_NO_QUORUM);
}

static void test_an_owner_that_hears_nobody_goes_on_by_a_shared_ring_for_grace(void **state)
{
	double at = own_by_a_vote(), proven = at;

	(void)state;
	prove(proven);
	for (; at < proven + 798; at += 5) {
		turn(at);
		assert_int_equal(is.role, ROLE_ACTIVE);
		assert_true(is.lease_until.ns <= ms(proven + 799).ns);
	}
	tick(proven + 799);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_NO_QUORUM);
	assert_true(todo.release);
}

static void test_an_owner_never_answers_for_more_than_l_from_now(void **state)
{
	double at = own_by_a_vote();

	(void)state;
	prove(at);
	tick(at + 50);
	assert_int_equal(is.lease_until.ns, ms(at + 325).ns);
}

static void test_an_owner_keeps_it_through_the_others_death(void **state)
{
	double at = own_by_a_vote(), dead = at;

	(void)state;
	prove(at);
	for (; at < dead + 5000; at += 5) {
		if (at == dead + 300)
			ring(at, ALONE, QUORUM_UNKNOWN);
		else if (at == dead + 600) {
			gate.quorum = QUORUM_YES;
			gate.ring_since = ms(at);
			prove(at);
		} else if (at > dead + 600 && (int)(at - dead) % 50 == 0)
			prove(at);
		turn(at);
		assert_int_equal(is.role, ROLE_ACTIVE);
	}
}

static void test_a_verdict_that_says_no_ends_it_unless_the_other_is_heard(void **state)
{
	double at = own_by_a_vote();

	(void)state;
	prove(at);
	ring(at + 10, ALONE, QUORUM_NO);
	hear(at + 11, OTHER, at + 10, ROLE_BACKUP, is.term, ME);
	turn(at + 280);
	assert_int_equal(is.role, ROLE_ACTIVE);
	turn(at + 285); /* L after the beat that was echoed last */
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_NO_QUORUM);
}

static void test_an_owner_without_corosync_lives_by_the_other_one(void **state)
{
	double at = own_by_a_vote();

	(void)state;
	gate = gate_closed();
	told(at);
	for (double end = at + 5000; at < end; at += 50) {
		hear(at, OTHER, at - 1, ROLE_BACKUP, is.term, ME);
		turn(at);
		assert_int_equal(is.role, ROLE_ACTIVE);
	}
}

/* The other one owns it, and falls silent at 1000. */
static void heard_an_owner(uint32_t members)
{
	ring(0, members, QUORUM_YES);
	for (double at = 5; at <= 1000; at += 5) {
		if ((int)at % 50 == 0) {
			gate.word_at[OTHER] = members == BOTH ? ms(at) : INSTANT_ZERO;
			prove(at);
		}
		hear(at, OTHER, at - 1, ROLE_ACTIVE, 1, OTHER);
		turn(at);
	}
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_a_silent_owner_whose_words_still_come_keeps_it(void **state)
{
	int probes = 0;

	(void)state;
	heard_an_owner(BOTH);
	for (double at = 1005; at < 5000; at += 5) {
		if ((int)at % 50 == 0) {
			gate.word_at[OTHER] = ms(at);
			prove(at);
		}
		turn(at);
		probes += todo.probe;
		if (todo.probe)
			step((struct event){.kind = ON_ANSWER, .at = ms(at)});
	}
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(probes > 30 && probes <= 45); /* each T, but for the first D */
}

static void test_a_frozen_owner_is_taken_from_after_grace(void **state)
{
	double at;

	(void)state;
	heard_an_owner(BOTH);
	at = run(1005, 5000, true);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_SILENCE);
	assert_true(at >= 1825 && at < 2100);
}

static void test_a_dead_owner_is_taken_from_after_d(void **state)
{
	double at;

	(void)state;
	heard_an_owner(BOTH);
	gate.gone_at[OTHER] = ms(1001);
	at = run(1005, 5000, true);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(at >= 1301 && at < 1500);
}

static void test_an_owner_whose_corosync_has_long_been_away_is_taken_from_after_d(void **state)
{
	double at;

	(void)state;
	ring(0, ALONE, QUORUM_YES);
	for (at = 5; at <= 4000; at += 5) {
		if ((int)at % 50 == 0)
			prove(at);
		hear(at, OTHER, at - 1, ROLE_ACTIVE, 1, OTHER);
		turn(at);
		assert_int_not_equal(is.role, ROLE_ACTIVE);
	}
	at = run(4005, 9000, true);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(at >= 4300 && at < 4450);
}

static void test_a_verdict_that_goes_and_comes_settles_anew(void **state)
{
	double at;

	(void)state;
	heard_an_owner(ALONE);
	ring(1005, ALONE, QUORUM_NO);
	ring(1010, ALONE, QUORUM_YES);
	at = run(1015, 9000, true);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(at >= 1010 + 1825);
}

static void test_an_owner_yields_at_once_whatever_corosync_says(void **state)
{
	struct beat_vip yields = {.role = ROLE_BACKUP, .term = 1, .score = 1000, .enforces = 3, .offers_to = NODE_NONE,
				  .yields_to = ME, .supports = NODE_NONE};

	(void)state;
	heard_an_owner(BOTH);
	gate = gate_closed();
	told(1001);
	step((struct event){.kind = ON_BEAT, .at = ms(1002), .node = OTHER, .heard = HEARD_FRESH, .echo_at = ms(1001),
			    .said = yields});
	assert_true(is.bidding);
	hear(1003, OTHER, 1002, ROLE_BACKUP, is.term, ME);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_YIELDED);
}

static void test_of_three_corosync_is_a_veto_on_a_majority(void **state)
{
	double at = own_by_a_vote();

	(void)state;
	prove(at);
	assert_true(election_has_quorum(&rules, &is, ms(at + 5)));
	ring(at + 10, ALL, QUORUM_NO);
	hear(at + 11, OTHER, at + 10, ROLE_BACKUP, is.term, ME);
	assert_false(election_has_quorum(&rules, &is, ms(at + 11)));
	turn(at + 11);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_NO_QUORUM);
}

static void test_of_three_corosync_alone_holds_nothing(void **state)
{
	double at = own_by_a_vote(), last = at;

	(void)state;
	for (; at < last + 285; at += 5) {
		prove(at);
		tick(at);
	}
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_of_three_nobody_bids_while_corosync_says_nothing(void **state)
{
	(void)state;
	gate = gate_closed();
	for (double at = 5; at < 3000; at += 5) {
		hear(at, OTHER, at - 1, ROLE_BACKUP, 0, NODE_NONE);
		hear(at, THIRD, at - 1, ROLE_BACKUP, 0, NODE_NONE);
		tick(at);
	}
	assert_int_equal(is.term_seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_two_that_hear_each_other_begin_by_a_vote, start),
		cmocka_unit_test_setup(test_a_bid_is_not_won_by_what_holds_for_an_owner, start),
		cmocka_unit_test_setup(test_two_in_one_ring_whose_beats_do_not_pass_wait, start),
		cmocka_unit_test_setup(test_one_alone_begins_once_its_verdict_has_settled, start),
		cmocka_unit_test_setup(test_one_alone_without_a_verdict_never_begins, start),
		cmocka_unit_test_setup(test_an_owner_that_hears_nobody_goes_on_by_a_shared_ring_for_grace, start),
		cmocka_unit_test_setup(test_an_owner_never_answers_for_more_than_l_from_now, start),
		cmocka_unit_test_setup(test_an_owner_keeps_it_through_the_others_death, start),
		cmocka_unit_test_setup(test_a_verdict_that_says_no_ends_it_unless_the_other_is_heard, start),
		cmocka_unit_test_setup(test_an_owner_without_corosync_lives_by_the_other_one, start),
		cmocka_unit_test_setup(test_a_silent_owner_whose_words_still_come_keeps_it, start),
		cmocka_unit_test_setup(test_a_frozen_owner_is_taken_from_after_grace, start),
		cmocka_unit_test_setup(test_a_dead_owner_is_taken_from_after_d, start),
		cmocka_unit_test_setup(test_an_owner_whose_corosync_has_long_been_away_is_taken_from_after_d, start),
		cmocka_unit_test_setup(test_a_verdict_that_goes_and_comes_settles_anew, start),
		cmocka_unit_test_setup(test_an_owner_yields_at_once_whatever_corosync_says, start),
		cmocka_unit_test_setup(test_of_three_corosync_is_a_veto_on_a_majority, start_three),
		cmocka_unit_test_setup(test_of_three_corosync_alone_holds_nothing, start_three),
		cmocka_unit_test_setup(test_of_three_nobody_bids_while_corosync_says_nothing, start_three),
	};

	return cmocka_run_group_tests_name("vrrp_corosync", tests, NULL, NULL);
}
