/* For kernels on which root alone may connect to the control socket (before Linux 6.16, see casvipd(8)): a process that
 * stays root and does nothing but that, for one that has given root up.
 *
 * What it hands over is a connection that follows already: nothing can be ordered through it, and nothing be sent. */
#pragma once

#include <stdint.h>

#include "agent/follow.h"

/* Splits this process, which is root, in two. The one that returns is `user`, of the group that this process has (its
 * own one where that is root's); `*ret_fd` is for opener_follow(). The other one passes signals on and ends with it, as
 * it ends. 0, or -errno with `why`: -ENOENT, there is no such user. */
int opener_split(const char *user, const char *socket, int *ret_fd, char why[static FOLLOW_WHY_MAX]);

/* follow_open() by the other half. */
int opener_follow(int fd, struct follow *follow, uint64_t since, uint64_t session, char why[static FOLLOW_WHY_MAX]);
