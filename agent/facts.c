#include "agent/facts.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SPARE_MARGIN_MS = 1000 };

static bool is_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == 0)
			return true;
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return false;
}

/* It stands in the log as it is, unquoted: with a blank in it, it could pass for two values. */
static bool is_one_word(const char *reason)
{
	return reason[strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

enum fact_refusal fact_read(const void *bytes, size_t length, const struct conf *conf, struct fact *fact)
{
	struct fact read;

	if (length != sizeof(read))
		return FACT_WRONG_SIZE;
	memcpy(&read, bytes, sizeof(read));
	if (read.magic != FACT_MAGIC)
		return FACT_WRONG_MAGIC;
	/* Stale is our word, not the judge's. */
	if (read.verdict >= VERDICT_COUNT || read.state >= CHECK_STATE_STALE || read.at_ns < 0)
		return FACT_OUT_OF_RANGE;
	if (read.vip >= conf->vips || read.check >= conf->vip[read.vip].checks)
		return FACT_NO_SUCH_CHECK;
	if (read.certificate && conf->vip[read.vip].check[read.check].type != CHECK_CERTIFICATE)
		return FACT_OUT_OF_RANGE;
	if (!is_text(read.reason, sizeof(read.reason)) || !is_text(read.words, sizeof(read.words)) ||
	    !is_one_word(read.reason))
		return FACT_BAD_TEXT;
	*fact = read;
	return FACT_OK;
}

void facts_start(struct facts *facts, struct instant now)
{
	memset(facts, 0, sizeof(*facts));
	for (int v = 0; v < VIPS_MAX; v++)
		for (int c = 0; c < VIP_CHECKS_MAX; c++)
			facts->of[v][c] = (struct fact_entry){.at = now, .verdict = VERDICT_UNKNOWN};
}

/* The other nodes ask at the latest an interval after us, and know a timeout after that. */
static void spare(struct fact_entry *entry, const struct fact *fact, const struct conf_check *check, struct instant now)
{
	if (fact->verdict != VERDICT_AUTH_REJECTED)
		entry->spared_until = INSTANT_ZERO;
	else if (entry->state == CHECK_STATE_UP && fact->state == CHECK_STATE_DOWN)
		entry->spared_until = instant_add(
			instant_add(instant_add(now, check->interval), check->timeout), duration_ms(SPARE_MARGIN_MS));
}

void facts_put(struct facts *facts, const struct fact *fact, const struct conf *conf, struct instant now)
{
	struct fact_entry *entry = &facts->of[fact->vip][fact->check];
	bool decided = fact->state != CHECK_STATE_UNKNOWN;

	/* A judge forgets when it is restarted, by a reload for one. What was known stands, and ages, until the new one
	 * has made up its mind: else each reload would take the vip from a healthy owner for a moment. */
	if (!decided && entry->state != CHECK_STATE_UNKNOWN && fact->verdict != VERDICT_AUTH_REJECTED)
		return;
	spare(entry, fact, &conf->vip[fact->vip].check[fact->check], now);
	entry->heard = true;
	entry->on_trial = entry->on_trial && !decided;
	/* A fact is as old as its verdict, however long it waited for us; a time ahead of our clock makes it no
	 * younger. */
	entry->at = instant_earlier((struct instant){fact->at_ns}, now);
	if (decided) /* else refused credentials, which the file says hold the state */
		entry->state = (enum check_state)fact->state;
	entry->verdict = (enum verdict)fact->verdict;
	entry->took_us = fact->took_us;
	entry->certificate = fact->certificate;
	memcpy(entry->reason, fact->reason, sizeof(entry->reason));
	/* A service has its say in these, and they stand in double quotes in the log: one of its own would end them. */
	for (size_t i = 0; i < sizeof(entry->words); i++)
		entry->words[i] = fact->words[i] == '"' ? '\'' : fact->words[i];
}

int facts_drain(struct facts *facts, int fd, const struct conf *conf, struct instant now, int most)
{
	int good = 0;

	for (int i = 0; i < most; i++) {
		char packet[sizeof(struct fact) + 1]; /* one that is too long is cut to its size, and shows that way */
		ssize_t n = read(fd, packet, sizeof(packet));
		enum fact_refusal refusal;
		struct fact fact;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? good : -errno;
		if (n == 0)
			return -EPIPE;
		refusal = fact_read(packet, (size_t)n, conf, &fact);
		if (refusal == FACT_OK) {
			facts_put(facts, &fact, conf, now);
			good++;
		} else {
			facts->refused[refusal]++;
		}
	}
	return good;
}

static struct instant stale_at(const struct fact_entry *entry, const struct conf_check *check)
{
	struct duration slow = check->interval.ns > check->fast.ns ? check->interval : check->fast;

	return instant_add(instant_add(entry->at, duration_times(slow, 3)), check->timeout);
}

static bool exists(const struct conf *conf, int vip, int check)
{
	return vip >= 0 && vip < conf->vips && check >= 0 && check < conf->vip[vip].checks;
}

enum check_state facts_state(const struct facts *facts, const struct conf *conf, int vip, int check, struct instant now)
{
	const struct fact_entry *entry = &facts->of[vip][check];

	assert(exists(conf, vip, check));
	return instant_reached(now, stale_at(entry, &conf->vip[vip].check[check])) ? CHECK_STATE_STALE : entry->state;
}

struct instant facts_held_until(const struct facts *facts, const struct conf *conf, int vip, int check,
				struct instant now)
{
	const struct damping *damping = &facts->of[vip][check].damping;

	if (!conf->vip[vip].check[check].damp || !damping_holds(damping, now) ||
	    facts_state(facts, conf, vip, check, now) != CHECK_STATE_UP)
		return INSTANT_ZERO;
	return damping_free_at(damping);
}

struct instant facts_wants(const struct facts *facts, const struct conf *conf, struct instant now)
{
	struct instant first = INSTANT_NEVER;

	for (int v = 0; v < conf->vips; v++)
		for (int c = 0; c < conf->vip[v].checks; c++) {
			struct instant at = stale_at(&facts->of[v][c], &conf->vip[v].check[c]);

			if (!instant_reached(now, at))
				first = instant_earlier(first, at);
			if (damping_holds(&facts->of[v][c].damping, now))
				first = instant_earlier(first, damping_free_at(&facts->of[v][c].damping));
			at = facts->of[v][c].spared_until;
			if (!instant_reached(now, at))
				first = instant_earlier(first, at);
		}
	return first;
}

static bool is_rejected(const struct fact_entry *entry)
{
	return entry->heard && entry->verdict == VERDICT_AUTH_REJECTED;
}

void facts_tell(struct facts *facts, const struct conf *conf, struct instant now, fact_change_fn *changed,
		void *context)
{
	for (int v = 0; v < conf->vips; v++)
		for (int c = 0; c < conf->vip[v].checks; c++) {
			struct fact_entry *entry = &facts->of[v][c];
			struct fact_change change = {.vip = v, .check = c, .from = entry->told};

			change.to = facts_state(facts, conf, v, c, now);
			if (change.to == change.from && (!is_rejected(entry) || entry->alarm_told))
				continue;
			entry->told = change.to;
			if (change.from == CHECK_STATE_UP && change.to == CHECK_STATE_DOWN)
				damping_fall(&entry->damping, now);
			entry->alarm_told = is_rejected(entry);
			changed(context, &change, entry);
		}
}

/* How much a required check in this state weighs against the node: the worst one decides. */
static int badness(enum check_state state)
{
	switch (state) {
	case CHECK_STATE_UP:
		return 0;
	case CHECK_STATE_UNKNOWN:
		return 1;
	case CHECK_STATE_STALE:
		return 2;
	case CHECK_STATE_DOWN:
		return 3;
	}
	assert(false);
}

static enum fitness fitness_of(int worst)
{
	return worst == 0 ? FITNESS_FIT : worst == 1 ? FITNESS_UNKNOWN : FITNESS_UNHEALTHY;
}

/* A candidate's check that is held down, or unlike the owner's, is down; an owner's that is spared is not. */
static enum check_state counted_state(const struct facts *facts, const struct conf *conf, int vip, int check, bool owns,
				      struct instant now)
{
	bool held = facts_held_until(facts, conf, vip, check, now).ns != INSTANT_ZERO.ns;
	bool spared = !instant_reached(now, facts->of[vip][check].spared_until);
	enum check_state state = facts_state(facts, conf, vip, check, now);

	if (owns)
		return spared && state == CHECK_STATE_DOWN ? CHECK_STATE_UP : state;
	return held || facts->of[vip][check].unlike_owner ? CHECK_STATE_DOWN : state;
}

/* Of a check in no state yet. Refused credentials that leave it there are held to be no fault of the service. */
static bool counts_neither_way(const struct fact_entry *entry)
{
	return entry->on_trial || is_rejected(entry);
}

struct health facts_health(const struct facts *facts, const struct conf *conf, int vip, bool owns, struct instant now)
{
	const struct conf_vip *rules = &conf->vip[vip];
	int worst = 0, decider = -1, heaviest = -1, score = SCORE_MAX;

	for (int c = 0; c < rules->checks; c++) {
		const struct conf_check *check = &rules->check[c];
		int bad = badness(counted_state(facts, conf, vip, c, owns, now));

		if (check->required && bad > worst && !(bad == 1 && counts_neither_way(&facts->of[vip][c]))) {
			worst = bad;
			decider = c;
		}
		if (!check->required && bad > 1) {
			score -= check->weight;
			if (heaviest < 0 || check->weight > rules->check[heaviest].weight)
				heaviest = c;
		}
	}
	return (struct health){
		.fitness = fitness_of(worst),
		.score = (uint16_t)(score < 0 ? 0 : score),
		.decider = decider >= 0 ? decider : heaviest,
	};
}

static int find_vip(const struct conf *conf, const char *name)
{
	for (int v = 0; v < conf->vips; v++)
		if (strcmp(conf->vip[v].name, name) == 0)
			return v;
	return -1;
}

/* The same question asked the same way: a fact about it still stands. Bytes behind a text's NUL that differ only make a
 * check look new, which is harmless. */
static int find_check(const struct conf_vip *vip, const struct conf_check *check)
{
	for (int c = 0; c < vip->checks; c++)
		if (memcmp(&vip->check[c], check, sizeof(*check)) == 0)
			return c;
	return -1;
}

void facts_carry(struct facts *facts, const struct conf *was, const struct conf *is, struct instant now)
{
	static struct facts next; /* too large for the stack, and taken once */

	facts_start(&next, now);
	memcpy(next.refused, facts->refused, sizeof(next.refused));
	for (int v = 0; v < is->vips; v++) {
		int old_vip = find_vip(was, is->vip[v].name);

		for (int c = 0; old_vip >= 0 && c < is->vip[v].checks; c++) {
			int old = find_check(&was->vip[old_vip], &is->vip[v].check[c]);

			if (old >= 0)
				next.of[v][c] = facts->of[old_vip][old];
			else
				next.of[v][c].on_trial = true;
		}
	}
	*facts = next;
}
