/* What follows from corosync's words, in the orders in which they were seen to come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "agent/quorum_view.h"

static struct quorum_view view;
static struct quorum_fact fact;

/* cas1, cas2 and a witness that has no corosync: corosync's ids are others than casvip's. */
static const struct conf pair = {
	.nodes = 3,
	.node = {
		{.name = "cas1", .addresses = 1, .address = {{AF_INET, 32, {192, 0, 2, 1}}}},
		{.name = "cas2", .addresses = 2,
		 .address = {{AF_INET, 32, {192, 0, 2, 2}}, {AF_INET, 32, {198, 51, 100, 2}}}},
		{.name = "w", .addresses = 1, .address = {{AF_INET, 32, {192, 0, 2, 3}}}, .witness = true},
	},
};
static const struct quorum_node nodelist[] = {
	{.id = 101, .votes = 1, .name = "n1", .ring = {"192.0.2.1"}},
	{.id = 102, .votes = 1, .name = "n2", .ring = {"203.0.113.2", "198.51.100.2"}},
};
static const uint32_t both[] = {101, 102};

static struct instant ms(int64_t ms)
{
	return instant_add((struct instant){0}, duration_ms(ms));
}

static struct quorum_ring ring(uint64_t seq)
{
	return (struct quorum_ring){101, seq};
}

static void found(void)
{
	quorum_view_lose(&view, QUORUM_UNREACHED, "");
	quorum_view_find(&view);
	quorum_view_nodes(&view, &pair, nodelist, 2, 101);
	view.settings = (struct quorum_settings){.token_ms = 1000, .consensus_ms = 1200};
}

static enum quorum_state now_is(void)
{
	quorum_view_fact(&view, &fact);
	return (enum quorum_state)fact.state;
}

static void test_a_verdict_for_the_newest_ring_is_quorate_since_it_came(void **state)
{
	struct quorum_fact read;

	(void)state;
	found();
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	quorum_view_ring(&view, ring(8));
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(50));
	quorum_view_proof(&view, ms(40));
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.members, 3);
	assert_int_equal(fact.self, 0);
	assert_int_equal(fact.since_ns, ms(50).ns);
	assert_int_equal(fact.proven_ns, ms(40).ns);
	assert_int_equal(quorum_fact_read(&fact, sizeof(fact), &read), QUORUM_FACT_OK);
}

static void test_a_ring_without_a_verdict_is_not_quorate(void **state)
{
	(void)state;
	found();
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(50));
	quorum_view_ring(&view, ring(12)); /* cut off: the device has yet to say something */
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	assert_int_equal(fact.since_ns, 0);
	quorum_view_verdict(&view, ring(12), true, both, 1, ms(900));
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.members, 1);
	assert_int_equal(fact.since_ns, ms(900).ns);
}

static void test_a_verdict_that_comes_before_its_ring_counts_and_one_of_an_old_ring_does_not(void **state)
{
	(void)state;
	found();
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(50));
	quorum_view_ring(&view, ring(8));
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.since_ns, ms(50).ns);
	quorum_view_ring(&view, ring(12));
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(60));
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	quorum_view_ring(&view, ring(8)); /* nor does the old ring itself come back */
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(70));
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
}

static void test_the_wait_begins_anew_with_other_members_and_after_a_gap(void **state)
{
	(void)state;
	found();
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(50));
	quorum_view_verdict(&view, ring(8), true, both, 2, ms(80)); /* said once more */
	now_is();
	assert_int_equal(fact.since_ns, ms(50).ns);
	quorum_view_verdict(&view, ring(12), true, both, 1, ms(100)); /* no gap, but somebody has left */
	now_is();
	assert_int_equal(fact.since_ns, ms(100).ns);
	quorum_view_verdict(&view, ring(12), false, both, 1, ms(200));
	assert_int_equal(now_is(), QUORUM_NOT_QUORATE);
	quorum_view_verdict(&view, ring(12), true, both, 1, ms(210));
	now_is();
	assert_int_equal(fact.since_ns, ms(210).ns);
}

static void test_a_ring_without_this_node_is_not_this_nodes(void **state)
{
	(void)state;
	found();
	quorum_view_verdict(&view, ring(8), true, &both[1], 1, ms(50));
	assert_int_equal(now_is(), QUORUM_NOT_QUORATE);
}

static void test_a_stranger_in_the_ring_is_a_mismatch(void **state)
{
	const uint32_t ids[] = {101, 102, 103};

	(void)state;
	found();
	quorum_view_verdict(&view, ring(8), true, ids, 3, ms(50));
	assert_int_equal(now_is(), QUORUM_MISMATCH);
	assert_string_equal(fact.words, "a node is in corosync's ring that is none of casvip's");
	quorum_view_verdict(&view, ring(12), true, ids, 2, ms(60));
	assert_int_equal(now_is(), QUORUM_QUORATE);
}

static void test_nothing_is_left_of_a_corosync_that_is_gone(void **state)
{
	uint32_t connects;

	(void)state;
	found();
	connects = view.connects;
	quorum_view_verdict(&view, ring(80), true, both, 2, ms(50));
	quorum_view_proof(&view, ms(60));
	quorum_view_lose(&view, QUORUM_UNREACHED, "corosync is gone");
	assert_int_equal(now_is(), QUORUM_UNREACHED);
	assert_string_equal(fact.words, "corosync is gone");
	assert_int_equal(fact.members, 0);
	assert_int_equal(fact.proven_ns, 0);
	found();
	assert_int_equal(view.connects, connects + 1);
	quorum_view_verdict(&view, ring(4), true, both, 2, ms(90)); /* its rings count anew after a restart */
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.proven_ns, 0);
}

static void test_proof_does_not_grow_older(void **state)
{
	(void)state;
	found();
	quorum_view_proof(&view, ms(60));
	quorum_view_proof(&view, ms(40));
	now_is();
	assert_int_equal(fact.proven_ns, ms(60).ns);
}

/* The words of a nodelist that does not fit, "" for one that does. */
static const char *mapped(const struct quorum_node *nodes, int count, uint32_t local)
{
	quorum_view_find(&view);
	quorum_view_nodes(&view, &pair, nodes, count, local);
	now_is();
	return fact.words;
}

static void test_nodes_are_the_same_by_any_address_or_else_by_name(void **state)
{
	struct quorum_node nodes[2] = {nodelist[0], nodelist[1]};

	(void)state;
	assert_string_equal(mapped(nodes, 2, 102), "");
	assert_int_equal(view.self, 1);
	strcpy(nodes[0].ring[0], "cas1.example.net");
	strcpy(nodes[0].name, "CAS1");
	assert_string_equal(mapped(nodes, 2, 101), "");
	assert_int_equal(view.self, 0);
	strcpy(nodes[0].ring[0], "cas1"); /* the name that stands where an address could */
	nodes[0].name[0] = '\0';
	assert_string_equal(mapped(nodes, 2, 101), "");
}

static void test_a_nodelist_that_is_not_casvips_is_a_mismatch_in_words(void **state)
{
	struct quorum_node nodes[3] = {nodelist[0], nodelist[1], {.id = 103, .ring = {"192.0.2.77"}}};

	(void)state;
	assert_string_equal(mapped(nodes, 3, 101), "corosync's node 103 (192.0.2.77) is no node of casvip's");
	assert_int_equal(fact.state, QUORUM_MISMATCH);
	strcpy(nodes[2].ring[0], "192.0.2.2");
	assert_string_equal(mapped(nodes, 3, 101), "corosync's nodes 102 and 103 are both casvip's cas2");
	assert_string_equal(mapped(nodes, 1, 101), "casvip's node cas2 is not in corosync's nodelist");
	assert_string_equal(mapped(nodes, 2, 109), "corosync's own node 109 is not in its nodelist");
	assert_int_equal(fact.state, QUORUM_MISMATCH);
	assert_string_equal(mapped(nodes, 2, 101), ""); /* and it is over when it is mended */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_verdict_for_the_newest_ring_is_quorate_since_it_came),
		cmocka_unit_test(test_a_ring_without_a_verdict_is_not_quorate),
		cmocka_unit_test(test_a_verdict_that_comes_before_its_ring_counts_and_one_of_an_old_ring_does_not),
		cmocka_unit_test(test_the_wait_begins_anew_with_other_members_and_after_a_gap),
		cmocka_unit_test(test_a_ring_without_this_node_is_not_this_nodes),
		cmocka_unit_test(test_a_stranger_in_the_ring_is_a_mismatch),
		cmocka_unit_test(test_nothing_is_left_of_a_corosync_that_is_gone),
		cmocka_unit_test(test_proof_does_not_grow_older),
		cmocka_unit_test(test_nodes_are_the_same_by_any_address_or_else_by_name),
		cmocka_unit_test(test_a_nodelist_that_is_not_casvips_is_a_mismatch_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
