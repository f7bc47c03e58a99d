/* Who asks for the status gets it when it costs no heartbeat: one caller a turn, and none shortly before the next beat,
 * however many ask. A text that was dear is given to those who ask next as well. */
#pragma once

#include <stddef.h>

#include "agent/ctl.h"
#include "agent/status.h"
#include "vrrp/instant.h"

enum { STATUS_FORMS = STATUS_JSON + 1 };

/* All zeros is one without memory. */
struct desk {
	size_t room;
	char *text[STATUS_FORMS];
	int length[STATUS_FORMS];
	struct instant stale_at[STATUS_FORMS];
};

/* Memory for texts of so many bytes; never less. 0 or -ENOMEM, with everything as it was. */
int desk_reserve(struct desk *desk, size_t room);
void desk_done(struct desk *desk);

/* Is there time for a caller at this instant? Then now, else when there is: right after the next beat. */
struct instant desk_opens(struct instant now, struct instant beat_at, struct duration beat);

/* Fills a text: its length, or -errno. */
typedef int desk_write_fn(void *context, enum status_form form, char *text, size_t size);

/* The text for who asks now: NULL when it does not fit its room. */
const char *desk_text(struct desk *desk, enum status_form form, struct instant now, desk_write_fn *write,
		      void *context);
