/* The control socket, served from casvipd's loop: whoever can connect may read, only root and casvipd's own user order.
 *
 * Nothing here blocks or allocates once it is open, and no client can make the loop wait: each has a slot with room for
 * one request and one reply, and loses it after CTL_PATIENCE_MS of silence or slow reading, or sooner when a newcomer
 * needs the slot. Followers of the events have places of their own (followers.h). What a request means is the handler's
 * business. */
#pragma once

#include <stdint.h>

#include "agent/ctl_wire.h"
#include "agent/event_json.h"
#include "agent/events.h"
#include "vrrp/instant.h"

enum { CTL_CLIENTS_MAX = 8, CTL_PATIENCE_MS = 5000 };

struct ctl;

/* Room for the handler's answer; it writes text, length and exit_code. */
struct ctl_reply {
	uint64_t token; /* for ctl_finish(), when the answer comes later */
	enum ctl_exit exit_code;
	char *text;
	size_t size;
	size_t length; /* without a NUL */
	uint64_t since; /* with CTL_FOLLOWS: the newest event that the caller is not told */
	uid_t uid;     /* who asks, for the log */
	pid_t pid;
};

enum ctl_answer { CTL_NOW, CTL_LATER, CTL_FOLLOWS /* told of each event from here on */ };
typedef enum ctl_answer ctl_handler_fn(void *context, const struct ctl_request *request, struct ctl_reply *reply);

struct ctl_counts {
	unsigned long malformed; /* requests that were none */
	unsigned long denied;    /* orders of somebody who may not order */
	unsigned long dropped;   /* clients that were silent, slow or in the way */
	unsigned long unfollowed; /* followers that did not read */
};

/* `room` is the longest reply in bytes (status_room()). 0 or -errno with `why` in words; see ctl_listen_open(). */
int ctl_open(struct ctl **ret_ctl, const char *path, size_t room, char why[static 128]);
void ctl_close(struct ctl *ctl); /* NULL is fine */

/* One descriptor for everything: readable when ctl_dispatch() has something to do. */
int ctl_fd(const struct ctl *ctl);

/* When to call ctl_dispatch() although the descriptor is quiet. */
struct instant ctl_wants(const struct ctl *ctl);

/* Serves what is there, a bounded amount. Call it when ctl_fd() is readable or ctl_wants() is reached. */
void ctl_dispatch(struct ctl *ctl, struct instant now, ctl_handler_fn *handler, void *context);

/* Answers a request whose handler said CTL_LATER. A client that has gone away is nobody's concern. */
void ctl_finish(struct ctl *ctl, uint64_t token, struct instant now, enum ctl_exit exit_code, const char *text);

/* The caller that has waited longest for a status: its token for ctl_finish(), and which form; 0: nobody waits for
 * one. */
uint64_t ctl_asks_status(const struct ctl *ctl, enum ctl_verb *ret_verb);

/* Tells the followers what is new, a bounded amount; and when there is more to tell (INSTANT_NEVER: nothing yet). */
void ctl_tell(struct ctl *ctl, const struct events *events, const struct event_origin *origin, struct instant now);
struct instant ctl_tells_at(const struct ctl *ctl, const struct events *events);

/* Makes room for longer replies, after a reload; never less. Not from inside the handler, which holds a reply's text:
 * a reload is answered later. 0 or -ENOMEM, with everything as it was. */
int ctl_reserve(struct ctl *ctl, size_t room);

/* Is the socket root's alone, because this kernel lets whoever connects pass descriptors? */
bool ctl_root_only(const struct ctl *ctl);

struct ctl_counts ctl_counts(const struct ctl *ctl);
