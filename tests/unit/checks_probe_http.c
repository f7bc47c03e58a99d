/* Probes over HTTP that share an engine do not get into each other's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>

#include "checks/probe.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/scripted_server.h"

enum { PATIENCE_MS = 10000 };

static struct server server;
static struct conf_check check;
static atomic_int look_ups;

/* In place of libc's: libcurl would call it, in a thread of its own. */
int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
		struct addrinfo **restrict ret)
{
	(void)name;
	(void)service;
	(void)hints;
	(void)ret;
	look_ups++;
	return EAI_FAIL;
}

static int setup(void **state)
{
	(void)state;
	server = (struct server){.reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
	server_listen(&server);
	check = (struct conf_check){.type = CHECK_HTTP, .url = "http://mail.example.test/"};
	check.connect = (struct conf_endpoint){{AF_INET, 32, {127, 0, 0, 1}}, server.port};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	server_die(&server);
	return 0;
}

static struct probe *begin(void)
{
	struct outcome outcome;
	struct probe *probe = probe_http.start(&check, &outcome);

	assert_non_null(probe);
	return probe;
}

static bool is_readable(int fd)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

static struct outcome end_of(struct probe *probe)
{
	int64_t until = server_clock_ms() + PATIENCE_MS;
	struct outcome outcome;
	struct probe_wait wait;

	while (!probe_http.advance(probe, 0, &wait, &outcome)) {
		struct pollfd pollfd = {.fd = wait.fd, .events = wait.events};

		assert_true(server_clock_ms() < until);
		poll(&pollfd, 1, 1);
		server_turn(&server);
	}
	return outcome;
}

static void test_a_probe_ended_by_anothers_turn_is_told_in_its_own(void **state)
{
	struct probe *one = begin(), *other = begin();
	struct outcome outcome;
	struct probe_wait wait;

	(void)state;
	assert_false(probe_http.advance(other, 0, &wait, &outcome));
	/* The other is served first, so its transfer ends with or before this one's. */
	assert_string_equal(end_of(one).reason, "ok");
	probe_http.free(one);
	for (int64_t until = server_clock_ms() + PATIENCE_MS; server.clients > 0 || server.asked < 2;
	     server_turn(&server))
		assert_true(server_clock_ms() < until);
	one = begin();
	assert_string_equal(end_of(one).reason, "ok");
	assert_true(is_readable(wait.fd));
	assert_true(probe_http.advance(other, 0, &wait, &outcome));
	assert_string_equal(outcome.reason, "ok");
	probe_http.free(other);
	probe_http.free(one);
	assert_false(is_readable(wait.fd));
}

static void test_a_probe_freed_untold_leaves_nothing_readable(void **state)
{
	struct probe *one = begin(), *other = begin();
	struct outcome outcome;
	struct probe_wait wait;

	(void)state;
	assert_false(probe_http.advance(other, 0, &wait, &outcome));
	assert_string_equal(end_of(one).reason, "ok");
	probe_http.free(one);
	one = begin();
	assert_string_equal(end_of(one).reason, "ok");
	probe_http.free(other);
	probe_http.free(one);
	assert_false(is_readable(wait.fd));
}

/* A probe that is asked how far it is while the news of its end waits in the socket. */
static void test_asking_for_the_stage_changes_nothing(void **state)
{
	struct probe *probe;
	struct outcome outcome;
	struct probe_wait wait;
	int64_t until = server_clock_ms() + PATIENCE_MS;

	(void)state;
	server.manner = MANNER_RESET;
	probe = begin();
	while (server.asked == 0) {
		assert_true(server_clock_ms() < until);
		assert_false(probe_http.advance(probe, 0, &wait, &outcome));
		server_turn(&server);
	}
	assert_int_equal(server.clients, 0); /* it has sent the reset */
	probe_http.stage(probe);
	assert_string_equal(end_of(probe).reason, "reset");
	probe_http.free(probe);
}

static void test_a_probe_freed_at_any_point_closes_everything(void **state)
{
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe = begin();
	int before;

	(void)state;
	probe_http.free(probe);
	before = count_descriptors();
	for (int turns = 0; turns < 6; turns++) {
		bool ended = false;

		probe = begin();
		for (int i = 0; i < turns && !ended; i++) {
			ended = probe_http.advance(probe, 0, &wait, &outcome);
			if (i > 1)
				server_turn(&server);
		}
		probe_http.free(probe);
		while (server.clients > 0)
			server_drop(&server, 0, false);
		assert_int_equal(count_descriptors(), before);
	}
	probe_http.free(NULL);
}

static void test_a_missing_bundle_is_our_fault_not_the_services(void **state)
{
	struct outcome outcome;
	struct probe *probe;

	(void)state;
	strcpy(check.url, "https://mail.example.test/");
	strcpy(check.ca_file, "/nonexistent/ca.pem");
	check.verify = true;
	probe = begin();
	outcome = end_of(probe);
	probe_http.free(probe);
	assert_string_equal(outcome.reason, "ca-file");
	assert_string_equal(outcome.words, "ca_file /nonexistent/ca.pem: No such file or directory");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
}

/* The extension of a chunk (RFC 9112 7.1.1) is neither header nor body, and libcurl reads on and on. */
static void test_an_answer_that_never_comes_to_its_body_is_cut_off(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;";
	static char endless[8 * 1024 * 1024];
	struct probe *probe = begin();
	struct outcome outcome;

	(void)state;
	memset(endless, 'x', sizeof(endless));
	memcpy(endless, head, sizeof(head) - 1);
	server.manner = MANNER_ENDLESS;
	server.reply = endless;
	server.reply_bytes = sizeof(endless);
	outcome = end_of(probe);
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	assert_string_equal(outcome.reason, "protocol");
	assert_non_null(strstr(outcome.words, "without end"));
	assert_true(server.client[0].sent < sizeof(endless));
	probe_http.free(probe);
}

static void test_asking_where_it_stands_takes_no_error_from_a_probe(void **state)
{
	struct outcome outcome;
	struct probe_wait wait;
	struct probe *probe;

	(void)state;
	server_die(&server);
	probe = begin();
	while (!probe_http.advance(probe, 0, &wait, &outcome)) {
		struct pollfd pollfd = {.fd = wait.fd, .events = wait.events};

		assert_non_null(probe_http.stage(probe));
		assert_true(poll(&pollfd, 1, PATIENCE_MS) == 1);
	}
	probe_http.free(probe);
	assert_string_equal(outcome.reason, "refused");
}

static void test_no_name_is_ever_looked_up(void **state)
{
	struct probe *probe = begin();

	(void)state;
	assert_string_equal(end_of(probe).reason, "ok");
	probe_http.free(probe);
	assert_int_equal(look_ups, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_probe_ended_by_anothers_turn_is_told_in_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_probe_freed_untold_leaves_nothing_readable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_probe_freed_at_any_point_closes_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(test_asking_for_the_stage_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_missing_bundle_is_our_fault_not_the_services, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_answer_that_never_comes_to_its_body_is_cut_off, setup, teardown),
		cmocka_unit_test_setup_teardown(test_asking_where_it_stands_takes_no_error_from_a_probe, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_no_name_is_ever_looked_up, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
