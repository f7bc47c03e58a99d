/* See name_hash.h. Apart from vrrp/seal.c, so that reading a configuration needs no file that knows keys. */
#include "conf/name_hash.h"

#include <assert.h>
#include <sodium.h>

uint64_t name_hash(const void *bytes, size_t length)
{
	uint8_t hash[crypto_generichash_BYTES_MIN]; /* libsodium promises nothing for shorter ones */
	uint64_t number = 0;

	int failed = crypto_generichash(hash, sizeof(hash), bytes, length, NULL, 0);
	assert(!failed); /* it refuses only lengths of hash and key that are out of range */
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | hash[i];
	return number;
}

bool base64_sha256(const char *text, size_t length, uint8_t hash[static 32])
{
	uint8_t bytes[64 * 1024];
	size_t count = 0;
	const char *end = NULL;

	if (sodium_base642bin(bytes, sizeof(bytes), text, length, " \r\n\t", &count, &end,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    end != text + length || count == 0)
		return false;
	crypto_hash_sha256(hash, bytes, count);
	return true;
}
