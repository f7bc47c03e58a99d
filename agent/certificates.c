#include "agent/certificates.h"

#include <string.h>

enum { LASTS_MS = 5000, ROUNDS = 3 };

static bool is_told_of(const struct conf *conf, int vip, int check)
{
	return vip < conf->vips && check < conf->vip[vip].checks &&
	       conf->vip[vip].check[check].type == CHECK_CERTIFICATE;
}

void certificates_start(struct certificates *certificates, const struct conf *conf)
{
	memset(certificates, 0, sizeof(*certificates));
	certificates->settles_at = INSTANT_NEVER;
	memset(certificates->owner, NODE_NONE, sizeof(certificates->owner));
	for (int v = 0; v < conf->vips; v++)
		for (int c = 0; c < conf->vip[v].checks; c++)
			certificates->checks += is_told_of(conf, v, c);
	certificates->turn.check = -1;
	certificates_turn(certificates, conf);
}

void certificates_turn(struct certificates *certificates, const struct conf *conf)
{
	int vip = certificates->turn.vip, check = certificates->turn.check;

	if (certificates->checks == 0)
		return;
	do {
		if (++check >= conf->vip[vip].checks) {
			check = 0;
			vip = (vip + 1) % conf->vips;
		}
	} while (!is_told_of(conf, vip, check));
	certificates->turn.vip = vip;
	certificates->turn.check = check;
}

/* What this node's check saw last; 0: nothing. */
static uint64_t seen_here(const struct facts *facts, int vip, int check)
{
	const struct fact_entry *entry = &facts->of[vip][check];

	return entry->heard ? entry->certificate : 0;
}

void certificates_say(const struct certificates *certificates, const struct facts *facts, struct beat *beat)
{
	if (certificates->checks == 0)
		return;
	beat->certificate_vip = (uint8_t)(certificates->turn.vip + 1);
	beat->certificate_check = (uint8_t)certificates->turn.check;
	beat->certificate = seen_here(facts, certificates->turn.vip, certificates->turn.check);
}

void certificates_hear(struct certificates *certificates, const struct conf *conf, node_id peer,
		       const struct beat *beat)
{
	struct certificate_there *there;

	if (beat->certificate_vip == 0 || !is_told_of(conf, beat->certificate_vip - 1, beat->certificate_check))
		return;
	there = &certificates->at[peer][beat->certificate_vip - 1][beat->certificate_check];
	certificates->news |= there->hash != beat->certificate;
	there->hash = beat->certificate;
}

void certificates_forget(struct certificates *certificates, node_id peer)
{
	for (int v = 0; v < VIPS_MAX; v++)
		for (int c = 0; c < VIP_CHECKS_MAX; c++)
			certificates->at[peer][v][c].hash = 0;
	certificates->news = true;
}

void certificates_news(struct certificates *certificates)
{
	certificates->news = true;
}

static struct duration lasts(const struct certificates *certificates, const struct conf *conf,
			     const struct conf_check *check)
{
	struct duration least = duration_ms(LASTS_MS);
	struct duration length = duration_times(conf->heartbeat, ROUNDS * certificates->checks);

	length.ns += check->interval.ns + check->timeout.ns;
	return length.ns > least.ns ? length : least;
}

/* True when it changed to what `there->told` says now. */
static bool compare(struct certificate_there *there, uint64_t here, struct duration lasts, struct instant now)
{
	bool known = here != 0 && there->hash != 0, differs = known && here != there->hash, was_told = there->told;

	if (differs && !there->differs)
		there->since = now;
	there->differs = differs;
	if (differs && instant_reached(now, instant_add(there->since, lasts)))
		there->told = true;
	else if (known && !differs)
		there->told = false;
	return there->told != was_told;
}

static void judge_check(struct certificates *certificates, const struct facts *facts, const struct conf *conf,
			struct certificate_change change, struct instant now, certificate_change_fn *changed,
			void *context)
{
	struct duration bound = lasts(certificates, conf, &conf->vip[change.vip].check[change.check]);
	uint64_t here = seen_here(facts, change.vip, change.check);

	for (node_id n = 0; n < conf->nodes; n++) {
		struct certificate_there *there = &certificates->at[n][change.vip][change.check];
		bool news = compare(there, here, bound, now);

		if (there->differs && !there->told)
			certificates->settles_at =
				instant_earlier(certificates->settles_at, instant_add(there->since, bound));
		if (!news)
			continue;
		change.peer = n;
		change.differs = there->told;
		changed(context, &change);
	}
}

void certificates_judge(struct certificates *certificates, const struct facts *facts, const struct conf *conf,
			struct instant now, certificate_change_fn *changed, void *context)
{
	if (!certificates->news && !instant_reached(now, certificates->settles_at))
		return;
	certificates->news = false;
	certificates->settles_at = INSTANT_NEVER;
	for (int v = 0; v < conf->vips; v++)
		for (int c = 0; c < conf->vip[v].checks; c++)
			if (is_told_of(conf, v, c))
				judge_check(certificates, facts, conf,
					    (struct certificate_change){.vip = v, .check = c}, now, changed, context);
}

struct instant certificates_wants(const struct certificates *certificates)
{
	return certificates->settles_at;
}

bool certificates_differ(const struct certificates *certificates, const struct conf *conf, int vip, node_id peer)
{
	for (int c = 0; c < conf->vip[vip].checks; c++)
		if (certificates->at[peer][vip][c].told)
			return true;
	return false;
}

void certificates_mark(struct certificates *certificates, struct facts *facts, const struct conf *conf, int vip,
		       node_id owner)
{
	const struct conf_vip *rules = &conf->vip[vip];

	if (owner != NODE_NONE || !rules->hold_when_none_fit)
		certificates->owner[vip] = owner;
	owner = certificates->owner[vip];
	for (int c = 0; c < rules->checks; c++)
		facts->of[vip][c].unlike_owner = rules->check[c].same_down && owner != NODE_NONE &&
						 certificates->at[owner][vip][c].told;
}
