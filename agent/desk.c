#include "agent/desk.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/clock.h"

enum {
	CLOSED_BEFORE_BEAT_MS = 10, /* or half of the interval, where that is less */
	KEPT_TIMES = 20, /* what it took to write: so at most a twentieth of the time goes into writing ... */
	KEPT_MS_MOST = 100, /* ... and what is shown is never old */
};

int desk_reserve(struct desk *desk, size_t room)
{
	if (room <= desk->room)
		return 0;
	for (int f = 0; f < STATUS_FORMS; f++) {
		char *text = realloc(desk->text[f], room);

		if (!text)
			return -ENOMEM;
		desk->text[f] = text;
		desk->stale_at[f] = INSTANT_ZERO;
	}
	desk->room = room;
	return 0;
}

void desk_done(struct desk *desk)
{
	for (int f = 0; f < STATUS_FORMS; f++)
		free(desk->text[f]);
	*desk = (struct desk){0};
}

struct instant desk_opens(struct instant now, struct instant beat_at, struct duration beat)
{
	struct duration closed = duration_ms(CLOSED_BEFORE_BEAT_MS);

	if (beat.ns / 2 < closed.ns)
		closed.ns = beat.ns / 2;
	return instant_since(beat_at, now).ns >= closed.ns ? now : beat_at;
}

static struct duration kept(struct duration took)
{
	struct duration kept = duration_times(took, KEPT_TIMES), most = duration_ms(KEPT_MS_MOST);

	return kept.ns < most.ns ? kept : most;
}

const char *desk_text(struct desk *desk, enum status_form form, struct instant now, desk_write_fn *write, void *context)
{
	struct instant began;

	if (!instant_reached(now, desk->stale_at[form]))
		return desk->length[form] < 0 ? NULL : desk->text[form];
	began = clock_boottime();
	desk->length[form] = write(context, form, desk->text[form], desk->room);
	desk->stale_at[form] = instant_add(now, kept(instant_since(clock_boottime(), began)));
	return desk->length[form] < 0 ? NULL : desk->text[form];
}
