/* A name server's answer to one question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "checks/dns_answer.h"
#include "conf/conf_address.h"
#include "tests/unit/dns_message.h"

enum { ID = 0x1234, ANSWER = 0x8180 };
#define NAME "outlook.example.net"

static const struct dns_question a = {ID, ns_t_a, NAME}, aaaa = {ID, ns_t_aaaa, NAME};

static enum dns_kind read_as(const struct message *message, const struct dns_question *question,
			     struct dns_answer *answer)
{
	uint8_t *copy = malloc(message->length); /* of its own, so that a byte too far is seen under ASan */
	enum dns_kind kind;

	memcpy(copy, message->bytes, message->length);
	kind = dns_answer_read(copy, message->length, question, answer);
	free(copy);
	return kind;
}

static void assert_address(const struct dns_answer *answer, int place, const char *expected)
{
	char text[ADDRESS_TEXT_MAX];

	assert_true(place < answer->addresses);
	assert_string_equal(address_text(&answer->address[place], false, text), expected);
}

static void test_addresses_are_read(void **state)
{
	struct message four = dns_message(ID, ANSWER, NAME, ns_t_a), six = dns_message(ID, ANSWER, NAME, ns_t_aaaa);
	struct dns_answer answer;

	(void)state;
	put_address(&four, "OUTLOOK.example.NET", "192.0.2.50");
	put_address(&four, NAME, "192.0.2.51");
	assert_int_equal(read_as(&four, &a, &answer), DNS_ADDRESSES);
	assert_int_equal(answer.addresses, 2);
	assert_address(&answer, 0, "192.0.2.50");
	assert_address(&answer, 1, "192.0.2.51");
	put_address(&six, NAME, "2001:db8::50");
	assert_int_equal(read_as(&six, &aaaa, &answer), DNS_ADDRESSES);
	assert_int_equal(answer.addresses, 1);
	assert_address(&answer, 0, "2001:db8::50");
	six = dns_message(ID, ANSWER, NAME, ns_t_aaaa);
	assert_int_equal(read_as(&six, &aaaa, &answer), DNS_ADDRESSES);
	assert_int_equal(answer.addresses, 0);
}

static void test_aliases_are_followed_in_any_order(void **state)
{
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	put_address(&message, "cas.example.org", "192.0.2.50");
	put_alias(&message, "lb.example.net", "cas.example.org");
	put_alias(&message, NAME, "lb.example.net");
	put_address(&message, NAME, "192.0.2.66"); /* beside an alias nothing else counts */
	put_address(&message, "other.example.net", "192.0.2.67");
	assert_int_equal(read_as(&message, &a, &answer), DNS_ADDRESSES);
	assert_int_equal(answer.addresses, 1);
	assert_address(&answer, 0, "192.0.2.50");
}

static void test_aliases_in_a_circle_end(void **state)
{
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	put_alias(&message, NAME, "lb.example.net");
	put_alias(&message, "lb.example.net", NAME);
	assert_int_equal(read_as(&message, &a, &answer), DNS_BAD);
}

static void test_what_answers_another_question_is_not_ours(void **state)
{
	static const struct {
		unsigned id, flags, type;
		const char *name;
	} rows[] = {
		{ID + 1, ANSWER, ns_t_a, NAME},
		{ID, 0x0100, ns_t_a, NAME}, /* a question */
		{ID, ANSWER | 5 << 11, ns_t_a, NAME}, /* an update */
		{ID, ANSWER, ns_t_aaaa, NAME},
		{ID, ANSWER, ns_t_a, "outlook.example.org"},
		{ID, ANSWER, ns_t_a, "www.outlook.example.net"},
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message message = dns_message(rows[i].id, rows[i].flags, rows[i].name, rows[i].type);

		put_address(&message, NAME, "192.0.2.50");
		assert_int_equal(read_as(&message, &a, &answer), DNS_NOT_OURS);
	}
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	message.bytes[5] = 0; /* QDCOUNT: the question is the first answer then */
	message.bytes[7] = 0;
	message.length = 12;
	assert_int_equal(read_as(&message, &a, &answer), DNS_NOT_OURS);
	message.length = 0;
	assert_int_equal(read_as(&message, &a, &answer), DNS_NOT_OURS);
}

static void test_failures_are_told(void **state)
{
	struct message message = dns_message(ID, ANSWER | ns_r_nxdomain, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	assert_int_equal(read_as(&message, &a, &answer), DNS_FAILED);
	assert_int_equal(answer.rcode, ns_r_nxdomain);
	message = dns_message(ID, ANSWER | 0x0200, NAME, ns_t_a);
	assert_int_equal(read_as(&message, &a, &answer), DNS_TRUNCATED);
}

static void test_what_is_cut_short_is_never_addresses(void **state)
{
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	put_alias(&message, NAME, "lb.example.net");
	put_address(&message, "lb.example.net", "192.0.2.50");
	for (size_t whole = message.length; message.length > 1; assert_true(message.length < whole)) {
		message.length--;
		assert_int_equal(read_as(&message, &a, &answer), message.length < 2 ? DNS_NOT_OURS : DNS_BAD);
	}
}

static void test_an_address_of_another_size_is_bad(void **state)
{
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	put_record(&message, NAME, ns_t_a, "\300\0\2", 3);
	assert_int_equal(read_as(&message, &a, &answer), DNS_BAD);
}

static void test_more_addresses_than_there_is_room_for_are_counted(void **state)
{
	struct message message = dns_message(ID, ANSWER, NAME, ns_t_a);
	struct dns_answer answer;

	(void)state;
	for (int i = 0; i < DNS_ADDRESSES_MAX + 5; i++)
		put_address(&message, NAME, "192.0.2.50");
	assert_int_equal(read_as(&message, &a, &answer), DNS_ADDRESSES);
	assert_int_equal(answer.addresses, DNS_ADDRESSES_MAX + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses_are_read),
		cmocka_unit_test(test_aliases_are_followed_in_any_order),
		cmocka_unit_test(test_aliases_in_a_circle_end),
		cmocka_unit_test(test_what_answers_another_question_is_not_ours),
		cmocka_unit_test(test_failures_are_told),
		cmocka_unit_test(test_what_is_cut_short_is_never_addresses),
		cmocka_unit_test(test_an_address_of_another_size_is_bad),
		cmocka_unit_test(test_more_addresses_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
