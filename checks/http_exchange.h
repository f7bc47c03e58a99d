/* One HTTP request of a check and the reply to it, gathered: what probes by HTTP are made of. */
#pragma once

#include "checks/http_reply.h"
#include "checks/http_request.h"
#include "checks/transfer.h"

struct http_exchange {
	struct transfer *transfer;
	struct http_reply reply;
};

/* Begins; what an earlier exchange of the same object gathered is forgotten. `credentials` are the check's, NULL for
 * none. It must stay where it is until http_exchange_done(). False with `outcome` filled: could not even begin. */
bool http_exchange_start(struct http_exchange *exchange, const struct conf_check *check,
			 const struct credentials *credentials, const struct http_request *request,
			 struct outcome *outcome);

enum http_exchange_end {
	HTTP_EXCHANGE_RUNS,   /* `wait` says what it waits for */
	HTTP_EXCHANGE_REPLY,  /* the reply is there, whole or as much of it as is taken */
	HTTP_EXCHANGE_FAILED, /* `outcome` says how */
};
enum http_exchange_end http_exchange_advance(struct http_exchange *exchange, struct probe_wait *wait,
					     struct outcome *outcome);

void http_exchange_done(struct http_exchange *exchange); /* closes everything; all zero is fine */
