/* What an endpoint mapper has, for the words of a check whose interface it does not know: is that the only service that
 * is not running, are none, or is it registered in a way that is of no use to clients? Never a reason for a verdict:
 * mappers list differently from how they map. Pure; bounded, however much the mapper has. */
#pragma once

#include <stdbool.h>

#include "checks/epm.h"
#include "checks/fact.h"
#include "conf/conf.h"

enum { RPC_CENSUS_PAGE = 128, RPC_CENSUS_PAGES_MAX = 4 }; /* so many entries a page */

/* All zeros is one that has not begun. */
struct rpc_census {
	uint8_t handle[EPM_HANDLE_BYTES]; /* of the next page */
	int pages;
	bool more;  /* than it has looked at */
	int others; /* endpoints of interfaces that are not Outlook's */
	struct {
		bool by_tcp, otherwise, other_version;
		char annotation[EPM_ANNOTATION_MAX]; /* of the first entry; may be empty */
	} of[RPC_INTERFACE_COUNT];
};

/* Takes the reply to epm_lookup_request(handle, RPC_CENSUS_PAGE). True when another page is to be asked for; a reply
 * that is malformed, or no response, adds nothing and is the last. */
bool rpc_census_take(struct rpc_census *census, const struct dcerpc_reply *reply);

/* To be put behind "... is not registered at the endpoint mapper"; empty when nothing was learned. */
void rpc_census_words(const struct rpc_census *census, enum rpc_interface missing, char words[static FACT_WORDS_MAX]);
