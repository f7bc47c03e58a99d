/* What replies of RPC servers mean: table by table, and from the examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "checks/rpc_verdict.h"
#include "tests/unit/dcerpc_examples.h"

static struct dcerpc_reader reader;

static void read_all(const uint8_t *bytes, size_t length)
{
	dcerpc_expect(&reader, DCERPC_BIND, 1);
	assert_int_equal(dcerpc_feed(&reader, bytes, length), length);
	assert_int_equal(reader.news, DCERPC_REPLY);
}

static void assert_outcome(const struct outcome *outcome, enum verdict verdict, const char *reason)
{
	assert_string_equal(outcome->reason, reason);
	assert_int_equal(outcome->verdict, verdict);
}

static void test_a_bind_ack_that_rejects_is_no_acceptance(void **state)
{
	struct outcome outcome;

	(void)state;
	read_all(example_bind_ack_rejected, sizeof(example_bind_ack_rejected));
	assert_int_equal(reader.reply.result, 2);
	assert_int_equal(reader.reply.reason, 1);
	assert_false(rpc_verdict_bind(&reader.reply, "x", &outcome));
	assert_outcome(&outcome, VERDICT_DOWN, "rejected");
	assert_string_equal(outcome.words, "x: bind rejected: abstract syntax not supported");
}

static void test_bind_nak_reasons_have_their_verdicts(void **state)
{
	static const struct {
		uint16_t code;
		enum verdict verdict;
		const char *reason;
	} naks[] = {
		{0, VERDICT_DOWN, "bind-nak"},   {1, VERDICT_DOWN, "overloaded"},  {2, VERDICT_DOWN, "overloaded"},
		{4, VERDICT_DOWN, "bind-nak"},   {8, VERDICT_UP_AUTH, "bind-nak"}, {9, VERDICT_DOWN, "bind-nak"},
		{999, VERDICT_DOWN, "bind-nak"},
	};
	struct outcome outcome;

	(void)state;
	read_all(example_bind_nak_version, sizeof(example_bind_nak_version));
	assert_int_equal(reader.reply.reason, 4);
	for (size_t i = 0; i < sizeof(naks) / sizeof(naks[0]); i++) {
		struct dcerpc_reply nak = {.type = DCERPC_BIND_NAK, .reason = naks[i].code};

		assert_false(rpc_verdict_bind(&nak, "x", &outcome));
		assert_outcome(&outcome, naks[i].verdict, naks[i].reason);
	}
}

static void test_fault_statuses_have_their_verdicts(void **state)
{
	static const struct {
		uint32_t status;
		enum verdict liveness, needed;
		const char *reason;
	} faults[] = {
		{0x00000005, VERDICT_UP_AUTH, VERDICT_UP_AUTH, "access-denied"},
		{0x00000721, VERDICT_UP_AUTH, VERDICT_UP_AUTH, "fault-00000721"},
		{0x1c010002, VERDICT_UP, VERDICT_DOWN, "fault-1c010002"},
		{0x000006f7, VERDICT_UP, VERDICT_DOWN, "bad-stub"},
		{0x000006e4, VERDICT_UP, VERDICT_DOWN, "fault-000006e4"},
		{0x1c010003, VERDICT_DOWN, VERDICT_DOWN, "fault-1c010003"},
		{0x1c010014, VERDICT_DOWN, VERDICT_DOWN, "overloaded"},
		{0x000006bb, VERDICT_DOWN, VERDICT_DOWN, "overloaded"},
		{0xdeadbeef, VERDICT_DOWN, VERDICT_DOWN, "fault-deadbeef"},
		{0x00000000, VERDICT_DOWN, VERDICT_DOWN, "fault-00000000"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		rpc_verdict_fault(faults[i].status, RPC_CALL_LIVENESS, "x", &outcome);
		assert_outcome(&outcome, faults[i].liveness, faults[i].reason);
		rpc_verdict_fault(faults[i].status, RPC_CALL_NEEDED, "x", &outcome);
		assert_outcome(&outcome, faults[i].needed, faults[i].reason);
	}
}

static void test_dummy_is_up_only_with_four_zero_octets(void **state)
{
	static const uint8_t zeros[5], one[4] = {1};
	struct dcerpc_reply reply = {.type = DCERPC_RESPONSE};
	struct outcome outcome;

	(void)state;
	for (size_t length = 0; length <= sizeof(zeros); length++) {
		reply.stub = (uint8_t *)zeros;
		reply.stub_bytes = length;
		rpc_verdict_dummy(&reply, "x", &outcome);
		assert_outcome(&outcome, length == 4 ? VERDICT_UP : VERDICT_DOWN, length == 4 ? "ok" : "bad-pdu");
	}
	reply.stub = (uint8_t *)one;
	reply.stub_bytes = sizeof(one);
	rpc_verdict_dummy(&reply, "x", &outcome);
	assert_outcome(&outcome, VERDICT_DOWN, "dummy-failed");
}

static void test_bind_acks_of_all_servers_are_accepted(void **state)
{
	struct outcome outcome;
	int accepted = 0;

	(void)state;
	for (int i = 0; i < EXAMPLE_REPLIES; i++) {
		const struct example *example = &example_replies[i];

		if (example->type != DCERPC_BIND_ACK || example->bytes == example_bind_ack_rejected)
			continue;
		read_all(example->bytes, example->length);
		assert_true(rpc_verdict_bind(&reader.reply, example->name, &outcome));
		accepted++;
	}
	assert_int_equal(accepted, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bind_ack_that_rejects_is_no_acceptance),
		cmocka_unit_test(test_bind_nak_reasons_have_their_verdicts),
		cmocka_unit_test(test_fault_statuses_have_their_verdicts),
		cmocka_unit_test(test_dummy_is_up_only_with_four_zero_octets),
		cmocka_unit_test(test_bind_acks_of_all_servers_are_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
