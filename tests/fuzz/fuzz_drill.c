/* A status as a drill reads it, most of all another host's: names and words are clean, the dark time within its range.
 *
 * fuzz-sources: agent/drill_read.c agent/event_fields.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/drill_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_clean(const char *text, size_t room)
{
	assert(strnlen(text, room) < room);
	for (; *text; text++)
		assert(*text >= ' ' && *text <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drill_sight sight;

	if (drill_read((const char *)data, size, "mail", &sight) < 0)
		return 0;
	assert(sight.node[0]);
	assert_clean(sight.node, sizeof(sight.node));
	assert_clean(sight.cluster, sizeof(sight.cluster));
	assert_clean(sight.active, sizeof(sight.active));
	assert_clean(sight.redundancy, sizeof(sight.redundancy));
	assert(sight.dark_us >= -1 && sight.dark_us <= INT64_C(86400000000));
	return 0;
}
