/* Any bytes as a name server's answer: addresses only from an answer to the question, and only such as stand in it.
 *
 * fuzz-sources: checks/dns_answer.c
 */
#include <arpa/nameser.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "checks/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void ask(const uint8_t *message, size_t length, uint16_t type)
{
	const struct dns_question question = {0x1234, type, "outlook.example.net"};
	struct dns_answer answer;
	enum dns_kind kind = dns_answer_read(message, length, &question, &answer);

	assert(kind == DNS_NOT_OURS || (message[0] == 0x12 && message[1] == 0x34));
	if (kind == DNS_FAILED)
		assert(answer.rcode != ns_r_noerror);
	if (kind != DNS_ADDRESSES)
		return;
	for (int i = 0; i < answer.addresses && i < DNS_ADDRESSES_MAX; i++) {
		assert(answer.address[i].family == (type == ns_t_a ? AF_INET : AF_INET6));
		assert(memmem(message, length, answer.address[i].bytes, type == ns_t_a ? 4 : 16));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t *message = malloc(length); /* of its own, so that a byte too far is seen */

	if (length)
		memcpy(message, bytes, length);
	ask(message, length, ns_t_a);
	ask(message, length, ns_t_aaaa);
	free(message);
	return 0;
}
