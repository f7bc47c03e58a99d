/* casvipctl on another host, by whatever words lead there: "ssh cas2", "nsenter ... --". The words are the admin's own
 * and a shell takes them apart. The arguments behind them are handed over as they are; ssh's far end has a shell, too,
 * but names of nodes and vips hold nothing that it would take for more.
 *
 * It has no terminal: words that would ask for a password fail. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { DRILL_ARGUMENTS_MAX = 8, DRILL_VIA_MS = 15000 };

/* Runs `WORDS casvipctl ARGUMENTS` (NULL at their end) for at most DRILL_VIA_MS; `text` is what it printed and what it
 * complained of, NUL-terminated. The length, or -errno: -ECHILD, it failed; -ETIMEDOUT, it was ended. */
ssize_t drill_via(const char *words, const char *const arguments[], char *text, size_t size);
