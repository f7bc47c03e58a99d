#include "checks/verdict.h"

#include <assert.h>
#include <limits.h>

static const char *const words[VERDICT_COUNT] = {
	[VERDICT_UP] = "up",
	[VERDICT_UP_AUTH] = "up-auth",
	[VERDICT_AUTH_REJECTED] = "auth-rejected",
	[VERDICT_DOWN] = "down",
	[VERDICT_UNKNOWN] = "unknown",
};

static int one_more(int count)
{
	return count < INT_MAX ? count + 1 : count;
}

static void add_good(struct verdicts *verdicts)
{
	verdicts->good = one_more(verdicts->good);
	verdicts->bad = 0;
}

static void add_bad(struct verdicts *verdicts)
{
	verdicts->bad = one_more(verdicts->bad);
	verdicts->good = 0;
}

/* As many bad ones as it takes. */
static void add_rejected(struct verdicts *verdicts, int fall)
{
	add_bad(verdicts);
	if (verdicts->bad < fall)
		verdicts->bad = fall;
}

static enum check_state next_state(const struct verdicts *verdicts, int rise, int fall)
{
	if (verdicts->bad >= fall)
		return CHECK_STATE_DOWN;
	if (verdicts->good >= (verdicts->state == CHECK_STATE_UNKNOWN ? 1 : rise))
		return CHECK_STATE_UP;
	return verdicts->state;
}

struct verdicts verdicts_add(struct verdicts was, enum verdict verdict, int rise, int fall)
{
	struct verdicts is = was;

	assert(rise >= 1 && fall >= 1);
	is.unknown = verdict == VERDICT_UNKNOWN ? one_more(was.unknown) : 0;
	switch (verdict) {
	case VERDICT_UP:
	case VERDICT_UP_AUTH:
		add_good(&is);
		break;
	case VERDICT_AUTH_REJECTED:
		add_rejected(&is, fall);
		break;
	case VERDICT_DOWN:
		add_bad(&is);
		break;
	case VERDICT_UNKNOWN:
		if (is.unknown >= VERDICTS_UNKNOWN_MAX)
			add_bad(&is);
		break;
	}
	is.state = next_state(&is, rise, fall);
	return is;
}

bool verdicts_in_doubt(struct verdicts verdicts)
{
	bool asked = verdicts.unknown == 0 || verdicts.unknown >= VERDICTS_UNKNOWN_MAX;

	switch (verdicts.state) {
	case CHECK_STATE_UP:
		return verdicts.bad > 0 || !asked;
	case CHECK_STATE_DOWN:
		return verdicts.good > 0 || !asked;
	case CHECK_STATE_UNKNOWN:
	case CHECK_STATE_STALE:
		break;
	}
	return true;
}

bool verdict_is_good(enum verdict verdict)
{
	return verdict == VERDICT_UP || verdict == VERDICT_UP_AUTH;
}

const char *verdict_word(enum verdict verdict)
{
	return words[verdict];
}
