#include "agent/journal_text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/name_hash.h"

enum { CHECKSUM = 16 };

/* What a record says, behind its checksum; the length. */
static int print_said(const struct journal_record *record, char said[static JOURNAL_LINE_MAX])
{
	const struct event_record *event = &record->event;

	return snprintf(said, JOURNAL_LINE_MAX, "%016" PRIx64 " %" PRIu64 " %" PRId64 " %d %s %s",
			record->origin.session, event->seq, event->at_ms, event->severity, record->origin.node,
			event->line);
}

static void print_checksum(const char *said, size_t length, char checksum[static CHECKSUM + 1])
{
	snprintf(checksum, CHECKSUM + 1, "%016" PRIx64, name_hash(said, length));
}

int journal_print(const struct journal_record *record, char line[static JOURNAL_LINE_MAX])
{
	char said[JOURNAL_LINE_MAX], checksum[CHECKSUM + 1];
	int length = print_said(record, said);

	assert(length > 0 && length < JOURNAL_LINE_MAX - CHECKSUM - 2);
	print_checksum(said, (size_t)length, checksum);
	return snprintf(line, JOURNAL_LINE_MAX, "%s %s\n", checksum, said);
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* Only what print_said() makes is one: sscanf() would take signs, blanks and zeros in front too. */
static int parse_said(const char *said, struct journal_record *record)
{
	struct event_record *event = &record->event;
	char again[JOURNAL_LINE_MAX];
	int line = 0;

	if (sscanf(said, "%16" SCNx64 " %19" SCNu64 " %20" SCNd64 " %1d %63s %n", &record->origin.session, &event->seq,
		   &event->at_ms, &event->severity, record->origin.node, &line) != 5 ||
	    line == 0 || strlen(said + line) >= sizeof(event->line))
		return -EBADMSG;
	strcpy(event->line, said + line);
	print_said(record, again);
	return strcmp(said, again) == 0 ? 0 : -EBADMSG;
}

int journal_parse(const char *line, size_t length, struct journal_record *record)
{
	struct journal_record found = {0};
	char text[JOURNAL_LINE_MAX], checksum[CHECKSUM + 1];
	const char *said = text + CHECKSUM + 1;

	if (length <= CHECKSUM + 1 || length >= sizeof(text) - 1)
		return -EBADMSG;
	memcpy(text, line, length);
	text[length] = '\0';
	print_checksum(said, length - CHECKSUM - 1, checksum);
	if (memcmp(text, checksum, CHECKSUM) != 0 || text[CHECKSUM] != ' ' || strlen(text) != length ||
	    !is_printable(text) || parse_said(said, &found) < 0)
		return -EBADMSG;
	*record = found;
	return 0;
}

static void end_line(struct journal_scan *scan, journal_record_fn *each, void *context)
{
	struct journal_record record;

	/* An empty line is what stands between a record that was torn and the next one. */
	if (scan->length > 0 && scan->length < JOURNAL_LINE_MAX &&
	    journal_parse(scan->line, scan->length, &record) == 0)
		each(context, &record);
	else
		scan->damaged += scan->length > 0;
	scan->length = 0;
}

void journal_scan_bytes(struct journal_scan *scan, const char *bytes, size_t length, journal_record_fn *each,
			void *context)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n')
			end_line(scan, each, context);
		else if (scan->length < JOURNAL_LINE_MAX)
			scan->line[scan->length++] = bytes[i];
	}
}

void journal_scan_end(struct journal_scan *scan, journal_record_fn *each, void *context)
{
	end_line(scan, each, context);
}
