/* Who asks casvipd for the web clients: a scripted casvipd in this process, time as the test says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/ctl_wire.h"
#include "agent/web_ask.h"
#include "tests/unit/snapshot.h"

static char directory[] = "/tmp/casvip-web-XXXXXX", path[64], json[1 << 16];
static struct web_ask *ask;
static struct instant now;
static int listener;

static void listen_here(void)
{
	struct sockaddr_un address;

	assert_int_equal(ctl_address(path, &address), 0);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
}

static void stop_listening(void)
{
	close(listener);
	unlink(path);
	listener = -1;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/casvip-web-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/casvip.sock", directory);
	now = (struct instant){INT64_C(5000000000)};
	assert_true(status_write(snapshot_owner(), STATUS_JSON, json, sizeof(json)) > 0);
	assert_int_equal(web_ask_open(&ask, path), 0);
	listen_here();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	web_ask_close(ask);
	if (listener >= 0)
		stop_listening();
	rmdir(directory);
	return 0;
}

static void pass(int ms)
{
	now = instant_add(now, duration_ms(ms));
	web_ask_turn(ask, now);
}

/* The next question's connection, or -1 when none was asked. */
static int question(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char line[64];

	if (fd >= 0) {
		assert_int_equal(read(fd, line, sizeof(line)), 12);
		assert_memory_equal(line, "status-json\n", 12);
	}
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void answer(int fd)
{
	char head[CTL_HEAD_MAX];

	ctl_head_print(CTL_DONE, strlen(json), head);
	say(fd, head);
	say(fd, json);
	close(fd);
	pass(1);
}

static bool is_fresh(void)
{
	const struct web_news news = web_ask_news(ask);

	return web_news_fresh(&news, now);
}

static int questions_within(int ms, bool watched)
{
	int count = 0;

	for (int passed = 0; passed < ms; passed += 10) {
		int fd;

		if (watched)
			web_ask_watched(ask, now);
		pass(9);
		fd = question();
		count += fd >= 0;
		if (fd >= 0)
			answer(fd);
		else
			pass(1);
	}
	return count;
}

static void test_an_answer_is_kept_as_text_and_as_value(void **state)
{
	struct web_news news = web_ask_news(ask);

	(void)state;
	assert_false(news.ever);
	assert_false(is_fresh());
	pass(0);
	answer(question());
	news = web_ask_news(ask);
	assert_true(news.ever && is_fresh());
	assert_string_equal(news.trouble, "");
	assert_int_equal(news.length, strlen(json) - 1); /* without the newline */
	assert_memory_equal(news.text, json, news.length);
	assert_string_equal(news.status->vip[0].active, "cas1");
	assert_int_equal(web_ask_fd(ask), -1);
}

static void test_one_question_a_second_and_four_while_somebody_looks(void **state)
{
	(void)state;
	assert_in_range(questions_within(10000, false), 9, 11);
	assert_in_range(questions_within(10000, true), 38, 42);
	questions_within(WEB_WATCHED_MS, false);
	assert_in_range(questions_within(10000, false), 9, 11);
}

static void test_no_second_question_before_the_first_is_answered_or_given_up(void **state)
{
	int fd;

	(void)state;
	pass(0);
	fd = question();
	assert_true(fd >= 0);
	for (int ms = 0; ms < WEB_ANSWER_MS - 10; ms += 10) {
		web_ask_watched(ask, now);
		pass(10);
		assert_int_equal(question(), -1);
	}
	assert_false(instant_reached(now, web_ask_wants(ask)));
	pass(10);
	assert_string_equal(web_ask_news(ask).trouble, "casvipd does not answer");
	close(fd);
	fd = question(); /* and asks anew */
	assert_true(fd >= 0);
	answer(fd);
	assert_true(is_fresh());
}

static void test_an_answer_grows_old(void **state)
{
	(void)state;
	pass(0);
	answer(question());
	now = instant_add(now, duration_ms(WEB_STALE_MS - 2));
	assert_true(is_fresh());
	now = instant_add(now, duration_ms(2));
	assert_false(is_fresh());
}

static void test_a_dead_agent_is_known_at_the_next_question_and_its_last_answer_stays(void **state)
{
	(void)state;
	pass(0);
	answer(question());
	stop_listening();
	pass(1000);
	assert_false(is_fresh());
	assert_string_equal(web_ask_news(ask).trouble, "casvipd does not run");
	assert_true(web_ask_news(ask).ever);
	assert_string_equal(web_ask_news(ask).status->node, "cas1");
	listen_here();
	pass(1000);
	answer(question());
	assert_true(is_fresh());
}

static void refuses(const char *reply)
{
	int fd;

	pass(1000);
	fd = question();
	assert_true(fd >= 0);
	say(fd, reply);
	close(fd);
	pass(1);
	assert_false(is_fresh());
	assert_string_equal(web_ask_news(ask).trouble, "casvipd's answer is incomplete or of another version");
	assert_string_equal(web_ask_news(ask).status->node, "cas1"); /* of the last good one */
}

static void test_what_is_no_answer_is_refused_and_the_last_one_stays(void **state)
{
	(void)state;
	pass(0);
	answer(question());
	refuses("");
	refuses("0 5\n");
	refuses("0 2\n{}");
	refuses("0 3\n{}");
	refuses("0 1\n{}");
	refuses("1 5\nsorry");
	refuses("hello\n");
}

static void test_an_answer_may_come_in_pieces(void **state)
{
	char head[CTL_HEAD_MAX];
	int fd;

	(void)state;
	pass(0);
	fd = question();
	ctl_head_print(CTL_DONE, strlen(json), head);
	say(fd, head);
	for (size_t i = 0; i < strlen(json); i++) {
		assert_int_equal(write(fd, json + i, 1), 1);
		pass(0);
		assert_false(is_fresh());
	}
	close(fd);
	pass(1);
	assert_true(is_fresh());
}

static void test_an_answer_without_end_is_given_up(void **state)
{
	static char much[1 << 16];
	int fd;

	(void)state;
	pass(0);
	fd = question();
	memset(much, 'x', sizeof(much));
	for (int sent = 0; sent < WEB_REPLY_MAX + (int)sizeof(much); sent += 4096) {
		if (send(fd, much, 4096, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		pass(0);
	}
	assert_string_equal(web_ask_news(ask).trouble, "casvipd's answer is incomplete or of another version");
	close(fd);
}

static void test_a_socket_that_is_closed_to_us_is_told_as_such(void **state)
{
	(void)state;
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_true(chmod(directory, 0700) == 0 || errno == EPERM);
	pass(0);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_string_equal(web_ask_news(ask).trouble,
			    getuid() == 0 ? "casvipd's control socket is closed to this user"
					  : "casvipd was not asked yet");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_answer_is_kept_as_text_and_as_value, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_question_a_second_and_four_while_somebody_looks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_second_question_before_the_first_is_answered_or_given_up, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_an_answer_grows_old, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_dead_agent_is_known_at_the_next_question_and_its_last_answer_stays,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_no_answer_is_refused_and_the_last_one_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_answer_may_come_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_an_answer_without_end_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_socket_that_is_closed_to_us_is_told_as_such, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
