/* Any bytes as the endpoint mapper's answer: a port only from a tower of the interface that was asked for; of a list
 * only what stands in it. The first octet says in which byte order the rest is.
 *
 * fuzz-sources: checks/epm.c checks/dcerpc.c checks/octets.c checks/rpc_census.c conf/conf_keys.c
 * fuzz-sources: checks/rpc_interface.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/epm.h"
#include "checks/rpc_census.h"
#include "checks/rpc_interface.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void map(const struct dcerpc_reply *reply)
{
	const struct dcerpc_syntax *syntax = rpc_interface_syntax(RPC_EMSMDB);
	struct epm_mapped mapped = epm_map_reply(reply, syntax);

	if (mapped.answer != EPM_PORT)
		return;
	assert(mapped.port != 0 && mapped.status == 0);
	assert(memmem(reply->stub, reply->stub_bytes, syntax->uuid, sizeof(syntax->uuid)));
	assert(memmem(reply->stub, reply->stub_bytes, (uint8_t[]){mapped.port >> 8, (uint8_t)mapped.port}, 2));
}

static bool stands_in(const struct dcerpc_reply *reply, const void *bytes, size_t length)
{
	return memmem(reply->stub, reply->stub_bytes, bytes, length);
}

static void look_up(const struct dcerpc_reply *reply)
{
	struct epm_page page;
	struct epm_entry entry;
	int entries = 0;

	if (!epm_lookup_reply(reply, RPC_CENSUS_PAGE, &page))
		return;
	assert(page.entries <= RPC_CENSUS_PAGE && stands_in(reply, page.handle, sizeof(page.handle)));
	while (epm_page_next(&page, &entry)) {
		entries++;
		assert(stands_in(reply, entry.interface.uuid, sizeof(entry.interface.uuid)));
		assert(stands_in(reply, entry.annotation, strnlen(entry.annotation, EPM_ANNOTATION_MAX - 1)));
		assert(!entry.annotation[EPM_ANNOTATION_MAX - 1]);
	}
	assert(entries <= RPC_CENSUS_PAGE);
	assert(!page.heads.overrun && !page.towers.overrun); /* all of it was read before */
}

/* The same page again and again, as a mapper that never ends would send it. */
static void count(const struct dcerpc_reply *reply)
{
	struct rpc_census census = {0};
	char words[FACT_WORDS_MAX];
	int asked = 1;

	for (; rpc_census_take(&census, reply); asked++)
		;
	assert(asked <= RPC_CENSUS_PAGES_MAX);
	rpc_census_words(&census, RPC_EMSMDB, words);
	assert(strlen(words) < sizeof(words) && (census.pages > 0) == (words[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct dcerpc_reply reply = {.type = DCERPC_RESPONSE};

	if (length < 1)
		return 0;
	reply.big_endian = bytes[0] & 1;
	reply.stub_bytes = length - 1;
	reply.stub = malloc(length); /* of its own, so that a byte too far is seen */
	memcpy(reply.stub, bytes + 1, length - 1);
	map(&reply);
	look_up(&reply);
	count(&reply);
	free(reply.stub);
	return 0;
}
