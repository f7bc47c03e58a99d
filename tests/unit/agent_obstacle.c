/* Why a vip cannot be given to a node: each refusal of the election's has its own words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/obstacle.h"

enum { OTHER = 1 };

static struct rules rules;
static struct election is;
static const struct instant at = {INT64_C(100000000000)};

/* This node owns the vip, and the other one could be given it. */
static int set_up(void **state)
{
	(void)state;
	memset(&rules, 0, sizeof(rules));
	memset(&is, 0, sizeof(is));
	rules.nodes = 2;
	rules.rank[OTHER] = 1;
	rules.terms = lease_terms(duration_ms(100), 3);
	rules.majority = true;
	is.role = ROLE_ACTIVE;
	is.fitness = FITNESS_FIT;
	is.view[OTHER].fresh_at = at;
	is.view[OTHER].said = (struct beat_vip){
		.role = ROLE_BACKUP, .fitness = FITNESS_FIT, .enforces = ENFORCES_FENCE | ENFORCES_LIFETIME};
	assert_true(election_can_move(&rules, &is, OTHER, at));
	return 0;
}

static void assert_refused_as(const char *expected)
{
	char words[OBSTACLE_MAX];

	assert_false(election_can_move(&rules, &is, OTHER, at));
	assert_string_equal(obstacle_words(&rules, &is, OTHER, words), expected);
}

static void test_a_node_that_has_just_started_listens_yet(void **state)
{
	(void)state;
	is.view[OTHER].said.role = ROLE_INIT;
	assert_refused_as("it has just started and listens yet: try again in a second");
}

static void test_a_node_without_a_fence_owns_nothing_under_a_majority(void **state)
{
	(void)state;
	is.view[OTHER].said.enforces = ENFORCES_LIFETIME;
	assert_refused_as("it has no fence, without which \"majority\" lets nobody own a vip");
}

static void test_an_unfit_node_is_named_so(void **state)
{
	(void)state;
	is.view[OTHER].said.fitness = FITNESS_UNHEALTHY;
	assert_refused_as("it is unhealthy");
	is.view[OTHER].said.role = ROLE_INIT; /* listening would end; this stays */
	assert_refused_as("it is unhealthy");
	is.view[OTHER].said.fitness = FITNESS_NO_LINK;
	assert_refused_as("it is no-link");
}

#define refused(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		refused(test_a_node_that_has_just_started_listens_yet),
		refused(test_a_node_without_a_fence_owns_nothing_under_a_majority),
		refused(test_an_unfit_node_is_named_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
