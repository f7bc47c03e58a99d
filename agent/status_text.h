/* The snapshot as one screen for a person at 3 a.m.: who owns, since when and why; is a standby ready; what fails. */
#pragma once

#include "agent/status.h"

/* The length, or -ENOSPC. */
int status_write_text(const struct status *status, char *text, size_t size);
