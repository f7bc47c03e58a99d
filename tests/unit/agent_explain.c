/* Why a vip is where it is, and what would move it: the words, and the arithmetic behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/explain.h"
#include "tests/unit/screen.h"

enum { SELF, OTHER, WITNESS };

static const struct instant at = {INT64_C(100000000000)};
static struct conf conf;
static struct rules rules;
static struct election is;
static struct history history;
static struct explain_facts facts = {&conf, &conf.vip[0], &rules, &is, &history, at, {0}};
static char text[SCREEN_MAX];

static void is_heard(node_id node, enum role role)
{
	is.view[node].heard_at = is.view[node].fresh_at = at;
	is.view[node].said = (struct beat_vip){
		.role = role, .fitness = FITNESS_FIT, .score = SCORE_MAX, .enforces = ENFORCES_FENCE | ENFORCES_LIFETIME};
}

/* cas1, this node, owns it; cas2 stands by; D is 300 ms. */
static int set_up(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof(conf));
	memset(&rules, 0, sizeof(rules));
	memset(&is, 0, sizeof(is));
	memset(&history, 0, sizeof(history));
	strcpy(conf.node[SELF].name, "cas1");
	strcpy(conf.node[OTHER].name, "cas2");
	strcpy(conf.node[WITNESS].name, "w");
	strcpy(conf.vip[0].name, "mail");
	conf.vip[0].checks = 2;
	conf.vip[0].check[0] = (struct conf_check){
		.required = true, .interval = duration_ms(2000), .fast = duration_ms(100), .fall = 2};
	conf.vip[0].check[1] = (struct conf_check){.interval = duration_ms(60000), .fast = duration_ms(100), .fall = 2};
	rules.nodes = 2;
	facts.failover = duration_ms(0);
	rules.rank[OTHER] = 1;
	rules.rank[WITNESS] = RANK_NEVER;
	rules.terms = lease_terms(duration_ms(100), 3);
	rules.lifetime = duration_ms(2000);
	rules.hold_when_none_fit = true;
	for (int n = 0; n < NODES_MAX; n++)
		is.view[n].heard_at = is.view[n].fresh_at = INSTANT_ZERO;
	is.role = ROLE_ACTIVE;
	is.why = WHY_SILENCE;
	is.fitness = FITNESS_FIT;
	is.score = SCORE_MAX;
	is.term = 7;
	is.enforces = ENFORCES_FENCE | ENFORCES_LIFETIME;
	is_heard(OTHER, ROLE_BACKUP);
	return 0;
}

static struct explanation explained(void)
{
	struct explanation explanation;

	explain(&facts, &explanation);
	return explanation;
}

static void test_a_healthy_pair_is_explained(void **state)
{
	(void)state;
	history_owner(&history, OTHER, at);
	history_took(&history, SELF, at);
	history_changed(&history, WHY_SILENCE, "why=silence peer=cas2 silent_ms=300 term=7 dark_max_ms=300", at);
	assert_true(explain_write_text(&facts, text, sizeof(text)) > 0);
	assert_screen("explain", text);
	assert_true(explain_write_json(&facts, text, sizeof(text)) > 0);
	assert_string_equal(text,
		"{\"vip\":\"mail\",\"owner\":\"cas1\","
		"\"last_change\":\"why=silence peer=cas2 silent_ms=300 term=7 dark_max_ms=300\","
		"\"others\":[{\"name\":\"cas2\",\"ready\":true,\"words\":\"ready; but nothing asks for a move\"}],"
		"\"on_death\":{\"successor\":\"cas2\",\"least_ms\":200,\"most_ms\":300,\"words\":\"300 ms after the owner's "
		"last heartbeat (D: so long it must be silent, and its vip unanswered), which is up to T = 100 ms old\"},"
		"\"on_failure\":{\"successor\":\"cas2\",\"notice_ms\":2200,\"words\":\"interval + fall x fast of the slowest "
		"required check, and what an answer takes; the hand-over itself is a round trip\"}}\n");
}

static void test_an_owner_without_a_fence_is_succeeded_when_its_address_has_expired(void **state)
{
	struct explanation explanation;

	(void)state;
	is.enforces = ENFORCES_LIFETIME;
	explanation = explained();
	/* L + lifetime + 1500 ms that the kernel may be late + G = 275 + 2000 + 1500 + 25 */
	assert_int_equal(explanation.most_ms, 3800);
	assert_int_equal(explanation.least_ms, 3700);
	assert_non_null(strstr(explanation.death, "no fence: its address has to expire"));
}

static void test_an_unfit_node_would_succeed_a_dead_owner_but_never_a_failed_service(void **state)
{
	struct explanation explanation;

	(void)state;
	is.view[OTHER].said.fitness = FITNESS_UNHEALTHY;
	explanation = explained();
	assert_int_equal(explanation.heir, OTHER);
	assert_int_equal(explanation.stand_in, NODE_NONE);
	assert_string_equal(explanation.failure, "no other node is fit: the owner would keep it (when_none_fit)");
	rules.hold_when_none_fit = false;
	explanation = explained();
	assert_int_equal(explanation.heir, NODE_NONE);
	assert_string_equal(explanation.other[0].words, "unhealthy");
	assert_string_equal(explanation.failure, "no other node is fit: the owner would release it (when_none_fit)");
}

static void test_nodes_that_could_not_take_it_say_what_holds_them_back(void **state)
{
	(void)state;
	is.view[OTHER].said.role = ROLE_INIT;
	assert_string_equal(explained().other[0].words, "has just started and listens yet");
	is.view[OTHER].said.fitness = FITNESS_STANDBY;
	is.view[OTHER].said.role = ROLE_BACKUP;
	assert_string_equal(explained().other[0].words, "standby");
	is.view[OTHER].fresh_at = INSTANT_ZERO;
	assert_string_equal(explained().other[0].words, "not heard");
	assert_int_equal(explained().heir, NODE_NONE);
	assert_string_equal(explained().death, "nobody could take it");
}

static void test_a_majority_that_would_be_gone_with_the_owner_lets_nobody_take(void **state)
{
	struct explanation explanation;

	(void)state;
	rules.nodes = 3;
	rules.majority = true;
	is_heard(WITNESS, ROLE_BACKUP);
	explanation = explained();
	assert_int_equal(explanation.heir, OTHER);
	assert_string_equal(explanation.other[1].words, "a witness: it votes, and never owns");
	assert_non_null(strstr(explanation.death, "a round trip more for the votes"));
	is.view[WITNESS].fresh_at = INSTANT_ZERO;
	explanation = explained();
	assert_int_equal(explanation.heir, NODE_NONE);
	assert_string_equal(explanation.death, "nobody could take it: only 1 of 3 nodes would be left, too few for a "
					       "majority");
}

static void test_the_best_of_several_is_the_one_that_the_election_would_take(void **state)
{
	(void)state;
	rules.nodes = 3;
	rules.rank[WITNESS] = 2;
	is_heard(WITNESS, ROLE_BACKUP);
	assert_int_equal(explained().heir, OTHER);
	is.view[OTHER].said.score = 900;
	assert_int_equal(explained().heir, WITNESS);
}

static void test_a_vip_without_an_owner_foretells_nothing(void **state)
{
	(void)state;
	is.role = ROLE_BACKUP;
	assert_true(explain_write_text(&facts, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "vip mail: ! NO OWNER KNOWN\n"));
	assert_null(strstr(text, "died now"));
	assert_true(explain_write_json(&facts, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\"owner\":null"));
}

static void test_of_two_nodes_by_corosync_the_bound_is_corosync_s(void **state)
{
	struct explanation explanation;

	(void)state;
	rules.majority = rules.corosync = true;
	explanation = explained();
	assert_int_equal(explanation.heir, NODE_NONE);
	assert_non_null(strstr(explanation.death, "no quorum device"));
	facts.failover = duration_ms(8960);
	explanation = explained();
	assert_int_equal(explanation.heir, OTHER);
	assert_int_equal(explanation.least_ms, 300);
	assert_int_equal(explanation.most_ms, 8960);
}

#define explains(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		explains(test_a_healthy_pair_is_explained),
		explains(test_an_owner_without_a_fence_is_succeeded_when_its_address_has_expired),
		explains(test_an_unfit_node_would_succeed_a_dead_owner_but_never_a_failed_service),
		explains(test_nodes_that_could_not_take_it_say_what_holds_them_back),
		explains(test_a_majority_that_would_be_gone_with_the_owner_lets_nobody_take),
		explains(test_the_best_of_several_is_the_one_that_the_election_would_take),
		explains(test_a_vip_without_an_owner_foretells_nothing),
		explains(test_of_two_nodes_by_corosync_the_bound_is_corosync_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
