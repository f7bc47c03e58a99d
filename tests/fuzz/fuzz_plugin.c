/* Any bytes as what a plugin wrote: words of its first line at most, and a verdict that only its exit status decides.
 * The first two octets say how it ended.
 *
 * fuzz-sources: checks/plugin_verdict.c checks/outcome.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/plugin_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void is_sound(const siginfo_t *end, const struct outcome *outcome)
{
	bool exited = end->si_code == CLD_EXITED;

	assert((outcome->verdict == VERDICT_UP) == (exited && end->si_status <= 1));
	assert((outcome->verdict == VERDICT_DOWN) == (exited && end->si_status == 2));
	assert(outcome->verdict <= VERDICT_UNKNOWN && *outcome->reason && *outcome->words);
	for (const char *at = outcome->words; *at; at++)
		assert(*at >= ' ' && *at <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct outcome outcome;
	siginfo_t end = {0};
	char *output;

	if (length < 2)
		return 0;
	end.si_code = bytes[0] & 1 ? CLD_EXITED : CLD_KILLED;
	end.si_status = bytes[1];
	output = malloc(length - 2); /* of its own, so that a byte too far is seen */
	memcpy(output, bytes + 2, length - 2);
	plugin_verdict(&end, false, output, length - 2, &outcome);
	is_sound(&end, &outcome);
	free(output);
	return 0;
}
