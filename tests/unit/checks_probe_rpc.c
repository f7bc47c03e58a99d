/* Probe type rpc against scripted servers: each way in which a mapper or an interface fails has its verdict, its reason
 * and words that name the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rpc_place.h"

static void test_up_when_mapper_and_interface_answer(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP, "ok", "emsmdb on port # answers EcDummyRpc");
}

static void test_requests_go_out_as_on_the_wire(void **state)
{
	struct place *place = *state;
	const struct script_server *mapper = &place->server[MAPPER], *service = &place->server[SERVICE];

	all_is_well(place);
	run(place, LONG_MS);
	assert_int_equal(mapper->requests, 2);
	assert_memory_equal(mapper->request[0], example_bind_epm, sizeof(example_bind_epm));
	assert_memory_equal(mapper->request[1], example_ept_map_emsmdb, sizeof(example_ept_map_emsmdb));
	assert_int_equal(service->requests, 2);
	assert_memory_equal(service->request[0], example_bind_emsmdb, sizeof(example_bind_emsmdb));
	assert_memory_equal(service->request[1], example_dummy_request, sizeof(example_dummy_request));
}

static void test_up_when_every_octet_comes_alone(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	place->server[MAPPER].portion = place->server[SERVICE].portion = 1;
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP, "ok", "emsmdb on port # answers EcDummyRpc");
}

static void test_every_interface_is_asked_for_and_bound(void **state)
{
	struct place *place = *state;
	char words[FACT_WORDS_MAX];

	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	all_is_well(place);
	add_mapped(place, 1, RPC_NSPI, place->server[OTHER_SERVICE].port);
	ADD_REPLY(&place->server[OTHER_SERVICE], example_bind_ack_no_address);
	run(place, LONG_MS);
	snprintf(words, sizeof(words), "emsmdb on port # answers EcDummyRpc; nspi on port %u accepts a bind",
		 place->server[OTHER_SERVICE].port);
	assert_found(place, VERDICT_UP, "ok", words);
	assert_int_equal(place->server[MAPPER].accepted, 1);
	assert_memory_equal(place->server[OTHER_SERVICE].request[0] + 32, rpc_interface_syntax(RPC_NSPI)->uuid, 16);
	assert_int_equal(place->server[OTHER_SERVICE].request[0][48], 56);
}

static void test_the_worst_of_several_interfaces_wins(void **state)
{
	struct place *place = *state;
	char words[FACT_WORDS_MAX];

	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	all_is_well(place);
	add_mapped(place, 1, RPC_NSPI, place->server[OTHER_SERVICE].port);
	ADD_REPLY(&place->server[OTHER_SERVICE], example_bind_ack_rejected);
	run(place, LONG_MS);
	snprintf(words, sizeof(words), "nspi on port %u: bind rejected: abstract syntax not supported",
		 place->server[OTHER_SERVICE].port);
	assert_found(place, VERDICT_DOWN, "rejected", words);
}

static void test_nothing_more_is_tried_once_it_is_down(void **state)
{
	struct place *place = *state;

	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	mapper_knows_emsmdb(place);
	add_mapped(place, 1, RPC_NSPI, place->server[OTHER_SERVICE].port);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_rejected);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "rejected",
		     "emsmdb on port #: bind rejected: abstract syntax not supported");
	assert_int_equal(place->server[OTHER_SERVICE].accepted, 0);
}

static void test_access_denied_to_one_outweighs_up_of_the_others(void **state)
{
	struct place *place = *state;

	memcpy(place->fault, example_fault_bad_stub, sizeof(place->fault));
	memcpy(place->fault + 24, (uint8_t[]){5, 0}, 2);
	place->check.interfaces[0] = RPC_NSPI;
	place->check.interfaces[1] = RPC_EMSMDB;
	place->check.interface_count = 2;
	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	ADD_REPLY(&place->server[MAPPER], place->fault);
	add_mapped(place, 1, RPC_EMSMDB, place->server[SERVICE].port);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_gromox);
	ADD_REPLY(&place->server[SERVICE], example_dummy_response);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP_AUTH, "access-denied",
		     "ept_map(nspi) of the endpoint mapper: fault 0x00000005: access denied");
	assert_int_equal(place->server[SERVICE].requests, 2);
}

static void test_refused_when_no_mapper_listens(void **state)
{
	struct place *place = *state;

	script_stop(&place->server[MAPPER]);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "refused", "connecting to the endpoint mapper: Connection refused");
}

static void test_refused_when_the_interface_is_gone_from_its_port(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	script_stop(&place->server[SERVICE]);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "refused", "connecting to emsmdb on port #: Connection refused");
}

static void test_no_port_when_the_towers_lead_elsewhere(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_mapped(place, 0, RPC_RFRI, place->server[SERVICE].port);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "no-port", "the endpoint mapper has no TCP port for emsmdb");
}

static void test_another_status_of_the_mapper_is_down(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_mapped(place, 0, RPC_EMSMDB, place->server[SERVICE].port);
	place->mapped[0][sizeof(place->mapped[0]) - 4] = 1;
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "map-failed", "the endpoint mapper about emsmdb: status 0x00000001");
}

static void test_a_malformed_answer_of_the_mapper_is_down(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_mapped(place, 0, RPC_EMSMDB, place->server[SERVICE].port);
	place->mapped[0][24 + 20] = 9; /* towers */
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "bad-pdu", "the endpoint mapper about emsmdb: malformed answer");
}

static void test_a_mapper_that_cannot_map_is_down(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	ADD_REPLY(&place->server[MAPPER], example_fault_op_range);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "fault-1c010002",
		     "ept_map(emsmdb) of the endpoint mapper: fault 0x1c010002: no such operation");
}

static void test_a_port_135_that_is_no_mapper_is_down(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_rejected);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "rejected",
		     "the endpoint mapper: bind rejected: abstract syntax not supported");
}

static void test_bind_nak_is_down(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_nak_version);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "bind-nak",
		     "the endpoint mapper: bind_nak 4: protocol version not supported");
}

static void test_a_mapper_that_wants_authentication_is_up_auth(void **state)
{
	struct place *place = *state;
	uint8_t nak[sizeof(example_bind_nak_version)];

	memcpy(nak, example_bind_nak_version, sizeof(nak));
	nak[16] = 8;
	ADD_REPLY(&place->server[MAPPER], nak);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP_AUTH, "bind-nak",
		     "the endpoint mapper: bind_nak 8: authentication type not recognised");
}

static void test_rejected_when_another_interface_has_the_port(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_rejected);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "rejected",
		     "emsmdb on port #: bind rejected: abstract syntax not supported");
}

static void test_a_fault_that_proves_life_is_up(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	ADD_REPLY(&place->server[SERVICE], example_fault_bad_stub);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP, "bad-stub", "emsmdb on port #: fault 0x000006f7: bad stub data");
}

static void test_a_failed_dummy_call_is_down(void **state)
{
	struct place *place = *state;
	uint8_t failed[sizeof(example_dummy_response)];

	memcpy(failed, example_dummy_response, sizeof(failed));
	memcpy(failed + 24, (uint8_t[]){0x05, 0x40, 0x00, 0x80}, 4);
	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	ADD_REPLY(&place->server[SERVICE], failed);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "dummy-failed", "emsmdb on port #: EcDummyRpc returned 0x80004005");
}

static void test_eof_instead_of_a_bind_ack_is_down(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	place->server[SERVICE].end = SCRIPT_CLOSES;
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "eof",
		     "waiting for bind_ack of emsmdb on port #: the other side closed");
}

static void test_eof_in_the_middle_of_a_reply_is_down(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	add_reply(&place->server[SERVICE], example_dummy_response, sizeof(example_dummy_response) - 1);
	place->server[SERVICE].end = SCRIPT_CLOSES;
	place->server[SERVICE].end_at_once = true;
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "eof",
		     "waiting for EcDummyRpc of emsmdb on port #: the other side closed");
}

static void test_reset_is_told_from_eof(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	place->server[SERVICE].end = SCRIPT_RESETS;
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "reset",
		     "waiting for bind_ack of emsmdb on port #: Connection reset by peer");
}

static void test_another_protocol_is_down(void **state)
{
	static const char html[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct place *place = *state;

	add_reply(&place->server[MAPPER], html, strlen(html));
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "bad-pdu",
		     "waiting for bind_ack of the endpoint mapper: not DCE/RPC version 5");
}

static void test_a_reply_glued_to_the_bind_ack_answers_no_later_call(void **state)
{
	struct place *place = *state;
	uint8_t glued[2 * sizeof(example_bind_ack_samba)];

	memcpy(glued, example_bind_ack_samba, sizeof(example_bind_ack_samba));
	memcpy(glued + sizeof(example_bind_ack_samba), example_bind_ack_samba, sizeof(example_bind_ack_samba));
	ADD_REPLY(&place->server[MAPPER], glued);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "bad-pdu",
		     "waiting for ept_map(emsmdb) of the endpoint mapper: belongs to another call");
}

/* EMSMDB on a port that was made static, with nobody on the endpoint mapper's. */
static void is_static(struct place *place)
{
	script_stop(&place->server[MAPPER]);
	place->check.port = place->server[SERVICE].port;
}

static void test_a_static_port_needs_no_mapper(void **state)
{
	struct place *place = *state;
	const struct script_server *service = &place->server[SERVICE];

	is_static(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_impacket);
	ADD_REPLY(&place->server[SERVICE], example_dummy_response_impacket);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP, "ok", "emsmdb on port # answers EcDummyRpc");
	assert_memory_equal(service->request[0], example_bind_emsmdb, sizeof(example_bind_emsmdb));
	assert_memory_equal(service->request[1], example_dummy_request, sizeof(example_dummy_request));
}

static void test_a_mapper_that_knows_better_is_not_asked(void **state)
{
	struct place *place = *state;

	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_mapped(place, 0, RPC_EMSMDB, place->server[OTHER_SERVICE].port);
	place->check.port = place->server[SERVICE].port;
	script_stop(&place->server[SERVICE]);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "refused", "connecting to emsmdb on port #: Connection refused");
	assert_int_equal(place->server[MAPPER].accepted + place->server[OTHER_SERVICE].accepted, 0);
}

static void test_every_interface_is_bound_on_the_static_port(void **state)
{
	struct place *place = *state;

	is_static(place);
	place->check.interfaces[0] = RPC_RFRI;
	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_gromox);
	run(place, LONG_MS);
	assert_int_equal(place->outcome.verdict, VERDICT_UP);
	assert_int_equal(place->server[SERVICE].accepted, 2);
	assert_memory_equal(place->server[SERVICE].request[0] + 32, rpc_interface_syntax(RPC_RFRI)->uuid, 16);
	assert_memory_equal(place->server[SERVICE].request[1] + 32, rpc_interface_syntax(RPC_NSPI)->uuid, 16);
}

static void test_access_denied_to_the_call_is_up_auth(void **state)
{
	struct place *place = *state;

	memcpy(place->fault, example_fault_bad_stub, sizeof(place->fault));
	memcpy(place->fault + 24, (uint8_t[]){5, 0}, 2);
	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	ADD_REPLY(&place->server[SERVICE], place->fault);
	run(place, LONG_MS);
	assert_found(place, VERDICT_UP_AUTH, "access-denied", "emsmdb on port #: fault 0x00000005: access denied");
}

static void test_a_server_too_busy_is_overloaded(void **state)
{
	struct place *place = *state;

	memcpy(place->fault, example_fault_op_range, sizeof(place->fault));
	place->fault[24] = 0x14;
	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	ADD_REPLY(&place->server[SERVICE], place->fault);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "overloaded", "emsmdb on port #: fault 0x1c010014: server too busy");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_up_when_mapper_and_interface_answer),
		TEST(test_requests_go_out_as_on_the_wire),
		TEST(test_up_when_every_octet_comes_alone),
		TEST(test_every_interface_is_asked_for_and_bound),
		TEST(test_the_worst_of_several_interfaces_wins),
		TEST(test_nothing_more_is_tried_once_it_is_down),
		TEST(test_access_denied_to_one_outweighs_up_of_the_others),
		TEST(test_refused_when_no_mapper_listens),
		TEST(test_refused_when_the_interface_is_gone_from_its_port),
		TEST(test_no_port_when_the_towers_lead_elsewhere),
		TEST(test_another_status_of_the_mapper_is_down),
		TEST(test_a_malformed_answer_of_the_mapper_is_down),
		TEST(test_a_mapper_that_cannot_map_is_down),
		TEST(test_a_port_135_that_is_no_mapper_is_down),
		TEST(test_bind_nak_is_down),
		TEST(test_a_mapper_that_wants_authentication_is_up_auth),
		TEST(test_rejected_when_another_interface_has_the_port),
		TEST(test_a_fault_that_proves_life_is_up),
		TEST(test_a_failed_dummy_call_is_down),
		TEST(test_eof_instead_of_a_bind_ack_is_down),
		TEST(test_eof_in_the_middle_of_a_reply_is_down),
		TEST(test_reset_is_told_from_eof),
		TEST(test_another_protocol_is_down),
		TEST(test_a_reply_glued_to_the_bind_ack_answers_no_later_call),
		TEST(test_a_static_port_needs_no_mapper),
		TEST(test_a_mapper_that_knows_better_is_not_asked),
		TEST(test_every_interface_is_bound_on_the_static_port),
		TEST(test_access_denied_to_the_call_is_up_auth),
		TEST(test_a_server_too_busy_is_overloaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
