/* TCP connections of this host, ended by the kernel on request (sock_diag(7), SOCK_DESTROY). Non-blocking; every call
 * does a bounded amount of work. Knows sockets, not what the messages say: that is diag.h. */
#pragma once

#include "agent/diag.h"

struct net_diag;

/* 0 or -errno; -EPROTONOSUPPORT: the kernel is without sock_diag. */
int net_diag_open(struct net_diag **ret_diag);
void net_diag_close(struct net_diag *diag); /* NULL is fine */

/* Begins a list, as diag_list(); the one before is given up. 0 or -errno. */
int net_diag_list(struct net_diag *diag, int family, enum diag_scope scope, const struct conf_address *address,
		  int addresses);

enum { NET_DIAG_PIECE_MAX = 512 }; /* what the kernel puts into one datagram of a list is fewer */

/* The next piece of the list: the number of connections in it, with `*ret_more` false when that was the last; or
 * -errno, and the list is over. Does not wait: the kernel makes a list's pieces as they are read. */
int net_diag_next(struct net_diag *diag, struct diag_connection connection[static NET_DIAG_PIECE_MAX], bool *ret_more);

/* Ends these. The number that the kernel ended, less where some were gone already; or -errno of the first other
 * refusal: -EOPNOTSUPP on a kernel without CONFIG_INET_DIAG_DESTROY, -EPERM without CAP_NET_ADMIN. */
int net_diag_end(struct net_diag *diag, const struct diag_connection *connection, int count);
