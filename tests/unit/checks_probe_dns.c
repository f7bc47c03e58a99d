/* Probe type dns against a name server that answers to order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/conf_address.h"
#include "tests/unit/dns_message.h"
#include "tests/unit/netns.h"
#include "tests/unit/probe_run.h"

enum { ANSWER = 0x8180, QUESTION_OFFSET = 12, PATIENCE_MS = 20000 };
#define NAME "outlook.example.net"

/* What the server answers: flags beside ANSWER, and the addresses of each family. */
struct script {
	unsigned flags;
	const char *four[3], *six[3];
	bool alias;     /* both families by way of another name */
	bool strangers; /* first two that answer something else */
	bool garbage;   /* the id, and nonsense behind it */
	bool mute;
};

static int server_fd = -1;

static void open_server(uint16_t port)
{
	struct sockaddr_in self = {.sin_family = AF_INET, .sin_port = htons(port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(server_fd, (struct sockaddr *)&self, sizeof(self)), 0);
}

static uint16_t server_port(void)
{
	struct sockaddr_in self;
	socklen_t length = sizeof(self);

	assert_int_equal(getsockname(server_fd, (struct sockaddr *)&self, &length), 0);
	return ntohs(self.sin_port);
}

static void reply(const struct message *message, const struct sockaddr_in *to)
{
	ssize_t sent = sendto(server_fd, message->bytes, message->length, 0, (const struct sockaddr *)to, sizeof(*to));

	assert_int_equal(sent, message->length);
}

static struct message answer_of(const struct script *script, unsigned id, unsigned type)
{
	struct message message = dns_message(id, ANSWER | script->flags, NAME, type);
	const char *const *addresses = type == ns_t_a ? script->four : script->six;

	if (script->alias)
		put_alias(&message, NAME, "cas.example.org");
	for (int i = 0; addresses[i]; i++)
		put_address(&message, script->alias ? "cas.example.org" : NAME, addresses[i]);
	return message;
}

/* Answers what has been asked. */
static void serve(const struct script *script)
{
	struct message message = {.length = 0}, stranger;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t got = recvfrom(server_fd, message.bytes, sizeof(message.bytes), 0, (struct sockaddr *)&from, &length);
	unsigned id = (unsigned)(message.bytes[0] << 8 | message.bytes[1]), type;

	if (got < 0 || script->mute)
		return;
	assert_true(got > 4 && message.bytes[2] == 1 && message.bytes[5] == 1); /* recursion, one question */
	assert_memory_equal(message.bytes + QUESTION_OFFSET, "\7outlook\7example\3net", 21);
	type = message.bytes[got - 3];
	if (script->strangers) {
		stranger = answer_of(&(struct script){.four = {"192.0.2.66"}, .six = {"2001:db8::66"}}, id ^ 1, type);
		reply(&stranger, &from);
		stranger = dns_message(id, ANSWER, "www.example.net", type);
		put_address(&stranger, "www.example.net", "192.0.2.66");
		reply(&stranger, &from);
	}
	message = answer_of(script, id, type);
	if (script->garbage)
		message.length -= 2;
	reply(&message, &from);
}

static struct conf_check of_name(void)
{
	struct conf_check check = {
		.type = CHECK_DNS,
		.query = NAME,
		.server = {.address = {.family = AF_INET, .prefix = 32, .bytes = {127, 0, 0, 1}},
			   .port = server_port()},
		.timeout = duration_ms(PATIENCE_MS),
		.expect_addresses = 2,
	};
	const char *why;

	address_read("192.0.2.50", &check.expect_address[0], &why);
	address_read("2001:db8::50", &check.expect_address[1], &why);
	return check;
}

static struct outcome outcome_of(const struct conf_check *check, const struct script *script)
{
	struct runs runs = {0};
	struct run_end end;

	runs_start(&runs, check, 0, probe_clock());
	while (!probe_wait_ms(&runs, 1, &end))
		serve(script);
	return end.outcome;
}

static void assert_found(const struct script *script, enum verdict verdict, const char *reason, const char *words)
{
	struct conf_check check = of_name();
	struct outcome outcome = outcome_of(&check, script);

	assert_outcome(&outcome, verdict, reason, words);
}

#define RIGHT .four = {"192.0.2.50"}, .six = {"2001:db8::50"}
#define FINE  NAME " resolves to 192.0.2.50, 2001:db8::50"

static void test_exactly_the_addresses_are_up(void **state)
{
	(void)state;
	assert_found(&(struct script){RIGHT}, VERDICT_UP, "ok", FINE);
	assert_found(&(struct script){RIGHT, .alias = true}, VERDICT_UP, "ok", FINE);
}

static void test_any_other_address_is_down(void **state)
{
	(void)state;
	assert_found(&(struct script){.four = {"192.0.2.50", "192.0.2.1"}, .six = {"2001:db8::50"}}, VERDICT_DOWN,
		     "other-address", NAME " resolves to 192.0.2.1, which is not expected");
	assert_found(&(struct script){.four = {"192.0.2.50"}, .six = {"2001:db8::50", "2001:db8::1"}}, VERDICT_DOWN,
		     "other-address", NAME " resolves to 2001:db8::1, which is not expected");
	struct conf_check check = of_name();
	check.expect_addresses = 1; /* IPv4 alone: what IPv6 leads to is another place */
	struct outcome outcome = outcome_of(&check, &(struct script){RIGHT});
	assert_outcome(&outcome, VERDICT_DOWN, "other-address",
		       NAME " resolves to 2001:db8::50, which is not expected");
}

static void test_a_missing_address_is_down(void **state)
{
	(void)state;
	assert_found(&(struct script){.four = {"192.0.2.50"}}, VERDICT_DOWN, "missing-address",
		     NAME " does not resolve to 2001:db8::50");
	assert_found(&(struct script){.six = {"2001:db8::50"}}, VERDICT_DOWN, "missing-address",
		     NAME " does not resolve to 192.0.2.50");
}

static void test_what_the_server_refuses_is_down(void **state)
{
	(void)state;
	assert_found(&(struct script){.flags = ns_r_nxdomain}, VERDICT_DOWN, "no-name",
		     "the name server says that there is no " NAME);
	assert_found(&(struct script){.flags = ns_r_servfail}, VERDICT_DOWN, "server-failure",
		     "the name server fails to resolve " NAME);
	assert_found(&(struct script){.flags = ns_r_refused}, VERDICT_DOWN, "rcode",
		     "the name server answers 5 about " NAME);
	assert_found(&(struct script){RIGHT, .flags = 0x0200}, VERDICT_DOWN, "truncated",
		     NAME " resolves to more than fits in a datagram");
	assert_found(&(struct script){RIGHT, .garbage = true}, VERDICT_DOWN, "bad-answer",
		     "the name server's answer about " NAME " is malformed");
}

static void test_strangers_answers_are_passed_over(void **state)
{
	(void)state;
	assert_found(&(struct script){RIGHT, .strangers = true}, VERDICT_UP, "ok", FINE);
}

static void test_silence_ends_at_the_deadline(void **state)
{
	struct conf_check check = of_name();
	struct outcome outcome;

	(void)state;
	check.timeout = duration_ms(150);
	outcome = outcome_of(&check, &(struct script){.mute = true});
	assert_outcome(&outcome, VERDICT_DOWN, "timeout",
		       "timeout after 150 ms: waiting for the name server to answer (A)");
}

static void test_where_nobody_listens_it_is_refused(void **state)
{
	struct conf_check check = of_name();
	struct outcome outcome;

	(void)state;
	close(server_fd);
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_DOWN, "refused", "asking the name server: Connection refused");
	open_server(0);
}

/* In namespaces of its own; the last test, for there is no way back. */
static void test_without_a_server_the_first_of_resolv_conf_is_asked(void **state)
{
	char path[] = "/tmp/casvip-resolv-XXXXXX";
	int file = mkstemp(path), network;
	struct conf_check check = of_name();
	struct outcome outcome;

	(void)state;
	network = geteuid() == 0 ? netns_new() : -1;
	if (network < 0 || unshare(CLONE_NEWNS) < 0)
		skip();
	assert_int_equal(write(file, "nameserver 127.0.0.1\nnameserver 192.0.2.53\n", 43), 43);
	close(file);
	run("ip link set lo up");
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL), 0);
	close(server_fd);
	open_server(53);
	check.server = (struct conf_endpoint){0};
	outcome = outcome_of(&check, &(struct script){RIGHT});
	umount("/etc/resolv.conf");
	unlink(path);
	assert_outcome(&outcome, VERDICT_UP, "ok", FINE);
}

static int start_server(void **state)
{
	(void)state;
	open_server(0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exactly_the_addresses_are_up),
		cmocka_unit_test(test_any_other_address_is_down),
		cmocka_unit_test(test_a_missing_address_is_down),
		cmocka_unit_test(test_what_the_server_refuses_is_down),
		cmocka_unit_test(test_strangers_answers_are_passed_over),
		cmocka_unit_test(test_silence_ends_at_the_deadline),
		cmocka_unit_test(test_where_nobody_listens_it_is_refused),
		cmocka_unit_test(test_without_a_server_the_first_of_resolv_conf_is_asked),
	};

	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, start_server, NULL);
}
