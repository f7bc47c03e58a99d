/* The control socket: real sockets in this process, time as the test says. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/ctl.h"
#include "agent/followers.h"

enum { ROOM = 1 << 20 };

static struct ctl *ctl;
static char directory[] = "/tmp/casvip-ctl-XXXXXX", path[64], why[128];
static struct instant now;

/* What the handler saw, and what it is to answer. */
static struct {
	int calls;
	struct ctl_request request;
	uint64_t token;
	enum ctl_answer when;
	size_t length; /* of the answer's text */
	uint64_t since;
	uid_t uid;     /* who must be asking */
} handled;

static enum ctl_answer handle(void *context, const struct ctl_request *request, struct ctl_reply *reply)
{
	assert_ptr_equal(context, &handled);
	assert_int_equal(reply->uid, handled.uid);
	assert_int_equal(reply->size, ROOM);
	handled.calls++;
	handled.request = *request;
	handled.token = reply->token;
	memset(reply->text, 'x', handled.length);
	reply->length = handled.length;
	reply->since = handled.since;
	return handled.when;
}

static void turn(void)
{
	ctl_dispatch(ctl, now, handle, &handled);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/casvip-ctl-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/run/casvip.sock", directory);
	now = (struct instant){5000000000};
	memset(&handled, 0, sizeof(handled));
	handled.length = 3;
	handled.uid = geteuid();
	return ctl_open(&ctl, path, ROOM, why);
}

static int tear_down(void **state)
{
	char lock[80];

	(void)state;
	ctl_close(ctl);
	ctl = NULL;
	snprintf(lock, sizeof(lock), "%s.lock", path);
	unlink(lock);
	*strrchr(path, '/') = 0;
	rmdir(path);
	return rmdir(directory);
}

static int call(void)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(ctl_address(path, &address), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *words)
{
	assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL), strlen(words));
}

/* Everything until the end, the loop turning meanwhile; closes. The text's length; `exit_code` is the reply's. */
static size_t hear(int fd, enum ctl_exit *exit_code)
{
	static char reply[ROOM + CTL_HEAD_MAX];
	size_t used = 0, length = 0;
	ssize_t n;
	int head;

	for (;;) {
		n = recv(fd, reply + used, sizeof(reply) - used, 0);
		if (n == 0)
			break;
		if (n > 0)
			used += (size_t)n;
		else if (errno == EAGAIN)
			turn();
		else
			fail_msg("recv: %s", strerror(errno));
	}
	close(fd);
	head = ctl_head_parse(reply, used, exit_code, &length);
	assert_true(head > 0);
	assert_int_equal((size_t)head + length, used);
	reply[used < sizeof(reply) ? used : sizeof(reply) - 1] = 0;
	return length;
}

static void is_refused(const char *line)
{
	enum ctl_exit exit_code = CTL_DONE;
	int fd = call(), calls = handled.calls;

	say(fd, line);
	hear(fd, &exit_code);
	assert_int_equal(exit_code, CTL_USAGE);
	assert_int_equal(handled.calls, calls);
}

/* The other end was closed: nothing to read any more, or only the end. */
static bool is_cut_off(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void test_a_request_is_answered_once_it_is_whole_byte_by_byte(void **state)
{
	static const char line[] = "move mail cas2\n";
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i++) {
		assert_int_equal(handled.calls, 0);
		assert_int_equal(send(fd, line + i, 1, 0), 1);
		turn();
	}
	assert_int_equal(handled.calls, 1);
	assert_int_equal(handled.request.verb, CTL_MOVE);
	assert_string_equal(handled.request.vip, "mail");
	assert_string_equal(handled.request.node, "cas2");
	assert_int_equal(hear(fd, &exit_code), 3);
	assert_int_equal(exit_code, CTL_DONE);
	assert_int_equal(ctl_wants(ctl).ns, INSTANT_NEVER.ns);
}

static void test_the_one_descriptor_tells_when_there_is_something_to_do(void **state)
{
	struct pollfd wait = {.fd = ctl_fd(ctl), .events = POLLIN};
	int fd;

	(void)state;
	assert_int_equal(poll(&wait, 1, 0), 0);
	fd = call();
	assert_int_equal(poll(&wait, 1, 0), 1);
	turn();
	assert_int_equal(poll(&wait, 1, 0), 0);
	say(fd, "status\n");
	assert_int_equal(poll(&wait, 1, 0), 1);
	turn();
	assert_int_equal(poll(&wait, 1, 0), 0);
	close(fd);
}

static void test_what_is_no_request_is_refused_with_words(void **state)
{
	char longest[CTL_REQUEST_MAX + 1];

	(void)state;
	is_refused("\n");
	is_refused("   \n");
	is_refused("stat\n");
	is_refused("status now\n");
	is_refused("move\n");
	is_refused("move a b c\n");
	is_refused("follow\n");
	is_refused("follow -1\n");
	is_refused("follow 1x\n");
	is_refused("follow 1 xyz\n");
	is_refused("follow 12345678901234567890\n");
	is_refused("follow 1 0123456789abcdef0\n");
	is_refused("status\r\n");
	is_refused("status\nstatus\n");
	is_refused("st\x01tus\n");
	memset(longest, 'a', CTL_REQUEST_MAX);
	longest[CTL_REQUEST_MAX] = 0;
	is_refused(longest); /* no newline in all that fits */
	memcpy(longest, "move ", 5);
	longest[CTL_REQUEST_MAX - 1] = '\n';
	is_refused(longest); /* no name is that long */
	assert_int_equal(ctl_counts(ctl).malformed, 17);
}

static void test_a_caller_that_hangs_up_in_the_middle_leaves_nothing(void **state)
{
	int fd = call();

	(void)state;
	say(fd, "stat");
	turn();
	assert_int_not_equal(ctl_wants(ctl).ns, INSTANT_NEVER.ns);
	close(fd);
	turn();
	assert_int_equal(handled.calls, 0);
	assert_int_equal(ctl_wants(ctl).ns, INSTANT_NEVER.ns);
}

static void test_a_silent_caller_is_dropped_after_its_time_and_not_before(void **state)
{
	int fd = call();

	(void)state;
	say(fd, "status"); /* and never a newline */
	turn();
	assert_int_equal(ctl_wants(ctl).ns, instant_add(now, duration_ms(CTL_PATIENCE_MS)).ns);
	now = instant_add(now, duration_ms(CTL_PATIENCE_MS - 1));
	turn();
	assert_false(is_cut_off(fd));
	now = instant_add(now, duration_ms(1));
	turn();
	assert_true(is_cut_off(fd));
	assert_int_equal(ctl_counts(ctl).dropped, 1);
	close(fd);
}

static void test_a_slow_reader_gets_a_large_reply_whole(void **state)
{
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	handled.length = ROOM;
	say(fd, "status-json\n");
	turn();
	assert_int_not_equal(ctl_wants(ctl).ns,
			     INSTANT_NEVER.ns); /* it did not fit into the socket: else this tests nothing */
	now = instant_add(now, duration_ms(CTL_PATIENCE_MS - 1));
	assert_int_equal(hear(fd, &exit_code), ROOM);
	assert_int_equal(exit_code, CTL_DONE);
}

static void test_a_reader_that_stops_reading_is_dropped(void **state)
{
	int fd = call();

	(void)state;
	handled.length = ROOM;
	say(fd, "status\n");
	turn();
	now = ctl_wants(ctl);
	assert_int_not_equal(now.ns, INSTANT_NEVER.ns);
	turn();
	assert_int_equal(ctl_counts(ctl).dropped, 1);
	assert_int_equal(ctl_wants(ctl).ns, INSTANT_NEVER.ns);
	close(fd);
}

static void test_twenty_silent_callers_do_not_keep_out_the_next(void **state)
{
	enum ctl_exit exit_code = CTL_FAILED;
	int silent[20], fd, left = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		silent[i] = call();
		if (i % 8 == 7)
			turn();
	}
	fd = call();
	say(fd, "status\n");
	turn();
	turn();
	turn();
	assert_int_equal(handled.calls, 1);
	hear(fd, &exit_code);
	assert_int_equal(exit_code, CTL_DONE);
	for (int i = 0; i < 20; i++) {
		left += !is_cut_off(silent[i]);
		close(silent[i]);
	}
	assert_int_equal(left, CTL_CLIENTS_MAX - 1);
}

static void test_a_waiting_order_keeps_its_place_before_silent_callers(void **state)
{
	enum ctl_exit exit_code = CTL_DONE;
	int order = call(), silent[12];

	(void)state;
	handled.when = CTL_LATER;
	say(order, "standby\n");
	turn();
	for (int i = 0; i < 12; i++) {
		silent[i] = call();
		turn();
	}
	assert_false(is_cut_off(order));
	ctl_finish(ctl, handled.token, now, CTL_FAILED, "nobody is fit");
	for (int i = 0; i < 12; i++)
		close(silent[i]);
	assert_int_equal(hear(order, &exit_code), strlen("nobody is fit"));
	assert_int_equal(exit_code, CTL_FAILED);
}

static void test_a_late_answer_waits_as_long_as_the_loop_needs(void **state)
{
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	handled.when = CTL_LATER;
	say(fd, "move mail\n");
	turn();
	assert_int_equal(ctl_wants(ctl).ns, INSTANT_NEVER.ns);
	now = instant_add(now, duration_ms(3 * CTL_PATIENCE_MS));
	turn();
	assert_false(is_cut_off(fd));
	ctl_finish(ctl, handled.token, now, CTL_DONE, "mail moved to cas2");
	assert_int_equal(hear(fd, &exit_code), strlen("mail moved to cas2"));
	assert_int_equal(exit_code, CTL_DONE);
	assert_int_equal(handled.calls, 1);
}

static void test_who_waits_longest_for_a_status_is_named_first_and_orders_are_not(void **state)
{
	enum ctl_exit exit_code = CTL_FAILED;
	enum ctl_verb verb = CTL_MOVE;
	int order = call(), text = call(), json = call();
	uint64_t first;

	(void)state;
	assert_int_equal(ctl_asks_status(ctl, &verb), 0);
	handled.when = CTL_LATER;
	say(order, "move mail\n");
	turn();
	assert_int_equal(ctl_asks_status(ctl, &verb), 0);
	say(text, "status\n");
	turn();
	first = handled.token;
	say(json, "status-json\n");
	turn();
	assert_int_equal(ctl_asks_status(ctl, &verb), first);
	assert_int_equal(verb, CTL_STATUS);
	ctl_finish(ctl, first, now, CTL_DONE, "all is well");
	assert_int_equal(hear(text, &exit_code), strlen("all is well"));
	assert_int_equal(ctl_asks_status(ctl, &verb), handled.token);
	assert_int_equal(verb, CTL_STATUS_JSON);
	close(order);
	close(json);
}

static void test_an_order_is_answered_once(void **state)
{
	static char text[ROOM + 100];
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	handled.when = CTL_LATER;
	say(fd, "move mail\n");
	turn();
	memset(text, 'x', sizeof(text) - 1);
	ctl_finish(ctl, handled.token, now, CTL_DONE, text); /* more than fits: into the reply, and into the socket */
	ctl_finish(ctl, handled.token, now, CTL_FAILED, "again");
	assert_int_equal(hear(fd, &exit_code), ROOM);
	assert_int_equal(exit_code, CTL_DONE);
}

static void test_a_caller_that_goes_away_while_it_waits_is_nobodys_concern(void **state)
{
	struct pollfd wait = {.fd = ctl_fd(ctl), .events = POLLIN};
	int fd = call(), next;
	uint64_t token;

	(void)state;
	handled.when = CTL_LATER;
	say(fd, "move mail\n");
	turn();
	token = handled.token;
	close(fd);
	turn();
	assert_int_equal(poll(&wait, 1, 0), 0); /* and does not keep the loop awake */
	next = call();                          /* into the slot that is free again */
	say(next, "standby\n");
	turn();
	assert_int_equal(handled.calls, 2);
	ctl_finish(ctl, token, now, CTL_DONE, "too late");
	assert_false(is_cut_off(next));
	assert_int_equal(recv(next, (char[1]){0}, 1, 0), -1); /* the answer was not for this one */
	assert_int_equal(errno, EAGAIN);
	ctl_finish(ctl, 12345, now, CTL_DONE, "never given out");
	ctl_finish(ctl, 0, now, CTL_DONE, "the listener's");
	close(next);
}

static void test_a_half_closed_caller_still_gets_its_late_answer(void **state)
{
	struct pollfd wait = {.fd = ctl_fd(ctl), .events = POLLIN};
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	handled.when = CTL_LATER;
	say(fd, "reload\n");
	shutdown(fd, SHUT_WR);
	turn();
	assert_int_equal(handled.calls, 1);
	assert_int_equal(poll(&wait, 1, 0), 0); /* nor does it keep the loop awake */
	ctl_finish(ctl, handled.token, now, CTL_DONE, "read");
	assert_int_equal(hear(fd, &exit_code), 4);
}

static void test_more_room_can_be_made_while_a_reply_is_on_its_way(void **state)
{
	enum ctl_exit exit_code = CTL_FAILED;
	int fd = call();

	(void)state;
	handled.length = ROOM;
	say(fd, "status\n");
	turn();
	assert_int_equal(ctl_reserve(ctl, 4 * ROOM), 0);
	assert_int_equal(ctl_reserve(ctl, 1), 0); /* never less */
	assert_int_equal(hear(fd, &exit_code), ROOM);
}

static void test_the_socket_is_for_root_and_the_group_in_a_directory_for_all(void **state)
{
	struct stat file;

	(void)state;
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode, S_IFSOCK | (ctl_root_only(ctl) ? 0600 : 0660));
	*strrchr(path, '/') = 0;
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode, S_IFDIR | 0755);
	path[strlen(path)] = '/';
}

static void test_a_second_casvipd_is_refused(void **state)
{
	struct ctl *second = NULL;
	int fd;

	(void)state;
	assert_int_equal(ctl_open(&second, path, ROOM, why), -EADDRINUSE);
	assert_non_null(strstr(why, "another casvipd is running"));
	assert_null(second);
	fd = call(); /* and the first still has its socket */
	close(fd);
	turn();
}

/* A socket file at the path, as left behind, or with somebody who still listens. */
static int plant_socket(bool listens)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ctl_address(path, &address), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (listens)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_only_a_socket_that_nobody_answers_is_replaced(void **state)
{
	int fd;

	(void)state;
	ctl_close(ctl);
	ctl = NULL;
	fd = plant_socket(true);
	assert_int_equal(ctl_open(&ctl, path, ROOM, why), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	assert_int_equal(ctl_open(&ctl, path, ROOM, why), 0);
	close(call());
	turn();
	ctl_close(ctl);
	ctl = NULL;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600); /* somebody's file: not ours to remove */
	assert_true(fd >= 0);
	assert_int_equal(ctl_open(&ctl, path, ROOM, why), -EEXIST);
	assert_null(ctl);
	assert_int_equal(unlink(path), 0);
	close(fd);
}

static void test_a_path_that_cannot_be_is_refused(void **state)
{
	struct ctl *other = NULL;
	char longest[200];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_int_equal(ctl_open(&other, longest, ROOM, why), -ENAMETOOLONG);
	assert_int_equal(ctl_open(&other, "", ROOM, why), -EINVAL);
	assert_int_equal(ctl_open(&other, "/nonexistent/a/b", ROOM, why), -ENOENT);
	assert_null(other);
}

enum { NOBODY = 65534 };

/* In a process of another user: ends with the exit code of the reply. */
static _Noreturn void ask_as_nobody(const char *line)
{
	char reply[256];
	enum ctl_exit exit_code;
	size_t length;
	ssize_t n;
	int fd;

	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(100);
	fd = call();
	fcntl(fd, F_SETFL, 0);
	say(fd, line);
	n = recv(fd, reply, sizeof(reply), 0);
	_exit(n > 0 && ctl_head_parse(reply, (size_t)n, &exit_code, &length) > 0 ? (int)exit_code : 101);
}

static int exit_code_for_nobody(const char *line)
{
	struct pollfd wait = {.fd = ctl_fd(ctl), .events = POLLIN};
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		ask_as_nobody(line);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		poll(&wait, 1, 20);
		turn();
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_whoever_can_connect_may_read_but_not_order(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(path, 0666), 0); /* as if of the group */
	assert_int_equal(chmod(directory, 0755), 0);
	handled.uid = NOBODY;
	assert_int_equal(exit_code_for_nobody("standby\n"), CTL_FAILED);
	assert_int_equal(handled.calls, 0);
	assert_int_equal(ctl_counts(ctl).denied, 1);
	assert_int_equal(exit_code_for_nobody("status\n"), CTL_DONE);
	assert_int_equal(handled.calls, 1);
}

/* Followers. */

static struct events events;

static void tell(void)
{
	static const struct event_origin origin = {.node = "cas1", .session = 7};

	now = instant_add(now, duration_ms(1));
	ctl_tell(ctl, &events, &origin, now);
}

static bool has_line(int fd, const char *start)
{
	char text[EVENT_JSON_MAX];
	ssize_t length = recv(fd, text, sizeof(text), 0);

	return length >= (ssize_t)strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

static void test_a_follower_is_told_events_and_needs_no_callers_slot(void **state)
{
	struct pollfd wait = {.fd = ctl_fd(ctl), .events = POLLIN};
	int follower = call(), others[CTL_CLIENTS_MAX + 2];
	enum ctl_exit exit_code = CTL_FAILED;

	(void)state;
	memset(&events, 0, sizeof(events));
	events_add(&events, 0, 5, "event=started");
	events_add(&events, 0, 5, "event=role");
	handled.when = CTL_FOLLOWS;
	handled.since = 1;
	say(follower, "follow 1 00000000000000ab\n");
	turn();
	assert_int_equal(handled.request.verb, CTL_FOLLOW);
	assert_int_equal(handled.request.since, 1);
	assert_int_equal(handled.request.session, 0xab);
	tell();
	assert_true(has_line(follower, "{\"seq\":2,\"session\":\"0000000000000007\","));
	handled.when = CTL_NOW;
	for (int i = 0; i < CTL_CLIENTS_MAX + 2; i++) {
		others[i] = call();
		turn();
	}
	say(others[CTL_CLIENTS_MAX + 1], "status\n");
	assert_int_equal(hear(others[CTL_CLIENTS_MAX + 1], &exit_code), 3);
	events_add(&events, 0, 5, "event=check");
	tell();
	assert_true(has_line(follower, "{\"seq\":3,"));
	assert_int_equal(ctl_tells_at(ctl, &events).ns, INSTANT_NEVER.ns);
	for (int i = 0; i < CTL_CLIENTS_MAX + 1; i++)
		close(others[i]);
	turn();
	close(follower);
	assert_int_equal(poll(&wait, 1, 0), 1);
	turn(); /* its place is free, and it does not keep the loop awake */
	assert_int_equal(poll(&wait, 1, 0), 0);
}

static void test_one_follower_too_many_is_refused_and_one_that_sticks_is_counted(void **state)
{
	int follower[FOLLOWERS_MAX];
	enum ctl_exit exit_code = CTL_DONE;

	(void)state;
	memset(&events, 0, sizeof(events));
	handled.when = CTL_FOLLOWS;
	for (int i = 0; i <= FOLLOWERS_MAX; i++) {
		int fd = call();

		say(fd, "follow 0\n");
		turn();
		if (i < FOLLOWERS_MAX)
			follower[i] = fd;
		else
			assert_true(hear(fd, &exit_code) > 0);
	}
	assert_int_equal(exit_code, CTL_FAILED);
	for (int i = 0; i < EVENTS_MAX; i++)
		events_add(&events, 0, 5, "event=role words=\"many of them, and nobody reads\"");
	while (ctl_tells_at(ctl, &events).ns != INSTANT_NEVER.ns)
		tell();
	now = ctl_wants(ctl);
	assert_int_not_equal(now.ns, INSTANT_NEVER.ns);
	now = instant_add(now, duration_ms(1000)); /* all of them became stuck within that */
	turn();
	assert_int_equal(ctl_counts(ctl).unfollowed, FOLLOWERS_MAX);
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		close(follower[i]);
}

static void test_requests_read_back_as_they_were_printed(void **state)
{
	struct ctl_request request = {.verb = CTL_MOVE, .vip = "mail", .node = "cas2"}, back;
	char line[CTL_REQUEST_MAX + 1];
	int length = ctl_request_print(&request, line);

	(void)state;
	assert_string_equal(line, "move mail cas2\n");
	assert_int_equal(ctl_request_parse(line, (size_t)length - 1, &back), CTL_OK);
	assert_string_equal(back.node, "cas2");
	request = (struct ctl_request){.verb = CTL_FOLLOW, .since = 42};
	assert_string_equal((ctl_request_print(&request, line), line), "follow 42\n");
	request.session = 0xfe;
	assert_string_equal((ctl_request_print(&request, line), line), "follow 42 00000000000000fe\n");
	request = (struct ctl_request){.verb = CTL_MOVE};
	strcpy(request.vip, "ma il");
	assert_int_equal(ctl_request_print(&request, line), -EINVAL);
	strcpy(request.vip, "ma\nil");
	assert_int_equal(ctl_request_print(&request, line), -EINVAL);
	request.vip[0] = 0;
	assert_int_equal(ctl_request_print(&request, line), -EINVAL);
}

static void test_a_head_is_read_only_when_it_is_one(void **state)
{
	enum ctl_exit exit_code;
	size_t length;

	(void)state;
	assert_int_equal(ctl_head_parse("1 20\nabc", 8, &exit_code, &length), 5);
	assert_int_equal(exit_code, CTL_FAILED);
	assert_int_equal(length, 20);
	assert_int_equal(ctl_head_parse("1 20", 4, &exit_code, &length), 0);
	assert_int_equal(ctl_head_parse("", 0, &exit_code, &length), 0);
	assert_int_equal(ctl_head_parse("9 20\n", 5, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse("1 20 x\n", 7, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse("0-1\n", 4, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse(" 0 1\n", 5, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse("x\n", 2, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse("1 99999999999999999999\n", 23, &exit_code, &length), -EPROTO);
	assert_int_equal(ctl_head_parse("0 1111111111111111111111111111111111111", 39, &exit_code, &length), -EPROTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_request_is_answered_once_it_is_whole_byte_by_byte),
		TEST(test_the_one_descriptor_tells_when_there_is_something_to_do),
		TEST(test_what_is_no_request_is_refused_with_words),
		TEST(test_a_caller_that_hangs_up_in_the_middle_leaves_nothing),
		TEST(test_a_silent_caller_is_dropped_after_its_time_and_not_before),
		TEST(test_a_slow_reader_gets_a_large_reply_whole),
		TEST(test_a_reader_that_stops_reading_is_dropped),
		TEST(test_twenty_silent_callers_do_not_keep_out_the_next),
		TEST(test_a_waiting_order_keeps_its_place_before_silent_callers),
		TEST(test_a_late_answer_waits_as_long_as_the_loop_needs),
		TEST(test_who_waits_longest_for_a_status_is_named_first_and_orders_are_not),
		TEST(test_an_order_is_answered_once),
		TEST(test_a_caller_that_goes_away_while_it_waits_is_nobodys_concern),
		TEST(test_a_half_closed_caller_still_gets_its_late_answer),
		TEST(test_more_room_can_be_made_while_a_reply_is_on_its_way),
		TEST(test_the_socket_is_for_root_and_the_group_in_a_directory_for_all),
		TEST(test_a_second_casvipd_is_refused),
		TEST(test_only_a_socket_that_nobody_answers_is_replaced),
		TEST(test_a_path_that_cannot_be_is_refused),
		TEST(test_whoever_can_connect_may_read_but_not_order),
		TEST(test_a_follower_is_told_events_and_needs_no_callers_slot),
		TEST(test_one_follower_too_many_is_refused_and_one_that_sticks_is_counted),
		cmocka_unit_test(test_requests_read_back_as_they_were_printed),
		cmocka_unit_test(test_a_head_is_read_only_when_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
