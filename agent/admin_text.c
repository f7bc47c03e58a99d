#include "agent/admin_text.h"

#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/conf_address.h"

enum { LINE_MAX_CHARS = 512, TCP_LISTEN = 10 /* include/net/tcp_states.h */ };

static bool is_address_sign(char c)
{
	return isxdigit((unsigned char)c) || c == '.' || c == ':';
}

/* A word of signs that addresses are made of. */
static bool is_it(const char *word, size_t length, const struct conf_address *address)
{
	struct conf_address read = {0};
	char text[ADDRESS_TEXT_MAX];
	const char *why;

	if (length >= sizeof(text))
		return false;
	memcpy(text, word, length);
	text[length] = '\0';
	return address_read(text, &read, &why) == 0 && address_same(&read, address);
}

static bool names(const char *line, size_t length, const struct conf_address *address)
{
	for (size_t i = 0; i < length;) {
		size_t end = i;

		if ((line[i] == '#' || line[i] == ';') && (i == 0 || isspace((unsigned char)line[i - 1])))
			return false;
		while (end < length && is_address_sign(line[end]))
			end++;
		/* "cafe" of "cafeteria" is no word of its own */
		if (end > i && (i == 0 || !isalnum((unsigned char)line[i - 1])) &&
		    (end == length || !isalnum((unsigned char)line[end])) && is_it(line + i, end - i, address))
			return true;
		i = end > i ? end : i + 1;
	}
	return false;
}

int admin_text_names(const char *text, const struct conf_address *address)
{
	for (int number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");

		if (names(text, length, address))
			return number;
		text += length + (text[length] == '\n');
	}
	return 0;
}

static void trim(const char **from, size_t *length)
{
	while (*length > 0 && isspace((unsigned char)**from)) {
		(*from)++;
		(*length)--;
	}
	while (*length > 0 && isspace((unsigned char)(*from)[*length - 1]))
		(*length)--;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

bool admin_text_key(const char *text, const char *section, const char *key, char *value, size_t size)
{
	bool inside = *section == '\0', found = false;

	while (*text) {
		size_t line = strcspn(text, "\n"), length = line, name_length;
		const char *at = text, *equal;

		trim(&at, &length);
		equal = memchr(at, '=', length);
		if (length >= 2 && at[0] == '[' && at[length - 1] == ']') {
			inside = is_word(at + 1, length - 2, section);
		} else if (inside && equal && *at != '#' && *at != ';') {
			const char *name = at;

			name_length = (size_t)(equal - at);
			trim(&name, &name_length);
			if (is_word(name, name_length, key)) {
				size_t rest = length - (size_t)(equal + 1 - at);

				at = equal + 1;
				trim(&at, &rest);
				snprintf(value, size, "%.*s", (int)rest, at);
				found = true;
			}
		}
		text += line + (text[line] == '\n');
	}
	return found;
}

bool admin_text_yes(const char *value)
{
	static const char *const words[] = {"1", "yes", "y", "true", "t", "on"};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
		if (strcasecmp(value, words[w]) == 0)
			return true;
	return false;
}

/* The kernel prints each 32 bits of the address as the number that they are in memory. */
static bool read_bytes(const char *hex, int family, uint8_t bytes[static 16])
{
	int words = family == AF_INET ? 1 : 4;

	memset(bytes, 0, 16);
	for (int w = 0; w < words; w++) {
		uint32_t word;

		if (sscanf(hex + 8 * w, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(bytes + 4 * w, &word, 4);
	}
	return hex[8 * words] == ':';
}

static void add(struct admin_listeners *listeners, const struct conf_address *address)
{
	static const uint8_t zeros[16];

	if (memcmp(address->bytes, zeros, 16) == 0)
		*(address->family == AF_INET ? &listeners->any_four : &listeners->any_six) = true;
	else if (listeners->ons < VIP_ADDRESSES_MAX)
		listeners->on[listeners->ons++] = *address;
}

/* "  0: 0100007F:0087 00000000:0000 0A ..." */
static void read_line(const char *line, int family, uint16_t port, struct admin_listeners *listeners)
{
	struct conf_address address = {.family = family, .prefix = family == AF_INET ? 32 : 128};
	size_t digits = family == AF_INET ? 8 : 32;
	char hex[64];
	unsigned local_port, state;

	if (sscanf(line, " %*d: %63[0-9A-Fa-f:] %*63[0-9A-Fa-f:] %x", hex, &state) != 2 || state != TCP_LISTEN ||
	    strlen(hex) != digits + 5 || sscanf(hex + digits + 1, "%x", &local_port) != 1 || local_port != port ||
	    !read_bytes(hex, family, address.bytes))
		return;
	add(listeners, &address);
}

void admin_text_listeners(const char *text, int family, uint16_t port, struct admin_listeners *listeners)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char line[LINE_MAX_CHARS];

		snprintf(line, sizeof(line), "%.*s", (int)(length < sizeof(line) ? length : sizeof(line) - 1), text);
		read_line(line, family, port, listeners);
		text += length + (text[length] == '\n');
	}
}
