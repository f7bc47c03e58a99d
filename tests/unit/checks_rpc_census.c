/* What the words say of an endpoint mapper that does not know an interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checks/rpc_census.h"
#include "checks/rpc_interface.h"
#include "tests/unit/epm_listing.h"

static const struct dcerpc_syntax another = {.uuid = {1, 2, 3, 4}, .major = 1};
static struct listing listing;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool take_page(struct rpc_census *census, const uint8_t handle[static EPM_HANDLE_BYTES],
		      const struct listed *listed, size_t count, uint32_t status)
{
	struct dcerpc_reply reply;

	listing_make(&listing, handle, listed, (uint32_t)count, status);
	reply = listing_reply(&listing);
	return rpc_census_take(census, &reply);
}

static void assert_words(const struct rpc_census *census, const char *expected)
{
	char words[FACT_WORDS_MAX];

	rpc_census_words(census, RPC_EMSMDB, words);
	assert_string_equal(words, expected);
}

static void assert_listed(const struct listed *listed, size_t count, const char *expected)
{
	struct rpc_census census = {0};

	assert_false(take_page(&census, listing_no_handle, listed, count, 0));
	assert_words(&census, expected);
}

static void test_the_other_interfaces_of_outlook_are_named(void **state)
{
	const struct listed listed[] = {
		{&another, LISTING_TCP, "DHCP"},
		{rpc_interface_syntax(RPC_RFRI), LISTING_TCP, ""},
		{rpc_interface_syntax(RPC_NSPI), LISTING_TCP, ""},
		{rpc_interface_syntax(RPC_NSPI), LISTING_HTTP, ""},
		{&another, LISTING_HTTP, ""},
	};

	(void)state;
	assert_listed(listed, COUNT(listed), ", which has nspi, rfri and 2 other endpoints");
	assert_listed(listed, 2, ", which has rfri and 1 other endpoint");
}

static void test_none_of_outlooks_is_said(void **state)
{
	const struct listed listed[] = {
		{&another, LISTING_TCP, "DHCP"},
		{&another, LISTING_TCP, ""},
		{rpc_interface_syntax(RPC_NSPI), LISTING_HTTP, ""}, /* of no use to a client of rpc over TCP */
	};

	(void)state;
	assert_listed(listed, COUNT(listed), ", which has 2 endpoints, none of Outlook's");
	assert_listed(NULL, 0, ", which has no endpoints at all");
}

static void test_one_that_is_not_over_tcp_is_told_with_its_annotation(void **state)
{
	const struct listed listed[] = {
		{&another, LISTING_TCP, "DHCP"},
		{rpc_interface_syntax(RPC_EMSMDB), LISTING_HTTP, ""},
		{rpc_interface_syntax(RPC_EMSMDB), LISTING_HTTP, "Microsoft Exchange RPC Client Access"},
	};

	(void)state;
	assert_listed(listed, COUNT(listed),
		      ", which has it, but not over TCP: Microsoft Exchange RPC Client Access");
	assert_listed(listed, 2, ", which has it, but not over TCP");
}

static void test_another_version_is_told(void **state)
{
	struct dcerpc_syntax newer = *rpc_interface_syntax(RPC_EMSMDB);
	const struct listed listed = {&newer, LISTING_TCP, "of tomorrow"};

	(void)state;
	newer.major++;
	assert_listed(&listed, 1, ", which has another version of it: of tomorrow");
}

static void test_one_that_is_listed_after_all_is_told(void **state)
{
	const struct listed listed = {rpc_interface_syntax(RPC_EMSMDB), LISTING_TCP, "just come"};

	(void)state;
	assert_listed(&listed, 1, ", which lists it all the same: just come");
}

static void test_pages_are_counted_together_and_only_so_many_are_asked_for(void **state)
{
	const struct listed page[] = {{&another, LISTING_TCP, ""}, {rpc_interface_syntax(RPC_NSPI), LISTING_TCP, ""}};
	struct rpc_census census = {0};

	(void)state;
	for (int i = 1; i < RPC_CENSUS_PAGES_MAX; i++) {
		assert_true(take_page(&census, listing_handle, page, COUNT(page), 0));
		assert_memory_equal(census.handle, listing_handle, EPM_HANDLE_BYTES);
	}
	assert_false(take_page(&census, listing_handle, page, COUNT(page), 0));
	assert_words(&census, ", which has nspi and at least 4 other endpoints");
}

static void test_the_last_page_may_say_not_registered(void **state)
{
	const struct listed page[] = {{&another, LISTING_TCP, ""}, {&another, LISTING_TCP, ""}};
	struct rpc_census census = {0};

	(void)state;
	assert_true(take_page(&census, listing_handle, page, COUNT(page), 0));
	assert_false(take_page(&census, listing_handle, page, COUNT(page), EPM_NOT_REGISTERED_STATUS));
	assert_words(&census, ", which has 4 endpoints, none of Outlook's");
}

static void test_an_empty_page_is_the_last(void **state)
{
	struct rpc_census census = {0};

	(void)state;
	assert_false(take_page(&census, listing_handle, NULL, 0, 0));
	assert_words(&census, ", which has no endpoints at all");
}

static void test_what_is_no_list_adds_nothing(void **state)
{
	const struct listed page[] = {{&another, LISTING_TCP, ""}, {&another, LISTING_TCP, ""}};
	const struct dcerpc_reply fault = {.type = DCERPC_FAULT, .status = 5};
	struct rpc_census census = {0};
	struct dcerpc_reply cut;

	(void)state;
	assert_false(rpc_census_take(&census, &fault));
	assert_words(&census, "");
	assert_true(take_page(&census, listing_handle, page, COUNT(page), 0));
	cut = listing_reply(&listing);
	cut.stub_bytes--;
	assert_false(rpc_census_take(&census, &cut));
	assert_words(&census, ", which has at least 2 endpoints, none of Outlook's");
}

static void test_a_full_page_of_the_longest_entries_is_read(void **state)
{
	static struct listed page[RPC_CENSUS_PAGE];
	struct rpc_census census = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(page); i++)
		page[i] = (struct listed){&another, LISTING_TCP,
					  "012345678901234567890123456789012345678901234567890123456789012"};
	assert_false(take_page(&census, listing_no_handle, page, COUNT(page), 0));
	assert_words(&census, ", which has 128 endpoints, none of Outlook's");
	assert_true(listing.length < DCERPC_REPLY_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_other_interfaces_of_outlook_are_named),
		cmocka_unit_test(test_none_of_outlooks_is_said),
		cmocka_unit_test(test_one_that_is_not_over_tcp_is_told_with_its_annotation),
		cmocka_unit_test(test_another_version_is_told),
		cmocka_unit_test(test_one_that_is_listed_after_all_is_told),
		cmocka_unit_test(test_pages_are_counted_together_and_only_so_many_are_asked_for),
		cmocka_unit_test(test_the_last_page_may_say_not_registered),
		cmocka_unit_test(test_an_empty_page_is_the_last),
		cmocka_unit_test(test_what_is_no_list_adds_nothing),
		cmocka_unit_test(test_a_full_page_of_the_longest_entries_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
