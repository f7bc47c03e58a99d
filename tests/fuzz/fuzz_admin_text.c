/* Files of admins and lists of the kernel: any text is read to its end. */
// fuzz-sources: agent/admin_text.c conf/*.c
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/admin_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct conf_address four = {.family = AF_INET, .prefix = 32, .bytes = {192, 0, 2, 50}};
	struct admin_listeners listeners = {0};
	char *text = malloc(length + 1), value[16];

	memcpy(text, bytes, length);
	text[length] = '\0';
	if (admin_text_names(text, &four))
		assert(strstr(text, "192.0.2.50"));
	if (admin_text_key(text, "Network", "KeepConfiguration", value, sizeof(value)))
		assert(strlen(value) < sizeof(value));
	admin_text_listeners(text, AF_INET, 443, &listeners);
	admin_text_listeners(text, AF_INET6, 443, &listeners);
	assert(listeners.ons >= 0 && listeners.ons <= VIP_ADDRESSES_MAX);
	free(text);
	return 0;
}
