/* What the endpoint mapper lists: asked for as on the wire, and read only when all of it holds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/epm.h"
#include "checks/rpc_interface.h"
#include "tests/unit/epm_listing.h"

enum {
	MOST = 16,
	/* where things stand in the stub of example_ept_lookup_emsmdb */
	AT_ENTRIES = 20,
	AT_ROOM = 24,
	AT_FIRST = 28,
	AT_ACTUAL = 32,
	AT_REFERENT = 52,
	AT_ANNOTATION_FIRST = 56,
	AT_ANNOTATION_LENGTH = 60,
	AT_ANNOTATION = 64,
	AT_CONFORMANCE = 104,
	AT_LENGTH = 108,
	AT_TOWER = 112,
	AT_STATUS = 188,
	STUB_BYTES = 192,
};

struct stub {
	uint8_t bytes[STUB_BYTES];
	size_t length;
	bool big_endian;
};

/* What was read: the page, and the entries in it. */
struct read {
	bool whole;
	struct epm_page page;
	int entries;
	struct epm_entry entry[MOST];
};

static struct stub emsmdb(void)
{
	struct stub stub = {.length = STUB_BYTES};

	assert_int_equal(sizeof(example_ept_lookup_emsmdb), DCERPC_REQUEST_BYTES + STUB_BYTES);
	memcpy(stub.bytes, example_ept_lookup_emsmdb + DCERPC_REQUEST_BYTES, STUB_BYTES);
	return stub;
}

/* Reads a copy of exactly this length, so that the sanitizer sees a byte too far. */
static struct read look(const uint8_t *bytes, size_t length, bool big_endian, uint32_t most)
{
	struct dcerpc_reply reply = {
		.type = DCERPC_RESPONSE,
		.stub = malloc(length ? length : 1),
		.stub_bytes = length,
		.big_endian = big_endian,
	};
	struct read read = {0};

	memcpy(reply.stub, bytes, length);
	read.whole = epm_lookup_reply(&reply, most, &read.page);
	while (read.whole && epm_page_next(&read.page, &read.entry[read.entries]))
		read.entries++;
	free(reply.stub);
	return read;
}

static struct read read_stub(const struct stub *stub)
{
	return look(stub->bytes, stub->length, stub->big_endian, MOST);
}

static struct read read_listing(struct listing *listing)
{
	struct dcerpc_reply reply = listing_reply(listing);

	return look(reply.stub, reply.stub_bytes, false, MOST);
}

static void set_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static bool is_whole_with(size_t at, uint32_t value)
{
	struct stub stub = emsmdb();

	set_u32(stub.bytes + at, value);
	return read_stub(&stub).whole;
}

static void assert_is_emsmdb(const struct read *read)
{
	const struct epm_entry *entry = &read->entry[0];

	assert_true(read->whole);
	assert_int_equal(read->entries, 1);
	assert_string_equal(entry->annotation, "Exchange Server STORE EMSMDB Interface");
	assert_memory_equal(entry->interface.uuid, rpc_interface_syntax(RPC_EMSMDB)->uuid, 16);
	assert_int_equal(entry->interface.major, 0);
	assert_int_equal(entry->interface.minor, 0);
	assert_int_equal(entry->tcp_port, 6001);
}

static void test_ept_lookup_is_written_as_on_the_wire(void **state)
{
	uint8_t stub[EPM_LOOKUP_REQUEST_BYTES], pdu[DCERPC_REQUEST_BYTES + EPM_LOOKUP_REQUEST_BYTES];

	(void)state;
	epm_lookup_request(stub, listing_no_handle, 1);
	assert_int_equal(dcerpc_request(pdu, sizeof(pdu), 2, EPM_OPNUM_LOOKUP, stub, sizeof(stub)),
			 sizeof(example_ept_lookup));
	assert_memory_equal(pdu, example_ept_lookup, sizeof(example_ept_lookup));
	epm_lookup_request(stub, listing_handle, 500);
	assert_memory_equal(stub + 16, listing_handle, EPM_HANDLE_BYTES);
	assert_memory_equal(stub + 36, ((uint8_t[]){0xf4, 0x01, 0, 0}), 4);
}

static void test_an_entry_is_its_annotation_and_its_tower(void **state)
{
	static const uint8_t handle[] = {0x00, 0x00, 0x00, 0x00, 0x49, 0x8c, 0xe9, 0xd9, 0x20, 0x59,
					 0x0a, 0x44, 0x87, 0x6e, 0x5d, 0x68, 0x62, 0xe0, 0x8f, 0x53};
	struct stub stub = emsmdb();
	struct read read = read_stub(&stub);

	(void)state;
	assert_is_emsmdb(&read);
	assert_int_equal(read.page.status, 0);
	assert_memory_equal(read.page.handle, handle, EPM_HANDLE_BYTES);
	assert_true(epm_page_goes_on(&read.page));
}

static void test_towers_stand_behind_all_entries_in_their_order(void **state)
{
	const struct listed listed[] = {
		{rpc_interface_syntax(RPC_NSPI), LISTING_TCP, "a"},
		{NULL, 0, "without a tower"},
		{rpc_interface_syntax(RPC_RFRI), LISTING_HTTP, ""},
		{rpc_interface_syntax(RPC_EMSMDB), LISTING_TCP, "abcd"},
	};
	static struct listing listing;
	struct read read;

	(void)state;
	listing_make(&listing, listing_no_handle, listed, 4, EPM_NOT_REGISTERED_STATUS);
	read = read_listing(&listing);
	assert_true(read.whole);
	assert_int_equal(read.entries, 3);
	assert_string_equal(read.entry[0].annotation, "a");
	assert_memory_equal(read.entry[0].interface.uuid, rpc_interface_syntax(RPC_NSPI)->uuid, 16);
	assert_int_equal(read.entry[0].interface.major, 56);
	assert_string_equal(read.entry[1].annotation, "");
	assert_memory_equal(read.entry[1].interface.uuid, rpc_interface_syntax(RPC_RFRI)->uuid, 16);
	assert_int_equal(read.entry[1].tcp_port, 0);
	assert_string_equal(read.entry[2].annotation, "abcd");
	assert_int_equal(read.entry[2].tcp_port, 6001);
	assert_int_equal(read.page.status, EPM_NOT_REGISTERED_STATUS);
}

static void test_a_list_goes_on_until_its_handle_its_status_or_its_entries_end_it(void **state)
{
	const struct listed one = {rpc_interface_syntax(RPC_NSPI), LISTING_TCP, "one"};
	static struct listing listing;
	struct read read;

	(void)state;
	listing_make(&listing, listing_handle, &one, 1, 0);
	read = read_listing(&listing);
	assert_true(epm_page_goes_on(&read.page));
	listing_make(&listing, listing_no_handle, &one, 1, 0);
	read = read_listing(&listing);
	assert_false(epm_page_goes_on(&read.page));
	listing_make(&listing, listing_handle, &one, 1, EPM_NOT_REGISTERED_STATUS);
	read = read_listing(&listing);
	assert_false(epm_page_goes_on(&read.page));
	listing_make(&listing, listing_handle, NULL, 0, 0);
	read = read_listing(&listing);
	assert_true(read.whole);
	assert_int_equal(read.entries, 0);
	assert_false(epm_page_goes_on(&read.page));
}

static void test_big_endian_mappers_are_understood(void **state)
{
	static const size_t integers[] = {
		AT_ENTRIES, AT_ROOM, AT_FIRST, AT_ACTUAL, AT_REFERENT, AT_ANNOTATION_FIRST, AT_ANNOTATION_LENGTH,
		AT_CONFORMANCE, AT_LENGTH, AT_STATUS,
	};
	struct stub stub = emsmdb();
	struct read read;

	(void)state;
	stub.big_endian = true;
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		uint8_t *at = stub.bytes + integers[i];

		memcpy(at, (uint8_t[]){at[3], at[2], at[1], at[0]}, 4);
	}
	read = read_stub(&stub);
	assert_is_emsmdb(&read);
}

static void test_an_annotation_need_not_end_with_a_nul(void **state)
{
	struct stub stub = emsmdb();
	struct read read;

	(void)state;
	memset(stub.bytes + AT_ANNOTATION, 'x', 40);
	set_u32(stub.bytes + AT_ANNOTATION_LENGTH, 40);
	read = read_stub(&stub);
	assert_int_equal(read.entries, 1);
	assert_string_equal(read.entry[0].annotation, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void test_an_annotation_has_its_longest_length(void **state)
{
	struct listed listed = {rpc_interface_syntax(RPC_NSPI), LISTING_TCP,
				"012345678901234567890123456789012345678901234567890123456789012"};
	static struct listing listing;
	struct read read;

	(void)state;
	listing_make(&listing, listing_handle, &listed, 1, 0);
	read = read_listing(&listing);
	assert_true(read.whole);
	assert_string_equal(read.entry[0].annotation, listed.annotation);
	listed.annotation = "0123456789012345678901234567890123456789012345678901234567890123";
	listing_make(&listing, listing_handle, &listed, 1, 0);
	assert_false(read_listing(&listing).whole);
}

static void test_a_shortened_list_is_malformed(void **state)
{
	struct stub stub = emsmdb();

	(void)state;
	for (stub.length = 0; stub.length < STUB_BYTES; stub.length++)
		assert_false(read_stub(&stub).whole);
}

static void test_more_entries_than_asked_for_are_malformed(void **state)
{
	const struct stub stub = emsmdb();

	(void)state;
	assert_false(look(stub.bytes, STUB_BYTES, false, 0).whole);
	assert_true(look(stub.bytes, STUB_BYTES, false, 1).whole);
}

static void test_counts_and_lengths_that_contradict_are_malformed(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} changes[] = {
		{AT_ENTRIES, 0},           {AT_ENTRIES, 2},          {AT_ENTRIES, 0xffffffff},
		{AT_ROOM, 0},              {AT_FIRST, 1},            {AT_FIRST, 0xffffffff},
		{AT_ACTUAL, 0},            {AT_ACTUAL, 2},           {AT_ACTUAL, 0xffffffff},
		{AT_ANNOTATION_FIRST, 1},  {AT_ANNOTATION_LENGTH, 0}, {AT_ANNOTATION_LENGTH, 65},
		{AT_ANNOTATION_LENGTH, 0xffffffff}, {AT_CONFORMANCE, 74}, {AT_CONFORMANCE, 0xffffffff},
		{AT_LENGTH, 74},           {AT_LENGTH, 0xffffffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		assert_false(is_whole_with(changes[i].at, changes[i].value));
	assert_true(is_whole_with(AT_ROOM, 500));
}

static void test_both_counts_beyond_the_stub_are_malformed(void **state)
{
	struct stub stub = emsmdb();

	(void)state;
	set_u32(stub.bytes + AT_ENTRIES, 2);
	set_u32(stub.bytes + AT_ROOM, 2);
	set_u32(stub.bytes + AT_ACTUAL, 2);
	assert_false(read_stub(&stub).whole);
	set_u32(stub.bytes + AT_CONFORMANCE, 0xffff);
	set_u32(stub.bytes + AT_LENGTH, 0xffff);
	assert_false(read_stub(&stub).whole);
}

static void test_a_floor_that_leaves_its_tower_is_malformed(void **state)
{
	static const uint8_t lengths_at[] = {2, 23, 27, 48, 52, 55, 59, 62, 66, 69};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths_at); i++) {
		struct stub stub = emsmdb();

		stub.bytes[AT_TOWER + lengths_at[i]] = 0xff;
		assert_false(read_stub(&stub).whole);
	}
}

static void test_every_changed_octet_is_survived(void **state)
{
	(void)state;
	for (size_t at = 0; at < STUB_BYTES; at++) {
		for (int value = 0; value < 256; value++) {
			struct stub stub = emsmdb();
			struct read read;

			stub.bytes[at] = (uint8_t)value;
			read = read_stub(&stub);
			assert_in_range(read.entries, 0, 1);
			assert_true(read.whole || read.entries == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ept_lookup_is_written_as_on_the_wire),
		cmocka_unit_test(test_an_entry_is_its_annotation_and_its_tower),
		cmocka_unit_test(test_towers_stand_behind_all_entries_in_their_order),
		cmocka_unit_test(test_a_list_goes_on_until_its_handle_its_status_or_its_entries_end_it),
		cmocka_unit_test(test_big_endian_mappers_are_understood),
		cmocka_unit_test(test_an_annotation_need_not_end_with_a_nul),
		cmocka_unit_test(test_an_annotation_has_its_longest_length),
		cmocka_unit_test(test_a_shortened_list_is_malformed),
		cmocka_unit_test(test_more_entries_than_asked_for_are_malformed),
		cmocka_unit_test(test_counts_and_lengths_that_contradict_are_malformed),
		cmocka_unit_test(test_both_counts_beyond_the_stub_are_malformed),
		cmocka_unit_test(test_a_floor_that_leaves_its_tower_is_malformed),
		cmocka_unit_test(test_every_changed_octet_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
