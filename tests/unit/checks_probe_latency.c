/* Probe type latency: a connection's time against its limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>

#include "checks/probe.h"
#include "checks/sock.h"
#include "tests/unit/scripted_server.h"

enum { PATIENCE_MS = 10000 };

static struct conf_check check;
static int listener;

static void listen_with_room_for(int waiting)
{
	struct server server = {0};

	server_listen(&server);
	listener = server.fd;
	assert_int_equal(listen(listener, waiting), 0);
	check = (struct conf_check){.type = CHECK_LATENCY, .limit = duration_ms(500)};
	check.connect = (struct conf_endpoint){{AF_INET, 32, {127, 0, 0, 1}}, server.port};
}

static struct outcome end_of(struct probe *probe)
{
	struct outcome outcome;
	struct probe_wait wait;

	while (!probe_connect.advance(probe, 0, &wait, &outcome)) {
		struct pollfd pollfd = {.fd = wait.fd, .events = wait.events};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	}
	probe_connect.free(probe);
	return outcome;
}

static void test_up_within_the_limit(void **state)
{
	struct outcome outcome;

	(void)state;
	listen_with_room_for(1);
	outcome = end_of(probe_connect.start(&check, &outcome));
	assert_string_equal(outcome.reason, "ok");
	assert_int_equal(outcome.verdict, VERDICT_UP);
	assert_non_null(strstr(outcome.words, " ms to accept a connection"));
	close(listener);
}

/* The kernel's queue is full: it drops the SYN, which is sent again a second later. */
static void test_a_connection_at_the_second_attempt_is_slow(void **state)
{
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe;
	int first;

	(void)state;
	listen_with_room_for(0);
	first = sock_connect(&check.connect.address, check.connect.port);
	while (sock_connected(first) == -EINPROGRESS)
		poll(&(struct pollfd){.fd = first, .events = POLLOUT}, 1, PATIENCE_MS);
	probe = probe_connect.start(&check, &outcome);
	assert_false(probe_connect.advance(probe, 0, &wait, &outcome));
	close(accept(listener, NULL, NULL));
	outcome = end_of(probe);
	assert_string_equal(outcome.reason, "slow");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	assert_non_null(strstr(outcome.words, " ms to accept a connection: more than 500"));
	close(first);
	close(listener);
}

static void test_the_limit_is_what_the_file_says(void **state)
{
	struct outcome outcome;

	(void)state;
	listen_with_room_for(1);
	check.limit = (struct duration){0}; /* less than any connection takes */
	outcome = end_of(probe_connect.start(&check, &outcome));
	assert_string_equal(outcome.reason, "slow");
	close(listener);
}

static void test_refused_is_not_slow(void **state)
{
	struct outcome outcome;

	(void)state;
	listen_with_room_for(1);
	close(listener);
	outcome = end_of(probe_connect.start(&check, &outcome));
	assert_string_equal(outcome.reason, "refused");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_within_the_limit),
		cmocka_unit_test(test_a_connection_at_the_second_attempt_is_slow),
		cmocka_unit_test(test_the_limit_is_what_the_file_says),
		cmocka_unit_test(test_refused_is_not_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
