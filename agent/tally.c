#include "agent/tally.h"

const uint32_t tally_bound_us[TALLY_BOUNDS] = {
	500, 1000, 2000, 5000, 10000, 50000, 100000, 200000, 300000, 400000, 500000, 1000000, 3000000,
};

void tally_change(struct tally *tally, enum why why, struct duration dark)
{
	int64_t us = dark.ns / 1000;
	int class = 0;

	tally->changes[why]++;
	if (dark.ns < 0)
		return;
	while (class < TALLY_BOUNDS && us > tally_bound_us[class])
		class++;
	tally->dark[class]++;
	tally->dark_us += (uint64_t)us;
}

uint64_t tally_claims(const struct tally *tally)
{
	uint64_t sum = 0;

	for (int class = 0; class <= TALLY_BOUNDS; class++)
		sum += tally->dark[class];
	return sum;
}
