/* The bytes of a heartbeat: whatever the writer writes is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/beat_random.h"
#include "vrrp/wire.h"

enum { ROUNDS = 2000 };

static const struct beat_header some_header = {
	.cluster = UINT64_C(0x0102030405060708),
	.key_id = 0x11121314,
	.sender = 3,
	.receiver = 5,
	.link = 2,
	.session = UINT64_C(0x2122232425262728),
	.seq = UINT64_C(0x3132333435363738),
};

static void assert_beats_equal(const struct beat *a, const struct beat *b)
{
	assert_int_equal(a->echo_session, b->echo_session);
	assert_int_equal(a->echo_seq, b->echo_seq);
	assert_int_equal(a->echo_held_us, b->echo_held_us);
	assert_int_equal(a->sent_ns, b->sent_ns);
	assert_int_equal(a->config_digest, b->config_digest);
	assert_memory_equal(a->heard_age_ms, b->heard_age_ms, sizeof(a->heard_age_ms));
	assert_int_equal(a->certificate_vip, b->certificate_vip);
	assert_int_equal(a->certificate_check, b->certificate_check);
	assert_true(a->certificate == b->certificate);
	assert_int_equal(a->vips, b->vips);
	for (int i = 0; i < a->vips; i++) {
		const struct beat_vip *x = &a->vip[i], *y = &b->vip[i];

		assert_int_equal(x->vip, y->vip);
		assert_int_equal(x->term, y->term);
		assert_int_equal(x->role, y->role);
		assert_int_equal(x->fitness, y->fitness);
		assert_int_equal(x->score, y->score);
		assert_int_equal(x->offers_to, y->offers_to);
		assert_int_equal(x->yields_to, y->yields_to);
		assert_int_equal(x->enforces, y->enforces);
		assert_int_equal(x->bids, y->bids);
		assert_int_equal(x->supports, y->supports);
		assert_int_equal(x->supports_term, y->supports_term);
		assert_int_equal(x->why, y->why);
	}
}

static void test_every_beat_reads_back_as_it_was_written(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint8_t bytes[WIRE_BODY_MOST];
		struct beat beat, read;
		size_t length;

		random_beat(&seed, &beat);
		length = wire_write_body(&beat, bytes);
		assert_in_range(length, WIRE_BODY_LEAST, WIRE_BODY_MOST);
		assert_int_equal(wire_read_body(bytes, length, &read), WIRE_OK);
		assert_beats_equal(&beat, &read);
	}
}

static void test_the_largest_beat_is_as_long_as_promised(void **state)
{
	uint8_t bytes[WIRE_BODY_MOST];
	struct beat beat, read;
	uint64_t seed = 2;

	(void)state;
	random_full_beat(&seed, &beat);
	assert_int_equal(wire_write_body(&beat, bytes), WIRE_BODY_MOST);
	assert_int_equal(wire_read_body(bytes, WIRE_BODY_MOST, &read), WIRE_OK);
	assert_beats_equal(&beat, &read);
}

static void test_a_beat_that_says_nothing_is_the_shortest(void **state)
{
	uint8_t bytes[WIRE_BODY_MOST];
	struct beat beat = {.vips = 0};

	(void)state;
	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	assert_int_equal(wire_write_body(&beat, bytes), WIRE_BODY_LEAST);
}

static void test_a_body_too_short_or_too_long_is_refused(void **state)
{
	uint8_t bytes[WIRE_BODY_MOST + 1] = {0};
	struct beat beat, read;
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 50; i++) {
		size_t length;

		random_beat(&seed, &beat);
		length = wire_write_body(&beat, bytes);
		for (size_t cut = 0; cut < length; cut++)
			assert_int_equal(wire_read_body(bytes, cut, &read), WIRE_BAD_BODY);
		assert_int_equal(wire_read_body(bytes, length + 1, &read), WIRE_BAD_BODY);
	}
}

/* Accepted bytes have one meaning, and a meaning has one encoding. */
static bool refused_or_canonical(const uint8_t *bytes, size_t length)
{
	uint8_t again[WIRE_BODY_MOST];
	struct beat read;

	if (wire_read_body(bytes, length, &read) != WIRE_OK)
		return true;
	return wire_write_body(&read, again) == length && memcmp(again, bytes, length) == 0;
}

static void test_a_flipped_bit_of_the_body_is_refused_or_means_something_else(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (int i = 0; i < 100; i++) {
		uint8_t bytes[WIRE_BODY_MOST];
		struct beat beat;
		size_t length;

		random_beat(&seed, &beat);
		length = wire_write_body(&beat, bytes);
		for (size_t bit = 0; bit < length * 8; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(refused_or_canonical(bytes, length));
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* Where a field of the first vip stands, when nobody was ever heard and there is no certificate. */
enum { VIP_AT = WIRE_BODY_LEAST, ROLE_AT = VIP_AT + 8, SCORE_AT = VIP_AT + 9, OFFERS_AT = VIP_AT + 11,
       YIELDS_AT = VIP_AT + 12, FLAGS_AT = VIP_AT + 13, VIP_LENGTH = 14, VOTES_LENGTH = 5 };

static size_t write_two_vips(uint8_t bytes[static WIRE_BODY_MOST])
{
	struct beat beat = {.vips = 2, .vip = {{.vip = 1, .supports = NODE_NONE}, {.vip = 2, .supports = NODE_NONE}}};

	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	return wire_write_body(&beat, bytes);
}

static enum wire_refusal read_with(size_t at, uint8_t value)
{
	uint8_t bytes[WIRE_BODY_MOST];
	size_t length = write_two_vips(bytes);
	struct beat read;

	bytes[at] = value;
	return wire_read_body(bytes, length, &read);
}

static void test_each_field_of_a_vip_is_held_to_its_range(void **state)
{
	(void)state;
	assert_int_equal(read_with(ROLE_AT, (ROLE_COUNT - 1) << 4 | (FITNESS_COUNT - 1)), WIRE_OK);
	assert_int_equal(read_with(ROLE_AT, ROLE_COUNT << 4), WIRE_BAD_BODY);
	assert_int_equal(read_with(ROLE_AT, FITNESS_COUNT), WIRE_BAD_BODY);
	assert_int_equal(read_with(SCORE_AT, SCORE_MAX / 256 + 1), WIRE_BAD_BODY);
	assert_int_equal(read_with(OFFERS_AT, NODES_MAX - 1), WIRE_OK);
	assert_int_equal(read_with(OFFERS_AT, NODES_MAX), WIRE_BAD_BODY);
	assert_int_equal(read_with(YIELDS_AT, NODE_NONE), WIRE_OK);
	assert_int_equal(read_with(YIELDS_AT, NODE_NONE - 1), WIRE_BAD_BODY);
	assert_int_equal(read_with(FLAGS_AT, 3 << 4 | (WHY_COUNT - 1)), WIRE_OK);
	assert_int_equal(read_with(FLAGS_AT, WHY_COUNT), WIRE_BAD_BODY);
	assert_int_equal(read_with(FLAGS_AT, 1 << 6), WIRE_OK);
	assert_int_equal(read_with(FLAGS_AT, 1 << 7), WIRE_BAD_BODY); /* votes that are not there */
}

static enum wire_refusal read_votes(uint8_t supports, uint8_t term)
{
	uint8_t bytes[WIRE_BODY_MOST];
	struct beat beat = {.vips = 1, .vip = {{.vip = 1, .supports = 3, .supports_term = 9}}}, read;
	size_t length;

	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	length = wire_write_body(&beat, bytes);
	assert_int_equal(length, VIP_AT + VIP_LENGTH + VOTES_LENGTH);
	bytes[VIP_AT + VIP_LENGTH] = supports;
	bytes[length - 1] = term;
	return wire_read_body(bytes, length, &read);
}

static void test_votes_travel_only_where_there_are_any(void **state)
{
	(void)state;
	assert_int_equal(read_votes(NODES_MAX - 1, 0), WIRE_OK);
	assert_int_equal(read_votes(NODE_NONE, 1), WIRE_OK);
	assert_int_equal(read_votes(NODES_MAX, 1), WIRE_BAD_BODY);
	assert_int_equal(read_votes(NODE_NONE, 0), WIRE_BAD_BODY);
}

static void test_a_vip_is_named_once(void **state)
{
	(void)state;
	assert_int_equal(read_with(VIP_AT + VIP_LENGTH + 3, 3), WIRE_OK);
	assert_int_equal(read_with(VIP_AT + VIP_LENGTH + 3, 1), WIRE_BAD_BODY);
}

static void test_an_uptime_beyond_reason_is_refused(void **state)
{
	enum { SENT_AT = 20 };

	(void)state;
	assert_int_equal(read_with(SENT_AT, 0x3f), WIRE_OK);
	assert_int_equal(read_with(SENT_AT, 0x40), WIRE_OK); /* the bound itself */
	assert_int_equal(read_with(SENT_AT, 0x41), WIRE_BAD_BODY);
	assert_int_equal(read_with(SENT_AT, 0x80), WIRE_BAD_BODY);
}

static void test_an_age_that_is_there_is_not_never(void **state)
{
	enum { AGE_AT = WIRE_BODY_LEAST - 2 };
	uint8_t bytes[WIRE_BODY_MOST];
	struct beat beat = {.vips = 0}, read;
	size_t length;

	(void)state;
	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	beat.heard_age_ms[NODES_MAX - 1][LINKS_MAX - 1] = BEAT_AGE_NEVER - 1;
	length = wire_write_body(&beat, bytes);
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_OK);
	bytes[AGE_AT + 1] = 0xff;
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_BAD_BODY);
}

static void test_a_certificate_is_of_a_vip_that_is_there(void **state)
{
	enum { CERTIFICATE_VIP_AT = WIRE_BODY_LEAST - 2 };
	uint8_t bytes[WIRE_BODY_MOST];
	struct beat beat = {.vips = 2, .vip = {{.vip = 1, .supports = NODE_NONE}, {.vip = 2, .supports = NODE_NONE}}};
	struct beat read;
	size_t length;

	(void)state;
	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	beat.certificate_vip = 2;
	length = wire_write_body(&beat, bytes);
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_OK);
	assert_beats_equal(&beat, &read);
	bytes[CERTIFICATE_VIP_AT] = 1;
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_OK);
	bytes[CERTIFICATE_VIP_AT] = 3;
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_BAD_BODY);
	bytes[CERTIFICATE_VIP_AT] = 0; /* and yet it follows */
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_BAD_BODY);
}

static void test_more_vips_than_there_can_be_are_refused(void **state)
{
	uint8_t bytes[WIRE_BODY_LEAST + 255 * VIP_LENGTH] = {0};
	struct beat read;

	(void)state;
	bytes[WIRE_BODY_LEAST - 1] = VIPS_MAX + 1;
	for (uint8_t i = 0; i <= VIPS_MAX; i++)
		bytes[VIP_AT + i * VIP_LENGTH] = i;
	assert_int_equal(wire_read_body(bytes, VIP_AT + (VIPS_MAX + 1) * VIP_LENGTH, &read), WIRE_BAD_BODY);
}

static void test_a_refused_body_leaves_the_beat_alone(void **state)
{
	uint8_t bytes[WIRE_BODY_MOST];
	size_t length = write_two_vips(bytes);
	struct beat read, before;

	(void)state;
	memset(&read, 0x5a, sizeof(read));
	before = read;
	bytes[length - 1] = WHY_COUNT; /* the last vip's flags */
	assert_int_equal(wire_read_body(bytes, length, &read), WIRE_BAD_BODY);
	assert_memory_equal(&read, &before, sizeof(read));
}

static void test_the_header_is_these_bytes(void **state)
{
	static const uint8_t expected[WIRE_HEADER_BYTES] = {
		1, 3, 5, 2, 0x11, 0x12, 0x13, 0x14, 1, 2, 3, 4, 5, 6, 7, 8,
		0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
	};
	uint8_t bytes[WIRE_HEADER_BYTES];

	(void)state;
	wire_write_header(&some_header, bytes);
	assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void test_the_body_is_these_bytes(void **state)
{
	static const uint8_t expected[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9,         /* echo */
		0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0,                     /* held, sent */
		0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,         /* digest */
		0, 0, 0, 0, 0, 0, 0, 0x21, 0, 30, 4, 1,                 /* ages of (0, 0) and (1, 1) */
		1, 5, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,   /* certificate */
		1, 1, 2, 3, 4, 0, 0, 0, 7, 0x23, 3, 0xe8, 1, 0xff,      /* the vip */
		0xf5, 2, 0, 0, 1, 0,                                    /* its flags and votes */
	};
	struct beat beat = {
		.echo_session = UINT64_C(0x0102030405060708), .echo_seq = 9, .echo_held_us = 256, .sent_ns = 512,
		.config_digest = UINT64_C(0x2122232425262728), .vips = 1, .certificate_vip = 1, .certificate_check = 5,
		.certificate = UINT64_C(0x3132333435363738),
		.vip = {{.vip = 0x01020304, .term = 7, .role = ROLE_ACTIVE, .fitness = FITNESS_STANDBY, .score = 1000,
			 .offers_to = 1, .yields_to = NODE_NONE, .enforces = 3, .why = WHY_OUTRANKED,
			 .bids = true, .supports = 2, .supports_term = 256}},
	};
	uint8_t bytes[WIRE_BODY_MOST];

	(void)state;
	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	beat.heard_age_ms[0][0] = 30;
	beat.heard_age_ms[1][1] = 1025;
	assert_int_equal(wire_write_body(&beat, bytes), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void test_a_header_is_refused_for_length_then_version_then_fields(void **state)
{
	uint8_t bytes[WIRE_MAX] = {0};
	size_t least = WIRE_LEAST;
	struct beat_header read;

	(void)state;
	wire_write_header(&some_header, bytes);
	assert_int_equal(wire_read_header(bytes, least, &read), WIRE_OK);
	assert_int_equal(wire_read_header(bytes, WIRE_MAX, &read), WIRE_OK);
	bytes[3] = LINKS_MAX;
	assert_int_equal(wire_read_header(bytes, least, &read), WIRE_BAD_HEADER);
	bytes[0] = WIRE_VERSION + DATAGRAM_KIND_COUNT;
	assert_int_equal(wire_read_header(bytes, least, &read), WIRE_VERSION_UNKNOWN);
	assert_int_equal(wire_read_header(bytes, least - 1, &read), WIRE_TOO_SHORT);
	assert_int_equal(wire_read_header(bytes, 0, &read), WIRE_TOO_SHORT);
	assert_int_equal(wire_read_header(bytes, WIRE_MAX + 1, &read), WIRE_TOO_LONG);
}

static void test_a_flipped_bit_of_the_header_is_refused_or_means_something_else(void **state)
{
	uint8_t bytes[WIRE_HEADER_BYTES + WIRE_BODY_LEAST + WIRE_SEAL_BYTES] = {0}, again[WIRE_HEADER_BYTES];

	(void)state;
	wire_write_header(&some_header, bytes);
	for (size_t bit = 0; bit < WIRE_HEADER_BYTES * 8; bit++) {
		struct beat_header read;

		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (wire_read_header(bytes, sizeof(bytes), &read) == WIRE_OK) {
			wire_write_header(&read, again);
			assert_memory_equal(again, bytes, sizeof(again));
		}
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_session_and_seq_are_never_zero(void **state)
{
	enum { SESSION_AT = 16, SEQ_AT = 24 };
	uint8_t bytes[WIRE_HEADER_BYTES + WIRE_BODY_LEAST + WIRE_SEAL_BYTES] = {0};
	struct beat_header read;

	(void)state;
	wire_write_header(&some_header, bytes);
	memset(bytes + SEQ_AT, 0, 8);
	assert_int_equal(wire_read_header(bytes, sizeof(bytes), &read), WIRE_BAD_HEADER);
	wire_write_header(&some_header, bytes);
	memset(bytes + SESSION_AT, 0, 8);
	assert_int_equal(wire_read_header(bytes, sizeof(bytes), &read), WIRE_BAD_HEADER);
}

static void test_refusals_have_words_of_their_own(void **state)
{
	(void)state;
	assert_string_equal(wire_refusal_word(WIRE_TOO_SHORT), "too-short");
	for (int a = 0; a < WIRE_REFUSAL_COUNT; a++) {
		for (int b = 0; b < a; b++)
			assert_string_not_equal(wire_refusal_word((enum wire_refusal)a),
						wire_refusal_word((enum wire_refusal)b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_beat_reads_back_as_it_was_written),
		cmocka_unit_test(test_the_largest_beat_is_as_long_as_promised),
		cmocka_unit_test(test_a_beat_that_says_nothing_is_the_shortest),
		cmocka_unit_test(test_a_body_too_short_or_too_long_is_refused),
		cmocka_unit_test(test_a_flipped_bit_of_the_body_is_refused_or_means_something_else),
		cmocka_unit_test(test_each_field_of_a_vip_is_held_to_its_range),
		cmocka_unit_test(test_votes_travel_only_where_there_are_any),
		cmocka_unit_test(test_a_vip_is_named_once),
		cmocka_unit_test(test_an_uptime_beyond_reason_is_refused),
		cmocka_unit_test(test_an_age_that_is_there_is_not_never),
		cmocka_unit_test(test_a_certificate_is_of_a_vip_that_is_there),
		cmocka_unit_test(test_more_vips_than_there_can_be_are_refused),
		cmocka_unit_test(test_a_refused_body_leaves_the_beat_alone),
		cmocka_unit_test(test_the_header_is_these_bytes),
		cmocka_unit_test(test_the_body_is_these_bytes),
		cmocka_unit_test(test_a_header_is_refused_for_length_then_version_then_fields),
		cmocka_unit_test(test_a_flipped_bit_of_the_header_is_refused_or_means_something_else),
		cmocka_unit_test(test_session_and_seq_are_never_zero),
		cmocka_unit_test(test_refusals_have_words_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
