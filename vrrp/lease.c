#include "vrrp/lease.h"

struct lease_terms lease_terms(struct duration beat, int dead_after)
{
	struct lease_terms terms = {.beat = beat, .dead = duration_times(beat, dead_after)};

	terms.margin = (struct duration){beat.ns / 4};
	if (terms.margin.ns < duration_ms(2).ns)
		terms.margin = duration_ms(2);
	terms.lease = (struct duration){terms.dead.ns - terms.margin.ns};
	return terms;
}
