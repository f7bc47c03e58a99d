/* Status, read back: what casvipd wrote as JSON as the value it came from, for programs that look at an agent. */
#pragma once

#include "agent/status.h"

/* Reads one JSON document of status_write(). Keys that are not known are passed over: an agent may be newer than who
 * asks it. What JSON does not tell stays zero: `standing`, `deaf`; and what only people are shown. 0; -EPROTO when it
 * is no status, or one that does not fit: `status` is untouched then. -ENOMEM. */
int status_read(const char *text, size_t length, struct status *status);
