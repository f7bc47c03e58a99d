/* What keeps two owners apart without a quorum, on the pure step: whatever a process sleeps through, and wherever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp/election.h"

enum { ME = 1, PEER = 0, THIRD = 2 }; /* cas2 looks at cas1, which is preferred */

static struct rules rules;
static struct election is;
static struct todo todo;

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

static void fit(double at, enum fitness fitness)
{
	step((struct event){.kind = ON_FITNESS, .at = ms(at), .fitness = fitness, .score = 1000, .enforces = 3});
}

static struct beat_vip says(enum role role, uint32_t term)
{
	return (struct beat_vip){.role = role, .term = term, .score = 1000, .enforces = 3,
				 .offers_to = NODE_NONE, .yields_to = NODE_NONE, .supports = NODE_NONE};
}

static void hear(double at, node_id node, struct beat_vip said)
{
	step((struct event){.kind = ON_BEAT, .at = ms(at), .node = node, .heard = HEARD_FRESH,
			    .echo_at = ms(at - 1), .said = said});
}

/* Three nodes, T = 100 ms, D = 300, L = 275, G = 25; PEER owns the vip, THIRD is the last in order. */
static int start(void **state)
{
	(void)state;
	rules = (struct rules){
		.self = ME,
		.nodes = 3,
		.rank = {0, 1, 2},
		.terms = lease_terms(duration_ms(100), 3),
		.lifetime = duration_ms(2000),
		.hold_when_none_fit = true,
	};
	is = election_start(&rules, ms(0));
	fit(0, FITNESS_FIT);
	hear(5, THIRD, says(ROLE_BACKUP, 7));
	hear(10, PEER, says(ROLE_ACTIVE, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	return 0;
}

/* Ticks whenever the core asks for one, until `until` or until the role changes; returns when it stopped. */
static double run_to(double from, double until)
{
	enum role role = is.role;
	double at = from;

	tick(from);
	while (at < until && is.role == role) {
		double next = (double)(election_next(&rules, &is).ns - ms(0).ns) / 1e6;

		assert_true(next > at - 1e-6);
		at = next < until ? next : until;
		tick(at);
	}
	return at;
}

static void test_beats_that_left_after_the_lease_renew_nothing(void **state)
{
	(void)state;
	double at = run_to(10, 400);

	assert_int_equal(is.role, ROLE_ACTIVE);
	election_renew(&rules, &is, ms(at), ms(at));
	tick(at + 100);
	election_renew(&rules, &is, ms(at + 100), ms(at + 275)); /* it slept while it sent them */
	assert_int_equal(is.lease_until.ns, ms(at + 275).ns);
	tick(at + 275);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_STALLED);
}

static void test_silence_of_an_owner_that_spoke_again_is_no_evidence(void **state)
{
	struct beat_vip gone = says(ROLE_BACKUP, 7);

	(void)state;
	run_to(10, 300); /* probed after the lease, unanswered */
	hear(301, PEER, says(ROLE_ACTIVE, 7));
	gone.fitness = FITNESS_STANDBY;
	hear(350, PEER, gone);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(run_to(350, 1000) >= 375); /* probed anew, for G */
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_slots_count_from_the_instant_the_owner_let_go(void **state)
{
	(void)state;
	for (double at = 100; at < 1000; at += 100)
		hear(at, PEER, says(ROLE_ACTIVE, 7));
	hear(1000, PEER, says(ROLE_BACKUP, 7)); /* restarted, say; it is fit and comes before this node */
	assert_true(run_to(1000, 1250) >= 1100);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_who_is_yielded_to_has_a_beat_for_itself(void **state)
{
	struct beat_vip yield = says(ROLE_BACKUP, 7);

	(void)state;
	yield.yields_to = THIRD;
	yield.fitness = FITNESS_STANDBY;
	hear(50, PEER, yield);
	assert_true(run_to(50, 1000) >= 150 + 25); /* and is probed for, G */
}

static void test_what_has_arrived_is_heard_before_anybody_takes(void **state)
{
	(void)state;
	run_to(10, 309);
	hear(320, THIRD, says(ROLE_BACKUP, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	hear(320, THIRD, says(ROLE_ACTIVE, 8));
	tick(320);
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_others_hear_at_once_that_a_node_became_fit(void **state)
{
	(void)state;
	fit(20, FITNESS_UNHEALTHY);
	assert_true(todo.beat);
	fit(30, FITNESS_FIT);
	assert_true(todo.beat);
}

static void test_a_node_that_forgot_learns_the_term_from_backups(void **state)
{
	(void)state;
	hear(20, THIRD, says(ROLE_BACKUP, 41));
	assert_int_equal(election_says(&is, 1).term, 41);
	run_to(20, 1000);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(election_says(&is, 1).term, 42);
}

static void test_slots_count_anew_when_a_candidate_comes(void **state)
{
	(void)state;
	start(NULL);
	hear(20, PEER, says(ROLE_INIT, 0)); /* a restart: nobody owns it, PEER goes first, but does not */
	for (double at = 50; at < 115; at += 10)
		tick(at);
	hear(115, PEER, says(ROLE_BACKUP, 0)); /* its own slot begins now */
	assert_true(run_to(115, 1000) >= 215);
}

static void test_evidence_of_silence_grows_old(void **state)
{
	(void)state;
	run_to(10, 300);
	tick(355); /* slept since: the vip may be answered again */
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(todo.probe);
	assert_true(run_to(355, 1000) < 381);
}

static void test_the_silent_owners_last_answer_costs_no_slot(void **state)
{
	(void)state;
	run_to(10, 285); /* its lease ends at 285 by this clock, and a little later by its own */
	assert_true(todo.probe);
	step((struct event){.kind = ON_ANSWER, .at = ms(285.3)});
	assert_true(run_to(285.3, 1000) < 310 + 25);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static struct beat_vip yields_to_me(void)
{
	struct beat_vip yield = says(ROLE_BACKUP, 7);

	yield.yields_to = ME;
	yield.fitness = FITNESS_STANDBY;
	return yield;
}

static void test_a_yield_counts_for_half_a_beat_from_its_echo(void **state)
{
	(void)state;
	step((struct event){.kind = ON_BEAT, .at = ms(80), .node = PEER, .heard = HEARD_FRESH, .echo_at = ms(29),
			    .said = yields_to_me()});
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_a_claim_on_a_yield_answers_no_longer_than_others_wait(void **state)
{
	(void)state;
	step((struct event){.kind = ON_BEAT, .at = ms(60), .node = PEER, .heard = HEARD_FRESH, .echo_at = ms(29),
			    .said = yields_to_me()});
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(is.lease_until.ns < ms(29 + 50 + 25).ns);
	election_renew(&rules, &is, ms(60), ms(61)); /* and from its first beats on as long as any owner */
	assert_int_equal(is.lease_until.ns, ms(60 + 275).ns);
}

static void hear_bid(double at, node_id node, uint32_t term)
{
	struct beat_vip said = says(ROLE_BACKUP, term);

	said.bids = true;
	said.supports = node;
	said.supports_term = term;
	hear(at, node, said);
}

/* Two of three that know of no owner bid for the same term; `preferred` is the other one's place. */
static void bid_against(uint8_t preferred)
{
	double at = 10;

	rules.majority = true;
	rules.rank[PEER] = preferred;
	is = election_start(&rules, ms(0));
	fit(0, FITNESS_FIT);
	for (; at < 2000 && !is.bidding; at += 5) {
		hear(at, PEER, says(ROLE_BACKUP, 0));
		hear(at, THIRD, says(ROLE_BACKUP, 0));
		tick(at);
	}
	assert_true(is.bidding);
	hear_bid(at, PEER, is.term);
}

static void test_of_two_that_bid_for_the_same_term_the_preferred_one_bids_anew(void **state)
{
	(void)state;
	bid_against(3);
	assert_true(is.bidding && todo.beat);
	assert_int_equal(is.term, is.term_seen);
	assert_int_equal(election_says(&is, 1).supports_term, is.term);
}

static void test_of_two_that_bid_for_the_same_term_the_other_gives_way_and_says_so(void **state)
{
	(void)state;
	bid_against(0);
	assert_false(is.bidding);
	assert_true(todo.beat);
}

static void test_who_is_supported_is_followed_into_its_next_term(void **state)
{
	(void)state;
	rules.majority = true;
	tick(600);
	hear_bid(1000, PEER, 8);
	assert_int_equal(is.supports, PEER);
	hear_bid(1001, PEER, 9); /* another one had bid for 8, too */
	assert_int_equal(is.supports_term, 9);
	assert_true(todo.echo);
	hear_bid(1002, THIRD, 10); /* but that would be a change of sides */
	assert_int_equal(is.supports, PEER);
}

static void test_under_majority_a_node_listens_whoever_is_heard(void **state)
{
	(void)state;
	rules.majority = true;
	is = election_start(&rules, ms(0));
	fit(0, FITNESS_FIT);
	hear(5, THIRD, says(ROLE_BACKUP, 7));
	hear(10, PEER, says(ROLE_ACTIVE, 7));
	for (double at = 100; at < 575; at += 100)
		tick(at);
	assert_int_equal(is.role, ROLE_INIT); /* it could not claim what it were given */
	tick(575);
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_who_has_just_handed_over_gets_nothing_back_at_once(void **state)
{
	struct beat_vip yield = says(ROLE_BACKUP, 7);

	(void)state;
	rules.failback_auto = true;
	rules.failback_after = duration_ms(200);
	for (double at = 20; at < 1000; at += 20)
		hear(at, PEER, says(ROLE_ACTIVE, 7));
	yield.yields_to = ME;
	hear(1000, PEER, yield); /* by order: it is fit, and has been for long */
	assert_int_equal(is.role, ROLE_ACTIVE);
	election_renew(&rules, &is, ms(1000), ms(1000));
	hear(1150, PEER, says(ROLE_BACKUP, 8));
	assert_int_equal(is.offers_to, NODE_NONE);
	hear(1201, PEER, says(ROLE_BACKUP, 8));
	assert_int_equal(is.offers_to, PEER);
}

static void test_who_stops_is_no_candidate(void **state)
{
	(void)state;
	step((struct event){.kind = ON_STOP, .at = ms(20)});
	assert_int_equal(election_says(&is, 1).fitness, FITNESS_STANDBY);
}

static void test_a_node_that_changes_its_mind_all_the_time_does_not_keep_the_vip_dark(void **state)
{
	struct beat_vip said = says(ROLE_BACKUP, 7);
	double at = 15;

	(void)state;
	while (is.role != ROLE_ACTIVE) {
		run_to(at, at + 5);
		at += 5;
		said.fitness = said.fitness == FITNESS_FIT ? FITNESS_UNHEALTHY : FITNESS_FIT;
		hear(at, THIRD, said);
		assert_true(at < 10 + 300 + 50);
	}
	assert_int_equal(is.why, WHY_SILENCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_beats_that_left_after_the_lease_renew_nothing, start),
		cmocka_unit_test_setup(test_silence_of_an_owner_that_spoke_again_is_no_evidence, start),
		cmocka_unit_test_setup(test_slots_count_from_the_instant_the_owner_let_go, start),
		cmocka_unit_test_setup(test_slots_count_anew_when_a_candidate_comes, start),
		cmocka_unit_test_setup(test_evidence_of_silence_grows_old, start),
		cmocka_unit_test_setup(test_the_silent_owners_last_answer_costs_no_slot, start),
		cmocka_unit_test_setup(test_a_yield_counts_for_half_a_beat_from_its_echo, start),
		cmocka_unit_test_setup(test_a_claim_on_a_yield_answers_no_longer_than_others_wait, start),
		cmocka_unit_test_setup(test_of_two_that_bid_for_the_same_term_the_preferred_one_bids_anew, start),
		cmocka_unit_test_setup(test_of_two_that_bid_for_the_same_term_the_other_gives_way_and_says_so, start),
		cmocka_unit_test_setup(test_who_is_supported_is_followed_into_its_next_term, start),
		cmocka_unit_test_setup(test_under_majority_a_node_listens_whoever_is_heard, start),
		cmocka_unit_test_setup(test_who_has_just_handed_over_gets_nothing_back_at_once, start),
		cmocka_unit_test_setup(test_who_stops_is_no_candidate, start),
		cmocka_unit_test_setup(test_who_is_yielded_to_has_a_beat_for_itself, start),
		cmocka_unit_test_setup(test_what_has_arrived_is_heard_before_anybody_takes, start),
		cmocka_unit_test_setup(test_others_hear_at_once_that_a_node_became_fit, start),
		cmocka_unit_test_setup(test_a_node_that_forgot_learns_the_term_from_backups, start),
		cmocka_unit_test_setup(test_a_node_that_changes_its_mind_all_the_time_does_not_keep_the_vip_dark, start),
	};

	return cmocka_run_group_tests_name("vrrp_apart", tests, NULL, NULL);
}
