/* Any bytes as the kernel's answer about connections: read to its end, each connection as a request again.
 *
 * fuzz-sources: agent/diag.c
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_all(const void *answer, size_t length)
{
	uint8_t request[DIAG_END_BYTES];
	struct diag_connection connection;
	enum diag_news news;
	size_t at = 0, was = 0;
	int error = 0;

	while ((news = diag_read(answer, length, 7, &at, &connection, &error)) != DIAG_NOTHING) {
		assert(at > was);
		was = at;
		if (news != DIAG_CONNECTION)
			continue;
		assert(connection.local.family == connection.remote.family);
		assert(!connection.mapped || connection.local.family == AF_INET);
		diag_end(request, 7, &connection);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t *answer = malloc(length); /* of its own, so that a byte too far is seen */

	if (length)
		memcpy(answer, bytes, length);
	read_all(answer, length);
	free(answer);
	return 0;
}
