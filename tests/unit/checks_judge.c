/* The judge's whole loop against a server that misbehaves to order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>

#include "checks/judge.h"
#include "checks/probe.h"
#include "conf/conf.h"
#include "tests/unit/dcerpc_examples.h"
#include "tests/unit/scripted_server.h"

#define HTTP_OK   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive"
#define HTTP_503  "HTTP/1.1 503 Off\r\nContent-Length: 0\r\n\r\n"
#define LONG_TIME duration_ms(3600 * 1000)

enum { PATIENCE_MS = 10000 };

struct world {
	struct conf *conf;
	struct judge *judge;
	int facts_fd; /* the agent's end */
	int judge_fd;
	struct server server;
};

static int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK), 0);
	world->facts_fd = ends[0];
	world->judge_fd = ends[1];
	world->conf = calloc(1, sizeof(*world->conf));
	world->conf->vips = 1;
	world->server.reply = HTTP_OK;
	server_listen(&world->server);
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	judge_free(world->judge);
	server_die(&world->server);
	if (world->facts_fd >= 0)
		close(world->facts_fd);
	close(world->judge_fd);
	free(world->conf);
	free(world);
	return 0;
}

static struct conf_check *add_check(struct world *world)
{
	struct conf_vip *vip = &world->conf->vip[0];
	struct conf_check *check = &vip->check[vip->checks++];

	*check = (struct conf_check){
		.type = CHECK_HTTP,
		.url = "http://mail.example.test/alive",
		.connect = {.address = {.family = AF_INET, .prefix = 32, .bytes = {127, 0, 0, 1}},
			    .port = world->server.port},
		.interval = LONG_TIME,
		.fast = duration_ms(20),
		.timeout = duration_ms(2000),
		.rise = 2,
		.fall = 2,
		.required = true,
	};
	return check;
}

static void start(struct world *world)
{
	world->judge = judge_new(world->conf, world->judge_fd);
	assert_non_null(world->judge);
}

static void turn(struct world *world)
{
	assert_int_equal(judge_turn(world->judge, duration_ms(1)), 0);
	server_turn(&world->server);
}

static void run_for(struct world *world, int ms)
{
	for (int64_t until = server_clock_ms() + ms; server_clock_ms() < until;)
		turn(world);
}

static bool take_fact(struct world *world, struct fact *fact)
{
	ssize_t got = read(world->facts_fd, fact, sizeof(*fact));

	assert_true(got < 0 || got == sizeof(*fact));
	return got > 0;
}

static struct fact next_fact(struct world *world)
{
	int64_t until = server_clock_ms() + PATIENCE_MS;
	struct fact fact;

	while (!take_fact(world, &fact)) {
		assert_true(server_clock_ms() < until);
		turn(world);
	}
	return fact;
}

/* Turns until `holds` of the next state does; returns the fact that said so. */
static struct fact fact_of_state(struct world *world, enum check_state wanted)
{
	struct fact fact;

	for (int i = 0; i < 1000; i++) {
		fact = next_fact(world);
		if (fact.state == wanted)
			return fact;
	}
	fail_msg("state %d never came", wanted);
	return fact;
}

static void assert_first_fact(struct world *world, enum verdict verdict, const char *reason, const char *words)
{
	struct fact fact;

	start(world);
	fact = next_fact(world);
	assert_string_equal(fact.reason, reason);
	assert_string_equal(fact.words, words);
	assert_int_equal(fact.verdict, verdict);
}

static void test_a_fact_says_who_what_and_when(void **state)
{
	struct world *world = *state;
	struct instant before = judge_clock();
	struct fact fact;

	add_check(world)->type = CHECK_TCP;
	add_check(world);
	start(world);
	do
		fact = next_fact(world);
	while (fact.check != 1);
	assert_int_equal(fact.magic, FACT_MAGIC);
	assert_int_equal(fact.vip, 0);
	assert_int_equal(fact.verdict, VERDICT_UP);
	assert_int_equal(fact.state, CHECK_STATE_UP);
	assert_true(fact.at_ns > before.ns && fact.at_ns <= judge_clock().ns);
	assert_true(fact.took_us < PATIENCE_MS * 1000);
	assert_string_equal(fact.words, "answered 200");
}

static void test_the_request_is_what_servers_expect(void **state)
{
	struct world *world = *state;
	const char *request = world->server.client[0].request;

	add_check(world);
	world->server.manner = MANNER_SILENT;
	setenv("http_proxy", "http://192.0.2.1:3128", 1);
	start(world);
	for (int64_t until = server_clock_ms() + PATIENCE_MS; world->server.asked == 0; turn(world))
		assert_true(server_clock_ms() < until);
	unsetenv("http_proxy");
	assert_string_equal(request,
			    "GET /alive HTTP/1.1\r\nHost: mail.example.test\r\nUser-Agent: casvip/" CASVIP_VERSION
			    "\r\nAccept: */*\r\n\r\n");
}

static void test_a_401_without_a_challenge_is_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
	assert_first_fact(world, VERDICT_DOWN, "no-challenge",
			  "answered 401 but offers no way to log on: every authentication provider is off");
}

static void test_a_401_with_three_challenges_is_up(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "HTTP/1.1 401 No\r\nwww-authenticate: Negotiate\r\nwww-authenticate: NTLM\r\n"
			      "www-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
	assert_first_fact(world, VERDICT_UP_AUTH, "challenge", "answered 401 and wants credentials");
}

static void test_a_wrong_body_is_down(void **state)
{
	struct world *world = *state;

	snprintf(add_check(world)->expect_body, CONF_TEXT_MAX, "healthy");
	assert_first_fact(world, VERDICT_DOWN, "body", "answered 200 without the expected text");
}

static void test_a_closed_connection_without_an_answer_is_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.manner = MANNER_HANG_UP;
	assert_first_fact(world, VERDICT_DOWN, "eof", "waiting for the answer: Empty reply from server");
}

static void test_a_reset_is_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.manner = MANNER_RESET;
	assert_first_fact(world, VERDICT_DOWN, "reset", "waiting for the answer: Connection reset by peer");
}

static void test_a_refused_connection_is_down_at_once(void **state)
{
	struct world *world = *state;
	char words[FACT_WORDS_MAX];

	add_check(world);
	server_die(&world->server);
	snprintf(words, sizeof(words), "connecting to port %d: Connection refused", world->server.port);
	assert_first_fact(world, VERDICT_DOWN, "refused", words);
}

static void test_an_answer_cut_short_is_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nalive";
	start(world);
	assert_string_equal(next_fact(world).reason, "eof");
}

static void test_what_is_not_http_is_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "220 mail.example.test ESMTP\r\n";
	start(world);
	assert_string_equal(next_fact(world).reason, "protocol");
}

static void test_tls_to_a_server_without_it_is_down(void **state)
{
	struct world *world = *state;
	struct conf_check *check = add_check(world);

	snprintf(check->url, sizeof(check->url), "https://mail.example.test/");
	world->server.reply = "220 mail.example.test ESMTP\r\n";
	world->server.manner = MANNER_GREET;
	start(world);
	assert_string_equal(next_fact(world).reason, "tls");
}

/* The deadline is of the whole probe: were it of a read, a server that sends on would not time out. */
static void assert_times_out(struct world *world, const char *words)
{
	struct fact fact;

	world->conf->vip[0].check[0].timeout = duration_ms(150);
	start(world);
	fact = next_fact(world);
	assert_string_equal(fact.words, words);
	assert_string_equal(fact.reason, "timeout");
	assert_int_equal(fact.verdict, VERDICT_DOWN);
	assert_true(fact.took_us >= 150000);
}

static void test_silence_ends_at_the_deadline(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.manner = MANNER_SILENT;
	assert_times_out(world, "timeout after 150 ms: waiting for the answer");
}

static void test_silence_in_the_handshake_ends_at_the_deadline(void **state)
{
	struct world *world = *state;
	struct conf_check *check = add_check(world);

	snprintf(check->url, sizeof(check->url), "https://mail.example.test/");
	world->server.manner = MANNER_SILENT;
	assert_times_out(world, "timeout after 150 ms: TLS handshake");
}

static void test_a_trickling_body_ends_at_the_deadline(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "HTTP/1.1 200 OK\r\n\r\n";
	world->server.manner = MANNER_TRICKLE;
	world->conf->vip[0].check[0].timeout = duration_ms(400);
	start(world);
	assert_string_equal(next_fact(world).words, "timeout after 400 ms: reading the body");
}

static void test_trickling_headers_end_at_the_deadline(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.manner = MANNER_TRICKLE;
	world->server.reply = "HTTP/1.1 100 Continue\r\nX: y";
	assert_times_out(world, "timeout after 150 ms: waiting for the answer");
}

static void test_a_never_ending_answer_is_cut_and_judged(void **state)
{
	struct world *world = *state;

	snprintf(add_check(world)->expect_body, CONF_TEXT_MAX, "alive");
	world->server.reply = "HTTP/1.1 200 OK\r\n\r\nalive";
	world->server.manner = MANNER_ENDLESS;
	assert_first_fact(world, VERDICT_UP, "ok", "answered 200");
}

static void test_never_ending_headers_are_down(void **state)
{
	struct world *world = *state;

	add_check(world);
	world->server.reply = "HTTP/1.1 100 Continue\r\n\r\n";
	world->server.manner = MANNER_ENDLESS;
	start(world);
	assert_int_equal(next_fact(world).verdict, VERDICT_DOWN);
}

static void test_what_cannot_be_probed_is_unknown(void **state)
{
	struct world *world = *state;
	struct conf_check *check = add_check(world);

	check->connect = (struct conf_endpoint){0};
	assert_first_fact(world, VERDICT_UNKNOWN, "config", "no address to connect to: names are not looked up");
}

static void test_wrong_answers_bring_it_down_after_fall_fast_intervals(void **state)
{
	struct world *world = *state;
	struct conf_check *check = add_check(world);
	struct fact first, last;

	check->interval = duration_ms(100);
	check->fall = 3;
	start(world);
	fact_of_state(world, CHECK_STATE_UP);
	world->server.reply = HTTP_503;
	do
		first = next_fact(world);
	while (first.verdict == VERDICT_UP);
	assert_string_equal(first.reason, "status-503");
	assert_int_equal(first.state, CHECK_STATE_UP);
	last = fact_of_state(world, CHECK_STATE_DOWN);
	assert_in_range(last.at_ns - first.at_ns, 35000000, INT64_MAX); /* 2 x fast at least */

	world->server.reply = HTTP_OK;
	last = fact_of_state(world, CHECK_STATE_UP);
	assert_int_equal(last.verdict, VERDICT_UP);
}

static void test_a_service_that_dies_is_down_without_waiting_for_the_interval_nor_for_fast(void **state)
{
	struct world *world = *state;
	struct fact fact;

	add_check(world)->fast = LONG_TIME;
	start(world);
	fact_of_state(world, CHECK_STATE_UP);
	run_for(world, 100); /* the canary's trial is over */
	server_die(&world->server);
	fact = fact_of_state(world, CHECK_STATE_DOWN);
	assert_string_equal(fact.reason, "refused");
}

/* The endpoint mapper would be where nobody listens. A probe says something, and goes. */
static void test_a_canary_sits_on_the_static_port_of_an_interface(void **state)
{
	struct world *world = *state;
	struct conf_check *check = add_check(world);

	check->type = CHECK_RPC;
	check->interfaces[0] = RPC_NSPI;
	check->interface_count = 1;
	check->port = world->server.port;
	check->connect.port = 1;
	world->server.manner = MANNER_GREET;
	world->server.reply = (const char *)example_bind_ack_samba;
	world->server.reply_bytes = sizeof(example_bind_ack_samba);
	start(world);
	fact_of_state(world, CHECK_STATE_UP);
	run_for(world, 100);
	assert_int_equal(world->server.clients, 1);
	assert_int_equal(world->server.client[0].heard, 0);
}

static void test_a_service_that_closes_idle_connections_stays_up(void **state)
{
	struct world *world = *state;
	struct fact fact;

	add_check(world);
	start(world);
	fact_of_state(world, CHECK_STATE_UP);
	run_for(world, 100);
	while (take_fact(world, &fact))
		assert_int_equal(fact.state, CHECK_STATE_UP);
	assert_int_equal(world->server.clients, 1);
	server_drop(&world->server, 0, false);
	fact = next_fact(world);
	assert_int_equal(fact.verdict, VERDICT_UP);
	assert_int_equal(fact.state, CHECK_STATE_UP);
}

static void test_a_server_that_closes_at_once_causes_no_storm(void **state)
{
	struct world *world = *state;
	struct fact fact;

	add_check(world)->interval = duration_ms(100);
	world->server.manner = MANNER_IMPATIENT;
	start(world);
	run_for(world, 1050);
	/* Each interval: a probe, a canary, the probe that its end asks for. */
	assert_in_range(world->server.asked, 2, 24);
	assert_in_range(world->server.accepted, 3, 36);
	while (take_fact(world, &fact))
		assert_int_equal(fact.verdict, VERDICT_UP);
}

/* It accepts the canary and would wait for its request for ever. */
static void test_a_server_of_one_connection_at_a_time_is_not_blocked(void **state)
{
	struct world *world = *state;
	int facts = 0;
	struct fact fact;

	add_check(world)->interval = duration_ms(50);
	world->server.serial = true;
	start(world);
	run_for(world, 600);
	for (; take_fact(world, &fact); facts++)
		assert_int_equal(fact.verdict, VERDICT_UP); /* a probe that waits for the canary times out */
	assert_in_range(facts, 2, 14);
	assert_in_range(world->server.clients, 0, 1); /* a probe at most */
}

static void test_a_slow_agent_gets_the_newest_fact_of_each_check(void **state)
{
	struct world *world = *state;
	int small = 4096, old = 0, fresh = 0;
	struct fact fact;

	setsockopt(world->judge_fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (int i = 0; i < 2; i++) {
		struct conf_check *check = add_check(world);

		check->connect = (struct conf_endpoint){0};
		snprintf(check->url, sizeof(check->url), "http://127.0.0.1:%d/", world->server.port);
		check->interval = duration_ms(10);
	}
	start(world);
	run_for(world, 600);
	world->server.reply = HTTP_503;
	run_for(world, 200);
	while (take_fact(world, &fact))
		old++;
	assert_in_range(old, 1, 30); /* what fitted */
	turn(world);
	for (; take_fact(world, &fact); fresh++)
		assert_int_equal(fact.state, CHECK_STATE_DOWN);
	assert_in_range(fresh, 1, 2);
}

static void test_more_checks_than_places_all_get_their_turn(void **state)
{
	struct world *world = *state;
	struct conf_check check = *add_check(world);
	bool seen[3][VIP_CHECKS_MAX] = {0};
	int left = 0;

	world->server.manner = MANNER_SILENT;
	check.connect = (struct conf_endpoint){0};
	snprintf(check.url, sizeof(check.url), "http://127.0.0.1:%d/", world->server.port);
	check.timeout = duration_ms(50);
	check.interval = check.fast = duration_ms(10);
	world->conf->vips = 3;
	for (int v = 0; v < 3; v++) {
		for (int c = 0; c < VIP_CHECKS_MAX; c++, left++)
			world->conf->vip[v].check[c] = check;
		world->conf->vip[v].checks = VIP_CHECKS_MAX;
	}
	start(world);
	for (int facts = 0; left > 0 && facts < 1000; facts++) {
		struct fact fact = next_fact(world);

		left -= !seen[fact.vip][fact.check];
		seen[fact.vip][fact.check] = true;
		assert_string_equal(fact.reason, "timeout");
	}
	assert_int_equal(left, 0);
}

static void test_the_judge_ends_with_the_agent(void **state)
{
	struct world *world = *state;
	int result = 0;

	add_check(world);
	start(world);
	next_fact(world);
	close(world->facts_fd);
	world->facts_fd = -1;
	for (int i = 0; i < 100 && !result; i++)
		result = judge_turn(world->judge, duration_ms(100));
	assert_int_equal(result, -EPIPE);
}

#define judge_test(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		judge_test(test_a_fact_says_who_what_and_when),
		judge_test(test_the_request_is_what_servers_expect),
		judge_test(test_a_401_without_a_challenge_is_down),
		judge_test(test_a_401_with_three_challenges_is_up),
		judge_test(test_a_wrong_body_is_down),
		judge_test(test_a_closed_connection_without_an_answer_is_down),
		judge_test(test_a_reset_is_down),
		judge_test(test_a_refused_connection_is_down_at_once),
		judge_test(test_an_answer_cut_short_is_down),
		judge_test(test_what_is_not_http_is_down),
		judge_test(test_tls_to_a_server_without_it_is_down),
		judge_test(test_silence_ends_at_the_deadline),
		judge_test(test_silence_in_the_handshake_ends_at_the_deadline),
		judge_test(test_a_trickling_body_ends_at_the_deadline),
		judge_test(test_trickling_headers_end_at_the_deadline),
		judge_test(test_a_never_ending_answer_is_cut_and_judged),
		judge_test(test_never_ending_headers_are_down),
		judge_test(test_what_cannot_be_probed_is_unknown),
		judge_test(test_wrong_answers_bring_it_down_after_fall_fast_intervals),
		judge_test(test_a_service_that_dies_is_down_without_waiting_for_the_interval_nor_for_fast),
		judge_test(test_a_canary_sits_on_the_static_port_of_an_interface),
		judge_test(test_a_service_that_closes_idle_connections_stays_up),
		judge_test(test_a_server_that_closes_at_once_causes_no_storm),
		judge_test(test_a_server_of_one_connection_at_a_time_is_not_blocked),
		judge_test(test_a_slow_agent_gets_the_newest_fact_of_each_check),
		judge_test(test_more_checks_than_places_all_get_their_turn),
		judge_test(test_the_judge_ends_with_the_agent),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
