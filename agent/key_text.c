#include "agent/key_text.h"

#include <string.h>

enum keyring_refusal key_text_read(const char *text, size_t length, struct key_text *keys)
{
	struct key_text read = {0};
	struct keyring ring;
	int line;
	enum keyring_refusal refusal = keyring_read(text, length, &ring, &line);

	if (refusal != KEYRING_OK)
		return refusal;
	for (size_t at = 0; at < length && read.keys < ring.keys;) {
		const char *newline = memchr(text + at, '\n', length - at);
		size_t width = newline ? (size_t)(newline - text) - at : length - at;

		if (width > 0 && text[at] != '#') { /* a good key: it fits */
			memcpy(read.line[read.keys], text + at, width);
			read.line[read.keys][width] = '\n';
			read.id[read.keys] = ring.key[read.keys].id;
			read.keys++;
		}
		at += width + 1;
	}
	*keys = read;
	keyring_wipe(&ring);
	key_text_wipe(&read);
	return KEYRING_OK;
}

bool key_text_add(struct key_text *keys, const char line[static KEY_TEXT_MAX])
{
	if (keys->keys != 1)
		return false;
	memcpy(keys->line[1], line, KEY_TEXT_MAX);
	keys->keys = 2;
	return true;
}

bool key_text_promote(struct key_text *keys)
{
	int last = keys->keys - 1;
	char line[KEY_TEXT_MAX];
	uint32_t id;

	if (last < 1)
		return false;
	id = keys->id[last];
	memcpy(line, keys->line[last], KEY_TEXT_MAX);
	memmove(keys->line[1], keys->line[0], (size_t)last * KEY_TEXT_MAX);
	memmove(&keys->id[1], &keys->id[0], (size_t)last * sizeof(keys->id[0]));
	memcpy(keys->line[0], line, KEY_TEXT_MAX);
	keys->id[0] = id;
	explicit_bzero(line, sizeof(line));
	return true;
}

bool key_text_drop(struct key_text *keys)
{
	if (keys->keys < 2)
		return false;
	for (int k = 1; k < keys->keys; k++)
		explicit_bzero(keys->line[k], KEY_TEXT_MAX);
	keys->keys = 1;
	return true;
}

void key_text_wipe(struct key_text *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}
