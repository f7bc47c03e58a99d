/* What the end of a plugin means: the conventions of Nagios' plugins. Pure. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "checks/probe.h"

enum { PLUGIN_OUTPUT_MAX = 4096 }; /* bytes of it that are looked at */

/* Exit status 0 is UP, 1 (warning) UP or DOWN as `warning_down` says, 2 (critical) DOWN; 3, any other and a signal are
 * UNKNOWN: the plugin could not tell. The words are the first line up to a '|', behind which stand numbers for graphs
 * (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Plugin Return Codes"). `end` is
 * waitid()'s. */
void plugin_verdict(const siginfo_t *end, bool warning_down, const char *output, size_t length,
		    struct outcome *outcome);
