/* Any bytes as the endpoint mapper's answer: a port only from a tower of the interface that was asked for. The first octet
 * says in which byte order the rest is.
 *
 * fuzz-sources: checks/epm.c checks/dcerpc.c checks/octets.c checks/rpc_interface.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checks/epm.h"
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
	free(reply.stub);
	return 0;
}
