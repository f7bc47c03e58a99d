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
static const uint32_t stranger[] = {101, 102, 103};

static struct instant ms(int64_t ms)
{
	return instant_add((struct instant){0}, duration_ms(ms));
}

/* A ring of the first `count` of these. */
static struct quorum_ring ring(uint64_t seq, size_t count)
{
	return (struct quorum_ring){101, seq, stranger, count};
}

static void forms(struct quorum_ring is, int64_t at_ms)
{
	quorum_view_ring(&view, &is, ms(at_ms));
}

static void judges(struct quorum_ring is, bool quorate, int64_t at_ms)
{
	quorum_view_verdict(&view, &is, quorate, ms(at_ms));
}

static void says(uint32_t id, uint32_t pid, enum quorum_word_kind kind, int64_t sent_ms, int64_t at_ms)
{
	const struct quorum_word word = {kind, view.connects, ms(sent_ms).ns};

	quorum_view_word(&view, id, pid, &word, id == 101 && pid == 1, ms(at_ms));
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
	forms(ring(8, 2), 40);
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	assert_int_equal(fact.members, 3);
	judges(ring(8, 2), true, 50);
	judges(ring(8, 2), true, 80); /* said once more */
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.self, 0);
	assert_int_equal(fact.members_since_ns, ms(40).ns);
	assert_int_equal(fact.ring_since_ns, ms(50).ns);
	assert_int_equal(quorum_fact_read(&fact, sizeof(fact), &read), QUORUM_FACT_OK);
}

static void test_a_ring_without_a_verdict_is_not_quorate(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	forms(ring(12, 1), 300); /* cut off: the device has yet to say something */
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	assert_int_equal(fact.ring_since_ns, 0);
	assert_int_equal(fact.members, 1);
	judges(ring(12, 1), true, 900);
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.members_since_ns, ms(300).ns);
	assert_int_equal(fact.ring_since_ns, ms(900).ns);
}

static void test_a_verdict_that_comes_before_its_ring_counts_and_one_of_an_old_ring_does_not(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	forms(ring(8, 2), 55);
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.members_since_ns, ms(50).ns);
	forms(ring(12, 2), 58);
	judges(ring(8, 2), true, 60);
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
	forms(ring(8, 2), 65); /* nor does the old ring itself come back */
	judges(ring(8, 2), true, 70);
	assert_int_equal(now_is(), QUORUM_NO_VERDICT);
}

static void test_the_wait_begins_anew_with_each_ring_and_after_a_gap(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	judges(ring(12, 2), true, 100); /* the same members: but one may have been elsewhere meanwhile */
	now_is();
	assert_int_equal(fact.members_since_ns, ms(100).ns);
	assert_int_equal(fact.ring_since_ns, ms(100).ns);
	judges(ring(12, 2), false, 200);
	assert_int_equal(now_is(), QUORUM_NOT_QUORATE);
	assert_int_equal(fact.members_since_ns, ms(100).ns);
	judges(ring(12, 2), true, 210);
	now_is();
	assert_int_equal(fact.ring_since_ns, ms(210).ns);
}

static void test_a_ring_without_this_node_is_not_this_nodes(void **state)
{
	(void)state;
	found();
	judges((struct quorum_ring){101, 8, &both[1], 1}, true, 50);
	assert_int_equal(now_is(), QUORUM_NOT_QUORATE);
}

static void test_a_stranger_in_the_ring_is_a_mismatch(void **state)
{
	(void)state;
	found();
	judges(ring(8, 3), true, 50);
	assert_int_equal(now_is(), QUORUM_MISMATCH);
	assert_string_equal(fact.words, "a node is in corosync's ring that is none of casvip's");
	judges(ring(12, 2), true, 60);
	assert_int_equal(now_is(), QUORUM_QUORATE);
}

static void test_nothing_is_left_of_a_corosync_that_is_gone(void **state)
{
	uint32_t connects;

	(void)state;
	found();
	connects = view.connects;
	judges(ring(80, 2), true, 50);
	says(101, 1, QUORUM_WORD_LIVES, 60, 61);
	says(101, 1, QUORUM_WORD_LIVES, 70, 71);
	quorum_view_lose(&view, QUORUM_UNREACHED, "corosync is gone");
	assert_int_equal(now_is(), QUORUM_UNREACHED);
	assert_string_equal(fact.words, "corosync is gone");
	assert_int_equal(fact.members, 0);
	assert_int_equal(fact.proven_ns, 0);
	assert_int_equal(fact.word_ns[0], 0);
	found();
	assert_int_equal(view.connects, connects + 1);
	judges(ring(4, 2), true, 90); /* its rings count anew after a restart */
	assert_int_equal(now_is(), QUORUM_QUORATE);
	assert_int_equal(fact.proven_ns, 0);
}

static void test_the_last_word_but_one_is_proven_when_the_last_one_comes_back(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	says(101, 1, QUORUM_WORD_LIVES, 40, 51); /* sent before the ring was known */
	says(101, 1, QUORUM_WORD_LIVES, 60, 61);
	now_is();
	assert_int_equal(fact.proven_ns, 0);
	says(101, 1, QUORUM_WORD_LIVES, 70, 72);
	now_is();
	assert_int_equal(fact.proven_ns, ms(60).ns);
	assert_int_equal(fact.word_ns[0], ms(72).ns);
	says(101, 1, QUORUM_WORD_LIVES, 70, 73); /* twice the same is no round */
	now_is();
	assert_int_equal(fact.proven_ns, ms(60).ns);
	forms(ring(12, 2), 75);
	now_is();
	assert_int_equal(fact.proven_ns, 0);
}

static void test_a_word_that_was_given_up_proves_nothing_when_it_comes_all_the_same(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	says(101, 1, QUORUM_WORD_LIVES, 60, 61);
	quorum_view_give_up(&view, ms(70)); /* sent then, and the next one at 80 */
	says(101, 1, QUORUM_WORD_LIVES, 70, 82);
	says(101, 1, QUORUM_WORD_LIVES, 80, 83); /* in the same round of the token */
	now_is();
	assert_int_equal(fact.proven_ns, ms(60).ns);
	says(101, 1, QUORUM_WORD_LIVES, 90, 91);
	now_is();
	assert_int_equal(fact.proven_ns, ms(80).ns);
}

static void test_only_the_words_of_this_process_and_this_connection_prove_anything(void **state)
{
	struct quorum_word old = {QUORUM_WORD_LIVES, 0, 0};

	(void)state;
	found();
	old.connects = view.connects - 1;
	judges(ring(8, 2), true, 50);
	for (int64_t at = 60; at < 90; at += 10) {
		says(102, 1, QUORUM_WORD_LIVES, at, at);
		says(101, 2, QUORUM_WORD_LIVES, at, at);
		old.sent_ns = ms(at).ns;
		quorum_view_word(&view, 101, 1, &old, true, ms(at));
	}
	now_is();
	assert_int_equal(fact.proven_ns, 0);
	assert_int_equal(fact.word_ns[1], ms(80).ns);
}

static void test_an_agent_is_dead_by_the_word_of_the_process_that_spoke_for_it(void **state)
{
	(void)state;
	found();
	judges(ring(8, 2), true, 50);
	says(102, 7, QUORUM_WORD_GONE, 0, 55); /* of whom nothing was heard */
	now_is();
	assert_int_equal(fact.gone_ns[1], 0);
	says(102, 7, QUORUM_WORD_LIVES, 0, 60);
	says(102, 7, QUORUM_WORD_GONE, 0, 70);
	now_is();
	assert_int_equal(fact.gone_ns[1], ms(70).ns);
	says(102, 8, QUORUM_WORD_LIVES, 0, 80); /* the next one lives */
	now_is();
	assert_int_equal(fact.gone_ns[1], 0);
	says(102, 7, QUORUM_WORD_GONE, 0, 90); /* and the former one's last word comes late */
	now_is();
	assert_int_equal(fact.gone_ns[1], 0);
	says(103, 1, QUORUM_WORD_LIVES, 0, 95); /* a stranger's is nobody's */
}

static void test_a_word_is_read_back_as_it_was_and_nothing_else_is_one(void **state)
{
	const struct quorum_word word = {QUORUM_WORD_GONE, 7, 1234567890123};
	uint8_t bytes[QUORUM_WORD_BYTES + 1] = {0};
	struct quorum_word read;

	(void)state;
	quorum_word_pack(&word, bytes);
	assert_true(quorum_word_read(bytes, QUORUM_WORD_BYTES, &read));
	assert_memory_equal(&read, &word, sizeof(word));
	assert_false(quorum_word_read(bytes, QUORUM_WORD_BYTES - 1, &read));
	assert_false(quorum_word_read(bytes, QUORUM_WORD_BYTES + 1, &read));
	for (int i = 0; i < 4; i++) { /* magic, and a kind that there is not */
		bytes[2 * i] ^= 0x40;
		assert_false(quorum_word_read(bytes, QUORUM_WORD_BYTES, &read));
		bytes[2 * i] ^= 0x40;
	}
	bytes[16] |= 0x80; /* a time before all times */
	assert_false(quorum_word_read(bytes, QUORUM_WORD_BYTES, &read));
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
		cmocka_unit_test(test_the_wait_begins_anew_with_each_ring_and_after_a_gap),
		cmocka_unit_test(test_a_ring_without_this_node_is_not_this_nodes),
		cmocka_unit_test(test_a_stranger_in_the_ring_is_a_mismatch),
		cmocka_unit_test(test_nothing_is_left_of_a_corosync_that_is_gone),
		cmocka_unit_test(test_the_last_word_but_one_is_proven_when_the_last_one_comes_back),
		cmocka_unit_test(test_a_word_that_was_given_up_proves_nothing_when_it_comes_all_the_same),
		cmocka_unit_test(test_only_the_words_of_this_process_and_this_connection_prove_anything),
		cmocka_unit_test(test_an_agent_is_dead_by_the_word_of_the_process_that_spoke_for_it),
		cmocka_unit_test(test_a_word_is_read_back_as_it_was_and_nothing_else_is_one),
		cmocka_unit_test(test_nodes_are_the_same_by_any_address_or_else_by_name),
		cmocka_unit_test(test_a_nodelist_that_is_not_casvips_is_a_mismatch_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
