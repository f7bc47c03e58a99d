/* A line from an agent that is followed: what is accepted is written again as a line that reads back the same.
 *
 * fuzz-sources: agent/event_read.c agent/event_fields.c agent/event_json.c agent/json.c agent/page.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/event_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_said said, back;
	char text[EVENT_JSON_MAX];
	int length;

	event_read((const char *)data, size, &said);
	if (said.kind == EVENT_UNKNOWN)
		return 0;
	length = said.kind == EVENT_LOST ? event_json_write_lost(said.lost, text)
					 : event_json_write(&said.event, &said.origin, text);
	event_read(text, (size_t)length, &back);
	assert(back.kind == said.kind && back.lost == said.lost && back.event.seq == said.event.seq &&
	       back.event.at_ms == said.event.at_ms && back.event.severity == said.event.severity);
	assert(strcmp(back.event.line, said.event.line) == 0 && strcmp(back.origin.node, said.origin.node) == 0 &&
	       back.origin.session == said.origin.session);
	return 0;
}
