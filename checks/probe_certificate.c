/* Probe type certificate: the server's certificate, looked at on a connection of its own that asks for nothing, so that
 * any service will do that begins with TLS.
 *
 * One connection verifies, and is all there is to a good certificate. One that OpenSSL refuses is not shown: a second
 * connection looks without verifying. A server that does not agree on TLS 1.2 is tried with what came before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checks/certificate.h"
#include "checks/probe.h"
#include "checks/transfer.h"

enum { CERTIFICATE_BYTES_MAX = 256 * 1024 };

struct probe {
	const struct conf_check *check;
	struct transfer *transfer;
	struct certificate_view view;
	struct outcome first; /* of a handshake that failed, in case that no older one succeeds */
};

static bool on_bytes(void *context, const char *line, size_t length)
{
	(void)context;
	(void)line;
	(void)length;
	return false;
}

static bool on_body(void *context, const void *bytes, size_t length)
{
	return on_bytes(context, bytes, length);
}

static void certificate_free(struct probe *probe)
{
	if (!probe)
		return;
	transfer_free(probe->transfer);
	free(probe);
}

/* Connects, once more with what is known now. False with `outcome` filled when that cannot even begin. */
static bool look(struct probe *probe, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
	char url[CONF_TEXT_MAX];
	struct transfer_request request = {
		.url = url,
		.connect = check->connect,
		.greet = true,
		.tls = probe->view.old_tls ? TRANSFER_TLS_OLD : TRANSFER_TLS_WEAK,
		.most_bytes = CERTIFICATE_BYTES_MAX,
		.ca_file = check->ca_file,
		.verify = !probe->view.refused,
		.body_bytes = -1,
	};
	struct transfer_calls calls = {.header = on_bytes, .body = on_body};

	snprintf(url, sizeof(url), "https://%s:%u/", check->host, check->connect.port);
	transfer_free(probe->transfer);
	probe->transfer = transfer_start(&request, &calls, outcome);
	return probe->transfer != NULL;
}

static struct probe *certificate_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe;

	if (!certificate_clock_is_sane(time(NULL), outcome))
		return NULL;
	probe = calloc(1, sizeof(*probe));
	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	if (look(probe, outcome))
		return probe;
	certificate_free(probe);
	return NULL;
}

static void on_line(void *context, const char *text)
{
	leaf_line(context, text);
}

static void judge(const struct probe *probe, struct outcome *outcome)
{
	struct leaf leaf = {.check = probe->check};

	if (transfer_certificate(probe->transfer, on_line, &leaf))
		certificate_verdict(&leaf, &probe->view, time(NULL), outcome);
	else
		outcome_set(outcome, VERDICT_DOWN, "tls", "TLS came about without a certificate");
}

/* True when that is the end of it. */
static bool on_failure(struct probe *probe, struct outcome *outcome)
{
	long result = transfer_verify_result(probe->transfer);

	transfer_failure(probe->transfer, outcome);
	if (probe->view.refused)
		return true;
	if (result >= 0) {
		probe->view.refused = true;
		probe->view.result = result;
		return !look(probe, outcome);
	}
	if (probe->view.old_tls) {
		*outcome = probe->first;
		return true;
	}
	if (strcmp(outcome->reason, "tls") != 0)
		return true;
	probe->first = *outcome;
	probe->view.old_tls = true;
	return !look(probe, outcome);
}

static bool certificate_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	while (transfer_advance(probe->transfer, wait)) {
		switch (transfer_end(probe->transfer)) {
		case TRANSFER_WHOLE:
			judge(probe, outcome);
			return true;
		case TRANSFER_CUT:
			outcome_set(outcome, VERDICT_DOWN, "too-long", "TLS handshake: more than %d bytes and no end",
				    CERTIFICATE_BYTES_MAX);
			return true;
		case TRANSFER_FAILED:
			if (on_failure(probe, outcome))
				return true;
			break;
		}
	}
	return false;
}

static const char *certificate_stage(const struct probe *probe)
{
	return transfer_stage(probe->transfer);
}

const struct probe_type probe_certificate = {
	.start = certificate_start,
	.advance = certificate_advance,
	.stage = certificate_stage,
	.free = certificate_free,
};
