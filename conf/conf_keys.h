/* The grammar as a table: which keys stand in which section, what their values are, where they go in struct conf.
 *
 * Loading, printing and the search for misspelt keys all walk this one table, so that what is printed loads back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_kind {
	KIND_NAME,         /* letters, digits and . _ -  */
	KIND_INTERFACE,    /* what the kernel takes for a network interface's name */
	KIND_PATH,         /* absolute */
	KIND_URL,          /* http or https */
	KIND_HOST,         /* a host's name, no address */
	KIND_CREDENTIALS,  /* an absolute path, or a name without a slash */
	KIND_TOKEN,        /* printable ASCII without blanks */
	KIND_TEXT,         /* anything without control characters */
	KIND_CHOICE,       /* one of `choices`; its place in them is kept, as an enum or a bool */
	KIND_NUMBER,       /* kept as int or uint16_t */
	KIND_DURATION,     /* struct duration */
	KIND_ENDPOINT,     /* struct conf_endpoint */
	KIND_ADDRESS,      /* struct conf_address without a prefix, link-local too */
	KIND_NODE_ADDRESS, /* struct conf_address without a prefix */
	KIND_VIP_ADDRESS,  /* struct conf_address with a prefix */
	KIND_NODE,         /* node_id: a node's name */
	KIND_SECTION,
};

struct conf_section;

struct conf_key {
	const char *word;
	enum conf_kind kind;
	const char *fallback; /* the default, as in the file, of a list its one value; NULL: the key has to be there */
	size_t offset;        /* of the value, or of the first of several */
	size_t size;          /* of one value */
	bool list;
	size_t count_offset;     /* lists and titled sections: where their number is kept */
	int most;                /* lists and titled sections: how many there may be */
	int64_t lowest, highest; /* numbers and durations (ns) */
	const char *const *choices;
	bool decides_type;                   /* its value says which of the keys with `types` belong here */
	unsigned types;                      /* bits 1 << enum check_type that take the key; 0: everybody does */
	unsigned required_by;                /* bits of those for which the default is none */
	const struct conf_section *contents; /* sections */
	bool profiled;                       /* titled sections: the vip's profile has a say in them */
};

struct conf_section {
	const char *word;
	bool titled; /* the title is the name, which is the first member of what the section fills */
	const struct conf_key *key;
	int keys;
};

enum { CONF_KEYS_MAX = 64 /* in a section */, CONF_PLACE_MAX = 96 };

extern const struct conf_section conf_grammar; /* the file */

/* The key's place in the section, or -1. */
int conf_key_find(const struct conf_section *section, const char *word);

/* ` in check "owa"`, ` in heartbeat`, or "" for the file itself. */
void conf_place(char place[static CONF_PLACE_MAX], const struct conf_section *section, const char *title);
