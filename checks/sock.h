/* TCP sockets of probes: non-blocking, close-on-exec, and what their failures mean to a check. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "checks/probe.h"
#include "conf/conf.h"

/* Begins to connect. Returns the descriptor or -errno. When it is writable, sock_connected() knows more. */
int sock_connect(const struct conf_address *address, uint16_t port);

/* 0: connected; -EINPROGRESS: not yet; else why it failed. */
int sock_connected(int fd);

/* TCP_SYN_SENT and so on (netinet/tcp.h), or -1. Unlike sock_connected() it leaves an error where it is, for the one
 * who is going to report it. */
int sock_state(int fd);

/* Sends or receives what can be done at once. Returns how much, or -errno: -EAGAIN to wait, -ENODATA from sock_receive
 * at the end of the stream. */
ssize_t sock_send(int fd, const uint8_t *bytes, size_t length);
ssize_t sock_receive(int fd, uint8_t *bytes, size_t room);

/* How many bytes have come in so far, read or not. */
int64_t sock_received(int fd);

/* Of a connected socket, in microseconds: the time from its SYN to the answer as the kernel saw it, however late we
 * came to look; -1: unknown, or a packet had to be sent again. */
int64_t sock_round_trip_us(int fd);

/* The outcome of a failed connection. `error` is -errno as the calls above return it; `doing` is what
 * failed ("connecting to port 135"). What the host could not do for want of descriptors, memory or ports says
 * nothing of the service: VERDICT_UNKNOWN. */
void sock_outcome(struct outcome *outcome, int error, const char *doing);

/* Closes *fd, if it is open, and makes it -1. */
void sock_close(int *fd);
