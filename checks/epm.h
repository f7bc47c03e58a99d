/* The endpoint mapper's stubs: "on which TCP port is this interface?", "what do you have at all?", and its answers
 * (C706 appendices L and O, MS-RPCE 2.2.1.2.4).
 *
 * Works on stubs (dcerpc.h does the PDUs). Of a tower only interface and port count: the address in it may be 0.0.0.0
 * or another card's, and the port changes over restarts, so nobody should keep it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks/dcerpc.h"
#include "checks/octets.h"

enum {
	EPM_OPNUM_LOOKUP = 2,
	EPM_OPNUM_MAP = 3,
	EPM_MAP_REQUEST_BYTES = 132,
	EPM_LOOKUP_REQUEST_BYTES = 40,
	EPM_HANDLE_BYTES = 20,
	EPM_TOWERS_MAX = 4, /* that many we ask for; a reply with more is malformed */
	EPM_ANNOTATION_MAX = 64, /* its NUL included: ept_max_annotation_size */
	EPM_NOT_REGISTERED_STATUS = 0x16c9a0d6,
};

extern const struct dcerpc_syntax epm_syntax;

void epm_map_request(uint8_t stub[static EPM_MAP_REQUEST_BYTES], const struct dcerpc_syntax *interface);

enum epm_answer {
	EPM_PORT,           /* registered, on `port` */
	EPM_NOT_REGISTERED, /* the mapper lives, the service does not */
	EPM_NO_PORT,        /* towers, but none leads to this interface over TCP */
	EPM_STATUS,         /* another `status` */
	EPM_MALFORMED,
};

struct epm_mapped {
	enum epm_answer answer;
	uint16_t port;
	uint32_t status;
};

/* Reads the reply to epm_map_request(interface). Its minor version may have changed on the way; that is no matter. */
struct epm_mapped epm_map_reply(const struct dcerpc_reply *reply, const struct dcerpc_syntax *interface);

/* Asks for the next `most` of all entries (1..500): the first ones with a `handle` of zeros, then with that of the page
 * before. */
void epm_lookup_request(uint8_t stub[static EPM_LOOKUP_REQUEST_BYTES], const uint8_t handle[static EPM_HANDLE_BYTES],
			uint32_t most);

struct epm_entry {
	struct dcerpc_syntax interface;
	uint16_t tcp_port; /* 0: not over TCP, but over HTTP, a pipe, or on the machine itself */
	char annotation[EPM_ANNOTATION_MAX]; /* as its service registered it: any octets, up to a NUL */
};

/* A page of entries, in the reply that it lies in. */
struct epm_page {
	uint8_t handle[EPM_HANDLE_BYTES];
	uint32_t status; /* mappers may send the last entries and EPM_NOT_REGISTERED_STATUS in one reply */
	uint32_t entries, at;
	struct octets_in heads, towers; /* the next of each */
};

/* Reads the reply to epm_lookup_request(most). False when it is malformed anywhere: then `page` is undefined. */
bool epm_lookup_reply(const struct dcerpc_reply *reply, uint32_t most, struct epm_page *page);

/* The next entry that has a tower; false: none is left. The page's reply must still be there. */
bool epm_page_next(struct epm_page *page, struct epm_entry *entry);

/* Is there another page to ask for, by what this one says? Mappers exist that send empty pages for ever: those are the
 * last. */
bool epm_page_goes_on(const struct epm_page *page);
