/* Does a hook wait for this event? Pure. */
#pragma once

#include <stdbool.h>

#include "agent/event_fields.h"
#include "conf/conf.h"

/* One that names vips is run for events of these alone. */
bool hook_wants(const struct conf_hook *hook, const struct event_fields *fields);
