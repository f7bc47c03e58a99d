/* Any bytes as a service's certificate. */
// fuzz-sources: agent/tls_names.c conf/*.c
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "agent/tls_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char seen[TLS_SEEN_MAX];
	enum tls_names answer = tls_names_judge(bytes, length, "mail.example.net", seen);

	assert(memchr(seen, '\0', sizeof(seen)));
	for (const char *c = seen; *c; c++)
		assert(isprint((unsigned char)*c));
	assert(answer != TLS_NAMES_NONE || !*seen);
	return 0;
}
