/* The endpoint mapper's stubs: asks as the examples do, believes an answer only when all of it holds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/epm.h"
#include "checks/rpc_interface.h"
#include "tests/unit/dcerpc_examples.h"

enum {
	HEADER = 24,
	STUB_MAX = 512,
	/* where things stand in the stub of example_ept_map_port_6001 */
	AT_TOWERS = 20,
	AT_MOST = 24,
	AT_FIRST = 28,
	AT_ACTUAL = 32,
	AT_REFERENT = 36,
	AT_CONFORMANCE = 40,
	AT_LENGTH = 44,
	AT_TOWER = 48,
	AT_STATUS = 124,
	STUB_BYTES = 128,
};

struct stub {
	uint8_t bytes[STUB_MAX];
	size_t length;
	bool big_endian;
};

static struct stub stub_of(const uint8_t *pdu, size_t length)
{
	struct stub stub = {.length = length - HEADER};

	memcpy(stub.bytes, pdu + HEADER, stub.length);
	return stub;
}

static struct stub port_6001(void)
{
	return stub_of(example_ept_map_port_6001, sizeof(example_ept_map_port_6001));
}

/* Reads a copy of exactly this length, so that the sanitizer sees a byte too far. */
static struct epm_mapped map(const struct stub *stub, enum rpc_interface interface)
{
	struct dcerpc_reply reply = {
		.type = DCERPC_RESPONSE,
		.stub = malloc(stub->length ? stub->length : 1),
		.stub_bytes = stub->length,
		.big_endian = stub->big_endian,
	};
	struct epm_mapped mapped;

	memcpy(reply.stub, stub->bytes, stub->length);
	mapped = epm_map_reply(&reply, rpc_interface_syntax(interface));
	free(reply.stub);
	return mapped;
}

static enum epm_answer answer_with(size_t at, uint8_t value)
{
	struct stub stub = port_6001();

	stub.bytes[at] = value;
	return map(&stub, RPC_EMSMDB).answer;
}

static void set_u32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A mapper's answer with the given towers, all in one length-prefixed row. */
static struct stub answer_of(const uint8_t *const *towers, const size_t *lengths, uint32_t count)
{
	struct stub stub = {.length = AT_REFERENT + 4 * count};

	set_u32(stub.bytes + AT_TOWERS, count);
	set_u32(stub.bytes + AT_MOST, 4);
	set_u32(stub.bytes + AT_ACTUAL, count);
	for (uint32_t i = 0; i < count; i++)
		set_u32(stub.bytes + AT_REFERENT + 4 * i, i + 3);
	for (uint32_t i = 0; i < count; i++) {
		set_u32(stub.bytes + stub.length, (uint32_t)lengths[i]);
		set_u32(stub.bytes + stub.length + 4, (uint32_t)lengths[i]);
		memcpy(stub.bytes + stub.length + 8, towers[i], lengths[i]);
		stub.length = (stub.length + 8 + lengths[i] + 3) & ~(size_t)3;
	}
	stub.length += 4; /* status 0 */
	return stub;
}

static const uint8_t *const tower_6001 = example_ept_map_port_6001 + HEADER + AT_TOWER;
enum { TOWER_BYTES = 75, AT_FLOOR_4 = 59, AT_PROTOCOL = 61, AT_PORT = 64 };

static void test_ept_map_is_written_as_on_the_wire(void **state)
{
	uint8_t stub[EPM_MAP_REQUEST_BYTES], pdu[DCERPC_REQUEST_BYTES + EPM_MAP_REQUEST_BYTES];

	(void)state;
	epm_map_request(stub, rpc_interface_syntax(RPC_EMSMDB));
	assert_int_equal(dcerpc_request(pdu, sizeof(pdu), 2, EPM_OPNUM_MAP, stub, sizeof(stub)),
			 sizeof(example_ept_map_emsmdb));
	assert_memory_equal(pdu, example_ept_map_emsmdb, sizeof(example_ept_map_emsmdb));
}

static void test_a_registered_interface_has_its_port(void **state)
{
	struct stub stub = port_6001();
	struct epm_mapped mapped = map(&stub, RPC_EMSMDB);

	(void)state;
	assert_int_equal(stub.length, STUB_BYTES);
	assert_int_equal(mapped.answer, EPM_PORT);
	assert_int_equal(mapped.port, 6001);
}

static void test_no_towers_is_not_registered(void **state)
{
	struct stub stub = stub_of(example_ept_map_not_registered, sizeof(example_ept_map_not_registered));
	struct stub empty = answer_of(NULL, NULL, 0);

	(void)state;
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NOT_REGISTERED);
	assert_int_equal(map(&empty, RPC_EMSMDB).answer, EPM_NOT_REGISTERED);
}

static void test_a_status_outweighs_towers(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	set_u32(stub.bytes + AT_STATUS, 0x16c9a0cc);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_STATUS);
	assert_int_equal(map(&stub, RPC_EMSMDB).status, 0x16c9a0cc);
	set_u32(stub.bytes + AT_STATUS, EPM_NOT_REGISTERED_STATUS);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NOT_REGISTERED);
}

static void test_only_uuid_and_major_version_must_match(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	assert_int_equal(map(&stub, RPC_NSPI).answer, EPM_NO_PORT);
	assert_int_equal(answer_with(AT_TOWER + 25, 81), EPM_PORT);    /* minor */
	assert_int_equal(answer_with(AT_TOWER + 21, 1), EPM_NO_PORT);  /* major */
	assert_int_equal(answer_with(AT_TOWER + 5, 0xff), EPM_NO_PORT); /* UUID */
}

static void test_the_address_in_a_tower_is_not_looked_at(void **state)
{
	(void)state;
	assert_int_equal(answer_with(AT_TOWER + 71, 0), EPM_PORT);
	assert_int_equal(answer_with(AT_TOWER + 71, 127), EPM_PORT);
}

static void test_port_zero_and_other_protocols_are_no_port(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	assert_int_equal(answer_with(AT_TOWER + AT_PROTOCOL, 0x1f), EPM_NO_PORT);
	stub.bytes[AT_TOWER + AT_PORT] = stub.bytes[AT_TOWER + AT_PORT + 1] = 0;
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NO_PORT);
}

static void test_towers_of_other_kinds_are_skipped(void **state)
{
	static const uint8_t pipe_floors[] = {
		0x01, 0x00, 0x0f, 0x06, 0x00, '\\', 'p', 'i', 'p', 'e', 0x00, /* a named pipe */
		0x01, 0x00, 0x11, 0x02, 0x00, 'h',  0x00,                     /* on a NetBIOS name */
	};
	uint8_t http[TOWER_BYTES], pipe[AT_FLOOR_4 + sizeof(pipe_floors)];
	const uint8_t *towers[] = {http, pipe, tower_6001};
	size_t lengths[] = {sizeof(http), sizeof(pipe), TOWER_BYTES};
	struct stub stub;

	(void)state;
	memcpy(http, tower_6001, sizeof(http));
	http[AT_PROTOCOL] = 0x1f;
	memcpy(pipe, tower_6001, AT_FLOOR_4);
	memcpy(pipe + AT_FLOOR_4, pipe_floors, sizeof(pipe_floors));
	stub = answer_of(towers, lengths, 2);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NO_PORT);
	stub = answer_of(towers, lengths, 3);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_PORT);
	assert_int_equal(map(&stub, RPC_EMSMDB).port, 6001);
}

static void test_more_or_fewer_floors_than_five_are_read(void **state)
{
	uint8_t four[66], six[TOWER_BYTES + 7];
	const uint8_t *towers[] = {four, six};
	size_t lengths[] = {sizeof(four), sizeof(six)};
	struct stub stub;

	(void)state;
	memcpy(four, tower_6001, sizeof(four));
	four[0] = 4;
	stub = answer_of(towers, lengths, 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_PORT);
	memcpy(six, tower_6001, TOWER_BYTES);
	memcpy(six + TOWER_BYTES, (uint8_t[]){1, 0, 0x77, 2, 0, 1, 2}, 7);
	six[0] = 6;
	stub = answer_of(towers + 1, lengths + 1, 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_PORT);
}

static void test_big_endian_mappers_are_understood(void **state)
{
	static const size_t integers[] = {
		AT_TOWERS, AT_MOST, AT_FIRST, AT_ACTUAL, AT_REFERENT, AT_CONFORMANCE, AT_LENGTH, AT_STATUS,
	};
	struct stub stub = port_6001();

	(void)state;
	stub.big_endian = true;
	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		uint8_t *at = stub.bytes + integers[i];

		memcpy(at, (uint8_t[]){at[3], at[2], at[1], at[0]}, 4);
	}
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_PORT);
	assert_int_equal(map(&stub, RPC_EMSMDB).port, 6001);
}

static void test_a_shortened_answer_is_never_a_port(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	for (stub.length = 0; stub.length < STUB_BYTES; stub.length++)
		assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	stub = stub_of(example_ept_map_not_registered, sizeof(example_ept_map_not_registered));
	while (stub.length-- > 0)
		assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
}

static void test_lengths_that_contradict_are_malformed(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
	} changes[] = {
		{AT_TOWERS, 0},          {AT_TOWERS, 2},          {AT_TOWERS, 0xffff},
		{AT_MOST, 0},            {AT_FIRST, 1},           {AT_FIRST, 0xffffffff},
		{AT_ACTUAL, 0},          {AT_ACTUAL, 0xffffffff}, {AT_CONFORMANCE, 74},
		{AT_CONFORMANCE, 76},    {AT_LENGTH, 74},         {AT_LENGTH, 0},
		{AT_LENGTH, 0xffffffff}, {AT_CONFORMANCE, 0xffffffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct stub stub = port_6001();

		set_u32(stub.bytes + changes[i].at, changes[i].value);
		assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	}
}

static void test_both_array_counts_beyond_all_reason_are_malformed(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	set_u32(stub.bytes + AT_TOWERS, 0xffffffff);
	set_u32(stub.bytes + AT_MOST, 0xffffffff);
	set_u32(stub.bytes + AT_ACTUAL, 0xffffffff);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	set_u32(stub.bytes + AT_TOWERS, EPM_TOWERS_MAX + 1);
	set_u32(stub.bytes + AT_ACTUAL, EPM_TOWERS_MAX + 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
}

static void test_more_towers_than_asked_for_are_malformed(void **state)
{
	const uint8_t *towers[EPM_TOWERS_MAX + 1];
	size_t lengths[EPM_TOWERS_MAX + 1];
	struct stub stub;

	(void)state;
	for (int i = 0; i <= EPM_TOWERS_MAX; i++) {
		towers[i] = tower_6001;
		lengths[i] = TOWER_BYTES;
	}
	stub = answer_of(towers, lengths, EPM_TOWERS_MAX);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_PORT);
	stub = answer_of(towers, lengths, EPM_TOWERS_MAX + 1);
	set_u32(stub.bytes + AT_MOST, EPM_TOWERS_MAX + 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
}

static void test_both_tower_lengths_beyond_the_stub_are_malformed(void **state)
{
	struct stub stub = port_6001();

	(void)state;
	set_u32(stub.bytes + AT_CONFORMANCE, 0xffffffff);
	set_u32(stub.bytes + AT_LENGTH, 0xffffffff);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	set_u32(stub.bytes + AT_CONFORMANCE, 81);
	set_u32(stub.bytes + AT_LENGTH, 81);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
}

static void test_floors_that_leave_their_tower_are_malformed(void **state)
{
	static const uint8_t lengths_at[] = {2, 23, 27, 48, 52, 55, 59, 62, 66, 69};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths_at); i++) {
		assert_int_equal(answer_with(AT_TOWER + lengths_at[i], 0xff), EPM_MALFORMED);
		assert_int_equal(answer_with(AT_TOWER + lengths_at[i] + 1u, 0xff), EPM_MALFORMED);
	}
	assert_int_equal(answer_with(AT_TOWER, 0), EPM_MALFORMED);
	assert_int_equal(answer_with(AT_TOWER, 6), EPM_MALFORMED);
	assert_int_equal(answer_with(AT_TOWER + 1, 0xff), EPM_MALFORMED);
	assert_int_equal(answer_with(AT_TOWER + 4, 0x0c), EPM_MALFORMED);
}

static void test_a_tower_cut_short_is_malformed(void **state)
{
	(void)state;
	for (size_t length = 0; length < TOWER_BYTES; length++) {
		struct stub stub = answer_of(&tower_6001, &length, 1);

		assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	}
}

static void test_only_a_floor_just_so_is_an_interface_or_a_port(void **state)
{
	uint8_t only_interface[26], odd_port[66 + 1];
	const uint8_t *towers[] = {only_interface, odd_port};
	size_t lengths[] = {sizeof(only_interface), sizeof(odd_port)};
	struct stub stub;

	(void)state;
	memcpy(only_interface, tower_6001, sizeof(only_interface));
	only_interface[0] = 1;
	only_interface[23] = 1; /* octets of minor version */
	stub = answer_of(towers, lengths, 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_MALFORMED);
	memcpy(odd_port, tower_6001, AT_FLOOR_4);
	memcpy(odd_port + AT_FLOOR_4, (uint8_t[]){2, 0, 7, 0, 2, 0, 0x17, 0x71}, 8);
	odd_port[0] = 4;
	stub = answer_of(towers + 1, lengths + 1, 1);
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NO_PORT);
}

static void test_a_null_tower_is_nothing(void **state)
{
	struct stub stub = stub_of(example_ept_map_not_registered, sizeof(example_ept_map_not_registered));

	(void)state;
	set_u32(stub.bytes + AT_TOWERS, 1);
	set_u32(stub.bytes + AT_ACTUAL, 1);
	set_u32(stub.bytes + AT_REFERENT, 0);
	set_u32(stub.bytes + AT_REFERENT + 4, 0);
	stub.length = AT_REFERENT + 8;
	assert_int_equal(map(&stub, RPC_EMSMDB).answer, EPM_NOT_REGISTERED);
}

static void test_every_changed_octet_is_survived(void **state)
{
	(void)state;
	for (size_t at = 0; at < STUB_BYTES; at++)
		for (int value = 0; value < 256; value++)
			answer_with(at, (uint8_t)value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ept_map_is_written_as_on_the_wire),
		cmocka_unit_test(test_a_registered_interface_has_its_port),
		cmocka_unit_test(test_no_towers_is_not_registered),
		cmocka_unit_test(test_a_status_outweighs_towers),
		cmocka_unit_test(test_only_uuid_and_major_version_must_match),
		cmocka_unit_test(test_the_address_in_a_tower_is_not_looked_at),
		cmocka_unit_test(test_port_zero_and_other_protocols_are_no_port),
		cmocka_unit_test(test_towers_of_other_kinds_are_skipped),
		cmocka_unit_test(test_more_or_fewer_floors_than_five_are_read),
		cmocka_unit_test(test_big_endian_mappers_are_understood),
		cmocka_unit_test(test_a_shortened_answer_is_never_a_port),
		cmocka_unit_test(test_lengths_that_contradict_are_malformed),
		cmocka_unit_test(test_both_array_counts_beyond_all_reason_are_malformed),
		cmocka_unit_test(test_more_towers_than_asked_for_are_malformed),
		cmocka_unit_test(test_both_tower_lengths_beyond_the_stub_are_malformed),
		cmocka_unit_test(test_floors_that_leave_their_tower_are_malformed),
		cmocka_unit_test(test_a_tower_cut_short_is_malformed),
		cmocka_unit_test(test_only_a_floor_just_so_is_an_interface_or_a_port),
		cmocka_unit_test(test_a_null_tower_is_nothing),
		cmocka_unit_test(test_every_changed_octet_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
