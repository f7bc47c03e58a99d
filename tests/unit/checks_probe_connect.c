/* Probe type tcp, the sockets below the probes, and the words of an outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/probe.h"
#include "checks/sock.h"

static const struct conf_address loopback = {.family = AF_INET, .prefix = 32, .bytes = {127, 0, 0, 1}};
static const struct conf_address loopback6 = {.family = AF_INET6, .prefix = 128, .bytes = {[15] = 1}};

/* A socket bound to a port of the kernel's choice. */
static int bound(const struct conf_address *address, uint16_t *port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} name = {0};
	socklen_t length = sizeof(name);
	int fd = socket(address->family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	name.any.sa_family = (sa_family_t)address->family;
	if (address->family == AF_INET)
		name.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		name.in6.sin6_addr = in6addr_loopback;
	assert_int_equal(bind(fd, &name.any, sizeof(name)), 0);
	assert_int_equal(getsockname(fd, &name.any, &length), 0);
	*port = ntohs(address->family == AF_INET ? name.in.sin_port : name.in6.sin6_port);
	return fd;
}

static void run(const struct conf_address *address, uint16_t port, struct outcome *outcome)
{
	struct conf_check check = {.type = CHECK_TCP, .connect = {.address = *address, .port = port}};
	struct probe *probe = probe_connect.start(&check, outcome);
	struct probe_wait wait;
	short revents = 0;

	while (!probe_connect.advance(probe, revents, &wait, outcome)) {
		struct pollfd waits = {.fd = wait.fd, .events = wait.events};

		assert_int_equal(poll(&waits, 1, 10000), 1);
		revents = waits.revents;
	}
	probe_connect.free(probe);
}

static void test_up_when_the_port_accepts(void **state)
{
	static const struct conf_address *const addresses[] = {&loopback, &loopback6};
	struct outcome outcome;
	uint16_t port;

	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = bound(addresses[i], &port);

		listen(fd, 1);
		run(addresses[i], port, &outcome);
		assert_string_equal(outcome.reason, "ok");
		assert_int_equal(outcome.verdict, VERDICT_UP);
		close(fd);
	}
}

static void test_refused_when_nobody_listens(void **state)
{
	struct outcome outcome;
	char words[FACT_WORDS_MAX];
	uint16_t port;
	int fd = bound(&loopback, &port);

	(void)state;
	run(&loopback, port, &outcome);
	snprintf(words, sizeof(words), "connecting to port %u: Connection refused", port);
	assert_string_equal(outcome.words, words);
	assert_string_equal(outcome.reason, "refused");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	close(fd);
}

static void test_the_probe_hangs_up_at_once(void **state)
{
	struct outcome outcome;
	uint16_t port;
	int fd = bound(&loopback, &port), connection;
	char byte;

	(void)state;
	listen(fd, 1);
	run(&loopback, port, &outcome);
	connection = accept(fd, NULL, NULL);
	assert_true(connection >= 0);
	assert_int_equal(recv(connection, &byte, 1, 0), 0);
	close(connection);
	close(fd);
}

static void test_a_connection_to_itself_is_refused(void **state)
{
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint16_t port;
	int fd = bound(&loopback, &port);

	(void)state;
	self.sin_port = htons(port);
	assert_int_equal(connect(fd, (struct sockaddr *)&self, sizeof(self)), 0);
	assert_int_equal(sock_connected(fd), -ECONNREFUSED);
	close(fd);
}

static void test_want_of_descriptors_is_unknown(void **state)
{
	struct rlimit were, none;
	struct outcome outcome;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &were);
	none = were;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	run(&loopback, 1, &outcome);
	setrlimit(RLIMIT_NOFILE, &were);
	assert_string_equal(outcome.reason, "no-descriptors");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
}

static void test_no_address_is_unknown(void **state)
{
	struct outcome outcome;

	(void)state;
	run(&(struct conf_address){0}, 80, &outcome);
	assert_string_equal(outcome.reason, "no-address-family");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
}

static void test_errors_have_reasons_of_their_own(void **state)
{
	static const struct {
		int error;
		enum verdict verdict;
		const char *reason;
	} cases[] = {
		{-ENODATA, VERDICT_DOWN, "eof"},
		{-ECONNRESET, VERDICT_DOWN, "reset"},
		{-EPIPE, VERDICT_DOWN, "reset"},
		{-ETIMEDOUT, VERDICT_DOWN, "timeout"},
		{-EHOSTUNREACH, VERDICT_DOWN, "unreachable"},
		{-ENETUNREACH, VERDICT_DOWN, "unreachable"},
		{-ENOMEM, VERDICT_UNKNOWN, "no-memory"},
		{-EADDRNOTAVAIL, VERDICT_UNKNOWN, "no-local-port"},
		{-EPERM, VERDICT_UNKNOWN, "not-permitted"},
		{-EILSEQ, VERDICT_DOWN, "socket-error"},
		{-99999, VERDICT_DOWN, "socket-error"},
	};
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sock_outcome(&outcome, cases[i].error, "x");
		assert_string_equal(outcome.reason, cases[i].reason);
		assert_int_equal(outcome.verdict, cases[i].verdict);
	}
}

static void test_words_of_an_outcome_are_cut_and_printable(void **state)
{
	struct outcome outcome;
	char text[300];

	(void)state;
	memset(text, 'w', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	outcome_set(&outcome, VERDICT_DOWN, text, "%s", text);
	assert_int_equal(strlen(outcome.words), FACT_WORDS_MAX - 1);
	assert_int_equal(strlen(outcome.reason), FACT_REASON_MAX - 1);
	outcome_set(&outcome, VERDICT_DOWN, "a\nb", "\xc3\xa4 \x1b[1m %d\x7f", 7);
	assert_string_equal(outcome.words, "?? ?[1m 7?");
	assert_string_equal(outcome.reason, "a?b");
	outcome_set(&outcome, VERDICT_UP, outcome.reason, "%s; %s", outcome.words, outcome.words);
	assert_string_equal(outcome.words, "?? ?[1m 7?; ?? ?[1m 7?");
	assert_string_equal(outcome.reason, "a?b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up_when_the_port_accepts),
		cmocka_unit_test(test_refused_when_nobody_listens),
		cmocka_unit_test(test_the_probe_hangs_up_at_once),
		cmocka_unit_test(test_a_connection_to_itself_is_refused),
		cmocka_unit_test(test_want_of_descriptors_is_unknown),
		cmocka_unit_test(test_no_address_is_unknown),
		cmocka_unit_test(test_errors_have_reasons_of_their_own),
		cmocka_unit_test(test_words_of_an_outcome_are_cut_and_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
