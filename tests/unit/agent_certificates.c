/* Certificates that should be the same on every node: what is told, when a difference is one, and whom it makes unfit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/certificates.h"

enum { SELF, PEER, THIRD, NODES, ONE = 0x1111, OTHER = 0x2222 };

static struct conf conf;
static struct facts facts;
static struct certificates certificates;
static struct certificate_change told;
static int tolds;
static const struct instant start = {1000000000000};

/* Vip 0 has a check of a page, then one of a certificate; vip 1 none; vip 2 two of certificates. */
static int set_up(void **state)
{
	static const int checks[] = {2, 1, 2};

	(void)state;
	memset(&conf, 0, sizeof(conf));
	conf.heartbeat = duration_ms(100);
	conf.nodes = NODES;
	conf.vips = 3;
	for (int v = 0; v < 3; v++) {
		conf.vip[v].hold_when_none_fit = true;
		conf.vip[v].checks = checks[v];
		for (int c = 0; c < checks[v]; c++) {
			struct conf_check *check = &conf.vip[v].check[c];

			check->type = v == 1 || (v == 0 && c == 0) ? CHECK_OWA : CHECK_CERTIFICATE;
			check->interval = duration_ms(60000);
			check->timeout = duration_ms(5000);
			check->required = true;
		}
	}
	facts_start(&facts, start);
	certificates_start(&certificates, &conf);
	tolds = 0;
	return 0;
}

static struct instant after(int64_t ms)
{
	return instant_add(start, duration_ms(ms));
}

static void seen(int vip, int check, uint64_t hash)
{
	struct fact fact = {.magic = FACT_MAGIC, .vip = (uint16_t)vip, .check = (uint16_t)check,
			    .state = CHECK_STATE_UP, .at_ns = start.ns, .certificate = hash};

	facts_put(&facts, &fact, &conf, start);
	certificates_news(&certificates);
}

static void heard(node_id peer, int vip, int check, uint64_t hash)
{
	struct beat beat = {.certificate_vip = (uint8_t)(vip + 1), .certificate_check = (uint8_t)check,
			    .certificate = hash};

	certificates_hear(&certificates, &conf, peer, &beat);
}

static void note(void *context, const struct certificate_change *change)
{
	(void)context;
	told = *change;
	tolds++;
}

static void judge(int64_t at_ms)
{
	certificates_judge(&certificates, &facts, &conf, after(at_ms), note, NULL);
}

static void assert_told(int64_t at_ms, int times, bool differs)
{
	int before = tolds;

	judge(at_ms);
	assert_int_equal(tolds - before, times);
	if (times == 0)
		return;
	assert_int_equal(told.vip, 0);
	assert_int_equal(told.check, 1);
	assert_int_equal(told.peer, PEER);
	assert_int_equal(told.differs, differs);
}

/* An interval, a timeout and three rounds, of three checks each. */
enum { LASTS = 60000 + 5000 + 3 * 3 * 100 };

static void differ(void)
{
	seen(0, 1, ONE);
	heard(PEER, 0, 1, OTHER);
	judge(0);
	judge(LASTS);
}

static void test_beats_tell_of_one_check_after_the_other(void **state)
{
	static const int order[][2] = {{0, 1}, {2, 0}, {2, 1}, {0, 1}};

	(void)state;
	seen(2, 0, ONE);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct beat beat = {.vips = 3};

		certificates_say(&certificates, &facts, &beat);
		assert_int_equal(beat.certificate_vip, order[i][0] + 1);
		assert_int_equal(beat.certificate_check, order[i][1]);
		assert_int_equal(beat.certificate, i == 1 ? ONE : 0);
		certificates_turn(&certificates, &conf);
	}
}

static void test_without_such_checks_nothing_is_told(void **state)
{
	struct beat beat = {.vips = 3};

	(void)state;
	for (int v = 0; v < conf.vips; v++)
		for (int c = 0; c < conf.vip[v].checks; c++)
			conf.vip[v].check[c].type = CHECK_OWA;
	certificates_start(&certificates, &conf);
	certificates_turn(&certificates, &conf);
	certificates_say(&certificates, &facts, &beat);
	assert_int_equal(beat.certificate_vip, 0);
}

static void test_a_difference_is_told_once_when_it_lasts_and_once_when_it_is_over(void **state)
{
	(void)state;
	seen(0, 1, ONE);
	heard(PEER, 0, 1, OTHER);
	assert_told(1000, 0, false);
	assert_int_equal(certificates_wants(&certificates).ns, after(1000 + LASTS).ns);
	assert_told(1000 + LASTS - 1, 0, false);
	assert_false(certificates_differ(&certificates, &conf, 0, PEER));
	assert_told(1000 + LASTS, 1, true);
	assert_true(certificates_differ(&certificates, &conf, 0, PEER));
	assert_false(certificates_differ(&certificates, &conf, 0, THIRD));
	assert_false(certificates_differ(&certificates, &conf, 2, PEER));
	assert_int_equal(certificates_wants(&certificates).ns, INSTANT_NEVER.ns);
	heard(PEER, 0, 1, OTHER + 1);
	assert_told(2 * LASTS, 0, false);
	heard(PEER, 0, 1, ONE);
	assert_told(2 * LASTS + 1, 1, false);
	assert_false(certificates_differ(&certificates, &conf, 0, PEER));
	assert_told(4 * LASTS, 0, false);
}

static void test_a_renewal_that_reaches_one_node_after_the_other_is_no_difference(void **state)
{
	(void)state;
	seen(0, 1, ONE);
	heard(PEER, 0, 1, ONE);
	assert_told(0, 0, false);
	seen(0, 1, OTHER);
	assert_told(100, 0, false);
	heard(PEER, 0, 1, OTHER);
	assert_told(60000, 0, false);
	heard(PEER, 0, 1, ONE); /* back: counted from here */
	assert_told(60001, 0, false);
	assert_told(60000 + LASTS, 0, false);
	assert_told(60001 + LASTS, 1, true);
}

static void test_it_lasts_five_seconds_at_least(void **state)
{
	(void)state;
	conf.vip[0].check[1].interval = duration_ms(10);
	conf.vip[0].check[1].timeout = duration_ms(10);
	seen(0, 1, ONE);
	heard(PEER, 0, 1, OTHER);
	assert_told(0, 0, false);
	assert_told(4999, 0, false);
	assert_told(5000, 1, true);
}

static void test_what_is_not_known_neither_differs_nor_ends_a_difference(void **state)
{
	(void)state;
	heard(PEER, 0, 1, OTHER);
	assert_told(0, 0, false);
	assert_told(2 * LASTS, 0, false);
	seen(0, 1, ONE);
	heard(PEER, 0, 1, 0);
	assert_told(2 * LASTS, 0, false);
	assert_told(4 * LASTS, 0, false);
	heard(PEER, 0, 1, OTHER);
	assert_told(4 * LASTS, 0, false);
	assert_told(5 * LASTS, 1, true);
	seen(0, 1, 0);
	assert_told(5 * LASTS, 0, false);
	heard(PEER, 0, 1, 0);
	assert_told(6 * LASTS, 0, false);
	assert_true(certificates_differ(&certificates, &conf, 0, PEER));
}

static void test_what_a_peer_said_before_it_fell_silent_is_forgotten(void **state)
{
	(void)state;
	seen(0, 1, ONE);
	heard(PEER, 0, 1, OTHER);
	assert_told(0, 0, false);
	certificates_forget(&certificates, PEER);
	assert_told(LASTS, 0, false);
	heard(PEER, 0, 1, OTHER);
	assert_told(LASTS, 0, false);
	certificates_forget(&certificates, THIRD);
	assert_told(2 * LASTS, 1, true);
}

static void test_places_without_such_a_check_are_passed_over(void **state)
{
	static const int places[][2] = {{0, 0}, {0, 2}, {1, 0}, {3, 0}, {254, 255}};

	(void)state;
	conf.vip[0].check[2].type = CHECK_CERTIFICATE; /* behind the last */
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		heard(PEER, places[i][0], places[i][1], OTHER);
	heard(PEER, -1, 0, OTHER); /* none is told of */
	assert_false(certificates.news);
	heard(PEER, 2, 1, OTHER);
	assert_true(certificates.news);
	judge(0);
	heard(PEER, 2, 1, OTHER);
	assert_false(certificates.news);
}

static bool marked(node_id owner)
{
	certificates_mark(&certificates, &facts, &conf, 0, owner);
	assert_false(facts.of[0][0].unlike_owner);
	return facts.of[0][1].unlike_owner;
}

static void test_only_a_check_that_says_so_is_marked_and_only_against_the_owner(void **state)
{
	(void)state;
	differ();
	assert_int_equal(tolds, 1);
	assert_false(marked(PEER));
	conf.vip[0].check[1].same_down = true;
	assert_true(marked(PEER));
	assert_false(marked(SELF));
	assert_false(marked(THIRD));
	assert_true(marked(PEER));
	heard(PEER, 0, 1, ONE);
	judge(2 * LASTS);
	assert_false(marked(PEER));
}

static void test_the_last_owner_stands_for_one_unless_the_vip_would_stay_dark(void **state)
{
	(void)state;
	conf.vip[0].check[1].same_down = true;
	differ();
	assert_false(marked(NODE_NONE));
	assert_true(marked(PEER));
	certificates_forget(&certificates, PEER);
	judge(2 * LASTS);
	assert_true(marked(NODE_NONE));
	conf.vip[0].hold_when_none_fit = false;
	assert_true(marked(PEER));
	assert_false(marked(NODE_NONE));
}

static void test_a_marked_check_is_down_for_a_candidate_alone(void **state)
{
	struct health health;

	(void)state;
	conf.vip[0].check[1].same_down = true;
	seen(0, 0, 0);
	differ();
	assert_true(marked(PEER));
	health = facts_health(&facts, &conf, 0, false, start);
	assert_int_equal(health.fitness, FITNESS_UNHEALTHY);
	assert_int_equal(health.decider, 1);
	assert_int_equal(facts_health(&facts, &conf, 0, true, start).fitness, FITNESS_FIT);
	conf.vip[0].check[1].required = false;
	conf.vip[0].check[1].weight = 100;
	health = facts_health(&facts, &conf, 0, false, start);
	assert_int_equal(health.fitness, FITNESS_FIT);
	assert_int_equal(health.score, SCORE_MAX - 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_beats_tell_of_one_check_after_the_other, set_up),
		cmocka_unit_test_setup(test_without_such_checks_nothing_is_told, set_up),
		cmocka_unit_test_setup(test_a_difference_is_told_once_when_it_lasts_and_once_when_it_is_over, set_up),
		cmocka_unit_test_setup(test_a_renewal_that_reaches_one_node_after_the_other_is_no_difference, set_up),
		cmocka_unit_test_setup(test_it_lasts_five_seconds_at_least, set_up),
		cmocka_unit_test_setup(test_what_is_not_known_neither_differs_nor_ends_a_difference, set_up),
		cmocka_unit_test_setup(test_what_a_peer_said_before_it_fell_silent_is_forgotten, set_up),
		cmocka_unit_test_setup(test_places_without_such_a_check_are_passed_over, set_up),
		cmocka_unit_test_setup(test_only_a_check_that_says_so_is_marked_and_only_against_the_owner, set_up),
		cmocka_unit_test_setup(test_the_last_owner_stands_for_one_unless_the_vip_would_stay_dark, set_up),
		cmocka_unit_test_setup(test_a_marked_check_is_down_for_a_candidate_alone, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
