/* What happens in the rule book's stories: time passes, the peer says this or that; how a story gets to its stage. */
#pragma once

#include "tests/unit/rulebook_scene.h"

enum { TURN = 50 }; /* how often a node turns when nothing happens */

static int now_of(const struct scene *scene)
{
	return scene->facts.now;
}

static void tick(struct scene *scene, int at)
{
	judged_step(scene, &(struct event){.kind = ON_TICK, .at = at_ms(at)});
}

static void become(struct scene *scene, int at, enum fitness fitness)
{
	judged_step(scene, &(struct event){.kind = ON_FITNESS, .at = at_ms(at), .fitness = fitness, .score = MY_SCORE,
					   .enforces = ENFORCES_FENCE | ENFORCES_LIFETIME});
}

static struct event word_of(const struct scene *scene, int at, node_id node, enum role role)
{
	return (struct event){
		.kind = ON_BEAT,
		.at = at_ms(at),
		.node = node,
		.heard = HEARD_FRESH,
		.echo_at = at_ms(at - 1),
		.said = {.role = role, .term = scene->facts.owned, .score = MY_SCORE, .offers_to = NODE_NONE,
			 .yields_to = NODE_NONE, .enforces = ENFORCES_FENCE, .supports = NODE_NONE},
	};
}

/* The third node goes on as it does; under "majority" it supports whoever of us asks for it. */
static void third_speaks(struct scene *scene, int at, bool supports)
{
	struct event event = word_of(scene, at, world->third, ROLE_BACKUP);

	if (world->third_is != A_BACKUP)
		return;
	if (supports) {
		event.said.supports = rules.self;
		event.said.supports_term = scene->facts.term;
	}
	judged_step(scene, &event);
}

static void renew(struct scene *scene)
{
	if (scene->is.role != ROLE_ACTIVE || scene->facts.role != ROLE_ACTIVE)
		return;
	election_renew(&rules, &scene->is, at_ms(now_of(scene)), at_ms(now_of(scene)));
	facts_renewed(&scene->facts);
}

/* Time passes, in turns; the peer repeats its `word` each T, if there is one. */
static void pass(struct scene *scene, int until, const struct event *word)
{
	for (int at = now_of(scene) + TURN; at <= until; at += TURN) {
		if (word && at / T != (at - TURN) / T) {
			struct event again = *word;

			again.at = at_ms(at);
			again.echo_at = at_ms(at - 1);
			judged_step(scene, &again);
		}
		third_speaks(scene, at, true);
		tick(scene, at);
		renew(scene);
	}
}

enum stage { LISTENING, WAITING, BIDS, OWNING, YIELDING };
enum { STAGES = YIELDING + 1 };

static bool hand_over_to_peer(struct scene *scene)
{
	judged_step(scene, &(struct event){.kind = ON_MOVE, .at = at_ms(now_of(scene) + 1), .node = NODE_NONE});
	for (int i = 0; i < 2; i++) {
		struct event event = word_of(scene, now_of(scene) + 2, world->peer, ROLE_BACKUP);

		judged_step(scene, &event);
	}
	return scene->is.yields_to == world->peer;
}

/* From a start to the stage that the story is about. False where this world does not have it. */
static bool set_stage(struct scene *scene, enum stage stage)
{
	enum fitness fitness = stage <= WAITING ? FITNESS_STANDBY : FITNESS_FIT;

	*scene = (struct scene){.is = election_start(&rules, at_ms(0)), .facts = facts_start(&rules)};
	become(scene, 0, fitness);
	if (world->third_is == A_DEAD_OWNER) {
		struct event event = word_of(scene, 1, world->third, ROLE_ACTIVE);

		event.said.term = 4;
		judged_step(scene, &event);
	}
	third_speaks(scene, 2, false);
	if (stage == LISTENING)
		return scene->is.role == ROLE_INIT;
	if (stage == WAITING) {
		pass(scene, D + L + TURN, NULL);
		return scene->is.role == ROLE_BACKUP;
	}
	for (int at = TURN; at < 6 * D && scene->is.role != ROLE_ACTIVE && !(stage == BIDS && scene->is.bidding);
	     at += TURN) {
		third_speaks(scene, at, stage != BIDS);
		tick(scene, at);
	}
	if (stage == BIDS)
		return scene->is.bidding;
	third_speaks(scene, now_of(scene) + 1, true);
	if (scene->is.role != ROLE_ACTIVE || stage == OWNING)
		return scene->is.role == ROLE_ACTIVE;
	return hand_over_to_peer(scene);
}

/* What the peer can say. Terms are told relative to the newest in which anybody owned it, or this node bids. */
enum remark { PLAIN, OFFERS_ME, YIELDS_ME, YIELDS_OTHER, ASKS_FOR_VOTES, SUPPORTS_ME };
enum { REMARKS = SUPPORTS_ME + 1 };
static const enum fitness some_fitness[] = {FITNESS_FIT, FITNESS_UNHEALTHY, FITNESS_STANDBY};

struct say {
	enum role role;
	int term; /* -1, 0, 1 */
	enum fitness fitness;
	enum heard heard;
	enum remark remark;
	uint8_t enforces;
	uint16_t score;
	int echo_age;
};

static struct event said(const struct scene *scene, int at, const struct say *say)
{
	struct event event = word_of(scene, at, world->peer, say->role);
	struct beat_vip *says = &event.said;
	int base = later(later((int)scene->facts.owned, (int)scene->facts.term), 1);

	event.heard = say->heard;
	event.echo_at = at_ms(at - say->echo_age);
	says->term = (uint32_t)(base + say->term);
	says->fitness = say->fitness;
	says->score = say->score;
	says->enforces = say->enforces;
	switch (say->remark) {
	case PLAIN:
		break;
	case OFFERS_ME:
		says->offers_to = rules.self;
		break;
	case YIELDS_ME:
		says->yields_to = rules.self;
		break;
	case YIELDS_OTHER:
		says->yields_to = 2;
		break;
	case ASKS_FOR_VOTES:
		says->bids = true;
		says->supports = world->peer;
		says->supports_term = says->term;
		break;
	case SUPPORTS_ME:
		says->supports = rules.self;
		says->supports_term = scene->facts.term;
		break;
	}
	return event;
}
