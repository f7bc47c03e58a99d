/* The text of a credentials file.
 * fuzz-sources: checks/credentials.c
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "checks/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Either a user and a password that stand in the text, or a finding with its line and nothing touched. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct credentials read, before;
	int line = 0;
	enum credentials_refusal refusal;

	memset(&read, 0x5a, sizeof(read));
	before = read;
	refusal = credentials_read((const char *)bytes, length, &read, &line);
	assert(line >= 1 && (size_t)line <= length + 1);
	if (refusal != CREDENTIALS_OK) {
		assert(*credentials_refusal_words(refusal));
		assert(memcmp(&read, &before, sizeof(read)) == 0);
		return 0;
	}
	assert(strnlen(read.user, sizeof(read.user)) < sizeof(read.user) && read.user[0] && !strchr(read.user, ':'));
	assert(strnlen(read.password, sizeof(read.password)) < sizeof(read.password) && read.password[0]);
	assert(memmem(bytes, length, read.user, strlen(read.user)));
	assert(memmem(bytes, length, read.password, strlen(read.password)));
	return 0;
}
