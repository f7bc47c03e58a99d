/* A story of one node, each step of it done by the core and judged by the rule book. */
#pragma once

#include <stdio.h>

#include "tests/unit/rulebook_acts.h"

enum third { ABSENT, A_BACKUP, A_DEAD_OWNER };

/* Who there is. Node 1 or node 0 is the one whose rules are tested; its peer is what varies. */
struct world {
	const char *name;
	node_id self, peer, third;
	uint8_t nodes;
	uint8_t rank[CAST];
	enum third third_is;
	bool majority;
};

/* A place in a story: the core's state and the bystander's notes; copied to go on from it in more ways than one. */
struct scene {
	struct election is;
	struct facts facts;
	int trail;
	bool astray; /* the core has left the book: what comes after says nothing */
};

enum { TRAIL = 1000, SHOWN_MAX = 3, DISAGREEMENTS_MAX = 50 };

static const struct world *world;
static struct rules rules;
static struct event trail[TRAIL]; /* how the scene came about */
static long steps, by_row[ROWS], disagreements;

static void print_event(const struct event *event)
{
	static const char *const kinds[] = {"TICK", "BEAT", "FITNESS", "ANSWER", "RIVAL", "MOVE", "STOP"};
	const struct beat_vip *said = &event->said;

	printf("  %5d %s", ms_of(event->at), kinds[event->kind]);
	if (event->kind == ON_FITNESS)
		printf(" %s", fitness_word(event->fitness));
	if (event->kind == ON_MOVE)
		printf(" to %d", event->node);
	if (event->kind == ON_BEAT)
		printf(" of %d, %s, echo of %d: %s term=%u %s score=%d offers=%d yields=%d enforces=%d bids=%d "
		       "supports=%d in %u",
		       event->node, event->heard == HEARD_FRESH ? "fresh" : "one-way", ms_of(event->echo_at),
		       role_word(said->role), said->term, fitness_word(said->fitness), said->score, said->offers_to,
		       said->yields_to, said->enforces, said->bids, said->supports, said->supports_term);
	printf("\n");
}

static void print_story(const struct scene *scene)
{
	printf("in the world \"%s\", %s when none is fit, failback %s:\n", world->name,
	       rules.hold_when_none_fit ? "hold" : "release", rules.failback_auto ? "auto" : "never");
	for (int i = 0; i < scene->trail; i++) {
		if (trail[i].kind != ON_TICK || i + 1 == scene->trail || trail[i + 1].kind != ON_TICK)
			print_event(&trail[i]);
	}
}

static void disagree(struct scene *scene, const struct outcome *outcome, const char *about, long book_says,
		     long core_says)
{
	static int shown[ROWS + 1];
	int *count = &shown[outcome ? outcome->row : ROWS];

	scene->astray = true;
	disagreements++;
	if ((*count)++ >= SHOWN_MAX)
		return;
	print_story(scene);
	printf("%s: expected %ld, but is %ld", about, book_says, core_says);
	if (outcome)
		printf(" (row %d, rule %d)", outcome->row, book[outcome->row].rule);
	printf("\n\n");
}

static unsigned deeds_of(const struct todo *todo)
{
	return (todo->release ? RELEASES : 0U) | (todo->take ? TAKES : 0U) | (todo->beat ? BEATS : 0U) |
	       (todo->announce ? ANNOUNCES : 0U) | (todo->split ? SPLIT : 0U) | (todo->echo ? ECHOES : 0U) |
	       (todo->suspect ? SUSPECTS : 0U);
}

/* The core against the book. */
static void compare(struct scene *scene, const struct outcome *outcome, const struct todo *todo)
{
	const struct election *is = &scene->is;
	const struct facts *f = &scene->facts;
	const struct {
		const char *about;
		long book_says, core_says;
	} pairs[] = {
		{"role", f->role, is->role},
		{"why", f->why, is->why},
		{"deeds", outcome->deeds, deeds_of(todo)},
		{"term", f->term, is->term},
		{"highest term", f->highest, is->term_seen},
		{"lease", f->lease, ms_of(is->lease_until)},
		{"listens until", f->role == ROLE_ACTIVE ? 0 : f->listens_until,
		 f->role == ROLE_ACTIVE ? 0 : ms_of(is->listen_until)},
		{"offers to", f->offers_to, is->offers_to},
		{"yields to", f->yields_to, is->yields_to},
		{"bids", f->bidding, is->bidding},
		{"supports", f->rules->majority ? f->supports : NODE_NONE, is->supports},
		{"supports in term", f->rules->majority ? f->supports_term : 0, is->supports_term},
		{"peer of a change", todo->changed ? outcome->peer : NODE_NONE, todo->changed ? todo->peer : NODE_NONE},
		{"probes", outcome->probe == MUST_PROBE || (outcome->probe == MAY_PROBE && todo->probe), todo->probe},
	};

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].book_says != pairs[i].core_says)
			disagree(scene, outcome, pairs[i].about, pairs[i].book_says, pairs[i].core_says);
	}
}

/* What holds in every step, whatever the rule. */
static void check_always(const struct election *was, struct scene *now, const struct todo *todo)
{
	const struct election *is = &now->is;
	bool active = is->role == ROLE_ACTIVE, was_active = was->role == ROLE_ACTIVE;
	const struct {
		const char *promise;
		bool kept;
	} promises[] = {
		{"leaving ACTIVE releases, and only that", todo->release == (was_active && !active)},
		{"entering ACTIVE takes, and only that", todo->take == (!was_active && active)},
		{"never take and release in one step", !(todo->take && todo->release)},
		{"a lapsed owner leaves", !was_active || was->lease_until.ns > is->turn_at.ns || !active},
		{"a lease exactly while ACTIVE", active == (is->lease_until.ns != INSTANT_ZERO.ns)},
		{"a lease that is not over", !active || is->lease_until.ns > is->turn_at.ns},
		{"a lease of at most L", !active || ms_of(is->lease_until) <= ms_of(is->turn_at) + L},
		{"every change is told, and told as what it is",
		 todo->changed == (was->role != is->role) && todo->from == was->role && (!todo->changed || todo->beat)},
		{"nobody goes back to INIT", is->role != ROLE_INIT || was->role == ROLE_INIT},
		{"only an owner announces and offers", active || (!todo->announce && is->offers_to == NODE_NONE)},
		{"only a backup probes, yields and bids",
		 is->role == ROLE_BACKUP || (!todo->probe && is->yields_to == NODE_NONE && !is->bidding)},
		{"a witness owns nothing", rules.rank[rules.self] != RANK_NEVER || (!active && !is->bidding)},
		{"a claim is in a newer term than any seen", !todo->take || is->term > was->term_seen ||
		 (rules.majority && is->term == was->term)},
		{"terms never fall", is->term >= was->term && is->term_seen >= was->term_seen &&
		 is->term_owned >= was->term_owned && is->voted_term >= was->voted_term},
		{"one vote a term", is->supports == was->supports || is->supports == NODE_NONE ||
		 is->voted_term > was->voted_term || is->view[is->supports].said.role == ROLE_ACTIVE},
		{"majority: nobody owns without supporting itself", !rules.majority || !active ||
		 is->supports == rules.self},
	};

	for (unsigned i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
		if (!promises[i].kept)
			disagree(now, NULL, promises[i].promise, 1, 0);
	}
}

static void judged_step(struct scene *scene, const struct event *event)
{
	struct election was = scene->is;
	struct outcome outcome;
	struct step step;

	if (scene->astray || disagreements > DISAGREEMENTS_MAX)
		return;
	step = election_step(&rules, &was, event);
	outcome = book_follow(&scene->facts, event);
	assert_true(scene->trail < TRAIL);
	trail[scene->trail++] = *event;
	scene->is = step.is;
	steps++;
	by_row[outcome.row]++;
	compare(scene, &outcome, &step.todo);
	check_always(&was, scene, &step.todo);
	if (step.todo.probe)
		facts_probed(&scene->facts);
}
