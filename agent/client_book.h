/* Who is connected to which vip: what an owner has told its peers, and what a backup has been told.
 *
 * Of one size from the start, and soft: an entry that nobody repeats grows old, and a new one takes the place of the
 * oldest of the few that share its place. So nothing is ever removed, nothing overflows, and a peer that tells of
 * clients without end only pushes out what it told before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "vrrp/instant.h"
#include "vrrp/limits.h"

/* Told of by each owner at least every CLIENT_REPEAT; not believed after CLIENT_BELIEVED without a word. */
#define CLIENT_REPEAT	duration_ms(10000)
#define CLIENT_BELIEVED duration_ms(25000)

struct client {
	uint8_t vip;	 /* its place, and which of its addresses */
	uint8_t address; /* ... */
	uint16_t port, vip_port;
	uint8_t remote[16]; /* IPv4: the first four, then zeros */
};

struct client_entry {
	struct client client;
	bool used : 1;
	bool answered : 1; /* a tickle ... */
	uint8_t asked : 6; /* ... of which so many were sent ... */
	uint8_t takeover;  /* ... in this takeover, by a count that wraps: marks of another one mean nothing */
	struct instant told_at; /* told of, or heard of */
};

struct client_book;

enum { CLIENT_PLACES = 8 }; /* entries that share a place */

/* Room for about so many clients, 1..CLIENT_BOOK_MOST; more are rounded down. 0 or -ENOMEM. */
enum { CLIENT_BOOK_MOST = 1 << 18 };
int client_book_open(struct client_book **ret_book, size_t clients);
void client_book_close(struct client_book *book); /* NULL is fine */

/* The entry of this client, if there is one. */
struct client_entry *client_book_find(struct client_book *book, const struct client *client);

/* The same, or a new one in the place of the oldest: not `used` yet where it is new, but filled in but for told_at. */
struct client_entry *client_book_note(struct client_book *book, const struct client *client);

/* Can this be a client of the vip with this address (with its prefix)? Not loopback, multicast, broadcast and the like,
 * nor the vip itself. */
bool client_may_be(const struct conf_address *vip, const uint8_t remote[static 16]);

/* For walks through all: how many places there are, and the entry at one. */
size_t client_book_size(const struct client_book *book);
struct client_entry *client_book_at(struct client_book *book, size_t place);
