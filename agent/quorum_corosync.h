/* The way to corosync: its four libraries, behind four descriptors. Only here are they known, and only casvip-quorum
 * links them: their calls wait for an answer, for ever while corosync is stopped. */
#pragma once

#include <poll.h>

#include "agent/quorum_view.h"

enum { COROSYNC_FDS = 4 };

struct corosync; /* one at a time: it belongs to the process */

/* Takes memory, connects to nothing. NULL when there is none. The view gets all that corosync says. */
struct corosync *corosync_new(struct quorum_view *view, const struct conf *conf);
void corosync_free(struct corosync *corosync);

bool corosync_is_open(const struct corosync *corosync);

/* Connects and asks for everything. 0, or -EAGAIN: not now, and the view knows why. */
int corosync_open(struct corosync *corosync);

/* These are readable when corosync has something to say. None are in it while it is not open. */
int corosync_fds(const struct corosync *corosync, struct pollfd fds[static COROSYNC_FDS]);

/* The three of them: 0, or -ENOTCONN when corosync is gone or is not what it was; everything is closed then and the
 * view knows that nothing is known any more. -EAGAIN of a word: it was not sent, for a ring is being formed. */
int corosync_hear(struct corosync *corosync); /* takes what it has to say */
int corosync_say(struct corosync *corosync, enum quorum_word_kind kind, struct instant sent_at);
int corosync_look(struct corosync *corosync); /* at its settings, nodes and votes */
