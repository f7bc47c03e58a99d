/* The rules of the election, one by one and by number, on the pure step. Time is virtual: milliseconds since 1000 s. */
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

static struct beat_vip says(enum role role, uint32_t term)
{
	return (struct beat_vip){.role = role,
				 .term = term,
				 .score = 1000,
				 .offers_to = NODE_NONE,
				 .yields_to = NODE_NONE,
				 .enforces = ENFORCES_FENCE | ENFORCES_LIFETIME};
}

static void hear_as(double at, node_id node, enum heard heard, double echo_at, struct beat_vip said)
{
	step((struct event){
		.kind = ON_BEAT, .at = ms(at), .node = node, .heard = heard, .echo_at = ms(echo_at), .said = said});
}

static void hear(double at, node_id node, struct beat_vip said)
{
	hear_as(at, node, HEARD_FRESH, at - 1, said);
}

static void fit(double at, enum fitness fitness)
{
	step((struct event){.kind = ON_FITNESS, .at = ms(at), .fitness = fitness, .score = 1000, .enforces = 3});
}

static void answer(double at)
{
	step((struct event){.kind = ON_ANSWER, .at = ms(at)});
}

/* Two nodes, T = 100 ms, D = 300, L = 275, G = 25. A third may be added. */
static int start(void **state)
{
	(void)state;
	rules = (struct rules){
		.self = ME,
		.nodes = 2,
		.rank = {0, 1, 2},
		.terms = lease_terms(duration_ms(100), 3),
		.lifetime = duration_ms(2000),
		.hold_when_none_fit = true,
	};
	is = election_start(&rules, ms(0));
	fit(0, FITNESS_FIT);
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

		assert_true(next > at - 1e-6); /* it never asks for the past: that would spin */
		at = next < until ? next : until;
		tick(at);
	}
	return at;
}

/* Turns without news, as a loop takes them each T. */
static void idle(double from, double until)
{
	for (double at = from; at < until; at += 100)
		tick(at);
	tick(until);
}

static void become_backup(void)
{
	hear(10, PEER, says(ROLE_ACTIVE, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void become_active(void)
{
	become_backup();
	run_to(10, 400);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

/* Keeps an ACTIVE alive: what the loop does each T. */
static void beat(double at)
{
	tick(at);
	assert_int_equal(is.role, ROLE_ACTIVE);
	election_renew(&rules, &is, ms(at), ms(at));
}

static void test_rule_1_listens_for_d_and_l(void **state)
{
	(void)state;
	idle(0, 574);
	assert_int_equal(is.role, ROLE_INIT);
	tick(575);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_STARTED);
}

static void test_rule_1_need_not_listen_when_every_peer_was_heard(void **state)
{
	(void)state;
	rules.nodes = 3;
	hear(5, PEER, says(ROLE_BACKUP, 0));
	assert_int_equal(is.role, ROLE_INIT);
	hear(6, THIRD, says(ROLE_BACKUP, 0));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_2_takes_after_d_of_silence_and_not_before(void **state)
{
	(void)state;
	become_backup();
	double at = run_to(10, 1000);

	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_SILENCE);
	assert_true(at >= 310 && at < 311);
	assert_true(todo.take);
	assert_true(todo.beat);
	assert_int_equal(todo.peer, PEER);
	assert_int_equal(duration_to_ms(todo.silent), 300);
	assert_int_equal(is.term, 8);
	assert_int_equal(is.lease_until.ns, ms(at + 62.5).ns); /* until its first beats renew it */
}

static void test_rule_2_waits_while_the_owner_speaks(void **state)
{
	(void)state;
	become_backup();
	for (double at = 100; at < 3000; at += 100)
		hear(at, PEER, says(ROLE_ACTIVE, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_2_waits_while_a_one_way_owner_speaks(void **state)
{
	(void)state;
	become_backup();
	for (double at = 100; at < 3000; at += 100) {
		hear_as(at, PEER, HEARD_ONE_WAY, 0, says(ROLE_ACTIVE, 7));
		run_to(at, at + 100);
	}
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_2_probes_from_one_and_a_half_beats_of_silence(void **state)
{
	(void)state;
	become_backup();
	tick(159);
	assert_false(todo.probe);
	tick(160);
	assert_true(todo.probe);
}

static void test_rule_2_waits_while_the_vip_is_answered_and_says_so_once(void **state)
{
	int suspects = 0;

	(void)state;
	become_backup();
	for (double at = 10; at < 5000;) {
		double next = (double)(election_next(&rules, &is).ns - ms(0).ns) / 1e6;

		at = next;
		tick(at);
		assert_int_equal(is.role, ROLE_BACKUP);
		if (todo.probe) {
			answer(at + 0.3);
			suspects += todo.suspect;
		}
	}
	assert_int_equal(suspects, 1);
	/* and takes once the answers end */
	run_to(5200, 6000);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_2_answers_within_the_old_lease_delay_nothing(void **state)
{
	(void)state;
	become_backup();
	tick(160);
	answer(160.3);
	tick(210);
	answer(210.3);
	tick(260);
	answer(260.3);
	assert_int_equal((int)(run_to(261, 1000) * 10), 3100);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_2_an_owner_without_a_fence_is_waited_for_until_its_address_has_expired(void **state)
{
	struct beat_vip said = says(ROLE_ACTIVE, 7);

	(void)state;
	said.enforces = ENFORCES_LIFETIME;
	hear(10, PEER, said);
	idle(10, 3780);
	assert_int_equal(is.role, ROLE_BACKUP);
	run_to(3780, 4300);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_2_the_second_in_order_waits_a_slot(void **state)
{
	(void)state;
	rules.nodes = 3;
	rules.rank[ME] = 2;
	rules.rank[THIRD] = 1;
	hear(10, THIRD, says(ROLE_BACKUP, 0));
	hear(10, PEER, says(ROLE_ACTIVE, 7));
	for (double at = 100; at < 310; at += 50)
		hear(at, THIRD, says(ROLE_BACKUP, 7));
	run_to(300, 400);
	assert_int_equal(is.role, ROLE_BACKUP);
	hear(400, THIRD, says(ROLE_BACKUP, 7));
	run_to(400, 440);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_2_an_unlistened_gap_is_no_silence(void **state)
{
	(void)state;
	become_backup();
	tick(100);
	tick(10000); /* frozen meanwhile */
	tick(10100);
	assert_int_equal(is.role, ROLE_BACKUP);
	tick(10200);
	assert_int_equal(is.role, ROLE_BACKUP);
	run_to(10200, 10400);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static struct beat_vip yields(node_id to, uint32_t term)
{
	struct beat_vip said = says(ROLE_BACKUP, term);

	said.yields_to = to;
	said.fitness = FITNESS_UNHEALTHY;
	said.why = WHY_CHECK;
	return said;
}

static void test_rule_3_claims_at_once_when_the_owner_yields(void **state)
{
	(void)state;
	become_backup();
	hear(50, PEER, yields(ME, 7));
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_YIELDED);
	assert_int_equal(is.term, 8);
	assert_int_equal(todo.peer_why, WHY_CHECK);
	assert_true(todo.take && todo.beat);
}

static void test_rule_3_refuses_a_yield_that_is_old_one_way_to_another_or_of_an_older_term(void **state)
{
	(void)state;
	become_backup();
	hear_as(250, PEER, HEARD_FRESH, 149, yields(ME, 7)); /* 101 ms > T */
	assert_int_equal(is.role, ROLE_BACKUP);
	hear_as(251, PEER, HEARD_ONE_WAY, 250, yields(ME, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	hear(252, PEER, yields(THIRD, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	hear(253, PEER, yields(ME, 6));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_4_takes_a_vip_that_nobody_owns(void **state)
{
	(void)state;
	hear(10, PEER, says(ROLE_BACKUP, 0));
	is.view[PEER].said.fitness = FITNESS_STANDBY;
	double at = run_to(10, 300);

	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.why, WHY_VACANT);
	assert_true(at < 40);
}

static void test_rule_4_probes_just_before_its_turn_and_waits_for_the_silence(void **state)
{
	(void)state;
	idle(0, 674); /* BACKUP since 600, its slot, behind a preferred node never heard, begins at 700 */
	assert_false(todo.probe);
	tick(675);
	assert_true(todo.probe);
	answer(675.4);
	tick(700);
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_4_leaves_a_slot_to_a_preferred_node_that_was_never_heard(void **state)
{
	(void)state;
	idle(0, 575);
	double at = run_to(575, 1000);

	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(at >= 675);
}

static void rival(double at)
{
	step((struct event){.kind = ON_RIVAL, .at = ms(at)});
}

static void test_rule_4_gives_way_to_a_rival_that_probes_unheard_but_not_to_a_peer_in_its_turn(void **state)
{
	(void)state;
	idle(0, 675);
	tick(675);
	rival(676);
	assert_true(run_to(676, 1000) >= 776);
	start(NULL);
	hear(10, PEER, says(ROLE_BACKUP, 0));
	is.view[PEER].said.fitness = FITNESS_STANDBY;
	tick(10);
	rival(11);
	assert_true(run_to(11, 300) < 40);
	start(NULL);
	become_backup();
	tick(290);
	rival(291);
	assert_true(run_to(291, 1000) < 316);
}

static void test_rules_2_and_4_give_way_to_a_prober_while_the_order_is_disputed(void **state)
{
	(void)state;
	rules.disputed = true;
	hear(10, PEER, says(ROLE_BACKUP, 0));
	is.view[PEER].said.fitness = FITNESS_STANDBY;
	tick(10);
	rival(11);
	assert_true(run_to(11, 300) >= 110);
	start(NULL);
	rules.disputed = true;
	become_backup();
	tick(290);
	rival(291);
	assert_true(run_to(291, 1000) >= 316);
}

static void test_rule_5_a_lapsed_owner_steps_down_before_any_other_deed(void **state)
{
	double lapsed;

	(void)state;
	become_active();
	beat(350);
	lapsed = 350 + 275;
	tick(lapsed);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_STALLED);
	assert_true(todo.release);
	assert_int_equal(is.lease_until.ns, INSTANT_ZERO.ns);
}

static void test_rule_5_holds_for_every_event(void **state)
{
	(void)state;
	for (enum event_kind kind = ON_TICK; kind <= ON_STOP; kind++) {
		start(NULL);
		become_active();
		step((struct event){.kind = kind, .at = ms(5000), .node = PEER, .said = says(ROLE_BACKUP, 7)});
		assert_int_equal(is.role, ROLE_BACKUP);
		assert_true(todo.release && !todo.take);
	}
}

static void test_rule_5_listens_for_d_before_it_bids_again(void **state)
{
	(void)state;
	become_active();
	tick(5000);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(run_to(5000, 6000) >= 5300);
}

static void test_rule_6_steps_down_before_a_higher_term(void **state)
{
	(void)state;
	become_active();
	hear(350, PEER, says(ROLE_ACTIVE, 9));
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_OUTRANKED);
	assert_true(todo.release && todo.split);
}

static void test_rule_6_the_winner_stays_announces_again_and_beats(void **state)
{
	(void)state;
	become_active();
	hear(350, PEER, says(ROLE_ACTIVE, 7));
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(todo.announce && todo.beat && todo.split);
}

static void test_rule_6_of_equal_terms_the_lower_id_wins(void **state)
{
	(void)state;
	become_active();
	hear(350, PEER, says(ROLE_ACTIVE, is.term));
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void owner_with_peer(double at)
{
	become_active();
	beat(350);
	hear(at, PEER, says(ROLE_BACKUP, 7));
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_7_offers_first_and_yields_when_the_offer_is_answered(void **state)
{
	(void)state;
	owner_with_peer(360);
	fit(370, FITNESS_UNHEALTHY);
	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_int_equal(is.offers_to, PEER);
	assert_true(todo.beat);
	hear_as(371, PEER, HEARD_FRESH, 369, says(ROLE_BACKUP, 7)); /* sent before the offer: no answer to it */
	assert_int_equal(is.role, ROLE_ACTIVE);
	hear_as(372, PEER, HEARD_FRESH, 370, says(ROLE_BACKUP, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_CHECK);
	assert_int_equal(is.yields_to, PEER);
	assert_true(todo.release && todo.beat);
}

static void test_rule_7_the_successor_answers_an_offer_at_once(void **state)
{
	struct beat_vip said = says(ROLE_ACTIVE, 7);

	(void)state;
	become_backup();
	said.offers_to = ME;
	hear(50, PEER, said);
	assert_true(todo.beat);
	assert_int_equal(is.role, ROLE_BACKUP);
}

static void test_rule_7_repeats_the_offer_and_the_yield_within_milliseconds(void **state)
{
	(void)state;
	owner_with_peer(360);
	fit(370, FITNESS_UNHEALTHY);
	tick(372);
	assert_true(todo.beat);
	hear_as(373, PEER, HEARD_FRESH, 372, says(ROLE_BACKUP, 7));
	tick(375);
	assert_true(todo.beat);
	hear(376, PEER, says(ROLE_ACTIVE, 9));
	assert_int_equal(is.yields_to, NODE_NONE);
	tick(380);
	assert_false(todo.beat);
}

static void test_rule_7_not_to_a_node_as_unfit_as_this_one(void **state)
{
	struct beat_vip said = says(ROLE_BACKUP, 7);

	(void)state;
	become_active();
	beat(350);
	said.fitness = FITNESS_UNHEALTHY;
	hear(360, PEER, said);
	fit(370, FITNESS_UNHEALTHY);
	hear(371, PEER, said);
	assert_int_equal(is.offers_to, NODE_NONE);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_7_an_unanswered_yield_lets_the_next_in_order_take(void **state)
{
	(void)state;
	owner_with_peer(360);
	fit(370, FITNESS_UNHEALTHY);
	hear_as(371, PEER, HEARD_FRESH, 370, says(ROLE_BACKUP, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	double at = run_to(371, 2000);

	assert_int_equal(is.role, ROLE_ACTIVE);
	assert_true(at >= 471); /* never within T: the successor may still claim on the yield */
}

static void test_rule_8_holds_when_nobody_is_fitter(void **state)
{
	(void)state;
	become_active();
	beat(350);
	fit(360, FITNESS_UNHEALTHY);
	assert_int_equal(is.role, ROLE_ACTIVE);
}

static void test_rule_8_releases_when_told_to(void **state)
{
	(void)state;
	become_active();
	rules.hold_when_none_fit = false;
	fit(360, FITNESS_UNHEALTHY);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(todo.release);
	assert_true(run_to(360, 3000) >= 3000); /* and stays so */
}

static void test_rule_8_without_a_link_there_is_nobody_to_hold_for(void **state)
{
	(void)state;
	become_active();
	beat(350);
	fit(360, FITNESS_NO_LINK);
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_LINK);
}

static void test_rule_8_a_link_that_is_back_listens_before_it_bids(void **state)
{
	(void)state;
	become_active();
	fit(360, FITNESS_NO_LINK);
	fit(5000, FITNESS_FIT);
	assert_true(run_to(5000, 6000) >= 5300);
}

static void test_rule_9_fails_back_only_when_told_and_after_its_time(void **state)
{
	(void)state;
	owner_with_peer(360);
	for (double at = 400; at < 2000; at += 100) {
		beat(at);
		hear(at + 50, PEER, says(ROLE_BACKUP, 7));
	}
	assert_int_equal(is.offers_to, NODE_NONE);
	rules.failback_auto = true;
	rules.failback_after = duration_ms(3000);
	for (double at = 2000; at < 3300; at += 100) {
		beat(at);
		hear(at + 50, PEER, says(ROLE_BACKUP, 7));
		assert_int_equal(is.offers_to, NODE_NONE);
	}
	beat(3400);
	assert_int_equal(is.offers_to, PEER);
}

static void test_rule_9_waits_for_the_most_preferred_that_is_fit(void **state)
{
	(void)state;
	owner_with_peer(360);
	rules.nodes = 3;
	rules.rank[ME] = 2;
	rules.rank[PEER] = 1;
	rules.rank[THIRD] = 0;
	rules.failback_auto = true;
	rules.failback_after = duration_ms(1000);
	for (double at = 400; at < 1950; at += 100) {
		beat(at);
		hear(at + 50, PEER, says(ROLE_BACKUP, 7));
		if (at >= 1000)
			hear(at + 50, THIRD, says(ROLE_BACKUP, 7));
		assert_int_equal(is.offers_to, NODE_NONE);
	}
	beat(2060);
	assert_int_equal(is.offers_to, THIRD);
}

static void test_rule_10_moves_on_order(void **state)
{
	(void)state;
	owner_with_peer(360);
	assert_true(election_can_move(&rules, &is, PEER, ms(365)));
	step((struct event){.kind = ON_MOVE, .at = ms(365), .node = PEER});
	assert_int_equal(is.offers_to, PEER);
	hear_as(366, PEER, HEARD_FRESH, 365, says(ROLE_BACKUP, 7));
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_int_equal(is.why, WHY_ORDER);
}

static void test_rule_10_does_not_move_to_a_node_that_would_hand_it_straight_back(void **state)
{
	struct beat_vip said = says(ROLE_BACKUP, 7);

	(void)state;
	become_active();
	said.fitness = FITNESS_UNHEALTHY;
	hear(360, PEER, said);
	assert_false(election_can_move(&rules, &is, PEER, ms(361)));
	step((struct event){.kind = ON_MOVE, .at = ms(361), .node = PEER});
	assert_int_equal(is.offers_to, NODE_NONE);
}

static void test_rule_10_a_stopping_owner_yields_and_alone_it_releases(void **state)
{
	(void)state;
	owner_with_peer(360);
	step((struct event){.kind = ON_STOP, .at = ms(365)});
	assert_int_equal(is.offers_to, PEER);
	hear_as(366, PEER, HEARD_FRESH, 365, says(ROLE_BACKUP, 7));
	assert_int_equal(is.why, WHY_STOPPING);
	start(NULL);
	become_active();
	step((struct event){.kind = ON_STOP, .at = ms(365)});
	assert_int_equal(is.role, ROLE_BACKUP);
	assert_true(run_to(365, 3000) >= 3000);
}

static void test_standby_and_unknown_nodes_never_take(void **state)
{
	static const enum fitness never[] = {FITNESS_UNKNOWN, FITNESS_STANDBY, FITNESS_NO_LINK, FITNESS_NO_QUORUM};

	(void)state;
	for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		start(NULL);
		become_backup();
		fit(20, never[i]);
		assert_true(run_to(20, 3000) >= 3000);
		hear(3001, PEER, yields(ME, 7));
		assert_int_equal(is.role, ROLE_BACKUP);
	}
}

static void test_a_witness_never_takes(void **state)
{
	(void)state;
	rules.rank[ME] = RANK_NEVER;
	become_backup();
	assert_true(run_to(20, 3000) >= 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rule_1_listens_for_d_and_l, start),
		cmocka_unit_test_setup(test_rule_1_need_not_listen_when_every_peer_was_heard, start),
		cmocka_unit_test_setup(test_rule_2_takes_after_d_of_silence_and_not_before, start),
		cmocka_unit_test_setup(test_rule_2_waits_while_the_owner_speaks, start),
		cmocka_unit_test_setup(test_rule_2_waits_while_a_one_way_owner_speaks, start),
		cmocka_unit_test_setup(test_rule_2_probes_from_one_and_a_half_beats_of_silence, start),
		cmocka_unit_test_setup(test_rule_2_waits_while_the_vip_is_answered_and_says_so_once, start),
		cmocka_unit_test_setup(test_rule_2_answers_within_the_old_lease_delay_nothing, start),
		cmocka_unit_test_setup(test_rule_2_an_owner_without_a_fence_is_waited_for_until_its_address_has_expired,
				       start),
		cmocka_unit_test_setup(test_rule_2_the_second_in_order_waits_a_slot, start),
		cmocka_unit_test_setup(test_rule_2_an_unlistened_gap_is_no_silence, start),
		cmocka_unit_test_setup(test_rule_3_claims_at_once_when_the_owner_yields, start),
		cmocka_unit_test_setup(test_rule_3_refuses_a_yield_that_is_old_one_way_to_another_or_of_an_older_term,
				       start),
		cmocka_unit_test_setup(test_rule_4_takes_a_vip_that_nobody_owns, start),
		cmocka_unit_test_setup(test_rule_4_probes_just_before_its_turn_and_waits_for_the_silence, start),
		cmocka_unit_test_setup(test_rule_4_leaves_a_slot_to_a_preferred_node_that_was_never_heard, start),
		cmocka_unit_test_setup(
			test_rule_4_gives_way_to_a_rival_that_probes_unheard_but_not_to_a_peer_in_its_turn, start),
		cmocka_unit_test_setup(test_rules_2_and_4_give_way_to_a_prober_while_the_order_is_disputed, start),
		cmocka_unit_test_setup(test_rule_5_a_lapsed_owner_steps_down_before_any_other_deed, start),
		cmocka_unit_test_setup(test_rule_5_holds_for_every_event, start),
		cmocka_unit_test_setup(test_rule_5_listens_for_d_before_it_bids_again, start),
		cmocka_unit_test_setup(test_rule_6_steps_down_before_a_higher_term, start),
		cmocka_unit_test_setup(test_rule_6_the_winner_stays_announces_again_and_beats, start),
		cmocka_unit_test_setup(test_rule_6_of_equal_terms_the_lower_id_wins, start),
		cmocka_unit_test_setup(test_rule_7_offers_first_and_yields_when_the_offer_is_answered, start),
		cmocka_unit_test_setup(test_rule_7_the_successor_answers_an_offer_at_once, start),
		cmocka_unit_test_setup(test_rule_7_repeats_the_offer_and_the_yield_within_milliseconds, start),
		cmocka_unit_test_setup(test_rule_7_not_to_a_node_as_unfit_as_this_one, start),
		cmocka_unit_test_setup(test_rule_7_an_unanswered_yield_lets_the_next_in_order_take, start),
		cmocka_unit_test_setup(test_rule_8_holds_when_nobody_is_fitter, start),
		cmocka_unit_test_setup(test_rule_8_releases_when_told_to, start),
		cmocka_unit_test_setup(test_rule_8_without_a_link_there_is_nobody_to_hold_for, start),
		cmocka_unit_test_setup(test_rule_8_a_link_that_is_back_listens_before_it_bids, start),
		cmocka_unit_test_setup(test_rule_9_fails_back_only_when_told_and_after_its_time, start),
		cmocka_unit_test_setup(test_rule_9_waits_for_the_most_preferred_that_is_fit, start),
		cmocka_unit_test_setup(test_rule_10_moves_on_order, start),
		cmocka_unit_test_setup(test_rule_10_does_not_move_to_a_node_that_would_hand_it_straight_back, start),
		cmocka_unit_test_setup(test_rule_10_a_stopping_owner_yields_and_alone_it_releases, start),
		cmocka_unit_test_setup(test_standby_and_unknown_nodes_never_take, start),
		cmocka_unit_test_setup(test_a_witness_never_takes, start),
	};

	return cmocka_run_group_tests_name("vrrp_election", tests, NULL, NULL);
}
