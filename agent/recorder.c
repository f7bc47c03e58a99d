#include "agent/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/event_fields.h"
#include "agent/log.h"

static void remember(void *context, const struct journal_record *record)
{
	struct recorder *recorder = context;

	recorder->session = record->origin.session;
	recorder->newest = record->event.seq;
}

void recorder_begin(struct recorder *recorder, struct hooks *hooks)
{
	unsigned long damaged = 0;
	int error = journal_read(&recorder->journal, remember, recorder, &damaged);

	recorder->hooks = hooks;
	if (error < 0 && error != -ENOENT)
		log_event(LOG_ERR, EVENT_JOURNAL, "state=failed words=\"cannot read %s: %s\"", recorder->journal.path,
			  strerror(-error));
	if (damaged > 0)
		log_event(LOG_WARNING, EVENT_JOURNAL, "state=damaged records=%lu words=\"torn or altered: they are "
			  "passed over\"", damaged);
}

static void tell(struct recorder *recorder, int error)
{
	if (error < 0 && !recorder->failing)
		log_event(LOG_ERR, EVENT_JOURNAL, "state=failed words=\"cannot write %s: %s; hooks are run all the "
			  "same\"", recorder->journal.path, strerror(-error));
	if (error == 0 && recorder->failing)
		log_event(LOG_NOTICE, EVENT_JOURNAL, "state=restored words=\"it can be written again\"");
	recorder->failing = error < 0;
}

/* A gap stands in the journal as well, with the number of the last event that is missing. */
static void record_loss(struct recorder *recorder, const struct journal_record *next)
{
	struct journal_record gap = *next;

	gap.event.seq--;
	gap.event.severity = LOG_WARNING;
	snprintf(gap.event.line, sizeof(gap.event.line), "event=%s state=lost lost=%" PRIu64 " words=\"the agent had "
		 "no longer kept them\"", log_event_word(EVENT_JOURNAL), recorder->lost);
	log_event(LOG_WARNING, EVENT_JOURNAL, "state=lost lost=%" PRIu64 " words=\"the agent had no longer kept them: "
		  "they are missing in the journal, and no hook was run for them\"", recorder->lost);
	tell(recorder, journal_append(&recorder->journal, &gap));
	recorder->lost = 0;
}

static bool is_reload(const char *line)
{
	struct event_fields fields;

	event_fields_read(&fields, line);
	return strcmp(event_fields_get(&fields, "event"), log_event_word(EVENT_CONFIG)) == 0 &&
	       strcmp(event_fields_get(&fields, "state"), "reloaded") == 0;
}

static bool is_known(const struct recorder *recorder, const struct event_said *said)
{
	return said->origin.session == recorder->session && said->event.seq <= recorder->newest;
}

bool recorder_take(struct recorder *recorder, const struct event_said *said)
{
	struct journal_record record = {.origin = said->origin, .event = said->event};

	if (said->kind == EVENT_LOST)
		recorder->lost += said->lost;
	if (said->kind != EVENT_TOLD || is_known(recorder, said))
		return false;
	if (recorder->lost > 0)
		record_loss(recorder, &record);
	tell(recorder, journal_append(&recorder->journal, &record));
	remember(recorder, &record);
	hooks_event(recorder->hooks, &record);
	return is_reload(record.event.line);
}

void recorder_sync(struct recorder *recorder)
{
	int error = journal_sync(&recorder->journal);

	if (error < 0)
		tell(recorder, error);
}
