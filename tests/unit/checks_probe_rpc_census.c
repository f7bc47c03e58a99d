/* Probe type rpc when the mapper does not know the interface: the verdict is that, and stays that, whatever becomes of
 * the question what the mapper has instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "checks/rpc_census.h"
#include "tests/unit/epm_listing.h"
#include "tests/unit/rpc_place.h"

static const char nothing_known[] = "emsmdb is not registered at the endpoint mapper";
static const struct dcerpc_syntax another = {.uuid = {1, 2, 3, 4}, .major = 1};

/* The mapper says that EMSMDB is not registered. */
static struct script_server *mapper_without_emsmdb(struct place *place)
{
	struct script_server *mapper = &place->server[MAPPER];

	ADD_REPLY(mapper, example_bind_ack_samba);
	ADD_REPLY(mapper, example_ept_map_not_registered);
	return mapper;
}

/* ... and has these, in answer to the call `call_id`. */
static void add_listing(struct script_server *mapper, struct listing *listing, uint8_t call_id,
			const uint8_t handle[static EPM_HANDLE_BYTES], const struct listed *listed, uint32_t count)
{
	listing_make(listing, handle, listed, count, 0);
	listing->bytes[AT_CALL_ID] = call_id;
	add_reply(mapper, listing->bytes, listing->length);
}

static void assert_not_registered(struct place *place, const char *more)
{
	char words[FACT_WORDS_MAX];

	snprintf(words, sizeof(words), "%s%s", nothing_known, more);
	assert_found(place, VERDICT_DOWN, "not-registered", words);
	assert_int_equal(place->server[SERVICE].accepted, 0);
	assert_int_equal(place->server[MAPPER].accepted, 1);
}

static void test_the_words_tell_what_the_mapper_has_instead(void **state)
{
	const struct listed first[] = {{&another, LISTING_TCP, "DHCP"}, {rpc_interface_syntax(RPC_NSPI), LISTING_TCP, ""}};
	const struct listed second[] = {{&another, LISTING_TCP, ""}};
	static struct listing listing[2];
	struct place *place = *state;
	struct script_server *mapper = mapper_without_emsmdb(place);

	add_listing(mapper, &listing[0], 3, listing_handle, first, 2);
	add_listing(mapper, &listing[1], 4, listing_no_handle, second, 1);
	run(place, LONG_MS);
	assert_not_registered(place, ", which has nspi and 2 other endpoints");
	assert_int_equal(mapper->requests, 4);
	assert_memory_equal(mapper->request[2] + LISTING_HEADER + 16, listing_no_handle, EPM_HANDLE_BYTES);
	assert_memory_equal(mapper->request[3] + LISTING_HEADER + 16, listing_handle, EPM_HANDLE_BYTES);
	assert_int_equal(mapper->request[3][LISTING_HEADER + 36], RPC_CENSUS_PAGE);
}

static void test_the_missing_one_of_several_is_told_of(void **state)
{
	const struct listed listed[] = {{rpc_interface_syntax(RPC_EMSMDB), LISTING_TCP, "store"},
					{rpc_interface_syntax(RPC_RFRI), LISTING_HTTP, "referral"}};
	static struct listing listing;
	struct place *place = *state;
	uint8_t not_registered[sizeof(example_ept_map_not_registered)];

	place->check.interfaces[1] = RPC_RFRI;
	place->check.interface_count = 2;
	mapper_knows_emsmdb(place);
	memcpy(not_registered, example_ept_map_not_registered, sizeof(not_registered));
	not_registered[AT_CALL_ID] = 3;
	ADD_REPLY(&place->server[MAPPER], not_registered);
	add_listing(&place->server[MAPPER], &listing, 4, listing_no_handle, listed, 2);
	run(place, LONG_MS);
	assert_found(place, VERDICT_DOWN, "not-registered",
		     "rfri is not registered at the endpoint mapper, which has it, but not over TCP: referral");
	assert_int_equal(place->server[SERVICE].accepted, 0);
}

static void test_a_mapper_that_lists_for_ever_is_left(void **state)
{
	enum { LISTS = SCRIPT_REPLIES_MAX - 2 };
	const struct listed listed = {&another, LISTING_TCP, ""};
	static struct listing listing[LISTS];
	struct place *place = *state;
	struct script_server *mapper = mapper_without_emsmdb(place);

	_Static_assert((int)RPC_CENSUS_PAGES_MAX <= (int)LISTS, "it could be asked for more");
	for (int i = 0; i < LISTS; i++)
		add_listing(mapper, &listing[i], (uint8_t)(3 + i), listing_handle, &listed, 1);
	run(place, LONG_MS);
	assert_not_registered(place, ", which has at least 4 endpoints, none of Outlook's");
	assert_int_equal(mapper->requests, 2 + RPC_CENSUS_PAGES_MAX);
}

static void test_a_mapper_that_does_not_answer_is_waited_for_no_longer_than_the_deadline(void **state)
{
	struct place *place = *state;

	mapper_without_emsmdb(place);
	run(place, 60);
	assert_not_registered(place, "");
}

static void test_a_mapper_that_stops_in_its_list_leaves_what_it_said(void **state)
{
	const struct listed listed = {&another, LISTING_TCP, ""};
	static struct listing listing;
	struct place *place = *state;

	add_listing(mapper_without_emsmdb(place), &listing, 3, listing_handle, &listed, 1);
	run(place, 60);
	assert_not_registered(place, ", which has at least 1 endpoint, none of Outlook's");
}

static void test_a_mapper_that_hangs_up_takes_back_nothing(void **state)
{
	struct place *place = *state;

	mapper_without_emsmdb(place)->end = SCRIPT_RESETS;
	run(place, LONG_MS);
	assert_not_registered(place, "");
}

static void test_a_mapper_that_refuses_to_list_takes_back_nothing(void **state)
{
	struct place *place = *state;

	memcpy(place->fault, example_fault_bad_stub, sizeof(place->fault));
	memcpy(place->fault + 24, (uint8_t[]){5, 0}, 2);
	place->fault[AT_CALL_ID] = 3;
	add_reply(mapper_without_emsmdb(place), place->fault, sizeof(place->fault));
	run(place, LONG_MS);
	assert_not_registered(place, "");
}

static void test_garbage_for_a_list_takes_back_nothing(void **state)
{
	static struct listing listing;
	struct place *place = *state;
	struct script_server *mapper = mapper_without_emsmdb(place);

	add_listing(mapper, &listing, 3, listing_handle, NULL, 0);
	listing.bytes[LISTING_HEADER + 20] = 0xff;
	run(place, LONG_MS);
	assert_not_registered(place, "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_the_words_tell_what_the_mapper_has_instead),
		TEST(test_the_missing_one_of_several_is_told_of),
		TEST(test_a_mapper_that_lists_for_ever_is_left),
		TEST(test_a_mapper_that_does_not_answer_is_waited_for_no_longer_than_the_deadline),
		TEST(test_a_mapper_that_stops_in_its_list_leaves_what_it_said),
		TEST(test_a_mapper_that_hangs_up_takes_back_nothing),
		TEST(test_a_mapper_that_refuses_to_list_takes_back_nothing),
		TEST(test_garbage_for_a_list_takes_back_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
