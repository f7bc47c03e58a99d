/* The book of clients: bounded, soft, and no address in it that nobody may send to; and the segment that they get. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "agent/client_book.h"
#include "agent/tickle_packet.h"
#include "conf/conf_address.h"

static struct client client_of(unsigned number)
{
	struct client client = {.vip = 1, .address = 2, .port = (uint16_t)(1 + number % 60000), .vip_port = 443};

	memcpy(client.remote, &number, sizeof(number));
	return client;
}

static void note(struct client_book *book, unsigned number, int64_t at_ms)
{
	struct client client = client_of(number);
	struct client_entry *entry = client_book_note(book, &client);

	entry->used = true;
	entry->told_at = (struct instant){at_ms * 1000000};
}

static unsigned held(struct client_book *book)
{
	unsigned count = 0;

	for (size_t i = 0; i < client_book_size(book); i++)
		count += client_book_at(book, i)->used;
	return count;
}

static void test_as_many_as_it_was_made_for_nearly_all_have_a_place(void **state)
{
	enum { CLIENTS = 50000 };
	struct client_book *book;
	unsigned found = 0;

	(void)state;
	assert_int_equal(client_book_open(&book, CLIENTS), 0);
	for (unsigned i = 0; i < CLIENTS; i++)
		note(book, i, i);
	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client client = client_of(i);

		found += client_book_find(book, &client) != NULL;
	}
	assert_true(found > CLIENTS - CLIENTS / 100);
	assert_int_equal(held(book), found);
	client_book_close(book);
}

static void test_the_same_client_again_takes_no_second_place(void **state)
{
	struct client_book *book;

	(void)state;
	assert_int_equal(client_book_open(&book, 100), 0);
	for (int times = 0; times < 5; times++) {
		for (unsigned i = 0; i < 100; i++)
			note(book, i, times);
	}
	assert_int_equal(held(book), 100);
	client_book_close(book);
}

static void test_clients_without_end_push_out_the_oldest(void **state)
{
	enum { LAST = 100000 };
	struct client newest = client_of(LAST - 1), oldest = client_of(0);
	struct client_book *book;

	(void)state;
	assert_int_equal(client_book_open(&book, 64), 0);
	for (unsigned i = 0; i < LAST; i++)
		note(book, i, i);
	assert_true(held(book) <= client_book_size(book));
	assert_non_null(client_book_find(book, &newest));
	assert_null(client_book_find(book, &oldest));
	client_book_close(book);
}

static struct conf_address address_of(const char *text)
{
	struct conf_address address;
	const char *why;

	memset(&address, 0, sizeof(address));
	assert_int_equal(strchr(text, '/') ? address_read_prefix(text, &address, &why)
					   : address_read(text, &address, &why), 0);
	return address;
}

static bool may_be(const char *vip, const char *client)
{
	struct conf_address of = address_of(vip), remote = address_of(client);

	return client_may_be(&of, remote.bytes);
}

static void test_nobody_but_a_single_other_host_can_be_a_client(void **state)
{
	(void)state;
	assert_true(may_be("192.0.2.50/24", "192.0.2.9"));
	assert_true(may_be("192.0.2.50/24", "198.51.100.255"));
	assert_true(may_be("2001:db8::50/64", "2001:db8:5::9"));
	assert_false(may_be("192.0.2.50/24", "192.0.2.50"));
	assert_false(may_be("192.0.2.50/24", "192.0.2.255"));
	assert_false(may_be("192.0.2.50/24", "192.0.2.0"));
	assert_false(may_be("192.0.2.50/24", "255.255.255.255"));
	assert_false(may_be("192.0.2.50/24", "224.0.0.1"));
	assert_false(may_be("192.0.2.50/24", "127.0.0.1"));
	assert_false(may_be("192.0.2.50/24", "0.0.0.0"));
	assert_false(may_be("2001:db8::50/64", "ff02::1"));
	assert_false(may_be("2001:db8::50/64", "::1"));
	assert_false(may_be("2001:db8::50/64", "::"));
	assert_false(may_be("2001:db8::50/64", "fe80::1"));
	assert_false(may_be("2001:db8::50/64", "::ffff:192.0.2.9"));
}

/* A receiver's sum over pseudo-header and segment is all ones: RFC 1071. */
static void sum_is_right(const struct tickle *tickle, const uint8_t segment[static TICKLE_BYTES])
{
	size_t bytes = tickle->from.family == AF_INET ? 4 : 16;
	uint32_t sum = IPPROTO_TCP + TICKLE_BYTES;

	for (size_t i = 0; i < bytes; i += 2) {
		sum += (uint32_t)tickle->from.bytes[i] << 8 | tickle->from.bytes[i + 1];
		sum += (uint32_t)tickle->to.bytes[i] << 8 | tickle->to.bytes[i + 1];
	}
	for (size_t i = 0; i < TICKLE_BYTES; i += 2)
		sum += (uint32_t)segment[i] << 8 | segment[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void test_a_tickle_is_a_bare_acknowledgement_with_a_right_sum(void **state)
{
	static const char *const pairs[][2] = {{"192.0.2.50", "198.51.100.255"}, {"2001:db8::50", "2001:db8:5::9"}};

	(void)state;
	for (int i = 0; i < 2; i++) {
		for (int form = 0; form < TICKLE_FORMS; form++) {
			struct tickle tickle = {address_of(pairs[i][0]), address_of(pairs[i][1]), 443, 50001, form};
			uint8_t segment[TICKLE_BYTES];
			struct tcphdr header;

			tickle_write(&tickle, segment);
			memcpy(&header, segment, sizeof(header));
			assert_int_equal(header.th_flags, TH_ACK);
			assert_int_equal(ntohs(header.th_sport), 443);
			assert_int_equal(ntohs(header.th_dport), 50001);
			sum_is_right(&tickle, segment);
		}
	}
}

static void test_an_answer_neither_opens_nor_closes(void **state)
{
	struct tcphdr header = {.th_sport = htons(50001), .th_dport = htons(443), .th_flags = TH_ACK};
	uint16_t from = 0, to = 0;

	(void)state;
	assert_true(tickle_answer(&header, sizeof(header), &from, &to));
	assert_int_equal(from, 50001);
	assert_int_equal(to, 443);
	assert_false(tickle_answer(&header, sizeof(header) - 1, &from, &to));
	header.th_flags = TH_SYN;
	assert_false(tickle_answer(&header, sizeof(header), &from, &to));
	header.th_flags = TH_FIN | TH_ACK;
	assert_false(tickle_answer(&header, sizeof(header), &from, &to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_as_it_was_made_for_nearly_all_have_a_place),
		cmocka_unit_test(test_the_same_client_again_takes_no_second_place),
		cmocka_unit_test(test_clients_without_end_push_out_the_oldest),
		cmocka_unit_test(test_nobody_but_a_single_other_host_can_be_a_client),
		cmocka_unit_test(test_a_tickle_is_a_bare_acknowledgement_with_a_right_sum),
		cmocka_unit_test(test_an_answer_neither_opens_nor_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
