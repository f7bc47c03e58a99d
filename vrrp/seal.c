#include "vrrp/seal.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum { KEY_LINE_MAX = KEY_TEXT_MAX, NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

static_assert(KEY_BYTES == crypto_kdf_KEYBYTES, "a cluster key derives");
static_assert(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a derived key seals");
static_assert(WIRE_SEAL_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "the seal's place");
static_assert(KEY_TEXT_MAX > sodium_base64_ENCODED_LEN(KEY_BYTES, sodium_base64_VARIANT_ORIGINAL), "and a newline");

int seal_init(void)
{
	return sodium_init() < 0 ? -EIO : 0;
}

static uint64_t big_endian(const uint8_t *bytes, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void put_u64(uint8_t to[static 8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

uint64_t seal_session(void)
{
	uint64_t session;

	do
		randombytes_buf(&session, sizeof(session));
	while (session == 0);
	return session;
}

/* Public, so with a personalisation that nothing else hashes the key with: it tells nothing about derived keys. */
static uint32_t key_id(const uint8_t key[static KEY_BYTES])
{
	static const uint8_t person[crypto_generichash_blake2b_PERSONALBYTES + 1] = "casvip-key-id-01";
	uint8_t hash[crypto_generichash_blake2b_BYTES_MIN];

	crypto_generichash_blake2b_salt_personal(hash, sizeof(hash), key, KEY_BYTES, NULL, 0, NULL, person);
	return (uint32_t)big_endian(hash, 4);
}

static void key_derive(const uint8_t key[static KEY_BYTES], struct keyring_key *derived)
{
	static const char context[crypto_kdf_CONTEXTBYTES + 1] = "casvipbt";

	derived->id = key_id(key);
	for (unsigned sender = 0; sender < NODES_MAX; sender++)
		crypto_kdf_derive_from_key(derived->of_sender[sender], KEY_BYTES, sender + 1, context, key);
}

static const struct keyring_key *keyring_find(const struct keyring *ring, uint32_t id)
{
	for (int i = 0; i < ring->keys; i++) {
		if (ring->key[i].id == id)
			return &ring->key[i];
	}
	return NULL;
}

/* One line that should be a key. Ids that collide by chance (1 in 2^32) are refused as well: an id names one key. */
static enum keyring_refusal keyring_add(struct keyring *ring, const char *line, size_t length)
{
	uint8_t key[KEY_LINE_MAX]; /* room for too long a key, to tell it from what is no key at all */
	size_t bytes;
	enum keyring_refusal refusal = KEYRING_OK;

	if (length > KEY_LINE_MAX)
		return KEYRING_WRONG_LENGTH;
	if (sodium_base642bin(key, sizeof(key), line, length, NULL, &bytes, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		refusal = KEYRING_NOT_BASE64;
	else if (bytes != KEY_BYTES)
		refusal = KEYRING_WRONG_LENGTH;
	else if (keyring_find(ring, key_id(key)))
		refusal = KEYRING_DUPLICATE;
	else if (ring->keys == KEYRING_MAX)
		refusal = KEYRING_TOO_MANY;
	else
		key_derive(key, &ring->key[ring->keys++]);
	sodium_memzero(key, sizeof(key));
	return refusal;
}

enum keyring_refusal keyring_read(const char *text, size_t length, struct keyring *ring, int *ret_line)
{
	struct keyring read = {.keys = 0};
	enum keyring_refusal refusal = KEYRING_OK;
	size_t at = 0;
	int line = 0;

	while (refusal == KEYRING_OK && at < length) {
		const char *begin = text + at;
		const char *newline = memchr(begin, '\n', length - at);
		size_t width = newline ? (size_t)(newline - begin) : length - at;

		line++;
		if (width > 0 && *begin != '#')
			refusal = keyring_add(&read, begin, width);
		at += width + 1;
	}
	if (refusal == KEYRING_OK && read.keys == 0)
		refusal = KEYRING_EMPTY;
	if (refusal == KEYRING_OK)
		*ring = read;
	else
		*ret_line = line > 0 ? line : 1;
	keyring_wipe(&read);
	return refusal;
}

const char *keyring_refusal_words(enum keyring_refusal refusal)
{
	static const char *const words[] = {
		[KEYRING_OK] = "ok",
		[KEYRING_EMPTY] = "no key: casvipctl keygen makes one",
		[KEYRING_TOO_MANY] = "more than 4 keys",
		[KEYRING_NOT_BASE64] = "not a base64 key",
		[KEYRING_WRONG_LENGTH] = "not 32 bytes long",
		[KEYRING_DUPLICATE] = "the same key again",
	};
	static_assert(sizeof(words) / sizeof(words[0]) == KEYRING_REFUSAL_COUNT, "words for each refusal");
	static_assert(KEYRING_MAX == 4, "the words say so");

	assert((unsigned)refusal < KEYRING_REFUSAL_COUNT);
	return words[refusal];
}

void keyring_wipe(struct keyring *ring)
{
	sodium_memzero(ring, sizeof(*ring));
}

void key_generate(char text[static KEY_TEXT_MAX])
{
	uint8_t key[KEY_BYTES];
	size_t length;

	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(text, KEY_TEXT_MAX - 1, key, sizeof(key), sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(key, sizeof(key));
	length = strlen(text);
	text[length] = '\n';
	text[length + 1] = '\0';
}

/* A sender never uses a pair of session and seq twice, whoever the receiver is, and every sender has its own key. */
static void nonce_of(const struct beat_header *header, uint8_t nonce[static NONCE_BYTES])
{
	memset(nonce, 0, NONCE_BYTES);
	put_u64(nonce, header->session);
	put_u64(nonce + 8, header->seq);
}

/* The body stands in its place; header and seal come around it. */
static size_t seal_around(const struct keyring *ring, struct beat_header *header, size_t length, uint8_t *datagram)
{
	uint8_t nonce[NONCE_BYTES], *body = datagram + WIRE_HEADER_BYTES;
	unsigned long long sealed;

	assert(ring->keys > 0 && header->sender < NODES_MAX && header->receiver < NODES_MAX);
	header->key_id = ring->key[0].id;
	wire_write_header(header, datagram);
	nonce_of(header, nonce);
	crypto_aead_xchacha20poly1305_ietf_encrypt(body, &sealed, body, length, datagram, WIRE_HEADER_BYTES, NULL,
						   nonce, ring->key[0].of_sender[header->sender]);
	assert(sealed == length + WIRE_SEAL_BYTES);
	return WIRE_HEADER_BYTES + (size_t)sealed;
}

size_t seal_beat(const struct keyring *ring, struct beat_header *header, const struct beat *beat,
		 uint8_t datagram[static WIRE_MAX])
{
	header->kind = DATAGRAM_BEAT;
	return seal_around(ring, header, wire_write_body(beat, datagram + WIRE_HEADER_BYTES), datagram);
}

size_t seal_roll(const struct keyring *ring, struct beat_header *header, const struct roll *roll,
		 uint8_t datagram[static WIRE_MAX])
{
	header->kind = DATAGRAM_ROLL;
	return seal_around(ring, header, roll_write(roll, datagram + WIRE_HEADER_BYTES), datagram);
}

static bool sender_expected(const struct seal_expect *expect, node_id sender)
{
	if (sender >= expect->nodes || sender == expect->self)
		return false;
	return expect->sender == NODE_NONE || sender == expect->sender;
}

static enum wire_refusal judge_header(const struct seal_expect *expect, const struct beat_header *header)
{
	assert(expect->nodes <= NODES_MAX);
	if (header->cluster != expect->cluster)
		return WIRE_WRONG_CLUSTER;
	if (header->receiver != expect->self)
		return WIRE_WRONG_RECEIVER;
	return sender_expected(expect, header->sender) ? WIRE_OK : WIRE_WRONG_SENDER;
}

/* The body without its seal. The plain text is not a secret worth wiping: it is what status shows. */
static enum wire_refusal open_seal(const struct keyring *ring, const struct beat_header *header,
				   const uint8_t *datagram, size_t length, uint8_t body[static WIRE_MAX],
				   size_t *ret_length)
{
	const struct keyring_key *key = keyring_find(ring, header->key_id);
	uint8_t nonce[NONCE_BYTES];
	unsigned long long opened;

	if (!key)
		return WIRE_WRONG_KEY;
	nonce_of(header, nonce);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(body, &opened, NULL, datagram + WIRE_HEADER_BYTES,
						       length - WIRE_HEADER_BYTES, datagram, WIRE_HEADER_BYTES, nonce,
						       key->of_sender[header->sender]) != 0)
		return WIRE_BAD_SEAL;
	*ret_length = (size_t)opened;
	return WIRE_OK;
}

enum wire_refusal unseal(const struct keyring *ring, const struct seal_expect *expect, const uint8_t *datagram,
			 size_t length, struct unsealed *unsealed)
{
	uint8_t body[WIRE_MAX];
	struct beat_header read;
	size_t opened;
	enum wire_refusal refusal = wire_read_header(datagram, length, &read);

	if (refusal == WIRE_OK)
		refusal = judge_header(expect, &read);
	if (refusal == WIRE_OK)
		refusal = open_seal(ring, &read, datagram, length, body, &opened);
	if (refusal == WIRE_OK)
		refusal = read.kind == DATAGRAM_BEAT ? wire_read_body(body, opened, &unsealed->beat)
						     : roll_read(body, opened, &unsealed->roll);
	if (refusal == WIRE_OK)
		unsealed->header = read;
	return refusal;
}
