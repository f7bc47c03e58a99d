/* Probes by one HTTP request; see probe.h. http_request.h says what is asked, http_verdict.h what the answer means. */
#include <stdlib.h>

#include "checks/credential_store.h"
#include "checks/http_exchange.h"
#include "checks/http_verdict.h"
#include "checks/probe.h"

struct probe {
	const struct conf_check *check;
	struct http_exchange exchange;
};

static void http_free(struct probe *probe)
{
	if (!probe)
		return;
	http_exchange_done(&probe->exchange);
	free(probe);
}

static bool begin(struct probe *probe, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	const struct credentials *credentials = NULL;
	struct http_request request;

	if (check->credentials[0] && !(credentials = credential_store_find(check, outcome)))
		return false;
	return http_request_make(check, credentials, &request, outcome) &&
	       http_exchange_start(&probe->exchange, check, credentials, &request, outcome);
}

static struct probe *http_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	if (begin(probe, outcome))
		return probe;
	http_free(probe);
	return NULL;
}

static bool http_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	switch (http_exchange_advance(&probe->exchange, wait, outcome)) {
	case HTTP_EXCHANGE_RUNS:
		return false;
	case HTTP_EXCHANGE_REPLY:
		http_verdict(probe->check, &probe->exchange.reply, outcome);
		break;
	case HTTP_EXCHANGE_FAILED:
		break;
	}
	return true;
}

static const char *http_stage(const struct probe *probe)
{
	return transfer_stage(probe->exchange.transfer);
}

const struct probe_type probe_http = {
	.start = http_start,
	.advance = http_advance,
	.stage = http_stage,
	.free = http_free,
};
