/* What casvip-quorum tells: what is not as it should be is refused, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/quorum_fact.h"

static struct quorum_fact good(void)
{
	struct quorum_fact fact;

	memset(&fact, 0, sizeof(fact));
	fact.magic = QUORUM_FACT_MAGIC;
	fact.state = QUORUM_QUORATE;
	fact.members = 3;
	fact.self = 1;
	fact.ring_node = 1;
	fact.ring_seq = 17;
	fact.members_since_ns = 800;
	fact.ring_since_ns = 900;
	fact.proven_ns = 1000;
	fact.word_ns[0] = 1010;
	fact.gone_ns[15] = 7;
	fact.settings = (struct quorum_settings){.token_ms = 1000, .consensus_ms = 1200, .nodes = 2, .quorum = 2};
	return fact;
}

static enum quorum_refusal read_fact(const struct quorum_fact *fact)
{
	static const struct quorum_fact untouched = {.words = "untouched"};
	struct quorum_fact read = untouched;
	enum quorum_refusal refusal = quorum_fact_read(fact, sizeof(*fact), &read);

	if (refusal == QUORUM_FACT_OK)
		assert_memory_equal(&read, fact, sizeof(read));
	else
		assert_memory_equal(&read, &untouched, sizeof(read));
	return refusal;
}

static void test_a_good_fact_is_read_as_it_is(void **state)
{
	struct quorum_fact fact = good();

	(void)state;
	assert_int_equal(read_fact(&fact), QUORUM_FACT_OK);
	fact.state = QUORUM_UNREACHED; /* that needs nothing else */
	fact.self = NODE_NONE;
	fact.members = 0;
	fact.proven_ns = fact.members_since_ns = fact.ring_since_ns = 0;
	fact.settings = (struct quorum_settings){0};
	assert_int_equal(read_fact(&fact), QUORUM_FACT_OK);
}

static void test_another_length_or_magic_is_refused(void **state)
{
	struct quorum_fact fact = good(), read;
	char longer[sizeof(fact) + 1] = {0};

	(void)state;
	memcpy(longer, &fact, sizeof(fact));
	assert_int_equal(quorum_fact_read(longer, sizeof(longer), &read), QUORUM_FACT_WRONG_SIZE);
	assert_int_equal(quorum_fact_read(longer, sizeof(fact) - 1, &read), QUORUM_FACT_WRONG_SIZE);
	assert_int_equal(quorum_fact_read(longer, 0, &read), QUORUM_FACT_WRONG_SIZE);
	fact.magic ^= 1;
	assert_int_equal(read_fact(&fact), QUORUM_FACT_WRONG_MAGIC);
}

static void test_what_is_out_of_range_is_refused(void **state)
{
	const struct quorum_fact fine = good();
	struct quorum_fact bad[] = {fine, fine, fine, fine, fine, fine, fine, fine, fine, fine, fine, fine, fine,
				    fine, fine, fine};
	size_t count = 0;

	(void)state;
	bad[count++].state = QUORUM_STATE_COUNT;
	bad[count++].members = 1U << NODES_MAX | 3;
	bad[count++].self = NODES_MAX;
	bad[count++].proven_ns = -1;
	bad[count++].members_since_ns = INT64_MIN;
	bad[count++].word_ns[NODES_MAX - 1] = -1;
	bad[count++].gone_ns[0] = INT64_MIN;
	bad[count++].settings.token_ms = QUORUM_MS_MOST + 1;
	bad[count++].settings.device_timeout_ms = UINT32_MAX;
	bad[count++].settings.votes = QUORUM_VOTES_MOST + 1;
	bad[count++].settings.flags = QUORUM_FLAGS_ALL + 1;
	/* Quorate, but ... */
	bad[count++].members = 1; /* without the one who says so */
	bad[count++].self = NODE_NONE;
	bad[count++].ring_since_ns = 0;
	bad[count++].ring_since_ns = 799; /* before there was such a ring */
	bad[count++].settings.consensus_ms = 0;
	assert_int_equal(count, sizeof(bad) / sizeof(bad[0]));
	for (size_t i = 0; i < count; i++)
		if (read_fact(&bad[i]) != QUORUM_FACT_OUT_OF_RANGE)
			fail_msg("number %zu was taken", i);
}

static void test_what_lies_ahead_is_foretold(void **state)
{
	const struct quorum_fact fine = good();
	struct quorum_fact ahead[] = {fine, fine, fine, fine, fine};

	(void)state;
	assert_false(quorum_fact_foretells(&fine, (struct instant){1010}));
	assert_true(quorum_fact_foretells(&fine, (struct instant){1009}));
	ahead[0].members_since_ns = 2001;
	ahead[1].ring_since_ns = 2001;
	ahead[2].proven_ns = INT64_MAX;
	ahead[3].word_ns[NODES_MAX - 1] = 2001;
	ahead[4].gone_ns[0] = 2001;
	for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++)
		assert_true(quorum_fact_foretells(&ahead[i], (struct instant){2000}));
}

static void test_words_are_text_and_fit_between_double_quotes(void **state)
{
	struct quorum_fact fact = good(), read;

	(void)state;
	strcpy(fact.words, "a line\nof another event=role");
	assert_int_equal(read_fact(&fact), QUORUM_FACT_BAD_TEXT);
	memset(fact.words, 'x', sizeof(fact.words));
	assert_int_equal(read_fact(&fact), QUORUM_FACT_BAD_TEXT);
	strcpy(fact.words, "it \"ended\"");
	assert_int_equal(quorum_fact_read(&fact, sizeof(fact), &read), QUORUM_FACT_OK);
	assert_string_equal(read.words, "it 'ended'");
}

static void test_each_state_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned a = 0; a < QUORUM_STATE_COUNT; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(quorum_state_word((enum quorum_state)a),
						quorum_state_word((enum quorum_state)b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_fact_is_read_as_it_is),
		cmocka_unit_test(test_another_length_or_magic_is_refused),
		cmocka_unit_test(test_what_is_out_of_range_is_refused),
		cmocka_unit_test(test_what_lies_ahead_is_foretold),
		cmocka_unit_test(test_words_are_text_and_fit_between_double_quotes),
		cmocka_unit_test(test_each_state_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
