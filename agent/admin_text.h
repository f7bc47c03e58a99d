/* What an admin's files and the kernel's lists say that matters for a vip: addresses in texts of any grammar, keys of
 * files in sections, and who listens where. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"

/* Does the address stand in the text as a word of its own, with a prefix or without, in any notation? Comments, from a
 * # or a ; at the beginning of a word to the line's end, do not count. The line, from 1; 0: it does not. */
int admin_text_names(const char *text, const struct conf_address *address);

/* The value of the last `key = value` or `key=value` of a section of an ini file, "" for what stands before any; false:
 * there is none. It is cut at `size`. */
bool admin_text_key(const char *text, const char *section, const char *key, char *value, size_t size);

/* Is it a yes, as systemd reads one: 1, yes, y, true, t, on? */
bool admin_text_yes(const char *value);

/* Who listens on a TCP port. */
struct admin_listeners {
	bool any_four, any_six;                    /* on every address of the family */
	struct conf_address on[VIP_ADDRESSES_MAX]; /* on single ones; what is beyond is left out */
	int ons;
};

/* Adds what the text of /proc/net/tcp or /proc/net/tcp6 says, proc(5). */
void admin_text_listeners(const char *text, int family, uint16_t port, struct admin_listeners *listeners);
