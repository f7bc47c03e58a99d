/* The requests of a MAPI over HTTP session: [MS-OXCMAPIHTTP] 2.2.2, 4.1 to 4.4. No sockets here. */
#pragma once

#include "checks/http_request.h"

enum mapi_step { MAPI_CONNECT, MAPI_PING, MAPI_DISCONNECT };
enum { MAPI_STEP_COUNT = MAPI_DISCONNECT + 1 };

/* Who asks, and how often so far. */
struct mapi_client {
	char guid[sizeof("{01234567-0123-0123-0123-0123456789ab}")];
	int requests;
};

void mapi_client_init(struct mapi_client *client);

/* `cookies` is the whole header "Cookie: a=b; c=d", or "" for none; it must stay as long as the request. */
void mapi_request(struct mapi_client *client, const struct conf_check *check, enum mapi_step step, const char *cookies,
		  struct http_request *request);

const char *mapi_step_word(enum mapi_step step); /* "Connect", "PING", "Disconnect": as X-RequestType says it */
