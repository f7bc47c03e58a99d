#include "checks/mapi_request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *mapi_step_word(enum mapi_step step)
{
	static const char *const words[] = {
		[MAPI_CONNECT] = "Connect", [MAPI_PING] = "PING", [MAPI_DISCONNECT] = "Disconnect"};

	static_assert(sizeof(words) / sizeof(words[0]) == MAPI_STEP_COUNT, "a word for each step");
	return words[step];
}

void mapi_client_init(struct mapi_client *client)
{
	uint16_t part[8];

	arc4random_buf(part, sizeof(part));
	*client = (struct mapi_client){0};
	snprintf(client->guid, sizeof(client->guid), "{%04X%04X-%04X-%04X-%04X-%04X%04X%04X}", part[0], part[1],
		 part[2], part[3], part[4], part[5], part[6], part[7]);
}

/* Little-endian, as everything here. */
static char *put_u32(char *at, uint32_t value)
{
	for (int shift = 0; shift < 32; shift += 8)
		*at++ = (char)(value >> shift);
	return at;
}

/* [MS-OXCMAPIHTTP] 4.1: UserDn, Flags, DefaultCodePage, LcidString, LcidSort, AuxiliaryBufferSize. */
static void add_connect_body(const struct conf_check *check, struct http_request *request)
{
	char body[CONF_TEXT_MAX + 5 * sizeof(uint32_t)];
	size_t length = strlen(check->user_dn) + 1;
	char *at = body + length;

	memcpy(body, check->user_dn, length);
	at = put_u32(at, 0);
	at = put_u32(at, 1252);
	at = put_u32(at, 1033);
	at = put_u32(at, 1033);
	at = put_u32(at, 0);
	http_request_body(request, body, (size_t)(at - body));
}

static void add_body(const struct conf_check *check, enum mapi_step step, struct http_request *request)
{
	switch (step) {
	case MAPI_CONNECT:
		add_connect_body(check, request);
		break;
	case MAPI_PING:
		http_request_body(request, "", 0);
		break;
	case MAPI_DISCONNECT: /* AuxiliaryBufferSize; Gromox refuses a body of no bytes */
		http_request_body(request, "\0\0\0\0", 4);
		break;
	}
}

void mapi_request(struct mapi_client *client, const struct conf_check *check, enum mapi_step step, const char *cookies,
		  struct http_request *request)
{
	client->requests++;
	http_request_init(request, NULL);
	add_body(check, step, request);
	http_request_add(request, "Content-Type: application/mapi-http");
	http_request_addf(request, "X-RequestType: %s", mapi_step_word(step));
	http_request_addf(request, "X-RequestId: %s:%d", client->guid, client->requests);
	http_request_addf(request, "X-ClientInfo: %s:%d", client->guid, client->requests);
	http_request_add(request, "X-ClientApplication: Outlook/15.0.4815.1002");
	if (cookies[0])
		http_request_add(request, cookies);
}
