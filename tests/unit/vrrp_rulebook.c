/* The rule book: the core against the rules as written (rulebook.h), step by step, over every combination of role,
 * own fitness, event, the peer's role, fitness, place and term, fresh or one-way, silent or speaking, vip answered or
 * quiet, hold or release, provider none or majority, lease running or over.
 *
 * Every state is reached by events only, from a start; each of those steps is judged as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/rulebook_stages.h"

static const struct world worlds[] = {
	{"two, the peer preferred", 1, 0, NODE_NONE, 2, {0, 1}, ABSENT, false},
	{"two, this one preferred", 0, 1, NODE_NONE, 2, {0, 1}, ABSENT, false},
	{"two, the peer preferred although its id is higher", 0, 1, NODE_NONE, 2, {1, 0}, ABSENT, false},
	{"two, the peer a witness", 1, 0, NODE_NONE, 2, {RANK_NEVER, 0}, ABSENT, false},
	{"two, this one a witness", 1, 0, NODE_NONE, 2, {0, RANK_NEVER}, ABSENT, false},
	{"three, the third a backup", 1, 0, 2, 3, {0, 1, 2}, A_BACKUP, false},
	{"three, the third a preferred backup", 1, 0, 2, 3, {1, 2, 0}, A_BACKUP, false},
	{"three, the third preferred and never heard", 1, 0, 2, 3, {1, 2, 0}, ABSENT, false},
	{"three, the third a dead owner", 1, 0, 2, 3, {0, 1, 2}, A_DEAD_OWNER, false},
	{"majority, a witness lives", 1, 0, 2, 3, {0, 1, RANK_NEVER}, A_BACKUP, true},
	{"majority, a backup lives", 0, 1, 2, 3, {0, 1, 2}, A_BACKUP, true},
	{"majority, the third never heard", 1, 0, 2, 3, {0, 1, 2}, ABSENT, true},
	{"majority, the third a dead owner", 1, 0, 2, 3, {0, 1, 2}, A_DEAD_OWNER, true},
	{"majority, this one the witness", 1, 0, 2, 3, {0, RANK_NEVER, 1}, A_BACKUP, true},
	{"majority, the peer a witness", 1, 0, 2, 3, {RANK_NEVER, 0, 1}, A_BACKUP, true},
};
enum { WORLDS = sizeof(worlds) / sizeof(worlds[0]) };

enum { PLAIN_BEATS = 3 * 3 * 3 * 2, REMARKED_BEATS = (REMARKS - 1) * 3 * 3 * 2 * 2 };

/* What may happen last. */
static struct event final[16 + PLAIN_BEATS + REMARKED_BEATS];
static struct say final_say[sizeof(final) / sizeof(final[0])];
static int finals, plain_finals;

static void add_final(struct event event)
{
	final[finals++] = event;
}

static void add_final_beat(struct say say)
{
	final_say[finals] = say;
	add_final((struct event){.kind = ON_BEAT});
}

static struct say plain_say(unsigned i)
{
	return (struct say){.role = (enum role)(i % 3), .term = (int)(i / 3 % 3) - 1,
			    .fitness = some_fitness[i / 9 % 3], .heard = i / 27 % 2 ? HEARD_ONE_WAY : HEARD_FRESH,
			    .enforces = ENFORCES_FENCE, .score = MY_SCORE, .echo_age = 1};
}

static void list_finals(void)
{
	finals = 0;
	add_final((struct event){.kind = ON_TICK});
	add_final((struct event){.kind = ON_ANSWER});
	add_final((struct event){.kind = ON_RIVAL});
	add_final((struct event){.kind = ON_STOP});
	add_final((struct event){.kind = ON_MOVE, .node = NODE_NONE});
	add_final((struct event){.kind = ON_MOVE, .node = world->peer});
	for (int fitness = FITNESS_FIT; fitness < FITNESS_COUNT; fitness++)
		add_final((struct event){.kind = ON_FITNESS, .fitness = (enum fitness)fitness, .score = MY_SCORE,
					 .enforces = ENFORCES_FENCE});
	add_final((struct event){.kind = ON_FITNESS, .fitness = FITNESS_FIT, .score = MY_SCORE,
				 .enforces = ENFORCES_LIFETIME});
	plain_finals = finals;
	for (unsigned i = 0; i < PLAIN_BEATS; i++)
		add_final_beat(plain_say(i));
	for (unsigned i = 0; i < REMARKED_BEATS; i++) {
		struct say say = plain_say(i % 9 + i / 9 % 2 * 27);

		say.remark = (enum remark)(OFFERS_ME + i / 36);
		say.echo_age = i / 18 % 2 ? T / 2 + 1 : 1;
		if (say.remark < ASKS_FOR_VOTES || rules.majority)
			add_final_beat(say);
	}
}

/* At the end of a turn nothing is left to be done at once: each deadline is in the future, and one more turn at the
 * same instant changes nothing. */
static void come_to_rest(struct scene *scene, int at)
{
	struct election before;

	tick(scene, at);
	for (int n = 0; n < 2 && election_next(&rules, &scene->is).ns <= at_ms(at).ns; n++)
		tick(scene, at);
	before = scene->is;
	tick(scene, at);
	if (scene->astray)
		return;
	if (election_next(&rules, &scene->is).ns <= at_ms(at).ns)
		disagree(scene, NULL, "the next deadline is in the future", 1, 0);
	if (before.role != scene->is.role || before.term != scene->is.term ||
	    before.probed_at.ns != scene->is.probed_at.ns)
		disagree(scene, NULL, "one more turn at the same instant changes nothing", 1, 0);
}

/* Whatever can happen next, each of it from here. */
static void end_story(const struct scene *scene, int at, bool beats)
{
	for (int i = 0; i < (beats ? finals : plain_finals); i++) {
		struct scene end = *scene;
		struct event event = i < plain_finals ? final[i] : said(scene, at, &final_say[i]);

		event.at = at_ms(at);
		judged_step(&end, &event);
		if (!end.astray)
			come_to_rest(&end, at);
	}
}

enum moment { AT_ONCE, ON_THE_BRINK, ANSWERED, AFTER_A_GAP };
enum { MOMENTS = AFTER_A_GAP + 1 };

/* Goes on until the next step decides by its time alone; returns that time, or LONG_AGO where no time decides. */
static int go_to_the_brink(struct scene *scene)
{
	const struct facts *f = &scene->facts;
	int at = f->role == ROLE_INIT ? f->listens_until : f->lease;

	if (f->bidding)
		at = f->bid + D;
	else if (f->yields_to != NODE_NONE)
		at = f->yielded + T / 2;
	else if (f->role == ROLE_BACKUP)
		at = LONG_AGO;
	if (at > f->now + 5)
		tick(scene, at - 5);
	if (at != LONG_AGO)
		return later(at, f->now);
	if (!read_fit_to_own(f, rules.self))
		return LONG_AGO;
	for (int n = 0; n < 3000 / TURN && f->in_vain == LONG_AGO && f->role == ROLE_BACKUP && !f->bidding; n++)
		pass(scene, f->now + TURN, NULL);
	return f->in_vain == LONG_AGO ? LONG_AGO : later(f->in_vain + G, f->now);
}

static void try_moment(const struct scene *before, enum moment moment, bool beats)
{
	struct scene scene = *before;
	int at = LONG_AGO;

	switch (moment) {
	case AT_ONCE:
		at = now_of(&scene) + 1;
		break;
	case ON_THE_BRINK:
		at = go_to_the_brink(&scene);
		break;
	case ANSWERED:
		if (scene.facts.role == ROLE_BACKUP && !scene.facts.bidding && scene.facts.yields_to == NODE_NONE)
			at = go_to_the_brink(&scene);
		if (at != LONG_AGO)
			judged_step(&scene, &(struct event){.kind = ON_ANSWER, .at = at_ms(now_of(&scene))});
		break;
	case AFTER_A_GAP:
		at = now_of(&scene) + 2 * D;
		break;
	}
	if (at != LONG_AGO)
		end_story(&scene, at, beats);
}

static void try_fitness(const struct scene *before, bool beats)
{
	for (int fitness = FITNESS_FIT; fitness < FITNESS_COUNT; fitness++) {
		struct scene scene = *before;

		become(&scene, now_of(&scene) + 1, (enum fitness)fitness);
		for (int moment = AT_ONCE; moment < MOMENTS; moment++)
			try_moment(&scene, (enum moment)moment, beats);
	}
}

/* The peer has said this: a moment ago, or until now, or long ago. */
static void try_ages(const struct scene *before, const struct event *word, bool beats)
{
	struct scene scene = *before;

	if (word)
		judged_step(&scene, word);
	try_fitness(&scene, beats);
	if (word) {
		struct scene spoken = scene;

		pass(&spoken, now_of(&spoken) + 2 * D, word);
		try_fitness(&spoken, beats);
	}
	pass(&scene, now_of(&scene) + 2 * D, NULL);
	try_fitness(&scene, beats);
}

enum { AS_IT_IS, UNFENCED, OF_HIGHER_SCORE, VARIANTS };

/* False where nothing hangs on it. */
static bool vary(struct say *say, unsigned variant)
{
	if (variant == UNFENCED)
		say->enforces = ENFORCES_LIFETIME;
	if (variant == OF_HIGHER_SCORE)
		say->score = MY_SCORE + 1;
	return variant == AS_IT_IS || (variant == UNFENCED && (rules.majority || say->role == ROLE_ACTIVE)) ||
	       (variant == OF_HIGHER_SCORE && say->role == ROLE_BACKUP);
}

static void try_words(const struct scene *scene)
{
	try_ages(scene, NULL, true);
	for (unsigned i = 0; i < VARIANTS * PLAIN_BEATS; i++) {
		struct say say = plain_say(i % PLAIN_BEATS);
		struct event word;

		if (!vary(&say, i / PLAIN_BEATS))
			continue;
		word = said(scene, now_of(scene) + 1, &say);
		try_ages(scene, &word, i / 9 == 0 && say.term == 0);
	}
}

static void enter(const struct world *in, bool hold, bool failback)
{
	world = in;
	rules = (struct rules){
		.self = in->self, .nodes = in->nodes, .terms = lease_terms(duration_ms(T), 3),
		.lifetime = duration_ms(LIFETIME), .hold_when_none_fit = hold, .failback_auto = failback,
		.failback_after = duration_ms(FAILBACK_AFTER), .majority = in->majority,
	};
	memset(rules.rank, RANK_NEVER, sizeof(rules.rank));
	memcpy(rules.rank, in->rank, sizeof(in->rank));
}

static void play(void)
{
	list_finals();
	for (int stage = LISTENING; stage < STAGES; stage++) {
		struct scene scene;

		if (rules.failback_auto && stage != OWNING)
			continue; /* nothing hangs on it */
		if (set_stage(&scene, (enum stage)stage))
			try_words(&scene);
	}
}

static void test_the_core_keeps_every_rule_in_every_combination(void **state)
{
	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		enter(&worlds[i], false, false);
		play();
		enter(&worlds[i], true, false);
		play();
		enter(&worlds[i], true, true);
		if (rules.rank[rules.self] != 0)
			play();
	}
	printf("%ld steps judged\n", steps);
	assert_int_equal(disagreements, 0);
	for (int i = 0; i < ROWS; i++) {
		if (by_row[i] == 0)
			fail_msg("no story comes to row %d (rule %d)", i, book[i].rule);
	}
}

/* Words of two nodes, neither of which owns it or asks for votes. */
static void expect_same_in_either_order(const struct scene *scene, const struct say *peer, const struct say *third)
{
	int at = now_of(scene) + 1;
	struct event first = said(scene, at, peer), second = said(scene, at, third);
	struct scene one = *scene, other = *scene;

	second.node = world->third;
	judged_step(&one, &first);
	judged_step(&one, &second);
	judged_step(&other, &second);
	judged_step(&other, &first);
	if (memcmp(&one.is, &other.is, sizeof(one.is)) != 0)
		disagree(&one, NULL, "the same whoever of two is heard first", 1, 0);
}

static void test_of_two_that_speak_at_once_it_does_not_matter_who_is_heard_first(void **state)
{
	(void)state;
	for (int i = 0; i < WORLDS; i++) {
		for (int stage = LISTENING; stage < STAGES; stage++) {
			struct scene scene;

			enter(&worlds[i], true, true);
			if (world->third == NODE_NONE || !set_stage(&scene, (enum stage)stage))
				continue;
			for (unsigned n = 0; n < PLAIN_BEATS * PLAIN_BEATS; n++) {
				struct say peer = plain_say(n % PLAIN_BEATS), third = plain_say(n / PLAIN_BEATS);

				third.score++;
				if (peer.role != ROLE_ACTIVE && third.role != ROLE_ACTIVE)
					expect_same_in_either_order(&scene, &peer, &third);
			}
		}
	}
	assert_int_equal(disagreements, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_two_that_speak_at_once_it_does_not_matter_who_is_heard_first),
		cmocka_unit_test(test_the_core_keeps_every_rule_in_every_combination),
	};

	return cmocka_run_group_tests_name("vrrp_rulebook", tests, NULL, NULL);
}
