/* The endpoint mapper's stubs: "on which TCP port is this interface?" and its answer (C706 appendices L and O).
 *
 * Works on stubs (dcerpc.h does the PDUs). Of a tower only interface and port count: the address in it may be 0.0.0.0
 * or another card's, and the port changes over restarts, so nobody should keep it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "checks/dcerpc.h"

enum {
	EPM_OPNUM_MAP = 3,
	EPM_MAP_REQUEST_BYTES = 132,
	EPM_TOWERS_MAX = 4, /* that many we ask for; a reply with more is malformed */
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
