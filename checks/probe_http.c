/* Probes by one HTTP request; see probe.h. http_verdict.h says what its answer means. */
#include <stdio.h>
#include <stdlib.h>

#include "checks/http_verdict.h"
#include "checks/probe.h"
#include "checks/transfer.h"

struct probe {
	const struct conf_check *check;
	struct transfer *transfer;
	struct http_reply reply;
};

static bool on_header(void *context, const char *line, size_t length)
{
	return http_reply_header(context, line, length);
}

static bool on_body(void *context, const void *bytes, size_t length)
{
	return http_reply_body(context, bytes, length);
}

static void http_free(struct probe *probe)
{
	if (!probe)
		return;
	transfer_free(probe->transfer);
	free(probe);
}

static struct probe *http_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	struct transfer_request request = {
		.url = check->url,
		.connect = check->connect,
		.ca_file = check->ca_file,
		.verify = check->verify,
		.body_bytes = -1,
	};
	struct transfer_calls calls = {.header = on_header, .body = on_body};

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	calls.context = &probe->reply;
	probe->transfer = transfer_start(&request, &calls, outcome);
	if (probe->transfer)
		return probe;
	http_free(probe);
	return NULL;
}

static void judge(const struct probe *probe, struct outcome *outcome)
{
	enum transfer_end end = transfer_end(probe->transfer);

	if (end == TRANSFER_FAILED)
		transfer_failure(probe->transfer, outcome);
	else if (end == TRANSFER_WHOLE || probe->reply.body_bytes == HTTP_BODY_MAX)
		http_verdict(probe->check, &probe->reply, outcome);
	else
		outcome_set(outcome, VERDICT_DOWN, "protocol", "more than %d bytes of headers", HTTP_HEADERS_MAX);
}

static bool http_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	if (!transfer_advance(probe->transfer, wait))
		return false;
	judge(probe, outcome);
	return true;
}

static const char *http_stage(const struct probe *probe)
{
	return transfer_stage(probe->transfer);
}

const struct probe_type probe_http = {
	.start = http_start,
	.advance = http_advance,
	.stage = http_stage,
	.free = http_free,
};
