/* What an RPC proxy's HTTP answer to a channel of a virtual connection means ([MS-RPCH] 2.1.2.1). No sockets here. */
#pragma once

#include "checks/http_reply.h"
#include "checks/probe.h"

/* All zero: nothing came yet. */
struct proxy_answer {
	struct http_reply reply;
	bool whole;         /* the final reply's headers have ended */
	bool is_rpc;        /* Content-Type: application/rpc */
};

/* Takes one header line, as http_reply_header() does; the empty one ends the headers. False: too long, give up. */
bool proxy_answer_header(struct proxy_answer *answer, const char *line, size_t length);

/* Is what follows a stream of PDUs? A front end's page of an error is none, whatever its bytes look like. */
bool proxy_answer_is_stream(const struct proxy_answer *answer);

/* The verdict of a whole answer that is no stream. `channel` names it in the words: "OUT channel". */
void proxy_answer_verdict(const struct proxy_answer *answer, const struct conf_check *check, const char *channel,
			  struct outcome *outcome);
