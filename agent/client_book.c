#include "agent/client_book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conf/conf_address.h"

struct client_book {
	size_t places; /* a power of two */
	uint64_t seed; /* clients choose their ports, not where they land */
	struct client_entry entry[];
};

int client_book_open(struct client_book **ret_book, size_t clients)
{
	struct client_book *book;
	size_t places = 64;

	/* Half full, so that few share a place with more than there is room for. */
	while (places * CLIENT_PLACES < 2 * clients && places * CLIENT_PLACES < 2 * CLIENT_BOOK_MOST)
		places *= 2;
	book = calloc(1, sizeof(*book) + places * CLIENT_PLACES * sizeof(book->entry[0]));
	if (!book)
		return -ENOMEM;
	book->places = places;
	if (getrandom(&book->seed, sizeof(book->seed), GRND_NONBLOCK) < 0)
		book->seed = (uint64_t)(uintptr_t)book;
	*ret_book = book;
	return 0;
}

void client_book_close(struct client_book *book)
{
	free(book);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / the golden ratio: Knuth 6.4 */
	return hash ^ hash >> 29;
}

static size_t place_of(const struct client_book *book, const struct client *client)
{
	uint64_t halves[2], hash;

	memcpy(halves, client->remote, sizeof(halves));
	hash = mix(book->seed, halves[0]);
	hash = mix(hash, halves[1]);
	hash = mix(hash, (uint64_t)client->port << 32 | (uint64_t)client->vip_port << 16 |
				 (uint64_t)client->vip << 8 | client->address);
	return (size_t)(mix(hash, book->seed) >> 20) & (book->places - 1);
}

static bool same(const struct client *a, const struct client *b)
{
	return a->vip == b->vip && a->address == b->address && a->port == b->port && a->vip_port == b->vip_port &&
	       memcmp(a->remote, b->remote, sizeof(a->remote)) == 0;
}

struct client_entry *client_book_find(struct client_book *book, const struct client *client)
{
	struct client_entry *entry = &book->entry[place_of(book, client) * CLIENT_PLACES];

	for (int i = 0; i < CLIENT_PLACES; i++) {
		if (entry[i].used && same(&entry[i].client, client))
			return &entry[i];
	}
	return NULL;
}

struct client_entry *client_book_note(struct client_book *book, const struct client *client)
{
	struct client_entry *entry = &book->entry[place_of(book, client) * CLIENT_PLACES], *oldest = entry;

	for (int i = 0; i < CLIENT_PLACES; i++) {
		if (entry[i].used && same(&entry[i].client, client))
			return &entry[i];
		if (!entry[i].used || (oldest->used && entry[i].told_at.ns < oldest->told_at.ns))
			oldest = &entry[i];
	}
	*oldest = (struct client_entry){.client = *client, .told_at = INSTANT_ZERO};
	return oldest;
}

static bool same_subnet(const struct conf_address *a, const struct conf_address *b, int prefix)
{
	int whole = prefix / 8;
	uint8_t mask = (uint8_t)(0xff00 >> prefix % 8);

	return memcmp(a->bytes, b->bytes, (size_t)whole) == 0 &&
	       (mask == 0 || ((a->bytes[whole] ^ b->bytes[whole]) & mask) == 0);
}

bool client_may_be(const struct conf_address *vip, const uint8_t remote[static 16])
{
	struct conf_address client = {.family = vip->family};

	memcpy(client.bytes, remote, sizeof(client.bytes));
	if (address_unfit_for_node(&client) || address_is_loopback(&client) || address_same(&client, vip))
		return false;
	if (!same_subnet(&client, vip, vip->prefix))
		return true;
	client.prefix = vip->prefix;
	return !address_unfit_for_vip(&client);
}

size_t client_book_size(const struct client_book *book)
{
	return book->places * CLIENT_PLACES;
}

struct client_entry *client_book_at(struct client_book *book, size_t place)
{
	return &book->entry[place];
}
