/* What the judge sends: bytes in, and whatever is accepted can be kept, told and shown.
 *
 * fuzz-sources: agent/facts.c agent/damping.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void told(void *context, const struct fact_change *change, const struct fact_entry *entry)
{
	(void)context;
	assert(change->from != change->to || entry->verdict == VERDICT_AUTH_REJECTED);
	assert(strlen(entry->words) < FACT_WORDS_MAX && strlen(entry->reason) < FACT_REASON_MAX);
}

/* Several facts in a row, each at a time of its own; the last may be short. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf = {.vips = 2, .vip = {{.checks = 2}, {.checks = 1}}};
	static struct facts facts;
	struct instant now = {INT64_C(1) << 40};

	conf.vip[0].check[0].required = true;
	conf.vip[0].check[1].weight = 1000;
	conf.vip[1].check[0].type = CHECK_CERTIFICATE;
	facts_start(&facts, now);
	while (size > 0) {
		size_t length = size < sizeof(struct fact) ? size : sizeof(struct fact);
		struct fact fact;

		if (fact_read(data, length, &conf, &fact) == FACT_OK) {
			struct health health;

			assert(fact.certificate == 0 || (fact.vip == 1 && fact.check == 0));
			facts_put(&facts, &fact, &conf, now);
			assert(facts_state(&facts, &conf, fact.vip, fact.check, now) < CHECK_STATE_COUNT);
			facts_tell(&facts, &conf, now, told, NULL);
			health = facts_health(&facts, &conf, fact.vip, false, now);
			assert(health.score <= 1000 && health.decider < conf.vip[fact.vip].checks);
		}
		now = instant_add(now, duration_ms(1));
		data += length;
		size -= length;
	}
	return 0;
}
