/* The roll of clients: one encoding, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "vrrp/roll.h"

static struct roll roll_of(bool ipv6, int clients)
{
	struct roll roll = {.vip = 0x01020304, .ipv6 = ipv6, .clients = clients};

	for (int i = 0; i < (ipv6 ? 16 : 4); i++)
		roll.address[i] = (uint8_t)(0xc0 + i);
	for (int c = 0; c < clients; c++) {
		for (int i = 0; i < (ipv6 ? 16 : 4); i++)
			roll.client[c].address[i] = (uint8_t)(c + i);
		roll.client[c].port = (uint16_t)(1000 + c);
		roll.client[c].vip_port = 443;
	}
	return roll;
}

static void test_a_roll_is_these_bytes(void **state)
{
	static const uint8_t expected[] = {
		1, 2, 3, 4, 4, 0xc0, 0xc1, 0xc2, 0xc3,
		0, 1, 2, 3, 0x03, 0xe8, 0x01, 0xbb,
		1, 2, 3, 4, 0x03, 0xe9, 0x01, 0xbb,
	};
	struct roll roll = roll_of(false, 2);
	uint8_t bytes[ROLL_BODY_MOST];

	(void)state;
	assert_int_equal(roll_write(&roll, bytes), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
}

static void test_what_was_written_is_read_up_to_a_full_one(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		for (int clients = 1; clients <= roll_most(ipv6); clients++) {
			struct roll roll = roll_of(ipv6, clients), read;
			uint8_t bytes[ROLL_BODY_MOST];
			size_t length = roll_write(&roll, bytes);

			assert_int_equal(roll_read(bytes, length, &read), WIRE_OK);
			assert_memory_equal(&read, &roll, sizeof(read));
		}
	}
}

static void refused(const uint8_t *bytes, size_t length)
{
	struct roll read, before;

	memset(&read, 0x5a, sizeof(read));
	before = read;
	assert_int_equal(roll_read(bytes, length, &read), WIRE_BAD_BODY);
	assert_memory_equal(&read, &before, sizeof(read));
}

static void test_a_roll_cut_anywhere_but_between_two_clients_is_refused(void **state)
{
	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct roll roll = roll_of(ipv6, 3), read;
		uint8_t bytes[ROLL_BODY_MOST];
		size_t whole = roll_write(&roll, bytes), client = ipv6 ? 20 : 8, head = whole - 3 * client;

		for (size_t length = 0; length < whole; length++) {
			if (length > head && (length - head) % client == 0)
				assert_int_equal(roll_read(bytes, length, &read), WIRE_OK);
			else
				refused(bytes, length);
		}
	}
}

static void test_another_family_no_port_and_too_many_are_refused(void **state)
{
	struct roll roll = roll_of(false, 1);
	uint8_t bytes[2 * ROLL_BODY_MOST] = {0};
	size_t length = roll_write(&roll, bytes);

	(void)state;
	bytes[4] = 5;
	refused(bytes, length);
	bytes[4] = 4;
	bytes[length - 1] = bytes[length - 2] = 0;
	refused(bytes, length);
	memset(bytes, 1, sizeof(bytes));
	bytes[4] = 4;
	refused(bytes, 9 + 8 * (ROLL_CLIENTS_MAX + 1));
	bytes[4] = 6;
	refused(bytes, 21 + 20 * (ROLL_CLIENTS6_MAX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_roll_is_these_bytes),
		cmocka_unit_test(test_what_was_written_is_read_up_to_a_full_one),
		cmocka_unit_test(test_a_roll_cut_anywhere_but_between_two_clients_is_refused),
		cmocka_unit_test(test_another_family_no_port_and_too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
