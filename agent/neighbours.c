#include "agent/neighbours.h"

#include <string.h>

#include "conf/conf_address.h"

static const struct duration PEACE = {10000 * 1000000LL};
static const struct duration AFTERWARDS = {1000 * 1000000LL};
static const struct duration TRUST = {30000 * 1000000LL};

/* A question asked this shortly before the peers were missed may have met the cut already, and be owed an answer for
 * that reason: the cut is at most 1.5 T older, and T at most a second. */
static const struct duration ALREADY_CUT = {2000 * 1000000LL};

static const struct duration ANSWERS_WITHIN = {100 * 1000000LL};

enum { URGENT_BEATS = 8, URGENT_PER_BEAT = 4 };

static struct neighbour *find(struct neighbours *neighbours, const struct conf_address *address)
{
	for (int i = 0; i < neighbours->count; i++) {
		struct neighbour *known = &neighbours->known[i];

		if (address_same(&known->address, address))
			return known;
	}
	return NULL;
}

/* Asked twice, and had time to answer. */
static bool owes_in_vain(const struct neighbour *known, struct instant now)
{
	return known->asked_before.ns >= known->owed.ns && instant_since(now, known->owed).ns > ANSWERS_WITHIN.ns;
}

static bool may_go(const struct neighbour *known, struct instant now)
{
	return owes_in_vain(known, now) || instant_since(now, known->heard).ns > TRUST.ns;
}

/* A free place, else that of the one silent longest among those that may go; else NULL. */
static struct neighbour *place_for_newcomer(struct neighbours *neighbours, struct instant now)
{
	struct neighbour *oldest = NULL;

	if (neighbours->count < NEIGHBOURS_MAX)
		return &neighbours->known[neighbours->count++];
	for (int i = 0; i < NEIGHBOURS_MAX; i++) {
		struct neighbour *known = &neighbours->known[i];

		if (may_go(known, now) && (!oldest || known->heard.ns < oldest->heard.ns))
			oldest = known;
	}
	return oldest;
}

/* A claim, and an answer that nobody asked for, are anybody's. */
static bool may_move(const struct neighbour *known, struct instant now)
{
	return known->answered.ns == INSTANT_ZERO.ns || instant_since(now, known->answered).ns > TRUST.ns;
}

static void note_mac(struct neighbour *neighbour, const uint8_t mac[static 6], bool answer, struct instant now)
{
	if (memcmp(neighbour->mac, mac, 6) != 0) {
		if (!may_move(neighbour, now))
			return;
		neighbour->answered = INSTANT_ZERO;
	}
	memcpy(neighbour->mac, mac, 6);
	if (answer && neighbour->owed.ns != INSTANT_NEVER.ns)
		neighbour->answered = now;
}

void neighbours_heard(struct neighbours *neighbours, const struct conf_address *address, const uint8_t mac[static 6],
		      bool answer, struct instant now)
{
	struct neighbour *neighbour = find(neighbours, address);

	neighbours->any_heard = true;
	neighbours->heard = now;
	if (!neighbour) {
		neighbour = place_for_newcomer(neighbours, now);
		if (!neighbour)
			return;
		*neighbour = (struct neighbour){
			.address = *address,
			.answered = INSTANT_ZERO,
			.asked = INSTANT_ZERO,
			.asked_before = INSTANT_ZERO,
			.owed = INSTANT_NEVER,
		};
	}
	note_mac(neighbour, mac, answer, now);
	neighbour->heard = now;
	neighbour->owed = INSTANT_NEVER;
}

void neighbours_asked(struct neighbours *neighbours, const struct conf_address *address, struct instant now)
{
	struct neighbour *neighbour = find(neighbours, address);

	if (!neighbour)
		return;
	neighbour->asked_before = neighbour->asked;
	neighbour->asked = now;
	neighbour->owed = instant_earlier(neighbour->owed, now);
}

static bool heard_after(const struct neighbours *neighbours, struct instant since)
{
	return neighbours->any_heard && neighbours->heard.ns > since.ns;
}

struct duration neighbours_pace(const struct neighbours *neighbours, struct instant since, struct duration beat,
				struct instant now)
{
	if (!instant_reached(now, since) || heard_after(neighbours, since))
		return PEACE;
	if (instant_since(now, since).ns > duration_times(beat, URGENT_BEATS).ns)
		return AFTERWARDS;
	return (struct duration){beat.ns / URGENT_PER_BEAT};
}

bool neighbours_owes(const struct neighbour *neighbour)
{
	return neighbour->owed.ns != INSTANT_NEVER.ns;
}

bool neighbours_wants_all(const struct neighbour *neighbour, struct duration pace)
{
	return pace.ns < PEACE.ns || neighbours_owes(neighbour);
}

int neighbours_due(const struct neighbours *neighbours, struct duration pace, struct instant now,
		   struct neighbour due[static NEIGHBOURS_MAX])
{
	int count = 0;

	for (int i = 0; i < neighbours->count; i++) {
		if (instant_reached(now, instant_add(neighbours->known[i].asked, pace)))
			due[count++] = neighbours->known[i];
	}
	return count;
}

struct instant neighbours_wants(const struct neighbours *neighbours, struct duration pace)
{
	struct instant wants = INSTANT_NEVER;

	for (int i = 0; i < neighbours->count; i++)
		wants = instant_earlier(wants, instant_add(neighbours->known[i].asked, pace));
	return wants;
}

static bool is_witness(const struct neighbour *neighbour, struct instant since)
{
	return instant_since(since, neighbour->heard).ns <= TRUST.ns &&
	       instant_since(since, neighbour->owed).ns <= ALREADY_CUT.ns;
}

bool neighbours_lost(const struct neighbours *neighbours, struct instant since)
{
	int witnesses = 0;

	if (heard_after(neighbours, since))
		return false;
	for (int i = 0; i < neighbours->count; i++) {
		const struct neighbour *known = &neighbours->known[i];

		if (!is_witness(known, since))
			continue;
		if (known->asked_before.ns <= since.ns)
			return false; /* it may answer yet */
		witnesses++;
	}
	return witnesses > 0;
}

bool neighbours_testify(const struct neighbours *neighbours, struct instant since)
{
	for (int i = 0; i < neighbours->count; i++) {
		if (is_witness(&neighbours->known[i], since))
			return true;
	}
	return false;
}

struct instant neighbours_answered(const struct neighbours *neighbours)
{
	struct instant newest = INSTANT_ZERO;

	for (int i = 0; i < neighbours->count; i++) {
		if (neighbours->known[i].owed.ns == INSTANT_NEVER.ns)
			newest = instant_later(newest, neighbours->known[i].asked);
	}
	return newest;
}
