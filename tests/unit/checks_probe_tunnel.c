/* Probe type outlook-anywhere with a tunnel against a scripted proxy: what goes out on both channels, which of two
 * troubles is told, and that nothing stays open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>

#include "checks/rpc_interface.h"
#include "tests/unit/descriptors.h"
#include "tests/unit/scripted_proxy.h"

enum {
	B1 = RTS_CONN_B1_BYTES,
	BIND = B1 + DCERPC_BIND_BYTES,
	DUMMY = BIND + DCERPC_REQUEST_BYTES,
	AT_CONNECTION = 32, /* cookies of CONN/A1 and CONN/B1 */
	AT_CHANNEL = 52,
	AT_GROUP = 88,
	TIMEOUT_MS = 1000,
};

struct place {
	struct proxy proxy;
	struct conf_check check;
	struct runs runs;
	struct outcome outcome;
};

static void add_step(struct place *place, size_t in_bytes, const void *bytes, size_t length)
{
	place->proxy.step[place->proxy.steps++] = (struct proxy_step){in_bytes, bytes, length};
}
#define STEP(place, in_bytes, example) add_step(place, in_bytes, example, sizeof(example))

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	struct conf_check *check = &place->check;

	*state = place;
	place->proxy.out_answer = PROXY_STREAM;
	proxy_listen(&place->proxy);
	check->type = CHECK_OUTLOOK_ANYWHERE;
	check->tunnel = true;
	strcpy(check->url, "http://mail.example.test/rpc/rpcproxy.dll?mail.example.test:6001");
	check->connect = (struct conf_endpoint){{AF_INET, 32, {127, 0, 0, 1}}, place->proxy.port};
	check->interfaces[0] = RPC_EMSMDB;
	check->interface_count = 1;
	check->timeout = duration_ms(TIMEOUT_MS);
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	runs_done(&place->runs);
	proxy_stop(&place->proxy);
	free(place);
	return 0;
}

static void all_is_well(struct place *place)
{
	STEP(place, 0, example_conn_a3);
	STEP(place, B1, example_conn_c2);
	STEP(place, BIND, example_bind_ack_gromox);
	STEP(place, DUMMY, example_dummy_response);
}

static void start(struct place *place)
{
	runs_start(&place->runs, &place->check, 0, (struct instant){0});
}

static void run(struct place *place)
{
	struct run_end end;

	start(place);
	assert_true(proxy_run_until(&place->proxy, &place->runs, NULL, &end));
	place->outcome = end.outcome;
}

/* Runs until the proxy has come to where it stays, and then the deadline comes. */
static void run_out_of_time(struct place *place, bool (*is_reached)(struct proxy *proxy))
{
	struct run_end end;

	start(place);
	assert_false(proxy_run_until(&place->proxy, &place->runs, is_reached, &end));
	for (int turns = 0; turns < 20; turns++) { /* so that what it said is read */
		struct pollfd fds[RUNS_MAX];

		poll(fds, (nfds_t)runs_wait(&place->runs, fds), 1);
		runs_woke(&place->runs, fds);
		assert_false(runs_next(&place->runs, (struct instant){0}, &end));
	}
	assert_true(runs_next(&place->runs, (struct instant){TIMEOUT_MS * INT64_C(1000000)}, &end));
	place->outcome = end.outcome;
}

static void assert_found(const struct place *place, enum verdict verdict, const char *reason, const char *words)
{
	assert_string_equal(place->outcome.words, words);
	assert_string_equal(place->outcome.reason, reason);
	assert_int_equal(place->outcome.verdict, verdict);
}

static bool says(const struct proxy_client *client, const char *text)
{
	return strcasestr(client->text, text) != NULL;
}

static void test_up_when_the_interface_answers_through_the_tunnel(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	run(place);
	assert_found(place, VERDICT_UP, "ok", "emsmdb through the tunnel answers EcDummyRpc");
	assert_int_equal(place->proxy.accepted, 2);
}

static void test_the_requests_are_those_of_the_specification(void **state)
{
	static const char *const common[] = {
		" /rpc/rpcproxy.dll?mail.example.test:6001 HTTP/1.1\r\n",
		"\r\nHost: mail.example.test\r\n",
		"\r\nAccept: application/rpc\r\n",
		"\r\nUser-Agent: MSRPC\r\n",
		"\r\nCache-Control: no-cache\r\n",
		"\r\nPragma: No-cache\r\n",
	};
	struct place *place = *state;
	const struct proxy_client *out, *in;

	all_is_well(place);
	run(place);
	out = proxy_channel(&place->proxy, true);
	in = proxy_channel(&place->proxy, false);
	assert_int_equal(strncmp(out->text, "RPC_OUT_DATA ", 13), 0);
	assert_int_equal(strncmp(in->text, "RPC_IN_DATA ", 12), 0);
	assert_true(says(out, "\r\nContent-Length: 76\r\n"));
	assert_true(says(in, "\r\nContent-Length: 1073741824\r\n"));
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		assert_true(says(out, common[i]) && says(in, common[i]));
	assert_false(says(out, "\r\nExpect:") || says(in, "\r\nExpect:"));
	assert_false(says(out, "\r\nContent-Type:") || says(in, "\r\nContent-Type:"));
}

/* The PDU at `at` is the example but for its cookies, at those places. */
static void assert_but_for_cookies(const uint8_t *pdu, const uint8_t *example, size_t length, const size_t *cookies)
{
	uint8_t blank[128], wanted[128];

	memcpy(blank, pdu, length);
	memcpy(wanted, example, length);
	for (; *cookies; cookies++) {
		memset(blank + *cookies, 0, RTS_COOKIE_BYTES);
		memset(wanted + *cookies, 0, RTS_COOKIE_BYTES);
	}
	assert_memory_equal(blank, wanted, length);
}

static void test_the_channels_carry_what_the_examples_show(void **state)
{
	static const size_t a1_cookies[] = {AT_CONNECTION, AT_CHANNEL, 0};
	static const size_t b1_cookies[] = {AT_CONNECTION, AT_CHANNEL, AT_GROUP, 0};
	struct place *place = *state;
	const struct proxy_client *out, *in;
	const uint8_t *a1, *b1;

	all_is_well(place);
	run(place);
	out = proxy_channel(&place->proxy, true);
	in = proxy_channel(&place->proxy, false);
	assert_int_equal(proxy_body_bytes(out), RTS_CONN_A1_BYTES);
	assert_int_equal(proxy_body_bytes(in), DUMMY);
	a1 = (const uint8_t *)out->text + out->body_at;
	b1 = (const uint8_t *)in->text + in->body_at;
	assert_but_for_cookies(a1, example_conn_a1, RTS_CONN_A1_BYTES, a1_cookies);
	assert_but_for_cookies(b1, example_conn_b1, RTS_CONN_B1_BYTES, b1_cookies);
	assert_memory_equal(a1 + AT_CONNECTION, b1 + AT_CONNECTION, RTS_COOKIE_BYTES);
	assert_memory_not_equal(a1 + AT_CONNECTION, a1 + AT_CHANNEL, RTS_COOKIE_BYTES);
	assert_memory_not_equal(a1 + AT_CHANNEL, b1 + AT_CHANNEL, RTS_COOKIE_BYTES);
	assert_memory_not_equal(a1 + AT_CONNECTION, b1 + AT_GROUP, RTS_COOKIE_BYTES);
	assert_memory_equal(b1 + B1, example_bind_emsmdb, sizeof(example_bind_emsmdb));
	assert_memory_equal(b1 + BIND, example_dummy_request, sizeof(example_dummy_request));
}

static void test_no_cookie_is_used_twice(void **state)
{
	struct place *place = *state;
	uint8_t first[RTS_COOKIE_BYTES];
	const struct proxy_client *out;

	all_is_well(place);
	run(place);
	out = proxy_channel(&place->proxy, true);
	memcpy(first, out->text + out->body_at + AT_CONNECTION, sizeof(first));
	run(place);
	out = proxy_channel(&place->proxy, true);
	assert_int_equal(place->proxy.accepted, 4);
	assert_memory_not_equal(out->text + out->body_at + AT_CONNECTION, first, sizeof(first));
}

static void test_up_when_every_octet_comes_alone(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	place->proxy.portion = 1;
	run(place);
	assert_found(place, VERDICT_UP, "ok", "emsmdb through the tunnel answers EcDummyRpc");
}

static void test_each_interface_has_a_tunnel_of_its_own(void **state)
{
	struct place *place = *state;

	place->check.interfaces[0] = RPC_NSPI;
	place->check.interfaces[1] = RPC_EMSMDB;
	place->check.interface_count = 2;
	all_is_well(place);
	run(place);
	assert_found(place, VERDICT_UP, "ok",
		     "nspi through the tunnel accepts a bind; emsmdb through the tunnel answers EcDummyRpc");
	assert_int_equal(place->proxy.accepted, 4);
}

static void test_nothing_more_is_tried_once_it_is_down(void **state)
{
	struct place *place = *state;

	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	STEP(place, 0, example_conn_a3);
	STEP(place, B1, example_conn_c2);
	STEP(place, BIND, example_bind_ack_rejected);
	run(place);
	assert_found(place, VERDICT_DOWN, "rejected",
		     "emsmdb through the tunnel: bind rejected: abstract syntax not supported");
	assert_int_equal(place->proxy.accepted, 2);
}

static void test_a_proxy_that_wants_credentials_is_asked_once(void **state)
{
	struct place *place = *state;

	place->check.interfaces[1] = RPC_NSPI;
	place->check.interface_count = 2;
	place->proxy.out_answer = place->proxy.in_answer =
		"HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n\r\n";
	run(place);
	assert_found(place, VERDICT_UP_AUTH, "challenge", "OUT channel: answered 401 and wants credentials");
	assert_int_equal(place->proxy.accepted, 2);
}

static void test_a_refused_out_channel_outweighs_a_reset_in_channel(void **state)
{
	struct place *place = *state;

	place->proxy.out_answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n";
	place->proxy.in_end = PROXY_RESETS;
	run(place);
	assert_found(place, VERDICT_UP_AUTH, "challenge", "OUT channel: answered 401 and wants credentials");
}

static void test_a_body_limit_outweighs_a_refused_out_channel(void **state)
{
	struct place *place = *state;

	place->proxy.together = true;
	place->proxy.in_answer = "HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n";
	place->proxy.out_answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\n\r\n";
	run(place);
	assert_found(place, VERDICT_DOWN, "frontend-body-limit",
		     "IN channel: answered 413: the front end limits request bodies");
}

static void test_a_body_limit_is_told_while_the_out_channel_is_mute(void **state)
{
	struct place *place = *state;

	place->proxy.in_answer = "HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\n\r\n";
	place->proxy.out_answer = NULL;
	run(place);
	assert_found(place, VERDICT_DOWN, "frontend-body-limit",
		     "IN channel: answered 413: the front end limits request bodies");
}

static void test_an_in_channel_refused_alone_is_down(void **state)
{
	struct place *place = *state;

	STEP(place, 0, example_conn_a3);
	place->proxy.in_answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\n\r\n";
	run(place);
	assert_found(place, VERDICT_DOWN, "in-channel",
		     "IN channel: answered 401, and the OUT channel is let in");
}

static void test_an_in_channel_hung_up_on_is_down_at_once(void **state)
{
	struct place *place = *state;

	STEP(place, 0, example_conn_a3);
	place->proxy.in_end = PROXY_CLOSES;
	run(place);
	assert_found(place, VERDICT_DOWN, "in-channel", "IN channel: the other side closed");
}

static void test_an_interim_reply_on_the_in_channel_is_no_answer(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	place->proxy.in_answer = "HTTP/1.1 100 Continue\r\n\r\n";
	run(place);
	assert_found(place, VERDICT_UP, "ok", "emsmdb through the tunnel answers EcDummyRpc");
}

static void test_no_reply_at_all_is_down(void **state)
{
	struct place *place = *state;

	place->proxy.out_answer = NULL;
	place->proxy.out_end = place->proxy.in_end = PROXY_CLOSES;
	run(place);
	assert_found(place, VERDICT_DOWN, "eof",
		     "OUT channel: waiting for the answer: Empty reply from server");
}

static void test_a_refused_connection_is_told_as_such(void **state)
{
	struct place *place = *state;
	char words[FACT_WORDS_MAX];

	proxy_stop(&place->proxy);
	run(place);
	snprintf(words, sizeof(words), "OUT channel: connecting to port %u: Connection refused", place->proxy.port);
	assert_found(place, VERDICT_DOWN, "refused", words);
}

static void test_a_page_that_holds_pdus_opens_nothing(void **state)
{
	struct place *place = *state;

	place->proxy.out_answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
	all_is_well(place);
	run(place);
	assert_found(place, VERDICT_DOWN, "protocol",
		     "OUT channel: answered 200, but not as an RPC proxy does");
}

static void test_a_reply_before_the_bind_answers_nothing(void **state)
{
	uint8_t glued[sizeof(example_conn_c2) + sizeof(example_bind_ack_gromox)];
	struct place *place = *state;

	memcpy(glued, example_conn_c2, sizeof(example_conn_c2));
	memcpy(glued + sizeof(example_conn_c2), example_bind_ack_gromox, sizeof(example_bind_ack_gromox));
	STEP(place, 0, example_conn_a3);
	add_step(place, B1, glued, sizeof(glued));
	run(place);
	assert_int_equal(place->outcome.verdict, VERDICT_DOWN);
	assert_string_equal(place->outcome.reason, "bad-pdu");
	assert_non_null(strstr(place->outcome.words, "a reply that nobody asked for"));
}

static void test_a_reply_glued_to_the_bind_ack_answers_no_later_call(void **state)
{
	uint8_t glued[sizeof(example_bind_ack_gromox) + sizeof(example_dummy_response)];
	struct place *place = *state;

	memcpy(glued, example_bind_ack_gromox, sizeof(example_bind_ack_gromox));
	memcpy(glued + sizeof(example_bind_ack_gromox), example_dummy_response, sizeof(example_dummy_response));
	STEP(place, 0, example_conn_a3);
	STEP(place, B1, example_conn_c2);
	add_step(place, BIND, glued, sizeof(glued));
	run(place);
	assert_found(place, VERDICT_DOWN, "bad-pdu",
		     "waiting for bind_ack of emsmdb through the tunnel: a reply that nobody asked for");
}

static bool has_sent_a3(struct proxy *proxy)
{
	return proxy->done_steps == 1 && proxy_body_bytes(proxy_channel(proxy, false)) == B1;
}

static void test_no_c2_within_the_deadline_is_the_in_channel(void **state)
{
	struct place *place = *state;

	STEP(place, 0, example_conn_a3);
	run_out_of_time(place, has_sent_a3);
	assert_found(place, VERDICT_DOWN, "in-channel",
		     "timeout after 1000 ms: CONN/A3 came, CONN/C2 did not: something keeps back the IN channel");
}

static bool has_both_channels(struct proxy *proxy)
{
	return proxy_channel(proxy, true) && proxy_body_bytes(proxy_channel(proxy, false)) == B1;
}

static void test_no_a3_within_the_deadline_is_a_timeout(void **state)
{
	struct place *place = *state;

	run_out_of_time(place, has_both_channels);
	assert_found(place, VERDICT_DOWN, "timeout", "timeout after 1000 ms: waiting for CONN/A3");
}

static bool has_the_call(struct proxy *proxy)
{
	return proxy_body_bytes(proxy_channel(proxy, false)) == DUMMY;
}

static void test_a_hung_interface_times_out_at_its_call(void **state)
{
	struct place *place = *state;

	all_is_well(place);
	place->proxy.steps--;
	run_out_of_time(place, has_the_call);
	assert_found(place, VERDICT_DOWN, "timeout",
		     "timeout after 1000 ms: waiting for EcDummyRpc of emsmdb through the tunnel");
}

static void test_a_dead_in_channel_is_named_while_the_out_channel_is_mute(void **state)
{
	struct place *place = *state;

	place->proxy.out_answer = NULL;
	place->proxy.in_end = PROXY_CLOSES;
	run_out_of_time(place, has_both_channels);
	assert_found(place, VERDICT_DOWN, "timeout",
		     "timeout after 1000 ms: OUT channel: waiting for the answer; IN channel: the other side closed");
}

static bool always(struct proxy *proxy)
{
	(void)proxy;
	return true;
}

static void test_a_stopped_proxy_times_out(void **state)
{
	struct place *place = *state;

	place->proxy.stopped = true;
	run_out_of_time(place, always);
	assert_found(place, VERDICT_DOWN, "timeout",
		     "timeout after 1000 ms: OUT channel: waiting for the answer");
}

static bool are_gone(struct proxy *proxy)
{
	int open = 0;

	for (int i = 0; i < proxy->accepted; i++)
		open += proxy->client[i].fd >= 0;
	return open == 0;
}

/* The proxy sees both channels end, and on our side no descriptor is left. */
static void assert_both_closed(struct place *place, int before)
{
	for (int64_t until = proxy_now_ms() + PROXY_PATIENCE_MS; !are_gone(&place->proxy); proxy_turn(&place->proxy))
		assert_true(proxy_now_ms() < until);
	assert_int_equal(place->runs.count, 0);
	assert_int_equal(count_descriptors(), before);
}

static void test_both_channels_are_closed_on_every_path(void **state)
{
	struct place *place = *state;
	struct probe *first;
	int before;

	place->proxy.stopped = true; /* the engine stays for the life of the process */
	first = probe_tunnel.start(&place->check, &place->outcome);
	assert_non_null(first);
	probe_tunnel.free(first);
	probe_tunnel.free(NULL);
	place->proxy.stopped = false;
	before = count_descriptors();
	all_is_well(place);
	run(place);
	assert_int_equal(place->outcome.verdict, VERDICT_UP);
	assert_both_closed(place, before);
	place->proxy.steps = 1;
	run_out_of_time(place, has_sent_a3);
	assert_both_closed(place, before);
}

static void test_a_probe_given_up_anywhere_closes_both_channels(void **state)
{
	static bool (*const places[])(struct proxy *) = {always, has_both_channels, has_sent_a3, has_the_call};
	struct place *place = *state;
	struct run_end end;

	all_is_well(place);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int before = count_descriptors();

		place->proxy.steps = places[i] == has_sent_a3 ? 1 : 3;
		start(place);
		assert_false(proxy_run_until(&place->proxy, &place->runs, places[i], &end));
		runs_done(&place->runs);
		assert_both_closed(place, before);
		place->proxy.accepted = 0;
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_up_when_the_interface_answers_through_the_tunnel),
		TEST(test_the_requests_are_those_of_the_specification),
		TEST(test_the_channels_carry_what_the_examples_show),
		TEST(test_no_cookie_is_used_twice),
		TEST(test_up_when_every_octet_comes_alone),
		TEST(test_each_interface_has_a_tunnel_of_its_own),
		TEST(test_nothing_more_is_tried_once_it_is_down),
		TEST(test_a_proxy_that_wants_credentials_is_asked_once),
		TEST(test_a_refused_out_channel_outweighs_a_reset_in_channel),
		TEST(test_a_body_limit_outweighs_a_refused_out_channel),
		TEST(test_a_body_limit_is_told_while_the_out_channel_is_mute),
		TEST(test_an_in_channel_refused_alone_is_down),
		TEST(test_an_in_channel_hung_up_on_is_down_at_once),
		TEST(test_an_interim_reply_on_the_in_channel_is_no_answer),
		TEST(test_no_reply_at_all_is_down),
		TEST(test_a_refused_connection_is_told_as_such),
		TEST(test_a_page_that_holds_pdus_opens_nothing),
		TEST(test_a_reply_before_the_bind_answers_nothing),
		TEST(test_a_reply_glued_to_the_bind_ack_answers_no_later_call),
		TEST(test_no_c2_within_the_deadline_is_the_in_channel),
		TEST(test_no_a3_within_the_deadline_is_a_timeout),
		TEST(test_a_hung_interface_times_out_at_its_call),
		TEST(test_a_dead_in_channel_is_named_while_the_out_channel_is_mute),
		TEST(test_a_stopped_proxy_times_out),
		TEST(test_both_channels_are_closed_on_every_path),
		TEST(test_a_probe_given_up_anywhere_closes_both_channels),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
