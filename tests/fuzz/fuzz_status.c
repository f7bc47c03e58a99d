/* Status as JSON, read back: what is accepted is written again, and reads the same. */
// fuzz-sources: agent/status_read.c agent/status.c agent/status_text.c agent/redundancy.c agent/reason.c agent/tally.c agent/status_quorum.c agent/quorum_terms.c agent/json.c agent/page.c vrrp/*.c conf/*.c
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/status_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { ROOM = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct status first, second;
	static char once[ROOM], twice[ROOM];
	int written;

	if (status_read((const char *)bytes, length, &first) < 0)
		return 0;
	written = status_write(&first, STATUS_JSON, once, sizeof(once));
	assert(written > 0);
	assert(status_read(once, (size_t)written, &second) == 0);
	assert(status_write(&second, STATUS_JSON, twice, sizeof(twice)) == written);
	assert(strcmp(once, twice) == 0);
	assert(status_write(&first, STATUS_TEXT, twice, sizeof(twice)) > 0);
	return 0;
}
