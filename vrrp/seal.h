/* The only file that knows secrets: cluster keys, and the sealing of heartbeats with them.
 *
 * crypto_aead_xchacha20poly1305_ietf; the key of a sender is derived from the cluster key with crypto_kdf, so that a
 * packet cannot be reflected to its sender; the nonce is session, seq (which never repeat together); the clear header
 * is the associated data. A cluster key itself is nowhere kept: a keyring holds what was derived from it, until
 * keyring_wipe(). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vrrp/beat.h"
#include "vrrp/roll.h"
#include "vrrp/wire.h"

enum { KEYRING_MAX = 4, KEY_BYTES = 32, KEY_TEXT_MAX = 64 };

struct keyring {
	int keys; /* the first seals, all open: a rotation is hitless */
	struct keyring_key {
		uint32_t id;                             /* hash of the cluster key, public; no two alike in a ring */
		uint8_t of_sender[NODES_MAX][KEY_BYTES]; /* derived */
	} key[KEYRING_MAX];
};

enum keyring_refusal {
	KEYRING_OK,
	KEYRING_EMPTY,
	KEYRING_TOO_MANY,
	KEYRING_NOT_BASE64,
	KEYRING_WRONG_LENGTH,
	KEYRING_DUPLICATE,
};
enum { KEYRING_REFUSAL_COUNT = KEYRING_DUPLICATE + 1 };

/* Once, before anything else here. 0, or -EIO when libsodium cannot start. */
int seal_init(void);

/* Reads the text of a key file: one key a line, base64 of 32 bytes (RFC 4648 4, with its padding, nothing around it);
 * empty lines and lines that begin with # are skipped. `ret_line` is the line of the finding, counted from 1; for
 * KEYRING_EMPTY the last one. The ring is untouched on failure, `ret_line` on success. */
enum keyring_refusal keyring_read(const char *text, size_t length, struct keyring *ring, int *ret_line);
const char *keyring_refusal_words(enum keyring_refusal refusal);
void keyring_wipe(struct keyring *ring);

/* A new random key as a line of a key file (base64, newline, NUL). */
void key_generate(char text[static KEY_TEXT_MAX]);

/* 64 random bits, never 0: a session. */
uint64_t seal_session(void);

/* Header and sealed body into `datagram`; returns its length. header->key_id is set to the first key's, the kind too.
 * The caller never passes the same session and seq twice: that would give the beat's secrets away. */
size_t seal_beat(const struct keyring *ring, struct beat_header *header, const struct beat *beat,
		 uint8_t datagram[static WIRE_MAX]);
size_t seal_roll(const struct keyring *ring, struct beat_header *header, const struct roll *roll,
		 uint8_t datagram[static WIRE_MAX]);

/* Who is expected on a link. */
struct seal_expect {
	uint64_t cluster;
	node_id self;   /* the receiver it must be for */
	node_id sender; /* the node at the other end, or NODE_NONE for any other node */
	node_id nodes;  /* how many nodes there are */
};

/* What was in a datagram. */
struct unsealed {
	struct beat_header header; /* its kind says which of these it is */
	union {
		struct beat beat;
		struct roll roll;
	};
};

/* Refuses in the order of enum wire_refusal. `length` may be more than what is at `datagram` if it is more than
 * WIRE_MAX. `unsealed` is untouched on failure. */
enum wire_refusal unseal(const struct keyring *ring, const struct seal_expect *expect, const uint8_t *datagram,
			 size_t length, struct unsealed *unsealed);
