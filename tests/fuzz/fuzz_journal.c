/* The journal as a file of any bytes, in pieces of any size: nothing but what would be printed so is taken for a record.
 *
 * fuzz-sources: agent/journal_text.c agent/event_fields.c agent/event_json.c agent/json.c agent/page.c conf/name_hash.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "agent/event_fields.h"
#include "agent/journal_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long records;

static void take(void *context, const struct journal_record *record)
{
	char line[JOURNAL_LINE_MAX], json[EVENT_JSON_MAX];
	struct journal_record back;
	struct event_fields fields;
	int length = journal_print(record, line);

	(void)context;
	records++;
	assert(length > 0 && length < JOURNAL_LINE_MAX);
	assert(journal_parse(line, (size_t)length - 1, &back) == 0 && memcmp(&back, record, sizeof(back)) == 0);
	assert(event_json_write(&record->event, &record->origin, json) > 0);
	event_fields_read(&fields, record->event.line);
	for (int i = 0; i < fields.count; i++)
		assert(*event_fields_key(&fields, i) && strlen(event_fields_value(&fields, i)) < EVENT_LINE_MAX);
}

static unsigned long scan(const char *bytes, size_t size, size_t piece)
{
	struct journal_scan scan = {0};

	records = 0;
	for (size_t at = 0; at < size; at += piece)
		journal_scan_bytes(&scan, bytes + at, size - at < piece ? size - at : piece, take, NULL);
	journal_scan_end(&scan, take, NULL);
	return records + scan.damaged;
}

/* What no checksum lets in is tried without one as well. */
static void take_apart(const char *bytes, size_t size)
{
	struct event_fields fields;
	char line[EVENT_LINE_MAX] = "";

	memcpy(line, bytes, size < sizeof(line) - 1 ? size : sizeof(line) - 1);
	event_fields_read(&fields, line);
	for (int i = 0; i < fields.count; i++)
		assert(event_fields_get(&fields, event_fields_key(&fields, i)) == event_fields_value(&fields, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece = size > 0 ? data[0] + 1U : 1;
	unsigned long lines = scan((const char *)data, size, piece);

	assert(lines <= size);
	assert(lines == scan((const char *)data, size, size + 1));
	take_apart((const char *)data, size);
	return 0;
}
