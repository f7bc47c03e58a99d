/* The seal: who has no key says nothing; what is refused is refused by its name, in the order of enum wire_refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>

#include "tests/unit/beat_random.h"
#include "vrrp/seal.h"

/* 32 bytes 00 01 .. 1f, and 32 bytes of 0xaa. */
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="

enum { CLUSTER = 77, SENDER = 1, RECEIVER = 2, NODES = 3 };
enum { SENDER_AT = 1, RECEIVER_AT = 2, LINK_AT = 3, KEY_AT = 4, CLUSTER_AT = 8, SESSION_AT = 16 };

static const struct seal_expect expect = {.cluster = CLUSTER, .self = RECEIVER, .sender = SENDER, .nodes = NODES};

static struct keyring ring_of(const char *text)
{
	struct keyring ring;
	int line;

	assert_int_equal(keyring_read(text, strlen(text), &ring, &line), KEYRING_OK);
	return ring;
}

static struct beat_header header_of(uint64_t seq)
{
	return (struct beat_header){
		.cluster = CLUSTER, .sender = SENDER, .receiver = RECEIVER, .link = 1, .session = 0xabcdef, .seq = seq};
}

/* A sealed beat of node SENDER for node RECEIVER. */
static size_t sealed_with(const char *keys, uint8_t datagram[static WIRE_MAX])
{
	struct keyring ring = ring_of(keys);
	struct beat_header header = header_of(5);
	struct beat beat;
	uint64_t seed = 9;

	random_beat(&seed, &beat);
	return seal_beat(&ring, &header, &beat, datagram);
}

/* Of a datagram that is to be a beat. */
static enum wire_refusal unseal_beat(const struct keyring *ring, const struct seal_expect *as, const uint8_t *datagram,
				     size_t length, struct beat_header *header, struct beat *beat)
{
	struct unsealed unsealed;
	enum wire_refusal refusal;

	unsealed.header = *header;
	unsealed.beat = *beat;
	refusal = unseal(ring, as, datagram, length, &unsealed);
	*header = unsealed.header;
	*beat = unsealed.beat;
	if (refusal == WIRE_OK)
		assert_int_equal(header->kind, DATAGRAM_BEAT);
	return refusal;
}

static enum wire_refusal unsealed_with(const char *keys, const struct seal_expect *as, const uint8_t *datagram,
				       size_t length)
{
	struct keyring ring = ring_of(keys);
	struct beat_header header = {.seq = 0};
	struct beat beat = {.vips = 0};

	return unseal_beat(&ring, as, datagram, length, &header, &beat);
}

static void test_what_was_sealed_opens(void **state)
{
	struct keyring ring = ring_of(KEY_A "\n");
	uint64_t seed = 1;

	(void)state;
	for (uint64_t seq = 1; seq < 300; seq++) {
		uint8_t datagram[WIRE_MAX], body[WIRE_BODY_MOST], body_read[WIRE_BODY_MOST];
		struct beat_header header = header_of(seq), read = {.seq = 0};
		struct beat beat, beat_read = {.vips = 0};
		size_t length, body_length;

		random_beat(&seed, &beat);
		length = seal_beat(&ring, &header, &beat, datagram);
		assert_int_equal(unseal_beat(&ring, &expect, datagram, length, &read, &beat_read), WIRE_OK);
		assert_int_equal(read.cluster, header.cluster);
		assert_int_equal(read.key_id, ring.key[0].id);
		assert_int_equal(read.sender, header.sender);
		assert_int_equal(read.receiver, header.receiver);
		assert_int_equal(read.link, header.link);
		assert_int_equal(read.session, header.session);
		assert_int_equal(read.seq, seq);
		body_length = wire_write_body(&beat, body);
		assert_int_equal(wire_write_body(&beat_read, body_read), body_length);
		assert_memory_equal(body_read, body, body_length);
	}
}

static void test_the_largest_beat_fits_the_datagram(void **state)
{
	struct keyring ring = ring_of(KEY_A);
	uint8_t datagram[WIRE_MAX];
	struct beat_header header = header_of(1);
	struct beat beat, read;
	uint64_t seed = 2;
	size_t length;

	(void)state;
	random_full_beat(&seed, &beat);
	length = seal_beat(&ring, &header, &beat, datagram);
	assert_int_equal(length, WIRE_HEADER_BYTES + WIRE_BODY_MOST + WIRE_SEAL_BYTES);
	assert_int_equal(unseal_beat(&ring, &expect, datagram, length, &header, &read), WIRE_OK);
}

/* The format cannot change unnoticed: these bytes are what version 1 is. Checked once against an independent writing of
 * BLAKE2b's key derivation and XChaCha20-Poly1305. */
static void test_version_1_is_these_bytes(void **state)
{
	static const char expected[] =
		"01010201935f1666000000000000004d0000000000abcdef0000000000000005"
		"3872c9ce89fb867ec4b2d6f284584360c8818778c7e77da3406e8a8a3587"
		"aa8b751a199ff5e29d934966654789b791144cb975c54f9bafe9d7cc07b4"
		"248793219234801e1602bc37cb3640d9d03563a52169cdbfb5";
	struct keyring ring = ring_of(KEY_A);
	uint8_t datagram[WIRE_MAX];
	char hex[2 * WIRE_MAX + 1];
	struct beat_header header = header_of(5);
	struct beat beat = {.echo_session = 1, .echo_seq = 2, .echo_held_us = 3, .sent_ns = 4, .config_digest = 5};
	size_t length;

	(void)state;
	memset(beat.heard_age_ms, 0xff, sizeof(beat.heard_age_ms));
	beat.vips = beat.certificate_vip = 1;
	beat.certificate_check = 8;
	beat.certificate = 9;
	beat.vip[0] = (struct beat_vip){.vip = 6, .term = 7, .role = ROLE_ACTIVE, .score = 1000, .offers_to = NODE_NONE,
					.yields_to = 2, .enforces = ENFORCES_FENCE, .why = WHY_SILENCE,
					.supports = NODE_NONE};
	length = seal_beat(&ring, &header, &beat, datagram);
	for (size_t i = 0; i < length; i++)
		snprintf(hex + 2 * i, 3, "%02x", datagram[i]);
	assert_string_equal(hex, expected);
}

/* Each row breaks one thing more than the row below it: the first in the order is the one that is named. */
static void test_refusals_come_in_their_order(void **state)
{
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_A, datagram);

	(void)state;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_OK);
	datagram[length - 1] ^= 1;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_BAD_SEAL);
	datagram[KEY_AT] ^= 1;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_KEY);
	datagram[SENDER_AT] = 0;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_SENDER);
	datagram[RECEIVER_AT] = 0;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_RECEIVER);
	datagram[CLUSTER_AT] ^= 1;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_CLUSTER);
	datagram[LINK_AT] = LINKS_MAX;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_BAD_HEADER);
	datagram[0] = 9;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_VERSION_UNKNOWN);
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, WIRE_MAX + 1), WIRE_TOO_LONG);
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, WIRE_HEADER_BYTES), WIRE_TOO_SHORT);
}

/* Seals any body with the right key, as a node gone mad would. */
static size_t seal_bytes(const struct keyring *ring, const uint8_t *body, size_t length,
			 uint8_t datagram[static WIRE_MAX])
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES] = {0};
	struct beat_header header = header_of(5);

	header.key_id = ring->key[0].id;
	wire_write_header(&header, datagram);
	memcpy(nonce, datagram + SESSION_AT, 16); /* session and seq stand side by side */
	crypto_aead_xchacha20poly1305_ietf_encrypt(datagram + WIRE_HEADER_BYTES, NULL, body, length, datagram,
						   WIRE_HEADER_BYTES, NULL, nonce, ring->key[0].of_sender[SENDER]);
	return WIRE_HEADER_BYTES + length + WIRE_SEAL_BYTES;
}

static void test_a_sealed_body_that_makes_no_sense_is_refused_and_touches_nothing(void **state)
{
	uint8_t datagram[WIRE_MAX], body[WIRE_BODY_LEAST] = {0};
	struct keyring ring = ring_of(KEY_A);
	struct beat_header header, header_before;
	struct beat beat, beat_before;
	size_t length = seal_bytes(&ring, body, sizeof(body), datagram);

	(void)state;
	assert_int_equal(unseal_beat(&ring, &expect, datagram, length, &header, &beat), WIRE_OK);
	memset(&header, 0x5a, sizeof(header));
	memset(&beat, 0x5a, sizeof(beat));
	header_before = header;
	beat_before = beat;
	body[WIRE_BODY_LEAST - 1] = 1; /* a vip that does not follow */
	length = seal_bytes(&ring, body, sizeof(body), datagram);
	assert_int_equal(unseal_beat(&ring, &expect, datagram, length, &header, &beat), WIRE_BAD_BODY);
	assert_memory_equal(&header, &header_before, sizeof(header));
	assert_memory_equal(&beat, &beat_before, sizeof(beat));
}

static void test_any_changed_byte_is_refused(void **state)
{
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_A, datagram);
	struct keyring ring = ring_of(KEY_A);
	struct beat_header header = {.seq = 0};
	struct beat beat = {.vips = 0};

	(void)state;
	for (size_t i = 0; i < length; i++) {
		for (int change = 1; change < 256; change += i < WIRE_HEADER_BYTES ? 1 : 31) {
			enum wire_refusal refusal;

			datagram[i] ^= (uint8_t)change;
			refusal = unseal_beat(&ring, &expect, datagram, length, &header, &beat);
			datagram[i] ^= (uint8_t)change;
			assert_int_not_equal(refusal, WIRE_OK);
			if (i >= WIRE_HEADER_BYTES)
				assert_int_equal(refusal, WIRE_BAD_SEAL);
		}
	}
	assert_int_equal(unseal_beat(&ring, &expect, datagram, length, &header, &beat), WIRE_OK);
}

static void test_a_datagram_cut_short_or_made_longer_is_refused(void **state)
{
	uint8_t datagram[WIRE_MAX + 1] = {0};
	size_t length = sealed_with(KEY_A, datagram);
	struct keyring ring = ring_of(KEY_A);
	struct beat_header header = {.seq = 0};
	struct beat beat = {.vips = 0};

	(void)state;
	for (size_t cut = 0; cut <= WIRE_MAX + 1; cut++) {
		enum wire_refusal refusal = unseal_beat(&ring, &expect, datagram, cut, &header, &beat);

		assert_int_equal(refusal == WIRE_OK, cut == length);
	}
}

/* A datagram sent back to its sender, as it is or with its addresses turned round, is not its peer speaking. */
static void test_a_reflected_beat_is_refused(void **state)
{
	struct seal_expect as_sender = {.cluster = CLUSTER, .self = SENDER, .sender = RECEIVER, .nodes = NODES};
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_A, datagram);

	(void)state;
	assert_int_equal(unsealed_with(KEY_A, &as_sender, datagram, length), WIRE_WRONG_RECEIVER);
	datagram[RECEIVER_AT] = SENDER;
	assert_int_equal(unsealed_with(KEY_A, &as_sender, datagram, length), WIRE_WRONG_SENDER);
	as_sender.sender = NODE_NONE;
	assert_int_equal(unsealed_with(KEY_A, &as_sender, datagram, length), WIRE_WRONG_SENDER);
	datagram[SENDER_AT] = RECEIVER;
	assert_int_equal(unsealed_with(KEY_A, &as_sender, datagram, length), WIRE_BAD_SEAL);
}

static void test_a_beat_is_for_one_receiver_of_one_cluster_from_the_node_at_the_other_end(void **state)
{
	struct seal_expect other_cluster = expect, other_self = expect, other_sender = expect, anybody = expect,
			   fewer_nodes = expect;
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_A, datagram);

	(void)state;
	other_cluster.cluster++;
	other_self.self = 0;
	other_sender.sender = 0;
	anybody.sender = NODE_NONE;
	fewer_nodes.sender = NODE_NONE;
	fewer_nodes.nodes = SENDER;
	assert_int_equal(unsealed_with(KEY_A, &other_cluster, datagram, length), WIRE_WRONG_CLUSTER);
	assert_int_equal(unsealed_with(KEY_A, &other_self, datagram, length), WIRE_WRONG_RECEIVER);
	assert_int_equal(unsealed_with(KEY_A, &other_sender, datagram, length), WIRE_WRONG_SENDER);
	assert_int_equal(unsealed_with(KEY_A, &fewer_nodes, datagram, length), WIRE_WRONG_SENDER);
	assert_int_equal(unsealed_with(KEY_A, &anybody, datagram, length), WIRE_OK);
}

static void test_another_key_is_refused_even_under_our_keys_id(void **state)
{
	struct keyring ours = ring_of(KEY_A);
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_B, datagram);

	(void)state;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_KEY);
	for (int i = 0; i < 4; i++)
		datagram[KEY_AT + i] = (uint8_t)(ours.key[0].id >> (24 - 8 * i));
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_BAD_SEAL);
}

static void test_a_rotation_loses_no_beat(void **state)
{
	uint8_t datagram[WIRE_MAX];
	size_t length = sealed_with(KEY_A, datagram);

	(void)state;
	assert_int_equal(unsealed_with(KEY_A "\n" KEY_B, &expect, datagram, length), WIRE_OK);
	assert_int_equal(unsealed_with(KEY_B "\n" KEY_A, &expect, datagram, length), WIRE_OK);
	length = sealed_with(KEY_B "\n" KEY_A, datagram);
	assert_int_equal(unsealed_with(KEY_A "\n" KEY_B, &expect, datagram, length), WIRE_OK);
	assert_int_equal(unsealed_with(KEY_B, &expect, datagram, length), WIRE_OK);
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_WRONG_KEY);
}

/* A roll of node SENDER for node RECEIVER, with as many clients as fit. */
static size_t sealed_roll(struct roll *roll, uint8_t datagram[static WIRE_MAX])
{
	struct keyring ring = ring_of(KEY_A);
	struct beat_header header = header_of(5);

	*roll = (struct roll){.vip = 6, .address = {192, 0, 2, 50}, .clients = ROLL_CLIENTS_MAX};
	for (int i = 0; i < roll->clients; i++)
		roll->client[i] = (struct roll_client){
			.address = {198, 51, 100, (uint8_t)i}, .port = (uint16_t)(1024 + i), .vip_port = 443};
	return seal_roll(&ring, &header, roll, datagram);
}

static void test_a_roll_that_was_sealed_opens_as_a_roll(void **state)
{
	struct keyring ring = ring_of(KEY_A);
	uint8_t datagram[WIRE_MAX], body[ROLL_BODY_MOST], body_read[ROLL_BODY_MOST];
	struct unsealed unsealed;
	struct roll roll;
	size_t length = sealed_roll(&roll, datagram), body_length;

	(void)state;
	assert_in_range(length, WIRE_LEAST, WIRE_MAX);
	assert_int_equal(unseal(&ring, &expect, datagram, length, &unsealed), WIRE_OK);
	assert_int_equal(unsealed.header.kind, DATAGRAM_ROLL);
	assert_int_equal(unsealed.header.seq, 5);
	body_length = roll_write(&roll, body);
	assert_int_equal(roll_write(&unsealed.roll, body_read), body_length);
	assert_memory_equal(body_read, body, body_length);
}

/* The kind is under the seal as well: neither can be taken for the other, whatever its body says. */
static void test_a_beat_is_never_a_roll_nor_a_roll_a_beat(void **state)
{
	uint8_t datagram[WIRE_MAX];
	struct roll roll;
	size_t length = sealed_with(KEY_A, datagram);

	(void)state;
	assert_int_equal(datagram[0], WIRE_VERSION + DATAGRAM_BEAT);
	datagram[0] = WIRE_VERSION + DATAGRAM_ROLL;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_BAD_SEAL);
	length = sealed_roll(&roll, datagram);
	assert_int_equal(datagram[0], WIRE_VERSION + DATAGRAM_ROLL);
	datagram[0] = WIRE_VERSION + DATAGRAM_BEAT;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_BAD_SEAL);
	datagram[0] = WIRE_VERSION + DATAGRAM_KIND_COUNT;
	assert_int_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_VERSION_UNKNOWN);
}

static void test_any_changed_byte_of_a_roll_is_refused(void **state)
{
	uint8_t datagram[WIRE_MAX];
	struct roll roll;
	size_t length = sealed_roll(&roll, datagram);

	(void)state;
	for (size_t i = 0; i < length; i++) {
		datagram[i] ^= 0x10;
		assert_int_not_equal(unsealed_with(KEY_A, &expect, datagram, length), WIRE_OK);
		datagram[i] ^= 0x10;
	}
}

static void assert_keyring_refused(const char *text, enum keyring_refusal refusal, int line)
{
	struct keyring ring, before;
	int found = -1;

	memset(&ring, 0x5a, sizeof(ring));
	before = ring;
	assert_int_equal(keyring_read(text, strlen(text), &ring, &found), refusal);
	assert_int_equal(found, line);
	assert_memory_equal(&ring, &before, sizeof(ring));
}

static void test_a_bad_key_file_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_keyring_refused("", KEYRING_EMPTY, 1);
	assert_keyring_refused("# no key\n\n", KEYRING_EMPTY, 2);
	assert_keyring_refused(KEY_A "\n\n" KEY_A "\n", KEYRING_DUPLICATE, 3);
	assert_keyring_refused(KEY_A "\nhello\n", KEYRING_NOT_BASE64, 2);
	assert_keyring_refused(KEY_A " \n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused(" " KEY_A "\n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused(KEY_A "\r\n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused("__ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", KEYRING_NOT_BASE64, 1);
	assert_keyring_refused("AAECAwQFBgcICQoLDA0ODw==\n", KEYRING_WRONG_LENGTH, 1);
	assert_keyring_refused("AAAA" KEY_A "\n", KEYRING_WRONG_LENGTH, 1);
	assert_keyring_refused("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
			       KEYRING_WRONG_LENGTH, 1);
}

static void test_a_ring_holds_four_keys(void **state)
{
	char text[KEYRING_MAX * KEY_TEXT_MAX + KEY_TEXT_MAX] = "# the new one first\n\n", key[KEY_TEXT_MAX];
	struct keyring ring;

	(void)state;
	for (int i = 0; i < KEYRING_MAX; i++) {
		key_generate(key);
		strcat(text, key);
	}
	ring = ring_of(text);
	assert_int_equal(ring.keys, KEYRING_MAX);
	key_generate(key);
	strcat(text, key);
	assert_keyring_refused(text, KEYRING_TOO_MANY, KEYRING_MAX + 3);
	keyring_wipe(&ring);
	for (size_t i = 0; i < sizeof(ring); i++)
		assert_int_equal(((const uint8_t *)&ring)[i], 0);
}

static void test_every_node_is_understood_by_every_other(void **state)
{
	struct keyring ring = ring_of(KEY_A);
	struct beat beat = {.vips = 0}, read;
	uint8_t datagram[WIRE_MAX];

	(void)state;
	for (node_id from = 0; from < NODES_MAX; from++) {
		for (node_id to = 0; to < NODES_MAX; to++) {
			struct seal_expect as = {.cluster = CLUSTER, .self = to, .sender = from, .nodes = NODES_MAX};
			struct beat_header header = header_of(1), header_read;
			size_t length;

			header.sender = from;
			header.receiver = to;
			length = seal_beat(&ring, &header, &beat, datagram);
			assert_int_equal(unseal_beat(&ring, &as, datagram, length, &header_read, &read),
					 from == to ? WIRE_WRONG_SENDER : WIRE_OK);
		}
	}
}

static void test_no_two_senders_share_a_key(void **state)
{
	struct keyring ring = ring_of(KEY_A "\n" KEY_B);

	(void)state;
	for (int a = 0; a < 2 * NODES_MAX; a++) {
		for (int b = 0; b < a; b++)
			assert_memory_not_equal(ring.key[a / NODES_MAX].of_sender[a % NODES_MAX],
						ring.key[b / NODES_MAX].of_sender[b % NODES_MAX], KEY_BYTES);
	}
}

static void test_a_generated_key_is_a_line_and_sessions_differ(void **state)
{
	char one[KEY_TEXT_MAX], other[KEY_TEXT_MAX];
	struct keyring ring;

	(void)state;
	key_generate(one);
	key_generate(other);
	assert_string_not_equal(one, other);
	assert_int_equal(strlen(one), 45);
	assert_int_equal(one[44], '\n');
	ring = ring_of(one);
	assert_int_equal(ring.keys, 1);
	assert_int_not_equal(seal_session(), seal_session());
}

static int start(void **state)
{
	(void)state;
	return seal_init();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_sealed_opens),
		cmocka_unit_test(test_the_largest_beat_fits_the_datagram),
		cmocka_unit_test(test_version_1_is_these_bytes),
		cmocka_unit_test(test_refusals_come_in_their_order),
		cmocka_unit_test(test_a_sealed_body_that_makes_no_sense_is_refused_and_touches_nothing),
		cmocka_unit_test(test_any_changed_byte_is_refused),
		cmocka_unit_test(test_a_datagram_cut_short_or_made_longer_is_refused),
		cmocka_unit_test(test_a_reflected_beat_is_refused),
		cmocka_unit_test(test_a_beat_is_for_one_receiver_of_one_cluster_from_the_node_at_the_other_end),
		cmocka_unit_test(test_another_key_is_refused_even_under_our_keys_id),
		cmocka_unit_test(test_a_rotation_loses_no_beat),
		cmocka_unit_test(test_a_roll_that_was_sealed_opens_as_a_roll),
		cmocka_unit_test(test_a_beat_is_never_a_roll_nor_a_roll_a_beat),
		cmocka_unit_test(test_any_changed_byte_of_a_roll_is_refused),
		cmocka_unit_test(test_a_bad_key_file_is_refused_with_its_line),
		cmocka_unit_test(test_a_ring_holds_four_keys),
		cmocka_unit_test(test_every_node_is_understood_by_every_other),
		cmocka_unit_test(test_no_two_senders_share_a_key),
		cmocka_unit_test(test_a_generated_key_is_a_line_and_sessions_differ),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
