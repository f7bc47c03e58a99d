/* Addresses as they stand in a configuration: "192.0.2.50/24", "2001:db8::1", "[2001:db8::1]:443". */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "conf/conf.h"

enum { ADDRESS_TEXT_MAX = 64 }; /* with a prefix or a port, and the NUL */

/* All three: 0, or -EINVAL with `*ret_why` what is wrong. The result is written over zeroed memory, or not at all. */
int address_read(const char *text, struct conf_address *address, const char **ret_why); /* without a prefix */
int address_read_prefix(const char *text, struct conf_address *address, const char **ret_why);
int endpoint_read(const char *text, struct conf_endpoint *endpoint, const char **ret_why);

/* Each returns `text`. The prefix is printed when `with_prefix`. */
const char *address_text(const struct conf_address *address, bool with_prefix, char text[static ADDRESS_TEXT_MAX]);
const char *endpoint_text(const struct conf_endpoint *endpoint, char text[static ADDRESS_TEXT_MAX]);

/* The same address, whatever the prefixes. */
bool address_same(const struct conf_address *a, const struct conf_address *b);

/* This host itself (127.0.0.0/8, ::1), or good on its own link only (fe80::/10). */
bool address_is_loopback(const struct conf_address *address);
bool address_is_link_local(const struct conf_address *address);

/* Where the kernel is to bind or connect to: the length of `to`, 0 when the address is of no family. */
socklen_t address_to_socket(const struct conf_address *address, uint16_t port, struct sockaddr_storage *to);

/* Why a node, or a check's endpoint, cannot have this address ("is a multicast address"); NULL: it can. */
const char *address_unfit_for_node(const struct conf_address *address);
/* Why a vip cannot; looks at the prefix too. */
const char *address_unfit_for_vip(const struct conf_address *address);
