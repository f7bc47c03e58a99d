/* What casvip-events does with each event: into the journal, and to the hooks. A journal that cannot be written stops
 * no hook, and is told once; so is that it can be written again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/event_read.h"
#include "agent/hooks.h"
#include "agent/journal.h"

struct recorder {
	struct journal journal;
	struct hooks *hooks;      /* lent */
	uint64_t session, newest; /* the last event that was recorded; 0: none */
	uint64_t lost;            /* before the next event */
	bool failing;
};

/* Finds out where the journal ended. What is damaged in it is told. */
void recorder_begin(struct recorder *recorder, struct hooks *hooks);

/* Takes what an agent said. True: its configuration was reloaded. What was recorded before is passed over. */
bool recorder_take(struct recorder *recorder, const struct event_said *said);

/* Brings the journal to the disk. */
void recorder_sync(struct recorder *recorder);
