/* The text of a key file, and the steps of a rotation on it: the first key seals, all open. Pure; each step leaves a
 * text that shares a key with the one before it. */
#pragma once

#include "vrrp/seal.h"

struct key_text {
	char line[KEYRING_MAX][KEY_TEXT_MAX]; /* with their newlines */
	uint32_t id[KEYRING_MAX];	      /* public */
	int keys;
};

/* Comments and empty lines are passed over. KEYRING_OK, or what is wrong; `keys` is untouched then. */
enum keyring_refusal key_text_read(const char *text, size_t length, struct key_text *keys);

/* A second key, behind the one that seals. False: there are two or more already. */
bool key_text_add(struct key_text *keys, const char line[static KEY_TEXT_MAX]);
/* The last key becomes the first. False: there is but one. */
bool key_text_promote(struct key_text *keys);
/* Only the first key stays. False: there is no other. */
bool key_text_drop(struct key_text *keys);

void key_text_wipe(struct key_text *keys);
