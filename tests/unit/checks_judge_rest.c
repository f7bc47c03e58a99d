/* A check whose credentials are refused rests, so that it does not lock out its own account. The judge's clock is ours
 * to move. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "checks/credential_store.h"
#include "checks/judge.h"
#include "tests/unit/scripted_server.h"

#define HTTP_OK  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive"
#define HTTP_401 "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"

enum { PATIENCE_MS = 10000 };

static int64_t ahead_s; /* of the machine's clock */
static struct conf *conf;
static struct conf_check *check;
static struct judge *judge;
static struct server server;
static int facts_fd, judge_fd;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_BOOTTIME)
		now->tv_sec += ahead_s;
	return result;
}

static void load_credentials(void)
{
	static const char text[] = "user = probe\npassword = secret\n";
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	credential_store_load(conf, &fd, 1);
}

static int setup(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK), 0);
	facts_fd = ends[0];
	judge_fd = ends[1];
	server = (struct server){.reply = HTTP_OK};
	server_listen(&server);
	conf = calloc(1, sizeof(*conf));
	conf->vips = conf->vip[0].checks = 1;
	check = &conf->vip[0].check[0];
	*check = (struct conf_check){
		.type = CHECK_HTTP,
		.url = "http://mail.example.test/",
		.connect = {{AF_INET, 32, {127, 0, 0, 1}}, server.port},
		.credentials = "probe.cred",
		.interval = duration_ms(50),
		.fast = duration_ms(10),
		.timeout = duration_ms(PATIENCE_MS),
		.rise = 2,
		.fall = 3,
	};
	load_credentials();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	judge_free(judge);
	server_die(&server);
	credential_store_wipe();
	close(facts_fd);
	close(judge_fd);
	free(conf);
	return 0;
}

static struct fact next_fact(void)
{
	int64_t until = server_clock_ms() + PATIENCE_MS;
	struct fact fact;

	while (read(facts_fd, &fact, sizeof(fact)) != sizeof(fact)) {
		assert_true(server_clock_ms() < until);
		assert_int_equal(judge_turn(judge, duration_ms(1)), 0);
		server_turn(&server);
	}
	return fact;
}

static struct fact next_fact_of(enum verdict verdict)
{
	struct fact fact;

	do
		fact = next_fact();
	while (fact.verdict != verdict);
	return fact;
}

static struct fact refused(void)
{
	judge = judge_new(conf, judge_fd);
	assert_int_equal(next_fact_of(VERDICT_UP).state, CHECK_STATE_UP);
	server.reply = HTTP_401;
	return next_fact_of(VERDICT_AUTH_REJECTED);
}

/* So many facts more, and nobody asked the server. */
static struct fact rests(int facts)
{
	struct fact fact;
	int asked = server.asked;

	while (facts-- > 0) {
		fact = next_fact();
		assert_int_equal(fact.verdict, VERDICT_AUTH_REJECTED);
	}
	assert_int_equal(server.asked, asked);
	return fact;
}

/* How long it still rests, in seconds: a busy machine takes a little of that, too. */
static int rests_for(const struct fact *fact)
{
	const char *at = strstr(fact->words, "; asks again in ");
	int seconds = -1;

	assert_non_null(at);
	assert_int_equal(sscanf(at, "; asks again in %d s", &seconds), 1);
	return seconds;
}

static void test_a_refusal_is_bad_at_once_and_rests_for_five_minutes(void **state)
{
	struct fact fact = refused();

	(void)state;
	assert_int_equal(fact.state, CHECK_STATE_DOWN);
	assert_string_equal(fact.reason, "auth-rejected");
	assert_in_range(rests_for(&fact), 250, 300);
	rests(5);
	ahead_s += 290;
	fact = rests(5);
	assert_in_range(rests_for(&fact), 1, 10);
	server.reply = HTTP_OK;
	ahead_s += 11;
	assert_int_equal(next_fact_of(VERDICT_UP).state, CHECK_STATE_DOWN); /* the first good one */
	assert_int_equal(next_fact_of(VERDICT_UP).state, CHECK_STATE_UP);
}

static void test_repeated_facts_are_fresh(void **state)
{
	struct fact first = refused(), then;

	(void)state;
	ahead_s += 100;
	then = rests(2);
	assert_true(then.at_ns - first.at_ns >= 100 * INT64_C(1000000000));
}

static void test_a_refusal_holds_the_state_where_the_file_says_so(void **state)
{
	(void)state;
	check->auth_rejected_holds = true;
	assert_int_equal(refused().state, CHECK_STATE_UP);
	assert_int_equal(rests(5).state, CHECK_STATE_UP);
}

static void test_a_service_that_dies_is_not_asked_sooner(void **state)
{
	(void)state;
	refused();
	for (int64_t until = server_clock_ms() + 100; server_clock_ms() < until; server_turn(&server))
		assert_int_equal(judge_turn(judge, duration_ms(1)), 0); /* the canary's trial is over */
	server_die(&server);
	server_listen(&server);
	rests(5);
}

#define rest_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		rest_test(test_a_refusal_is_bad_at_once_and_rests_for_five_minutes),
		rest_test(test_repeated_facts_are_fresh),
		rest_test(test_a_refusal_holds_the_state_where_the_file_says_so),
		rest_test(test_a_service_that_dies_is_not_asked_sooner),
	};

	signal(SIGPIPE, SIG_IGN);
	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
