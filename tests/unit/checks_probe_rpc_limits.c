/* Probe type rpc at its limits: servers that stop, stall, trickle or never end, and a host that has no descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "tests/unit/descriptors.h"
#include "tests/unit/rpc_place.h"

static void test_an_endless_reply_is_down(void **state)
{
	enum { FRAGMENT = DCERPC_FRAGMENT_MAX, FRAGMENTS = 20 };
	struct place *place = *state;
	uint8_t *endless = calloc(FRAGMENTS, FRAGMENT);

	for (int i = 0; i < FRAGMENTS; i++) {
		memcpy(endless + i * FRAGMENT, example_dummy_response, 24);
		endless[i * FRAGMENT + 3] = i == 0;
		endless[i * FRAGMENT + 8] = 0;
		endless[i * FRAGMENT + 9] = FRAGMENT >> 8;
	}
	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_reply(&place->server[MAPPER], endless, (size_t)FRAGMENTS * FRAGMENT);
	place->server[MAPPER].portion = FRAGMENT;
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "bad-pdu",
		     "waiting for ept_map(emsmdb) of the endpoint mapper: endless reply");
	free(endless);
}

static void test_a_stopped_mapper_times_out_at_its_bind_ack(void **state)
{
	struct place *place = *state;

	place->server[MAPPER].stopped = true;
	run(place, 60);
	assert_found(place, VERDICT_DOWN, "timeout", "waiting for bind_ack of the endpoint mapper");
}

static void test_a_stopped_interface_times_out_at_its_bind_ack(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	place->server[SERVICE].stopped = true;
	run(place, 60);
	assert_found(place, VERDICT_DOWN, "timeout", "waiting for bind_ack of emsmdb on port #");
}

static void test_a_hung_interface_times_out_at_its_call(void **state)
{
	struct place *place = *state;

	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_samba);
	run(place, 60);
	assert_found(place, VERDICT_DOWN, "timeout", "waiting for EcDummyRpc of emsmdb on port #");
}

static void test_fifteen_octets_of_a_header_time_out(void **state)
{
	struct place *place = *state;

	add_reply(&place->server[MAPPER], example_bind_ack_samba, 15);
	run(place, 60);
	assert_found(place, VERDICT_DOWN, "timeout", "waiting for bind_ack of the endpoint mapper");
}

static void test_a_trickle_of_octets_does_not_stretch_the_deadline(void **state)
{
	struct place *place = *state;
	int64_t took;

	all_is_well(place);
	place->server[MAPPER].portion = 1;
	place->server[MAPPER].portion_ms = 20; /* 60 octets would take 1.2 s */
	took = script_run(&probe_rpc, &place->check, place->server, SERVERS, 150, &place->outcome);
	assert_found(place, VERDICT_DOWN, "timeout", "waiting for bind_ack of the endpoint mapper");
	assert_true(took >= 150);
	assert_int_equal(place->server[MAPPER].requests, 1);
}

static void test_want_of_descriptors_says_nothing_of_the_service(void **state)
{
	struct place *place = *state;
	struct rlimit were, none;

	getrlimit(RLIMIT_NOFILE, &were);
	none = were;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	run(place, LONG_MS);
	setrlimit(RLIMIT_NOFILE, &were);
	assert_found(place, VERDICT_UNKNOWN, "no-descriptors",
		     "connecting to the endpoint mapper: Too many open files");
}

static void test_no_descriptor_outlives_the_probe(void **state)
{
	struct place *place = *state;
	int before = count_descriptors();

	all_is_well(place);
	place->server[SERVICE].stopped = true;
	run(place, 60);
	script_hang_up(&place->server[MAPPER], false);
	assert_int_equal(count_descriptors(), before);
}

static void test_its_descriptors_are_nonblocking_and_close_on_exec(void **state)
{
	struct place *place = *state;
	struct probe *probe = probe_rpc.start(&place->check, &place->outcome);
	struct probe_wait wait;

	assert_string_equal(probe_rpc.stage(probe), "starting");
	assert_false(probe_rpc.advance(probe, 0, &wait, &place->outcome));
	assert_true(fcntl(wait.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(wait.fd, F_GETFD) & FD_CLOEXEC);
	probe_rpc.free(probe);
	probe_rpc.free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_an_endless_reply_is_down),
		TEST(test_a_stopped_mapper_times_out_at_its_bind_ack),
		TEST(test_a_stopped_interface_times_out_at_its_bind_ack),
		TEST(test_a_hung_interface_times_out_at_its_call),
		TEST(test_fifteen_octets_of_a_header_time_out),
		TEST(test_a_trickle_of_octets_does_not_stretch_the_deadline),
		TEST(test_want_of_descriptors_says_nothing_of_the_service),
		TEST(test_no_descriptor_outlives_the_probe),
		TEST(test_its_descriptors_are_nonblocking_and_close_on_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
