/* Evidence of life: what counts as fresh, one-way, unproven or stale. Two nodes talk through an attacker's hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vrrp/peers.h"

enum { A = 0, B = 1, LINK = 0 };

/* One end: its peers, and what its next datagram would be. */
struct end {
	node_id id;
	uint64_t seq;
	int64_t clock_skew_ns; /* its clock less the test's */
	struct peers peers;
};

struct datagram {
	struct beat_header header;
	struct beat beat;
};

static struct end a, b;

static struct instant ms(double at)
{
	return (struct instant){INT64_C(500000000000) + (int64_t)(at * 1e6)};
}

static struct instant local(const struct end *end, double at)
{
	return (struct instant){ms(at).ns + end->clock_skew_ns};
}

static void boot(struct end *end, node_id id, uint64_t session, int64_t skew_ns)
{
	*end = (struct end){.id = id, .clock_skew_ns = skew_ns};
	peers_init(&end->peers, session, lease_terms(duration_ms(100), 3));
}

static int start(void **state)
{
	(void)state;
	boot(&a, A, 0xa, 0);
	boot(&b, B, 0xb, INT64_C(7) * 3600 * 1000000000);
	return 0;
}

static struct datagram send_from(struct end *from, double at)
{
	node_id to = from->id == A ? B : A;
	struct datagram d = {.header = {.sender = from->id, .receiver = to, .link = LINK,
					.session = from->peers.session, .seq = ++from->seq}};

	peers_fill(&from->peers, to, LINK, local(from, at), &d.beat);
	peers_sent(&from->peers, to, LINK, d.header.seq, local(from, at));
	return d;
}

static struct hearing hear(struct end *end, double at, const struct datagram *d)
{
	return peers_hear(&end->peers, &d->header, &d->beat, local(end, at));
}

/* What the agent does with hearing.reply: a beat at once that echoes what was heard. */
static struct datagram reply_from(struct end *from, double at, const struct hearing *hearing)
{
	struct datagram d = send_from(from, at);

	d.beat.echo_session = hearing->echo_session;
	d.beat.echo_seq = hearing->echo_seq;
	return d;
}

/* Beats both ways each 100 ms; B's half a beat later. */
static void converse(double from, double until)
{
	for (double at = from; at < until; at += 100) {
		struct datagram d = send_from(&a, at);

		hear(&b, at + 0.1, &d);
		d = send_from(&b, at + 50);
		hear(&a, at + 50.1, &d);
	}
}

static void test_a_first_contact_proves_itself_within_one_round_trip(void **state)
{
	struct datagram d = send_from(&b, 0);
	struct hearing at_a = hear(&a, 0.1, &d), at_b;

	(void)state;
	assert_int_equal(at_a.heard, HEARD_UNPROVEN);
	assert_true(at_a.reply);
	d = reply_from(&a, 0.1, &at_a);
	at_b = hear(&b, 0.2, &d);
	assert_int_equal(at_b.heard, HEARD_FRESH);
	assert_true(at_b.new_session && at_b.reply);
	d = reply_from(&b, 0.2, &at_b);
	at_a = hear(&a, 0.3, &d);
	assert_int_equal(at_a.heard, HEARD_FRESH);
	assert_true(peers_alive(&a.peers, B, local(&a, 1)) && peers_alive(&b.peers, A, local(&b, 1)));
}

/* Each of two owners of something wants its beats answered, and says in its answers too that it is an owner. */
static void test_an_answer_is_known_from_a_beat_that_goes_out_at_the_same_instant(void **state)
{
	struct datagram d;
	struct hearing hearing;

	(void)state;
	converse(0, 1000);
	d = send_from(&a, 1000);
	hearing = hear(&b, 1000.1, &d);
	assert_false(hearing.answers);
	d = send_from(&b, 1000.1);
	assert_int_equal(hear(&a, 1000.2, &d).answers, false);
	d = reply_from(&b, 1000.1, &hearing);
	d.beat.echo_held_us = 0;
	hearing = hear(&a, 1000.3, &d);
	assert_int_equal(hearing.heard, HEARD_FRESH);
	assert_true(hearing.answers);
}

static void test_a_conversation_stays_fresh_whatever_the_clocks_show(void **state)
{
	struct datagram d;

	(void)state;
	converse(0, 1000);
	d = send_from(&b, 1000);
	assert_int_equal(hear(&a, 1000.1, &d).heard, HEARD_FRESH);
	assert_int_equal(peers_link(&a.peers, B, LINK, local(&a, 1001)), LINK_UP);
}

static void test_a_peer_is_dead_after_d_without_fresh_beats(void **state)
{
	(void)state;
	converse(0, 1000);
	assert_true(peers_alive(&a.peers, B, local(&a, 950.1 + 299.9)));
	assert_false(peers_alive(&a.peers, B, local(&a, 950.1 + 300.1)));
}

static void test_a_replayed_datagram_is_stale_at_once_and_later(void **state)
{
	struct datagram d;

	(void)state;
	converse(0, 500);
	d = send_from(&b, 500);
	assert_int_equal(hear(&a, 500.1, &d).heard, HEARD_FRESH);
	assert_int_equal(hear(&a, 500.2, &d).heard, HEARD_STALE);
	assert_int_equal(hear(&a, 9000, &d).heard, HEARD_STALE);
}

static void test_beats_held_back_and_released_one_by_one_do_not_keep_a_dead_peer_alive(void **state)
{
	struct datagram held[10];

	(void)state;
	converse(0, 1000);
	for (int i = 0; i < 10; i++)
		held[i] = send_from(&b, 1000 + 100 * i); /* B hears nothing, A gets nothing: all in the attacker's hands */
	for (int i = 0; i < 10; i++) {
		struct hearing hearing = hear(&a, 5000 + 100 * i, &held[i]);

		assert_int_equal(hearing.heard, HEARD_STALE);
	}
	assert_false(peers_alive(&a.peers, B, local(&a, 5000)));
}

static void test_one_way_loss_is_seen_as_one_way_and_is_not_life(void **state)
{
	(void)state;
	converse(0, 1000);
	for (double at = 1000; at < 60000; at += 100) { /* A's beats to B are lost from now on */
		struct datagram d = send_from(&b, at);
		struct hearing hearing = hear(&a, at + 0.1, &d);

		if (at > 1400)
			assert_int_equal(hearing.heard, HEARD_ONE_WAY);
	}
	assert_int_equal(peers_link(&a.peers, B, LINK, local(&a, 60000)), LINK_ONE_WAY);
	assert_false(peers_alive(&a.peers, B, local(&a, 60000)));
}

static void test_a_one_way_link_heals_with_the_next_beats(void **state)
{
	(void)state;
	converse(0, 1000);
	for (double at = 1000; at < 5000; at += 100) {
		struct datagram d = send_from(&b, at);

		hear(&a, at + 0.1, &d);
		send_from(&a, at + 50);
	}
	converse(5000, 5200);
	assert_int_equal(peers_link(&a.peers, B, LINK, local(&a, 5200)), LINK_UP);
}

static void test_recordings_of_older_sessions_do_not_keep_a_healed_link_one_way(void **state)
{
	struct datagram old_a, old_b;

	(void)state;
	boot(&a, A, 0xa0, 0);
	boot(&b, B, 0xb0, b.clock_skew_ns);
	old_a = send_from(&a, 0);
	old_b = send_from(&b, 0);
	start(NULL);
	converse(0, 1000);
	for (double at = 1400; at < 6000; at += 100) { /* cut off from each other, and the attacker plays */
		hear(&a, at, &old_b);
		hear(&b, at, &old_a);
		old_a.header.seq++;
		old_b.header.seq++;
	}
	converse(6000, 6300);
	assert_int_equal(peers_link(&a.peers, B, LINK, local(&a, 6300)), LINK_UP);
	assert_int_equal(peers_link(&b.peers, A, LINK, local(&b, 6300)), LINK_UP);
}

static void test_a_node_set_back_to_a_snapshot_is_heard_again_at_once(void **state)
{
	struct end snapshot;
	bool turned_back = false;

	(void)state;
	converse(0, 1000);
	snapshot = b;
	converse(1000, 60000);
	b = snapshot;
	b.clock_skew_ns -= INT64_C(60) * 1000000000; /* its clock goes back with it */
	for (double at = 61000; at < 61500; at += 100) {
		struct datagram d = send_from(&a, at);
		struct hearing hearing = hear(&b, at + 0.1, &d);

		assert_false(hearing.turned_back && turned_back); /* once */
		turned_back |= hearing.turned_back;
		if (hearing.turned_back)
			peers_new_session(&b.peers, 0xb2);
		if (hearing.reply)
			d = reply_from(&b, at + 0.1, &hearing);
		else
			d = send_from(&b, at + 0.1);
		hearing = hear(&a, at + 0.2, &d);
		if (hearing.reply) {
			d = reply_from(&a, at + 0.2, &hearing);
			hear(&b, at + 0.3, &d);
		}
	}
	assert_true(turned_back);
	assert_true(peers_alive(&a.peers, B, local(&a, 61500)) && peers_alive(&b.peers, A, local(&b, 61500)));
}

static void test_a_restarted_peer_is_adopted_and_its_old_beats_are_not(void **state)
{
	struct datagram old[20], d;
	struct hearing hearing;

	(void)state;
	converse(0, 1000);
	for (int i = 0; i < 20; i++)
		old[i] = send_from(&b, 1000 + i); /* recorded, never delivered */
	boot(&b, B, 0xb2, b.clock_skew_ns);
	converse(1100, 2000);
	assert_true(peers_alive(&a.peers, B, local(&a, 2000)));
	assert_int_equal(a.peers.peer[B].session, 0xb2);
	for (int i = 0; i < 20; i++) {
		hearing = hear(&a, 2500 + i, &old[i]);
		assert_true(hearing.heard == HEARD_UNPROVEN || hearing.heard == HEARD_STALE);
	}
	assert_int_equal(a.peers.peer[B].session, 0xb2);
	d = send_from(&a, 2600);
	hear(&b, 2600.1, &d);
	d = send_from(&b, 2650);
	assert_int_equal(hear(&a, 2650.1, &d).heard, HEARD_FRESH);
}

static void test_a_recording_from_just_before_a_quick_restart_does_not_bring_the_old_session_back(void **state)
{
	struct datagram last, now;

	(void)state;
	converse(0, 1000);
	last = send_from(&b, 1000);
	boot(&b, B, 0xb2, b.clock_skew_ns);
	now = send_from(&a, 1010);
	hear(&b, 1010.1, &now);
	now = send_from(&b, 1020);
	assert_int_equal(hear(&a, 1020.1, &now).heard, HEARD_FRESH);
	assert_int_equal(hear(&a, 1030, &last).heard, HEARD_STALE);
	assert_int_equal(a.peers.peer[B].session, 0xb2);
}

static void test_after_our_own_restart_recordings_of_the_peer_prove_nothing(void **state)
{
	struct datagram recorded[20];

	(void)state;
	converse(0, 1000);
	for (int i = 0; i < 20; i++)
		recorded[i] = send_from(&b, 1000 + 100 * i);
	boot(&a, A, 0xa2, 0);
	for (int i = 0; i < 20; i++) {
		struct hearing hearing = hear(&a, 5000 + i, &recorded[i]);

		assert_true(hearing.heard == HEARD_UNPROVEN || hearing.heard == HEARD_STALE);
		assert_false(peers_alive(&a.peers, B, local(&a, 5000 + i)));
	}
}

static void test_replies_to_recordings_are_few(void **state)
{
	int replies = 0;

	(void)state;
	converse(0, 1000);
	for (int i = 0; i < 1000; i++) {
		struct datagram d = {.header = {.sender = B, .receiver = A, .link = LINK, .session = 0xdead,
						.seq = (uint64_t)i + 1}};

		replies += hear(&a, 1000 + i * 0.09, &d).reply;
	}
	assert_true(replies > 0 && replies <= PEER_REPLIES_AT_ONCE + PEER_REPLIES_PER_BEAT);
}

/* A recording of a former session of this node's; each call another one of ten sessions, so that none is remembered. */
static struct datagram recording(node_id sender)
{
	static uint64_t count;
	struct datagram d = {.header = {.sender = sender, .receiver = sender == A ? B : A, .link = LINK}};

	d.header.session = 0xdead + ++count % 10;
	d.header.seq = count;
	return d;
}

/* What an end has to say to what it hears, the other end's answer to that, and so on. */
static void talk(struct end *from, struct end *to, double at, struct datagram d)
{
	for (struct hearing hearing = hear(to, at, &d); hearing.reply; hearing = hear(to, at, &d)) {
		struct end *other = from;

		d = reply_from(to, at, &hearing);
		at += 0.01 + (double)(d.header.seq * 7 % 11) / 200; /* on its way, while more recordings arrive */
		from = to;
		to = other;
	}
}

static void test_a_restarted_peer_is_met_among_a_thousand_recordings_a_beat(void **state)
{
	double at = 2000;
	int steps = 0;

	(void)state;
	converse(0, 1000);
	boot(&b, B, 0xb2, b.clock_skew_ns);
	for (int i = 0; i < 100; i++) { /* the recordings are there first */
		struct datagram to_a = recording(B), to_b = recording(A);

		hear(&a, at, &to_a);
		hear(&b, at + 3.7, &to_b);
	}
	at += 3.7;
	while (!peers_alive(&a.peers, B, local(&a, at)) || !peers_alive(&b.peers, A, local(&b, at))) {
		at += 0.1;
		assert_true(steps < 3000);
		talk(&b, &a, at, recording(B));
		talk(&a, &b, at + 0.03, recording(A));
		if (++steps % 1000 == 930)
			talk(&b, &a, at + 0.04, send_from(&b, at + 0.04));
		if (steps % 1000 == 460)
			talk(&a, &b, at + 0.04, send_from(&a, at + 0.04));
	}
}

static void test_an_echo_of_a_datagram_never_sent_is_no_echo(void **state)
{
	struct datagram d;

	(void)state;
	converse(0, 1000);
	d = send_from(&b, 1000);
	d.beat.echo_seq += 1000;
	assert_int_not_equal(hear(&a, 1000.1, &d).heard, HEARD_FRESH);
}

/* An echo is a promise to have heard: an owner's lease runs from it. */
static void test_what_was_no_evidence_is_not_echoed(void **state)
{
	struct datagram heard, unheard, echo;

	(void)state;
	converse(0, 1000);
	heard = send_from(&b, 1000);
	hear(&a, 1000.1, &heard);
	unheard = send_from(&b, 3000);
	unheard.beat.sent_ns -= INT64_C(3600) * 1000000000; /* its clock was set back with its machine */
	assert_int_equal(hear(&a, 3000.1, &unheard).heard, HEARD_STALE);
	echo = send_from(&a, 3001);
	assert_int_equal(echo.beat.echo_seq, heard.header.seq);
}

static void test_a_restarted_peer_is_heard_on_every_link(void **state)
{
	(void)state;
	converse(0, 1000);
	for (uint8_t link = 0; link < 2; link++) { /* the second link, too, has counted far */
		struct datagram d = send_from(&b, 1000);

		d.header.link = link;
		d.header.seq = 1000 + link;
		hear(&a, 1000.1, &d);
	}
	boot(&b, B, 0xb2, b.clock_skew_ns);
	converse(1100, 1200);
	for (uint8_t link = 0; link < 2; link++) {
		struct datagram d = send_from(&b, 1200);

		d.header.link = link;
		assert_int_not_equal(hear(&a, 1200.1, &d).heard, HEARD_STALE);
	}
}

/* The slower of two links brings what was said before. */
static void test_what_another_link_has_overtaken_is_life_but_no_news(void **state)
{
	struct datagram by_slow, by_fast;
	struct hearing heard;

	(void)state;
	converse(0, 1000);
	by_slow = send_from(&b, 1000);
	by_slow.header.link = 1; /* each link has its echoes: this one is yet to be proven, as is usual at first */
	by_fast = send_from(&b, 1010);
	heard = hear(&a, 1010.1, &by_fast);
	assert_true(heard.heard == HEARD_FRESH && !heard.superseded);
	peers_sent(&a.peers, B, 1, by_slow.beat.echo_seq, local(&a, 950));
	heard = hear(&a, 1060, &by_slow);
	assert_int_equal(heard.heard, HEARD_FRESH);
	assert_true(heard.superseded);
	assert_int_equal(peers_link(&a.peers, B, 1, local(&a, 1061)), LINK_UP);
	by_fast = send_from(&b, 1100);
	heard = hear(&a, 1100.1, &by_fast);
	assert_true(heard.heard == HEARD_FRESH && !heard.superseded);
}

/* Sequence numbers of a new session begin anew. */
static void test_a_restarted_peers_first_words_are_news(void **state)
{
	struct datagram d;
	struct hearing heard;

	(void)state;
	b.seq = 1000000;
	converse(0, 1000);
	boot(&b, B, 0xbb, 0);
	d = send_from(&a, 1000);
	hear(&b, 1000.1, &d);
	d = send_from(&b, 1000.2);
	d.beat.echo_session = a.peers.session;
	d.beat.echo_seq = a.seq;
	heard = hear(&a, 1000.3, &d);
	assert_true(heard.heard == HEARD_FRESH && heard.new_session && !heard.superseded);
}

static void test_a_senders_clock_at_any_extreme_is_no_undefined_sum(void **state)
{
	static const int64_t clocks[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};

	(void)state;
	for (unsigned i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct datagram d;

		start(NULL);
		converse(0, 1000);
		d = send_from(&b, 1000);
		d.beat.sent_ns = clocks[i];
		hear(&a, 1000.1, &d); /* fresh: ties the clocks */
		d = send_from(&b, 3000);
		d.beat.sent_ns = clocks[sizeof(clocks) / sizeof(clocks[0]) - 1 - i];
		assert_int_equal(hear(&a, 3000.1, &d).heard, HEARD_STALE);
	}
}

static void test_the_round_trip_is_measured_without_the_time_the_peer_held_the_echo(void **state)
{
	(void)state;
	converse(0, 1000); /* 0.1 ms each way, echoes held for 49.9 ms */
	assert_true(a.peers.peer[B].link[LINK].rtt.ns > 190000 && a.peers.peer[B].link[LINK].rtt.ns < 210000);
}

static void meet(double at)
{
	struct datagram d = send_from(&a, at);

	hear(&b, at, &d);
	for (int i = 1; i < 4; i++) {
		d = send_from(&b, at + i);
		hear(&a, at + i, &d);
		d = send_from(&a, at + i);
		hear(&b, at + i, &d);
	}
}

static void test_a_forgotten_link_proves_itself_anew_and_the_peer_lives_on(void **state)
{
	struct datagram d;

	(void)state;
	meet(0);
	d = send_from(&b, 10);
	assert_int_equal(peers_link(&a.peers, B, LINK, ms(10)), LINK_UP);
	peers_forget_link(&a.peers, B, LINK);
	assert_int_equal(peers_link(&a.peers, B, LINK, ms(10)), LINK_DOWN);
	assert_true(peers_alive(&a.peers, B, ms(10)));
	assert_int_equal(hear(&a, 11, &d).heard, HEARD_ONE_WAY); /* it echoes what went another way */
	meet(20);
	assert_int_equal(peers_link(&a.peers, B, LINK, ms(24)), LINK_UP);
}

static void test_nothing_that_a_forgotten_peer_said_before_proves_anything(void **state)
{
	struct datagram d;

	(void)state;
	meet(0);
	d = send_from(&b, 10);
	peers_forget(&a.peers, B);
	assert_false(peers_alive(&a.peers, B, ms(10)));
	assert_int_equal(hear(&a, 11, &d).heard, HEARD_UNPROVEN);
	assert_int_equal(hear(&a, 12, &d).heard, HEARD_STALE);
	meet(20);
	assert_true(peers_alive(&a.peers, B, ms(24)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_first_contact_proves_itself_within_one_round_trip, start),
		cmocka_unit_test_setup(test_an_answer_is_known_from_a_beat_that_goes_out_at_the_same_instant, start),
		cmocka_unit_test_setup(test_a_conversation_stays_fresh_whatever_the_clocks_show, start),
		cmocka_unit_test_setup(test_a_peer_is_dead_after_d_without_fresh_beats, start),
		cmocka_unit_test_setup(test_a_replayed_datagram_is_stale_at_once_and_later, start),
		cmocka_unit_test_setup(test_beats_held_back_and_released_one_by_one_do_not_keep_a_dead_peer_alive,
				       start),
		cmocka_unit_test_setup(test_one_way_loss_is_seen_as_one_way_and_is_not_life, start),
		cmocka_unit_test_setup(test_a_one_way_link_heals_with_the_next_beats, start),
		cmocka_unit_test_setup(test_recordings_of_older_sessions_do_not_keep_a_healed_link_one_way, start),
		cmocka_unit_test_setup(test_a_node_set_back_to_a_snapshot_is_heard_again_at_once, start),
		cmocka_unit_test_setup(test_a_restarted_peer_is_adopted_and_its_old_beats_are_not, start),
		cmocka_unit_test_setup(
			test_a_recording_from_just_before_a_quick_restart_does_not_bring_the_old_session_back, start),
		cmocka_unit_test_setup(test_after_our_own_restart_recordings_of_the_peer_prove_nothing, start),
		cmocka_unit_test_setup(test_replies_to_recordings_are_few, start),
		cmocka_unit_test_setup(test_a_restarted_peer_is_met_among_a_thousand_recordings_a_beat, start),
		cmocka_unit_test_setup(test_an_echo_of_a_datagram_never_sent_is_no_echo, start),
		cmocka_unit_test_setup(test_what_was_no_evidence_is_not_echoed, start),
		cmocka_unit_test_setup(test_a_restarted_peer_is_heard_on_every_link, start),
		cmocka_unit_test_setup(test_what_another_link_has_overtaken_is_life_but_no_news, start),
		cmocka_unit_test_setup(test_a_restarted_peers_first_words_are_news, start),
		cmocka_unit_test_setup(test_a_senders_clock_at_any_extreme_is_no_undefined_sum, start),
		cmocka_unit_test_setup(test_a_forgotten_link_proves_itself_anew_and_the_peer_lives_on, start),
		cmocka_unit_test_setup(test_nothing_that_a_forgotten_peer_said_before_proves_anything, start),
		cmocka_unit_test_setup(test_the_round_trip_is_measured_without_the_time_the_peer_held_the_echo, start),
	};

	return cmocka_run_group_tests_name("vrrp_peers", tests, NULL, NULL);
}
