/* What casvip-quorum sends: bytes in, and whatever is accepted can be told, shown and reckoned with.
 *
 * fuzz-sources: agent/quorum_fact.c agent/quorum_terms.c vrrp/lease.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/quorum_terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_terms lease = lease_terms(duration_ms(100), 3);
	struct quorum_advice advice[QUORUM_ADVICE_MAX];
	struct quorum_terms terms;
	struct quorum_fact fact;

	if (quorum_fact_read(data, size, &fact) != QUORUM_FACT_OK)
		return 0;
	assert(*quorum_state_word((enum quorum_state)fact.state));
	assert(strlen(fact.words) < sizeof(fact.words) && !strpbrk(fact.words, "\"\n"));
	assert(fact.members < 1U << NODES_MAX && fact.proven_ns >= 0 && fact.ring_since_ns >= 0);
	terms = quorum_terms(&fact.settings, 2, &lease);
	assert(terms.settle.ns >= 0 && terms.failover.ns >= terms.settle.ns && terms.grace.ns >= terms.max_age.ns);
	assert(fact.state != QUORUM_QUORATE || terms.max_age.ns > 0);
	assert(*quorum_danger_word(quorum_danger(&fact.settings)));
	assert(quorum_advice(&fact.settings, advice) <= QUORUM_ADVICE_MAX);
	return 0;
}
