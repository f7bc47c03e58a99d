/* The codec of virtual connections: writes what the examples show, cuts a stream in any portions into the same PDUs, and
 * refuses what it cannot be sure of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/rts.h"
#include "tests/unit/dcerpc_examples.h"
#include "tests/unit/rts_examples.h"

enum { AT_FLAGS = 16, AT_COMMANDS = 18, AT_FIRST_COMMAND = 20, NEWS_MAX = 16 };

static struct rts_reader reader;

/* A stream, and what was news in it. */
struct stream {
	size_t length;
	uint8_t bytes[4096];
	int count;
	enum rts_news news[NEWS_MAX];
	size_t pdu_bytes[NEWS_MAX];
};

static void add(struct stream *stream, const void *bytes, size_t length)
{
	memcpy(stream->bytes + stream->length, bytes, length);
	stream->length += length;
}
#define ADD(stream, example) add(stream, example, sizeof(example))

/* Reads copies of exactly the portion's length, so that the sanitizer sees a byte too far. */
static void read_in_portions(struct stream *stream, size_t portion)
{
	reader = (struct rts_reader){0};
	stream->count = 0;
	for (size_t at = 0; at < stream->length && reader.news != RTS_BAD;) {
		size_t part = stream->length - at < portion ? stream->length - at : portion;
		uint8_t *copy = malloc(part);

		memcpy(copy, stream->bytes + at, part);
		at += rts_feed(&reader, copy, part);
		free(copy);
		if (reader.news == RTS_MORE)
			continue;
		assert_true(stream->count < NEWS_MAX);
		stream->news[stream->count] = reader.news;
		stream->pdu_bytes[stream->count++] = reader.pdu_bytes;
	}
}

static enum rts_news news_of(const void *bytes, size_t length)
{
	struct stream stream = {0};

	add(&stream, bytes, length);
	read_in_portions(&stream, length ? length : 1);
	assert_true(stream.count <= 1);
	return stream.count ? stream.news[0] : RTS_MORE;
}
#define NEWS_OF(example) news_of(example, sizeof(example))

/* The example with one octet changed. */
static enum rts_news changed(const uint8_t *example, size_t length, size_t at, uint8_t value)
{
	uint8_t bytes[128];

	memcpy(bytes, example, length);
	bytes[at] = value;
	return news_of(bytes, length);
}
#define CHANGED(example, at, value) changed(example, sizeof(example), at, value)

static void test_what_we_send_is_written_as_on_the_wire(void **state)
{
	uint8_t a1[RTS_CONN_A1_BYTES], b1[RTS_CONN_B1_BYTES];

	(void)state;
	assert_int_equal(sizeof(example_conn_a1), sizeof(a1));
	assert_int_equal(sizeof(example_conn_b1), sizeof(b1));
	rts_conn_a1(a1, &example_cookies);
	assert_memory_equal(a1, example_conn_a1, sizeof(a1));
	rts_conn_b1(b1, &example_cookies);
	assert_memory_equal(b1, example_conn_b1, sizeof(b1));
}

static void test_what_opens_a_connection_is_known(void **state)
{
	(void)state;
	assert_int_equal(NEWS_OF(example_conn_a3), RTS_CONN_A3);
	assert_int_equal(NEWS_OF(example_conn_c2), RTS_CONN_C2);
}

static void test_other_pdus_of_the_transport_are_skipped(void **state)
{
	(void)state;
	assert_int_equal(NEWS_OF(example_ping), RTS_MORE);
	assert_int_equal(NEWS_OF(example_echo), RTS_MORE);
	assert_int_equal(NEWS_OF(example_flow_control), RTS_MORE);
	assert_int_equal(NEWS_OF(example_conn_a1), RTS_MORE);
	assert_int_equal(NEWS_OF(example_conn_b1), RTS_MORE);
}

static void test_pdus_of_dcerpc_are_handed_on_whole(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		assert_int_equal(news_of(example_replies[i].bytes, example_replies[i].length), RTS_RPC);
		assert_int_equal(reader.pdu_bytes, example_replies[i].length);
		assert_memory_equal(reader.pdu, example_replies[i].bytes, example_replies[i].length);
	}
}

/* As a connection goes on the OUT channel, with all that may stand between. */
static struct stream whole_connection(void)
{
	struct stream stream = {0};

	ADD(&stream, example_ping);
	ADD(&stream, example_conn_a3);
	ADD(&stream, example_ping);
	ADD(&stream, example_flow_control);
	ADD(&stream, example_conn_c2);
	ADD(&stream, example_bind_ack_gromox);
	ADD(&stream, example_ping);
	ADD(&stream, example_dummy_response);
	ADD(&stream, example_ping);
	return stream;
}

static void test_any_portions_are_cut_into_the_same_pdus(void **state)
{
	static const enum rts_news expected[] = {RTS_CONN_A3, RTS_CONN_C2, RTS_RPC, RTS_RPC};
	struct stream stream = whole_connection();

	(void)state;
	for (size_t portion = 1; portion <= stream.length; portion++) {
		read_in_portions(&stream, portion);
		assert_int_equal(stream.count, 4);
		assert_memory_equal(stream.news, expected, sizeof(expected));
		assert_int_equal(stream.pdu_bytes[2], sizeof(example_bind_ack_gromox));
		assert_int_equal(stream.pdu_bytes[3], sizeof(example_dummy_response));
		assert_int_equal(reader.stream_bytes, stream.length);
	}
}

static void test_a_truncated_stream_has_no_more_news_than_its_whole_pdus(void **state)
{
	struct stream stream = whole_connection();
	size_t whole = stream.length, ends[4], end = 0;
	int most = 0;

	(void)state;
	ends[0] = sizeof(example_ping) + sizeof(example_conn_a3);
	ends[1] = ends[0] + sizeof(example_ping) + sizeof(example_flow_control) + sizeof(example_conn_c2);
	ends[2] = ends[1] + sizeof(example_bind_ack_gromox);
	ends[3] = ends[2] + sizeof(example_ping) + sizeof(example_dummy_response);
	for (; end < whole; end++) {
		while (most < 4 && ends[most] <= end)
			most++;
		stream.length = end;
		read_in_portions(&stream, end + 1);
		assert_int_equal(stream.count, most);
		assert_int_not_equal(reader.news, RTS_BAD);
	}
}

/* The PDU cut short, and its header admits it. */
static void test_a_pdu_shorter_than_its_commands_is_malformed(void **state)
{
	uint8_t bytes[sizeof(example_conn_c2)];

	(void)state;
	memcpy(bytes, example_conn_c2, sizeof(bytes));
	for (size_t length = DCERPC_HEADER_BYTES; length < sizeof(bytes); length++) {
		bytes[8] = (uint8_t)length;
		assert_int_equal(news_of(bytes, length), RTS_BAD);
		assert_int_equal(reader.flaw, DCERPC_BAD_BODY);
	}
}

static void test_octets_behind_the_commands_are_let_pass(void **state)
{
	uint8_t bytes[sizeof(example_conn_a3) + 8] = {0};

	(void)state;
	memcpy(bytes, example_conn_a3, sizeof(example_conn_a3));
	bytes[8] = sizeof(bytes);
	assert_int_equal(news_of(bytes, sizeof(bytes)), RTS_CONN_A3);
}

static void test_flags_and_commands_make_the_pdu(void **state)
{
	(void)state;
	assert_int_equal(CHANGED(example_conn_a3, AT_FLAGS, 2), RTS_MORE);
	assert_int_equal(CHANGED(example_conn_c2, AT_FLAGS, 4), RTS_MORE);
	assert_int_equal(CHANGED(example_conn_a3, AT_COMMANDS, 0), RTS_MORE);
	assert_int_equal(CHANGED(example_conn_c2, AT_COMMANDS, 2), RTS_MORE);
	assert_int_equal(CHANGED(example_conn_a3, AT_FIRST_COMMAND, 0), RTS_MORE);
	assert_int_equal(CHANGED(example_conn_c2, AT_FIRST_COMMAND, 5), RTS_MORE);
}

static void test_more_commands_than_there_are_octets_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(CHANGED(example_conn_a3, AT_COMMANDS, 2), RTS_BAD);
	assert_int_equal(CHANGED(example_conn_c2, AT_COMMANDS + 1, 0xff), RTS_BAD);
	assert_int_equal(CHANGED(example_ping, AT_COMMANDS, 1), RTS_BAD);
}

static void test_unknown_commands_are_malformed(void **state)
{
	(void)state;
	assert_int_equal(CHANGED(example_conn_a3, AT_FIRST_COMMAND, 15), RTS_BAD);
	assert_int_equal(CHANGED(example_conn_a3, AT_FIRST_COMMAND + 3, 0x80), RTS_BAD);
}

/* A PDU of one command, with `length` octets of data. */
static enum rts_news one_command(uint8_t command, const uint8_t *data, size_t length)
{
	uint8_t bytes[128] = {0};

	memcpy(bytes, example_ping, sizeof(example_ping));
	bytes[8] = (uint8_t)(sizeof(example_ping) + 4 + length);
	bytes[AT_COMMANDS] = 1;
	bytes[AT_FIRST_COMMAND] = command;
	if (length > 0)
		memcpy(bytes + AT_FIRST_COMMAND + 4, data, length);
	return news_of(bytes, bytes[8]);
}

/* [MS-RPCH] 2.2.3.5 */
static void test_every_command_has_its_length(void **state)
{
	static const struct {
		uint8_t command;
		uint8_t data[4]; /* what follows is zero */
		size_t length;
	} commands[] = {
		{0, {0}, 4},   {1, {0}, 24},   {2, {0}, 4},       {3, {0}, 16},      {4, {0}, 4},
		{5, {0}, 4},   {6, {0}, 4},    {7, {0}, 0},       {8, {0}, 4},       {8, {9}, 13},
		{9, {0}, 0},   {10, {0}, 0},   {11, {0}, 4 + 16}, {11, {1}, 4 + 28}, {12, {0}, 16},
		{13, {0}, 4},  {14, {0}, 4},
	};
	uint8_t data[64];

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		memset(data, 0, sizeof(data));
		memcpy(data, commands[i].data, sizeof(commands[i].data));
		assert_int_equal(one_command(commands[i].command, data, commands[i].length), RTS_MORE);
		if (commands[i].length > 0)
			assert_int_equal(one_command(commands[i].command, data, commands[i].length - 1), RTS_BAD);
	}
	assert_int_equal(one_command(11, (const uint8_t[32]){2}, 32), RTS_BAD);
	assert_int_equal(one_command(8, (const uint8_t[8]){0xff, 0xff, 0xff, 0xff}, 8), RTS_BAD);
}

static void test_padding_does_not_change_what_a_pdu_is(void **state)
{
	static const uint8_t padded[] = {
		0x05, 0x00, 0x14, 0x03, 0x10, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0xff, 0xff,
		0xff, 0x02, 0x00, 0x00, 0x00, 0x20, 0xbf, 0x02, 0x00, 0x07, 0x00, 0x00, 0x00,
	};

	(void)state;
	assert_int_equal(NEWS_OF(padded), RTS_CONN_A3);
}

static void test_impossible_headers_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum dcerpc_news flaw;
	} changes[] = {
		{0, 4, DCERPC_BAD_VERSION}, {0, 'H', DCERPC_BAD_VERSION}, {1, 2, DCERPC_BAD_VERSION},
		{4, 0x20, DCERPC_BAD_DREP}, {8, 0, DCERPC_BAD_LENGTH},    {8, 15, DCERPC_BAD_LENGTH},
		{8, 16, DCERPC_BAD_BODY},   {9, 0xff, DCERPC_BAD_LENGTH}, {9, 0x40, DCERPC_BAD_LENGTH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(CHANGED(example_conn_a3, changes[i].at, changes[i].value), RTS_BAD);
		assert_int_equal(reader.flaw, changes[i].flaw);
		assert_int_equal(rts_feed(&reader, example_conn_a3, sizeof(example_conn_a3)), 0);
	}
}

static void test_the_longest_pdu_is_taken(void **state)
{
	static uint8_t pdu[DCERPC_FRAGMENT_MAX];

	(void)state;
	memcpy(pdu, example_dummy_response, sizeof(example_dummy_response));
	pdu[8] = 0x00;
	pdu[9] = 0x40;
	reader = (struct rts_reader){0};
	assert_int_equal(rts_feed(&reader, pdu, sizeof(pdu)), sizeof(pdu));
	assert_int_equal(reader.news, RTS_RPC);
}

static void test_big_endian_servers_are_understood(void **state)
{
	static const uint8_t a3[] = {
		0x05, 0x00, 0x14, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x02, 0xbf, 0x20,
	};

	(void)state;
	assert_int_equal(NEWS_OF(a3), RTS_CONN_A3);
}

static void test_an_endless_stream_is_cut_at_the_window(void **state)
{
	size_t fed = 0;

	(void)state;
	reader = (struct rts_reader){0};
	while (reader.news != RTS_BAD && fed < 2 * RTS_STREAM_MAX)
		fed += rts_feed(&reader, example_ping, sizeof(example_ping));
	assert_int_equal(reader.flaw, DCERPC_TOO_LONG);
	assert_in_range(fed, RTS_STREAM_MAX - sizeof(example_ping), RTS_STREAM_MAX);
}

static void test_every_changed_octet_is_survived(void **state)
{
	(void)state;
	for (size_t at = 0; at < sizeof(example_conn_c2); at++)
		for (int value = 0; value < 256; value++)
			CHANGED(example_conn_c2, at, (uint8_t)value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_we_send_is_written_as_on_the_wire),
		cmocka_unit_test(test_what_opens_a_connection_is_known),
		cmocka_unit_test(test_other_pdus_of_the_transport_are_skipped),
		cmocka_unit_test(test_pdus_of_dcerpc_are_handed_on_whole),
		cmocka_unit_test(test_any_portions_are_cut_into_the_same_pdus),
		cmocka_unit_test(test_a_truncated_stream_has_no_more_news_than_its_whole_pdus),
		cmocka_unit_test(test_a_pdu_shorter_than_its_commands_is_malformed),
		cmocka_unit_test(test_octets_behind_the_commands_are_let_pass),
		cmocka_unit_test(test_flags_and_commands_make_the_pdu),
		cmocka_unit_test(test_more_commands_than_there_are_octets_is_malformed),
		cmocka_unit_test(test_unknown_commands_are_malformed),
		cmocka_unit_test(test_every_command_has_its_length),
		cmocka_unit_test(test_padding_does_not_change_what_a_pdu_is),
		cmocka_unit_test(test_impossible_headers_are_refused),
		cmocka_unit_test(test_the_longest_pdu_is_taken),
		cmocka_unit_test(test_big_endian_servers_are_understood),
		cmocka_unit_test(test_an_endless_stream_is_cut_at_the_window),
		cmocka_unit_test(test_every_changed_octet_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
