#include "agent/damping.h"

#define HALF_LIFE duration_ms(DAMPING_HALF_LIFE_MS)

/* Halved with each half-life; in between along a straight line. */
static int decayed(int penalty, struct duration passed)
{
	int64_t halvings = passed.ns / HALF_LIFE.ns, rest_ns = passed.ns % HALF_LIFE.ns;

	if (halvings > 30)
		return 0;
	penalty >>= halvings;
	return penalty - (int)(penalty / 2 * (rest_ns / 1000) / (HALF_LIFE.ns / 1000));
}

void damping_fall(struct damping *damping, struct instant now)
{
	int left = decayed(damping->penalty, instant_since(now, damping->at));

	damping->held = damping_holds(damping, now);
	damping->penalty = left + DAMPING_FALL < DAMPING_MAX ? left + DAMPING_FALL : DAMPING_MAX;
	damping->at = now;
	damping->held |= damping->penalty >= DAMPING_HOLD;
}

struct instant damping_free_at(const struct damping *damping)
{
	struct duration wait = {0};
	int penalty = damping->penalty;

	if (!damping->held)
		return INSTANT_NEVER;
	for (; penalty >= 2 * DAMPING_FREE; penalty /= 2)
		wait.ns += HALF_LIFE.ns;
	if (penalty > DAMPING_FREE)
		wait.ns += HALF_LIFE.ns / (penalty / 2) * (penalty - DAMPING_FREE);
	return instant_add(damping->at, wait);
}

bool damping_holds(const struct damping *damping, struct instant now)
{
	return damping->held && !instant_reached(now, damping_free_at(damping));
}
