/* The metrics of the vips of a snapshot and of their checks, by the names of casvip-web(8). Pure. */
#pragma once

#include "agent/exposition.h"
#include "agent/status.h"

void web_metrics_vips(struct exposition *out, const struct status *status);
