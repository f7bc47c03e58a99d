/* The journal's text: one event a line, with a checksum in front, so that what is torn or altered is never taken for an
 * event. Pure: reads and writes memory only.
 *
 *   CHECKSUM SESSION SEQ TIME SEVERITY NODE event=role vip=mail ...
 *
 * CHECKSUM is name_hash() of what follows its blank; that and SESSION have 16 hexadecimal digits, TIME is in
 * milliseconds since 1970, SEVERITY is syslog's number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/event_json.h"
#include "agent/events.h"

enum { JOURNAL_LINE_MAX = 704 /* bytes of the longest, with its newline and a NUL */ };

struct journal_record {
	struct event_origin origin;
	struct event_record event;
};

/* The length, newline included. The event's line, its node's name and its numbers are those of an agent. */
int journal_print(const struct journal_record *record, char line[static JOURNAL_LINE_MAX]);

/* Reads a line without its newline: 0, or -EBADMSG with `record` untouched. What is accepted prints as it was. */
int journal_parse(const char *line, size_t length, struct journal_record *record);

/* Takes a file apart that comes piece by piece. Start with {0}. */
struct journal_scan {
	char line[JOURNAL_LINE_MAX];
	size_t length; /* JOURNAL_LINE_MAX: too long, until its newline */
	unsigned long damaged; /* lines that were no records */
};
typedef void journal_record_fn(void *context, const struct journal_record *record);

void journal_scan_bytes(struct journal_scan *scan, const char *bytes, size_t length, journal_record_fn *each,
			void *context);
/* The file is over: what has no newline is a record if it is whole, else a torn one. */
void journal_scan_end(struct journal_scan *scan, journal_record_fn *each, void *context);
