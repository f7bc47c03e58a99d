#include "checks/http_exchange.h"

#include <string.h>

/* Of all that comes in. A page of HTTP_BODY_MAX in chunks of one byte is less than half of it; beyond it is an answer
 * whose bytes are neither header nor body and whose end nobody need wait for, an endless chunk extension for one. */
enum { EXCHANGE_BYTES_MAX = 1024 * 1024 };

static bool on_header(void *context, const char *line, size_t length)
{
	return http_reply_header(context, line, length);
}

static bool on_body(void *context, const void *bytes, size_t length)
{
	return http_reply_body(context, bytes, length);
}

/* All but the bytes of head and body, which their counts cut off. */
static void forget(struct http_reply *reply)
{
	memset(reply, 0, offsetof(struct http_reply, head));
}

bool http_exchange_start(struct http_exchange *exchange, const struct conf_check *check,
			 const struct credentials *credentials, const struct http_request *request,
			 struct outcome *outcome)
{
	struct transfer_request asked = {
		.url = check->url,
		.connect = check->connect,
		.ca_file = check->ca_file,
		.verify = check->verify,
		.method = request->method,
		.headers = request->headers,
		.body_bytes = request->body_bytes,
		.body = request->body,
		.most_bytes = EXCHANGE_BYTES_MAX,
		.user = credentials ? credentials->user : NULL,
		.password = credentials ? credentials->password : NULL,
		.auth = check->auth,
	};
	struct transfer_calls calls = {.header = on_header, .body = on_body, .context = &exchange->reply};

	http_exchange_done(exchange);
	forget(&exchange->reply);
	exchange->transfer = transfer_start(&asked, &calls, outcome);
	return exchange->transfer != NULL;
}

enum http_exchange_end http_exchange_advance(struct http_exchange *exchange, struct probe_wait *wait,
					     struct outcome *outcome)
{
	enum transfer_end end;

	if (!transfer_advance(exchange->transfer, wait))
		return HTTP_EXCHANGE_RUNS;
	end = transfer_end(exchange->transfer);
	if (end == TRANSFER_WHOLE || (end == TRANSFER_CUT && exchange->reply.body_bytes == HTTP_BODY_MAX))
		return HTTP_EXCHANGE_REPLY;
	if (end == TRANSFER_FAILED)
		transfer_failure(exchange->transfer, outcome);
	else
		outcome_set(outcome, VERDICT_DOWN, "protocol",
			    "an answer without end: more than %d KiB that are no body", HTTP_HEADERS_MAX / 1024);
	return HTTP_EXCHANGE_FAILED;
}

void http_exchange_done(struct http_exchange *exchange)
{
	transfer_free(exchange->transfer);
	exchange->transfer = NULL;
}
