/* Probes of type mapi with a session: Connect, PING with the cookies it was given, Disconnect. All three must succeed.
 * What is asked stands in mapi_request.h, what the answers mean in mapi_verdict.h. */
#include <stdio.h>
#include <stdlib.h>

#include "checks/cookies.h"
#include "checks/credential_store.h"
#include "checks/http_exchange.h"
#include "checks/mapi_request.h"
#include "checks/mapi_verdict.h"
#include "checks/probe.h"

struct probe {
	const struct conf_check *check;
	const struct credentials *credentials;
	struct mapi_client client;
	struct cookies cookies;
	enum mapi_step step;
	struct http_exchange exchange;
	char stage[80];
};

static void mapi_free(struct probe *probe)
{
	if (!probe)
		return;
	http_exchange_done(&probe->exchange);
	free(probe);
}

static bool begin_step(struct probe *probe, enum mapi_step step, struct outcome *outcome)
{
	struct http_request request;

	probe->step = step;
	mapi_request(&probe->client, probe->check, step, probe->cookies.header, &request);
	return http_exchange_start(&probe->exchange, probe->check, probe->credentials, &request, outcome);
}

static bool begin(struct probe *probe, struct outcome *outcome)
{
	probe->credentials = credential_store_find(probe->check, outcome);
	if (!probe->credentials)
		return false;
	mapi_client_init(&probe->client);
	return begin_step(probe, MAPI_CONNECT, outcome);
}

static struct probe *mapi_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	if (begin(probe, outcome))
		return probe;
	mapi_free(probe);
	return NULL;
}

/* The step's answer is there. True when there is nothing more to ask. */
static bool has_ended(struct probe *probe, struct outcome *outcome)
{
	if (!mapi_verdict(probe->check, probe->step, &probe->exchange.reply, outcome) || probe->step == MAPI_DISCONNECT)
		return true;
	cookies_take(&probe->cookies, &probe->exchange.reply);
	return !begin_step(probe, probe->step + 1, outcome);
}

static void note_stage(struct probe *probe)
{
	snprintf(probe->stage, sizeof(probe->stage), "%s: %s", mapi_step_word(probe->step),
		 transfer_stage(probe->exchange.transfer));
}

static bool mapi_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	for (;;) {
		switch (http_exchange_advance(&probe->exchange, wait, outcome)) {
		case HTTP_EXCHANGE_RUNS:
			note_stage(probe);
			return false;
		case HTTP_EXCHANGE_REPLY:
			if (has_ended(probe, outcome))
				return true;
			break;
		case HTTP_EXCHANGE_FAILED:
			return true;
		}
	}
}

static const char *mapi_stage(const struct probe *probe)
{
	return probe->stage;
}

const struct probe_type probe_mapi = {
	.start = mapi_start,
	.advance = mapi_advance,
	.stage = mapi_stage,
	.free = mapi_free,
};
