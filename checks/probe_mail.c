/* Probe types imap, pop3 and smtp: does the server greet, tell its capabilities, and come to TLS where that is wanted?
 * Nobody logs in: a dead directory or store behind it is not seen. */
#include <stdio.h>
#include <stdlib.h>

#include "checks/mail_talk.h"
#include "checks/probe.h"
#include "checks/transfer.h"
#include "conf/conf_address.h"

/* Greeting apart: the capabilities; then STARTTLS, and over TLS the capabilities again. */
enum { REPLIES = 1, REPLIES_WITH_STARTTLS = 3 };

struct probe {
	const struct conf_check *check;
	struct transfer *transfer;
	struct mail_talk talk;
};

static const char *const schemes[CHECK_TYPE_COUNT] = {
	[CHECK_IMAP] = "imap", [CHECK_POP3] = "pop3", [CHECK_SMTP] = "smtp"};
static const char *const questions[CHECK_TYPE_COUNT] = {
	[CHECK_IMAP] = "CAPABILITY", [CHECK_POP3] = "CAPA", [CHECK_SMTP] = "EHLO"};

static bool on_line(void *context, const char *line, size_t length)
{
	return mail_talk_line(context, line, length);
}

/* Of a body there is none; nobody has asked for one. */
static bool on_body(void *context, const void *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
	return false;
}

static void mail_free(struct probe *probe)
{
	if (!probe)
		return;
	transfer_free(probe->transfer);
	free(probe);
}

/* The path is the name that SMTP's EHLO gives; the others have no use for it before a login. */
static void write_url(const struct conf_check *check, char url[static CONF_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];

	endpoint_text(&check->connect, address);
	if (*check->host)
		snprintf(address, sizeof(address), ":%u", check->connect.port);
	snprintf(url, CONF_TEXT_MAX, "%s%s://%s%s/%s", schemes[check->type],
		 check->tls == CHECK_TLS_IMPLICIT ? "s" : "", check->host, address,
		 check->type == CHECK_SMTP ? "probe" : "");
}

static struct probe *mail_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	char url[CONF_TEXT_MAX];
	struct transfer_request request = {
		.url = url,
		.connect = check->connect,
		.greet = true,
		.starttls = check->tls == CHECK_TLS_STARTTLS,
		.most_bytes = MAIL_BYTES_MAX,
		.ca_file = check->ca_file,
		.verify = check->verify,
		.body_bytes = -1,
	};
	struct transfer_calls calls = {.header = on_line, .body = on_body};

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	write_url(check, url);
	probe->check = check;
	probe->talk.type = check->type;
	calls.context = &probe->talk;
	probe->transfer = transfer_start(&request, &calls, outcome);
	if (probe->transfer)
		return probe;
	mail_free(probe);
	return NULL;
}

static int replies_wanted(const struct conf_check *check)
{
	return check->tls == CHECK_TLS_STARTTLS ? REPLIES_WITH_STARTTLS : REPLIES;
}

static void judge(struct probe *probe, struct outcome *outcome)
{
	static const char *const by_tls[] = {
		[CHECK_TLS_NONE] = "",
		[CHECK_TLS_STARTTLS] = ", and over STARTTLS",
		[CHECK_TLS_IMPLICIT] = " over TLS",
	};
	const struct conf_check *check = probe->check;
	enum transfer_end end = transfer_end(probe->transfer);

	if (probe->talk.failed)
		*outcome = probe->talk.outcome;
	else if (end == TRANSFER_FAILED)
		transfer_failure(probe->transfer, outcome);
	else if (end == TRANSFER_CUT)
		outcome_set(outcome, VERDICT_DOWN, "too-long", "%s: more than any server sends, and no end",
			    transfer_stage(probe->transfer));
	else if (probe->talk.replies < replies_wanted(check))
		outcome_set(outcome, VERDICT_DOWN, "protocol", "no answer to %s", questions[check->type]);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "greets and answers %s%s", questions[check->type],
			    by_tls[check->tls]);
	if (!probe->talk.failed && end == TRANSFER_WHOLE)
		transfer_say(probe->transfer, mail_talk_farewell(check->type));
}

static bool mail_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	if (!transfer_advance(probe->transfer, wait))
		return false;
	judge(probe, outcome);
	return true;
}

static const char *mail_stage(const struct probe *probe)
{
	if (!probe->talk.greeted)
		return transfer_stage(probe->transfer);
	if (probe->check->tls == CHECK_TLS_STARTTLS && probe->talk.replies == REPLIES_WITH_STARTTLS - 1)
		return "TLS handshake after STARTTLS";
	return probe->talk.replies == 1 && probe->check->tls == CHECK_TLS_STARTTLS ? "waiting for STARTTLS"
										    : "waiting for the capabilities";
}

const struct probe_type probe_mail = {
	.start = mail_start,
	.advance = mail_advance,
	.stage = mail_stage,
	.free = mail_free,
};
