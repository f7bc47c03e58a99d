/* The DCE/RPC codec: writes what the examples show, reads what real servers send in any portions, refuses the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/dcerpc.h"
#include "checks/epm.h"
#include "checks/rpc_interface.h"
#include "tests/unit/dcerpc_examples.h"

static struct dcerpc_reader reader;

static enum dcerpc_news read_all(enum dcerpc_type sent, uint32_t call_id, const uint8_t *bytes, size_t length)
{
	dcerpc_expect(&reader, sent, call_id);
	dcerpc_feed(&reader, bytes, length);
	return reader.news;
}

/* Reads a copy of exactly this length, so that the sanitizer sees a byte too far. */
static enum dcerpc_news read_copy(const struct example *example, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	enum dcerpc_news news;

	memcpy(copy, example->bytes, length);
	news = read_all(example->sent, example->call_id, copy, length);
	free(copy);
	return news;
}

static int done(void **state)
{
	(void)state;
	dcerpc_reader_done(&reader);
	return 0;
}

static void test_bind_is_written_as_on_the_wire(void **state)
{
	uint8_t pdu[DCERPC_BIND_BYTES];

	(void)state;
	dcerpc_bind(pdu, 1, &epm_syntax);
	assert_memory_equal(pdu, example_bind_epm, sizeof(example_bind_epm));
	dcerpc_bind(pdu, 1, rpc_interface_syntax(RPC_EMSMDB));
	assert_memory_equal(pdu, example_bind_emsmdb, sizeof(example_bind_emsmdb));
}

static void test_request_is_written_as_on_the_wire(void **state)
{
	uint8_t pdu[DCERPC_REQUEST_BYTES];

	(void)state;
	assert_int_equal(dcerpc_request(pdu, sizeof(pdu), 2, ECDUMMYRPC_OPNUM, NULL, 0), sizeof(pdu));
	assert_memory_equal(pdu, example_dummy_request, sizeof(example_dummy_request));
}

static void test_every_example_reads_as_its_type(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		const struct example *example = &example_replies[i];

		assert_int_equal(read_copy(example, example->length), DCERPC_REPLY);
		assert_int_equal(reader.reply.type, example->type);
	}
}

static void test_faults_of_both_lengths_are_read(void **state)
{
	(void)state;
	read_all(DCERPC_REQUEST, 2, example_fault_op_range, sizeof(example_fault_op_range));
	assert_int_equal(reader.reply.status, 0x1c010002);
	read_all(DCERPC_REQUEST, 2, example_fault_bad_stub, sizeof(example_fault_bad_stub));
	assert_int_equal(reader.reply.status, 0x6f7);
	assert_int_equal(sizeof(example_fault_cannot_support), 28);
	read_all(DCERPC_REQUEST, 3, example_fault_cannot_support, sizeof(example_fault_cannot_support));
	assert_int_equal(reader.reply.status, 0x6e4);
}

static void test_one_byte_at_a_time_reads_the_same(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		const struct example *example = &example_replies[i];
		struct dcerpc_reply whole;

		read_copy(example, example->length);
		whole = reader.reply;
		dcerpc_expect(&reader, example->sent, example->call_id);
		for (size_t at = 0; at < example->length; at++) {
			assert_int_equal(reader.news, DCERPC_MORE);
			assert_in_range(dcerpc_wants(&reader), 1, example->length - at);
			assert_int_equal(dcerpc_feed(&reader, example->bytes + at, 1), 1);
		}
		assert_int_equal(reader.news, DCERPC_REPLY);
		assert_memory_equal(&reader.reply, &whole, sizeof(whole));
		if (whole.type == DCERPC_RESPONSE)
			assert_memory_equal(reader.reply.stub, example->bytes + 24, whole.stub_bytes);
	}
}

static void test_of_two_glued_pdus_each_is_read_for_itself(void **state)
{
	uint8_t glued[sizeof(example_bind_ack_gromox) + sizeof(example_dummy_response)];
	size_t first = sizeof(example_bind_ack_gromox);

	(void)state;
	memcpy(glued, example_bind_ack_gromox, first);
	memcpy(glued + first, example_dummy_response, sizeof(example_dummy_response));
	dcerpc_expect(&reader, DCERPC_BIND, 1);
	assert_int_equal(dcerpc_feed(&reader, glued, sizeof(glued)), first);
	assert_int_equal(reader.news, DCERPC_REPLY);
	assert_int_equal(dcerpc_wants(&reader), 0);
	dcerpc_expect(&reader, DCERPC_REQUEST, 2);
	assert_int_equal(dcerpc_feed(&reader, glued + first, sizeof(glued) - first), sizeof(example_dummy_response));
	assert_int_equal(reader.news, DCERPC_REPLY);
	assert_int_equal(reader.reply.stub_bytes, 4);
}

static void test_a_truncated_example_is_never_a_reply(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++)
		for (size_t length = 0; length < example_replies[i].length; length++)
			assert_int_equal(read_copy(&example_replies[i], length), DCERPC_MORE);
}

/* The PDU cut short, and its header admits it. */
static enum dcerpc_news read_cut(const struct example *example, size_t length)
{
	struct example cut = *example;
	uint8_t bytes[256];

	memcpy(bytes, example->bytes, length);
	bytes[8] = (uint8_t)length;
	bytes[9] = 0;
	cut.bytes = bytes;
	return read_copy(&cut, length);
}

static void test_a_cut_bind_ack_is_malformed(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		const struct example *example = &example_replies[i];
		size_t needed = example->bytes == example_bind_ack_gromox ? 60 : example->length;

		if (example->type != DCERPC_BIND_ACK)
			continue;
		for (size_t length = DCERPC_HEADER_BYTES; length < needed; length++)
			assert_int_equal(read_cut(example, length), DCERPC_BAD_BODY);
		assert_int_equal(read_cut(example, needed), DCERPC_REPLY);
	}
}

static void test_a_cut_nak_fault_or_response_is_malformed(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		const struct example *example = &example_replies[i];
		size_t needed = 24;

		if (example->type == DCERPC_BIND_ACK)
			continue;
		if (example->type == DCERPC_BIND_NAK)
			needed = 18;
		if (example->type == DCERPC_FAULT)
			needed = 28;
		for (size_t length = DCERPC_HEADER_BYTES; length < needed; length++)
			assert_int_equal(read_cut(example, length), DCERPC_BAD_BODY);
		assert_int_equal(read_cut(example, needed), DCERPC_REPLY);
	}
}

/* The first `example` with one octet changed. */
static enum dcerpc_news read_changed(const struct example *example, size_t at, uint8_t value)
{
	struct example changed = *example;
	uint8_t bytes[256];

	memcpy(bytes, example->bytes, example->length);
	bytes[at] = value;
	changed.bytes = bytes;
	return read_copy(&changed, example->length);
}

static void test_impossible_headers_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum dcerpc_news news;
	} changes[] = {
		{0, 4, DCERPC_BAD_VERSION}, {0, 'H', DCERPC_BAD_VERSION}, {1, 2, DCERPC_BAD_VERSION},
		{4, 0x11, DCERPC_BAD_DREP}, {4, 0x20, DCERPC_BAD_DREP},   {8, 0, DCERPC_BAD_LENGTH},
		{8, 15, DCERPC_BAD_LENGTH}, {8, 16, DCERPC_BAD_BODY},     {12, 77, DCERPC_BAD_CALL},
		{15, 1, DCERPC_BAD_CALL},   {2, 16, DCERPC_BAD_TYPE},     {2, 255, DCERPC_BAD_TYPE},
	};

	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++)
		for (size_t c = 0; c < sizeof(changes) / sizeof(changes[0]); c++)
			assert_int_equal(read_changed(&example_replies[i], changes[c].at, changes[c].value),
					 changes[c].news);
}

static void test_an_overlong_fragment_is_refused_by_its_header(void **state)
{
	uint8_t header[DCERPC_HEADER_BYTES];

	(void)state;
	memcpy(header, example_dummy_response, sizeof(header));
	header[8] = 0xff;
	header[9] = 0xff;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, header, sizeof(header)), DCERPC_BAD_LENGTH);
	header[8] = 0x01;
	header[9] = 0x40; /* 16385 */
	assert_int_equal(read_all(DCERPC_REQUEST, 2, header, sizeof(header)), DCERPC_BAD_LENGTH);
	header[8] = 0x00;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, header, sizeof(header)), DCERPC_MORE);
	assert_int_equal(dcerpc_wants(&reader), DCERPC_FRAGMENT_MAX - DCERPC_HEADER_BYTES);
}

static void test_the_answer_to_something_else_is_refused(void **state)
{
	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		struct example example = example_replies[i];

		if (example.type == DCERPC_FAULT)
			continue;
		example.sent = example.sent == DCERPC_BIND ? DCERPC_REQUEST : DCERPC_BIND;
		assert_int_equal(read_copy(&example, example.length), DCERPC_BAD_TYPE);
	}
}

static void test_a_bind_ack_needs_all_its_results(void **state)
{
	const struct example *samba = &example_replies[0];

	(void)state;
	assert_int_equal(read_changed(samba, 32, 0), DCERPC_BAD_BODY);
	assert_int_equal(read_changed(samba, 32, 2), DCERPC_BAD_BODY);
	assert_int_equal(read_changed(samba, 32, 255), DCERPC_BAD_BODY);
	assert_int_equal(read_changed(samba, 24, 0xff), DCERPC_BAD_BODY);
	assert_int_equal(read_changed(samba, 25, 0xff), DCERPC_BAD_BODY);
}

static void test_a_secondary_address_beyond_all_reason_is_malformed(void **state)
{
	uint8_t bytes[sizeof(example_bind_ack_samba)];

	(void)state;
	memcpy(bytes, example_bind_ack_samba, sizeof(bytes));
	bytes[24] = bytes[25] = 0xff;
	assert_int_equal(read_all(DCERPC_BIND, 1, bytes, sizeof(bytes)), DCERPC_BAD_BODY);
}

static void test_big_endian_servers_are_understood(void **state)
{
	static const uint8_t bind_ack[] = {
		0x05, 0x00, 0x0c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
		0x16, 0xd0, 0x16, 0xd0, 0x00, 0x00, 0x67, 0x30, 0x00, 0x04, 0x31, 0x33, 0x35, 0x00, 0x00, 0x00,
		0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9,
		0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0x00, 0x00, 0x00, 0x02,
	};
	static const uint8_t fault[] = {
		0x05, 0x00, 0x03, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1c, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x02, 0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x1c, 0x01, 0x00, 0x03,
	};

	(void)state;
	assert_int_equal(read_all(DCERPC_BIND, 1, bind_ack, sizeof(bind_ack)), DCERPC_REPLY);
	assert_int_equal(reader.reply.result, 2);
	assert_int_equal(reader.reply.reason, 1);
	assert_int_equal(read_all(DCERPC_REQUEST, 2, fault, sizeof(fault)), DCERPC_REPLY);
	assert_int_equal(reader.reply.status, 0x1c010003);
}

/* A response to call 2 with `length` octets of 'x' for a stub. */
static size_t make_fragment(uint8_t *pdu, uint8_t flags, size_t length)
{
	dcerpc_request(pdu, DCERPC_REQUEST_BYTES, 2, 0, NULL, 0);
	pdu[2] = DCERPC_RESPONSE;
	pdu[3] = flags;
	pdu[8] = (uint8_t)(DCERPC_REQUEST_BYTES + length);
	pdu[9] = (uint8_t)((DCERPC_REQUEST_BYTES + length) >> 8);
	memset(pdu + DCERPC_REQUEST_BYTES, 'x', length);
	return DCERPC_REQUEST_BYTES + length;
}

enum { FIRST = 1, LAST = 2 };

static void test_fragments_are_put_together(void **state)
{
	uint8_t pdus[3 * 5000];
	size_t length = make_fragment(pdus, FIRST, 4256);

	(void)state;
	length += make_fragment(pdus + length, 0, 1);
	length += make_fragment(pdus + length, LAST, 572);
	pdus[length - 1] = 'z';
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, length), DCERPC_REPLY);
	assert_int_equal(reader.reply.stub_bytes, 4256 + 1 + 572);
	assert_int_equal(reader.reply.stub[0], 'x');
	assert_int_equal(reader.reply.stub[4256 + 1 + 571], 'z');
}

static void test_fragments_out_of_order_are_refused(void **state)
{
	uint8_t pdus[200];
	size_t first;

	(void)state;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, make_fragment(pdus, LAST, 8)), DCERPC_BAD_FRAGMENT);
	first = make_fragment(pdus, FIRST, 8);
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, first + make_fragment(pdus + first, FIRST | LAST, 8)),
			 DCERPC_BAD_FRAGMENT);
}

static void test_a_fragment_of_another_call_or_byte_order_is_refused(void **state)
{
	uint8_t pdus[200];
	size_t first = make_fragment(pdus, FIRST, 8), both = first + make_fragment(pdus + first, LAST, 8);

	(void)state;
	pdus[first + 12] = 3;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, both), DCERPC_BAD_CALL);
	make_fragment(pdus + first, LAST, 8);
	pdus[first + 4] = 0;
	memcpy(pdus + first + 8, (uint8_t[]){0, 32, 0, 0, 0, 0, 0, 2}, 8);
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, both), DCERPC_BAD_FRAGMENT);
}

static void test_a_fault_may_end_a_half_sent_response(void **state)
{
	uint8_t pdus[200];
	size_t first = make_fragment(pdus, FIRST, 8);

	(void)state;
	memcpy(pdus + first, example_fault_bad_stub, sizeof(example_fault_bad_stub));
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdus, first + sizeof(example_fault_bad_stub)), DCERPC_REPLY);
	assert_int_equal(reader.reply.type, DCERPC_FAULT);
}

static size_t feed_endlessly(size_t stub_bytes)
{
	uint8_t pdu[DCERPC_FRAGMENT_MAX];
	size_t length = make_fragment(pdu, FIRST, stub_bytes), fed = 0;

	dcerpc_expect(&reader, DCERPC_REQUEST, 2);
	while (reader.news == DCERPC_MORE && fed < 2 * DCERPC_REPLY_MAX) {
		fed += dcerpc_feed(&reader, pdu, length);
		pdu[3] = 0;
	}
	assert_int_equal(reader.news, DCERPC_TOO_LONG);
	assert_true(reader.reply.stub_bytes <= DCERPC_REPLY_MAX);
	return fed;
}

static void test_an_endless_reply_is_cut_at_the_cap(void **state)
{
	(void)state;
	assert_in_range(feed_endlessly(DCERPC_FRAGMENT_MAX - DCERPC_REQUEST_BYTES), DCERPC_REPLY_MAX,
			DCERPC_REPLY_MAX + DCERPC_HEADER_BYTES);
	assert_in_range(feed_endlessly(0), DCERPC_REPLY_MAX - 100, DCERPC_REPLY_MAX + 100);
}

static void test_a_security_trailer_is_no_part_of_the_stub(void **state)
{
	uint8_t pdu[200];
	size_t length = make_fragment(pdu, FIRST | LAST, 4 + 12 + 8 + 16);

	(void)state;
	pdu[10] = 16;          /* the token */
	pdu[24 + 4 + 12 + 2] = 12; /* the padding before the trailer */
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdu, length), DCERPC_REPLY);
	assert_int_equal(reader.reply.stub_bytes, 4);
	pdu[24 + 4 + 12 + 2] = 17;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdu, length), DCERPC_BAD_BODY);
	pdu[10] = 33;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdu, length), DCERPC_BAD_BODY);
	pdu[11] = 0xff;
	assert_int_equal(read_all(DCERPC_REQUEST, 2, pdu, length), DCERPC_BAD_BODY);
}

static void test_a_reader_that_ended_takes_no_more(void **state)
{
	(void)state;
	read_all(DCERPC_BIND, 1, (const uint8_t *)"HTTP/1.1 400 Bad Request", 24);
	assert_int_equal(reader.news, DCERPC_BAD_VERSION);
	assert_int_equal(dcerpc_feed(&reader, example_bind_ack_samba, sizeof(example_bind_ack_samba)), 0);
	assert_int_equal(reader.news, DCERPC_BAD_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_is_written_as_on_the_wire),
		cmocka_unit_test(test_request_is_written_as_on_the_wire),
		cmocka_unit_test(test_every_example_reads_as_its_type),
		cmocka_unit_test(test_faults_of_both_lengths_are_read),
		cmocka_unit_test(test_one_byte_at_a_time_reads_the_same),
		cmocka_unit_test(test_of_two_glued_pdus_each_is_read_for_itself),
		cmocka_unit_test(test_a_truncated_example_is_never_a_reply),
		cmocka_unit_test(test_a_cut_bind_ack_is_malformed),
		cmocka_unit_test(test_a_cut_nak_fault_or_response_is_malformed),
		cmocka_unit_test(test_impossible_headers_are_refused),
		cmocka_unit_test(test_an_overlong_fragment_is_refused_by_its_header),
		cmocka_unit_test(test_the_answer_to_something_else_is_refused),
		cmocka_unit_test(test_a_bind_ack_needs_all_its_results),
		cmocka_unit_test(test_a_secondary_address_beyond_all_reason_is_malformed),
		cmocka_unit_test(test_big_endian_servers_are_understood),
		cmocka_unit_test(test_fragments_are_put_together),
		cmocka_unit_test(test_fragments_out_of_order_are_refused),
		cmocka_unit_test(test_a_fragment_of_another_call_or_byte_order_is_refused),
		cmocka_unit_test(test_a_fault_may_end_a_half_sent_response),
		cmocka_unit_test(test_an_endless_reply_is_cut_at_the_cap),
		cmocka_unit_test(test_a_security_trailer_is_no_part_of_the_stub),
		cmocka_unit_test(test_a_reader_that_ended_takes_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, done);
}
