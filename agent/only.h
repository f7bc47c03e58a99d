/* One casvipd per host (or network namespace): a second one, or `casvipd --release`, would take the vips and the fence
 * from under the first. Whatever control socket each of them has. */
#pragma once

enum { ONLY_WHY_MAX = 128 };

/* Holds the lock until the descriptor is closed. It, or -errno with words: -EADDRINUSE when another one holds it. */
int only_one(char why[static ONLY_WHY_MAX]);
