/* Provider "majority" (design, part 5): votes, support and leases on the pure step. Node 0 looks at nodes 1 and 2, of
 * which 2 is a witness. Time is virtual: milliseconds since 1000 s. T = 100, D = 300, L = 275. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp/election.h"

enum { ME = 0, OTHER = 1, WITNESS = 2 };

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

static void idle(double from, double until)
{
	for (double at = from; at < until; at += 50)
		tick(at);
	tick(until);
}

static struct beat_vip says(enum role role, uint32_t term, node_id supports, uint32_t supports_term)
{
	return (struct beat_vip){.role = role, .term = term, .score = 1000, .enforces = 3,
				 .offers_to = NODE_NONE, .yields_to = NODE_NONE,
				 .supports = supports, .supports_term = supports_term};
}

static void hear(double at, node_id node, double echo_at, struct beat_vip said)
{
	step((struct event){.kind = ON_BEAT, .at = ms(at), .node = node, .heard = HEARD_FRESH,
			    .echo_at = ms(echo_at), .said = said});
}

static void bid(double at, node_id node, uint32_t term)
{
	struct beat_vip said = says(ROLE_BACKUP, term, node, term);

	said.bids = true;
	hear(at, node, at - 1, said);
}

static int start(void **state)
{
	(void)state;
	rules = (struct rules){
		.self = ME,
		.nodes = 3,
		.rank = {0, 1, RANK_NEVER},
		.terms = lease_terms(duration_ms(100), 3),
		.lifetime = duration_ms(2000),
		.hold_when_none_fit = true,
		.majority = true,
	};
	is = election_start(&rules, ms(0));
	step((struct event){.kind = ON_FITNESS, .at = ms(0), .fitness = FITNESS_FIT, .score = 1000, .enforces = 3});
	return 0;
}

/* Nobody owns it; the others are heard each 50 ms. */
static void live(double from, double until)
{
	for (double at = from; at < until; at += 50) {
		hear(at, OTHER, at - 1, says(ROLE_BACKUP, 0, NODE_NONE, 0));
		hear(at, WITNESS, at - 1, says(ROLE_BACKUP, 0, NODE_NONE, 0));
	}
}

static double run_to_bid(double from, double until)
{
	double at = from;

	while (at < until && !is.bidding) {
		at += 5;
		live(at, at + 1);
		tick(at);
	}
	assert_true(is.bidding);
	return at;
}

static double become_owner(void)
{
	double at = run_to_bid(10, 1500);

	hear(at + 1, WITNESS, at, says(ROLE_BACKUP, 0, ME, is.term));
	assert_int_equal(is.role, ROLE_ACTIVE);
	return at;
}

static void test_nobody_bids_or_votes_within_d_and_l_of_its_start(void **state)
{
	(void)state;
	live(10, 570);
	assert_int_equal(is.role, ROLE_INIT);
	assert_false(is.bidding);
	bid(574, OTHER, 5);
	assert_int_equal(is.supports, NODE_NONE);
	bid(576, OTHER, 5);
	assert_int_equal(is.supports, OTHER);
	assert_true(todo.echo);
}

static void test_a_bid_answers_nothing_until_a_majority_supports_it(void **state)
{
	(void)state;
	double at = run_to_bid(10, 1500);

	assert_int_equal(is.role, ROLE_BACKUP);
	assert_false(todo.take);
	hear(at + 1, WITNESS, at, says(ROLE_BACKUP, 0, ME, is.term));
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(todo.take);
	assert_int_equal(is.lease_until.ns, ms(at + 275).ns); /* from the bid's sending, not from the vote's receipt */
}

static void test_support_for_another_term_or_node_is_none(void **state)
{
	(void)state;
	double at = run_to_bid(10, 1500);

	hear(at + 1, WITNESS, at, says(ROLE_BACKUP, 0, ME, is.term - 1));
	assert_int_equal(is.role, ROLE_BACKUP);
	hear(at + 2, WITNESS, at, says(ROLE_BACKUP, 0, OTHER, is.term));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_a_vote_is_given_once_a_term(void **state)
{
	(void)state;
	live(10, 600);
	bid(600, OTHER, 5);
	assert_int_equal(is.supports, OTHER);
	bid(601, WITNESS, 5);
	assert_int_equal(is.supports, OTHER);
	assert_false(todo.echo);
}

static void test_who_has_won_by_others_votes_is_supported_too(void **state)
{
	(void)state;
	live(10, 600);
	bid(600, WITNESS, 7);
	hear(650, OTHER, 649, says(ROLE_ACTIVE, 5, OTHER, 5));
	assert_int_equal(is.supports, WITNESS);
	hear(660, WITNESS, 659, says(ROLE_BACKUP, 7, NODE_NONE, 7)); /* its bid was in vain */
	hear(670, OTHER, 669, says(ROLE_ACTIVE, 5, OTHER, 5));
	assert_int_equal(is.supports, OTHER);
	assert_int_equal(is.supports_term, 5);
	assert_true(todo.echo);
}

static void test_supporting_an_owner_of_an_older_term_gives_no_second_vote_in_a_newer_one(void **state)
{
	(void)state;
	live(10, 600);
	bid(600, WITNESS, 7);
	hear(660, WITNESS, 659, says(ROLE_BACKUP, 7, NODE_NONE, 7));
	hear(670, OTHER, 669, says(ROLE_ACTIVE, 5, OTHER, 5));
	hear(680, OTHER, 679, says(ROLE_BACKUP, 5, NODE_NONE, 5));
	bid(690, WITNESS, 7);
	assert_int_equal(is.supports, NODE_NONE);
	bid(700, WITNESS, 8);
	assert_int_equal(is.supports, WITNESS);
}

static void test_support_changes_sides_only_after_d_without_the_former_owner(void **state)
{
	(void)state;
	live(10, 600);
	bid(600, OTHER, 5);
	hear(700, OTHER, 699, says(ROLE_ACTIVE, 5, OTHER, 5));
	assert_true(todo.echo);
	bid(999, WITNESS, 6);
	assert_int_equal(is.supports, OTHER);
	bid(1000, WITNESS, 6);
	assert_int_equal(is.supports, WITNESS);
}

static void test_support_is_free_at_once_when_the_owner_has_let_go(void **state)
{
	struct beat_vip yields = says(ROLE_BACKUP, 5, NODE_NONE, 5);

	(void)state;
	live(10, 600);
	bid(600, OTHER, 5);
	hear(700, OTHER, 699, says(ROLE_ACTIVE, 5, OTHER, 5));
	yields.yields_to = ME;
	hear(701, OTHER, 700, yields);
	assert_true(is.bidding); /* rule 3, as a bid */
	assert_int_equal(is.term, 6);
	hear(702, OTHER, 701, says(ROLE_BACKUP, 5, ME, 6));
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_YIELDED);
	assert_int_equal(todo.peer, OTHER);
}

static void test_an_older_beat_of_the_owner_that_comes_late_over_another_link_frees_nothing(void **state)
{
	(void)state;
	live(10, 600);
	bid(600, OTHER, 5);
	hear(601, OTHER, 600, says(ROLE_BACKUP, 0, NODE_NONE, 0)); /* from before its bid */
	assert_int_equal(is.supports, OTHER);
}

static void test_the_lease_is_renewed_by_echoes_that_support_and_by_nothing_else(void **state)
{
	(void)state;
	double at = become_owner();
	struct instant until = is.lease_until;

	tick(at + 100);
	election_renew(&rules, &is, ms(at + 100), ms(at + 100));
	assert_int_equal(is.lease_until.ns, until.ns);
	hear(at + 101, WITNESS, at + 100, says(ROLE_BACKUP, 0, NODE_NONE, 0));
	assert_int_equal(is.lease_until.ns, until.ns);
	hear(at + 102, WITNESS, at + 100, says(ROLE_BACKUP, 0, ME, is.term));
	assert_int_equal(is.lease_until.ns, ms(at + 375).ns);
}

static void test_rule_11_an_owner_without_its_majority_steps_down(void **state)
{
	(void)state;
	double at = become_owner();

	idle(at + 10, at + 274);
	assert_int_equal(is.role, ROLE_ACTIVE);
	tick(at + 275);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_NO_QUORUM);
	assert_true(todo.release);
}

static void test_a_node_that_hears_no_majority_does_not_bid(void **state)
{
	(void)state;
	idle(0, 5000);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_false(is.bidding);
	assert_int_equal(is.term_seen, 0);
}

static void test_a_bid_gives_way_to_a_higher_one(void **state)
{
	(void)state;
	double at = run_to_bid(10, 1500);

	bid(at + 1, OTHER, is.term + 1);
	assert_false(is.bidding);
	bid(at + 2, OTHER, is.term + 1);
	assert_int_equal(is.supports, OTHER);
}

static void test_a_node_without_a_fence_never_bids(void **state)
{
	(void)state;
	step((struct event){.kind = ON_FITNESS, .at = ms(0), .fitness = FITNESS_FIT, .score = 1000,
			    .enforces = ENFORCES_LIFETIME});
	for (double at = 10; at < 3000; at += 5) {
		live(at, at + 1);
		tick(at);
	}
	assert_false(is.bidding);
}

static void test_the_second_in_order_waits_its_slot_when_all_have_just_started(void **state)
{
	(void)state;
	rules.rank[ME] = 1;
	rules.rank[OTHER] = 0;
	assert_true(run_to_bid(10, 1500) >= 675); /* D + L, and T for the first one */
}

static void witness_alone(double from, double until)
{
	for (double at = from; at < until; at += 5) {
		hear(at, WITNESS, at - 1, says(ROLE_BACKUP, 0, OTHER, 1));
		tick(at);
	}
}

static void test_after_bids_in_vain_the_silent_owner_is_still_named(void **state)
{
	(void)state;
	live(10, 600);
	hear(600, OTHER, 599, says(ROLE_ACTIVE, 1, OTHER, 1));
	witness_alone(601, 1300); /* it still hears the owner, and votes for nobody else */
	assert_true(is.term > 1);
	hear(1300, OTHER, 1299, says(ROLE_ACTIVE, 1, OTHER, 1));
	assert_false(is.bidding);
	for (double at = 1301; at < 1800 && !is.bidding; at += 5)
		witness_alone(at, at + 1);
	assert_true(is.bidding);
	assert_int_equal(is.bid.why, WHY_SILENCE);
	assert_int_equal(is.bid.peer, OTHER);
}

static void test_the_vip_is_not_offered_to_a_node_without_a_fence(void **state)
{
	struct beat_vip said;

	(void)state;
	double at = become_owner();

	said = says(ROLE_BACKUP, is.term, ME, is.term);
	said.enforces = ENFORCES_LIFETIME;
	hear(at + 1, OTHER, at, said);
	assert_false(election_can_move(&rules, &is, OTHER, ms(at + 2)));
	step((struct event){.kind = ON_FITNESS, .at = ms(at + 2), .fitness = FITNESS_STANDBY, .enforces = 3});
	assert_int_equal(is.offers_to, NODE_NONE);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobody_bids_or_votes_within_d_and_l_of_its_start, start),
		cmocka_unit_test_setup(test_a_bid_answers_nothing_until_a_majority_supports_it, start),
		cmocka_unit_test_setup(test_support_for_another_term_or_node_is_none, start),
		cmocka_unit_test_setup(test_a_vote_is_given_once_a_term, start),
		cmocka_unit_test_setup(test_who_has_won_by_others_votes_is_supported_too, start),
		cmocka_unit_test_setup(test_supporting_an_owner_of_an_older_term_gives_no_second_vote_in_a_newer_one, start),
		cmocka_unit_test_setup(test_support_changes_sides_only_after_d_without_the_former_owner, start),
		cmocka_unit_test_setup(test_support_is_free_at_once_when_the_owner_has_let_go, start),
		cmocka_unit_test_setup(test_an_older_beat_of_the_owner_that_comes_late_over_another_link_frees_nothing,
				       start),
		cmocka_unit_test_setup(test_the_lease_is_renewed_by_echoes_that_support_and_by_nothing_else, start),
		cmocka_unit_test_setup(test_rule_11_an_owner_without_its_majority_steps_down, start),
		cmocka_unit_test_setup(test_a_node_that_hears_no_majority_does_not_bid, start),
		cmocka_unit_test_setup(test_a_bid_gives_way_to_a_higher_one, start),
		cmocka_unit_test_setup(test_a_node_without_a_fence_never_bids, start),
		cmocka_unit_test_setup(test_the_second_in_order_waits_its_slot_when_all_have_just_started, start),
		cmocka_unit_test_setup(test_after_bids_in_vain_the_silent_owner_is_still_named, start),
		cmocka_unit_test_setup(test_the_vip_is_not_offered_to_a_node_without_a_fence, start),
	};

	return cmocka_run_group_tests_name("vrrp_majority", tests, NULL, NULL);
}
