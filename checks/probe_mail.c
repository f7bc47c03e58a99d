/* Probe types imap, pop3 and smtp: does the server greet, tell its capabilities, and come to TLS where that is wanted?
 * With credentials, does it let us in, and has it a mailbox? Without, a dead directory or store behind it is not seen.
 *
 * libcurl does the first part, up to and with logging on to SMTP; the rest are lines of our own on its connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks/credential_store.h"
#include "checks/mail_talk.h"
#include "checks/sock.h"
#include "checks/probe.h"
#include "checks/transfer.h"
#include "conf/conf_address.h"

/* Greeting apart: the capabilities; then STARTTLS, and over TLS the capabilities again. */
enum { REPLIES = 1, REPLIES_WITH_STARTTLS = 3 };

struct probe {
	const struct conf_check *check;
	struct transfer *transfer;
	struct mail_talk talk;
	const struct credentials *credentials; /* NULL: nobody logs on */
	bool connected; /* libcurl's part is done */
	int said_after; /* so many answers our last line was said; -1: none was */
	char heard[MAIL_LINE_MAX + 1]; /* no whole line yet */
	size_t heard_bytes;
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

static int replies_wanted(const struct conf_check *check)
{
	return check->tls == CHECK_TLS_STARTTLS ? REPLIES_WITH_STARTTLS : REPLIES;
}

/* Not to IMAP and POP3: of SASL not every server has a way that needs no key server, and where libcurl may use LOGIN or
 * USER it may use all of SASL before. */
static bool libcurl_logs_on(const struct probe *probe)
{
	return probe->credentials && probe->check->type == CHECK_SMTP;
}

static bool begin(struct probe *probe, struct outcome *outcome)
{
	const struct conf_check *check = probe->check;
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
	struct transfer_calls calls = {.header = on_line, .body = on_body, .context = &probe->talk};

	if (check->credentials[0]) {
		probe->credentials = credential_store_find(check, outcome);
		if (!probe->credentials)
			return false;
		probe->talk.log_on_after = replies_wanted(check);
	}
	if (libcurl_logs_on(probe)) {
		request.user = probe->credentials->user;
		request.password = probe->credentials->password;
	}
	write_url(check, url);
	probe->transfer = transfer_start(&request, &calls, outcome);
	return probe->transfer != NULL;
}

static struct probe *mail_start(const struct conf_check *check, struct outcome *outcome)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe) {
		outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "no memory for the probe");
		return NULL;
	}
	probe->check = check;
	probe->talk.type = check->type;
	probe->said_after = -1;
	if (begin(probe, outcome))
		return probe;
	mail_free(probe);
	return NULL;
}

static void say_up(const struct probe *probe, struct outcome *outcome)
{
	static const char *const by_tls[] = {
		[CHECK_TLS_NONE] = "",
		[CHECK_TLS_STARTTLS] = ", and over STARTTLS",
		[CHECK_TLS_IMPLICIT] = " over TLS",
	};
	const struct conf_check *check = probe->check;

	if (probe->credentials)
		outcome_set(outcome, VERDICT_UP, "ok", "lets us log on%s%s",
			    check->type == CHECK_SMTP ? "" : " and answers LIST",
			    check->tls == CHECK_TLS_STARTTLS ? " over STARTTLS" : by_tls[check->tls]);
	else
		outcome_set(outcome, VERDICT_UP, "ok", "greets and answers %s%s", questions[check->type],
			    by_tls[check->tls]);
	transfer_say(probe->transfer, mail_talk_farewell(check->type));
}

/* libcurl's part. True when there is no more to it. */
static bool judge(struct probe *probe, struct outcome *outcome)
{
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
	else if (probe->credentials && mail_talk_step(&probe->talk) == MAIL_LOG_ON &&
		 (libcurl_logs_on(probe) || probe->talk.disabled))
		outcome_set(outcome, VERDICT_DOWN, "no-login", "offers no way to log on with a password");
	else if (probe->credentials)
		return false;
	else
		say_up(probe, outcome);
	return true;
}

static void say_next(struct probe *probe)
{
	char command[MAIL_COMMAND_MAX];

	mail_talk_command(&probe->talk, probe->credentials, command);
	transfer_say(probe->transfer, command);
	explicit_bzero(command, sizeof(command));
	probe->said_after = probe->talk.replies;
}

static const char *log_on_stage(const struct probe *probe)
{
	return mail_talk_step(&probe->talk) == MAIL_LIST ? "waiting for an answer to LIST" : "logging on";
}

static bool is_over(const struct probe *probe)
{
	return probe->talk.failed || mail_talk_step(&probe->talk) == MAIL_DONE;
}

/* A line that does not end is taken as it is: too long. What POP3 lists is of no interest. */
static void take_lines(struct probe *probe)
{
	char *line = probe->heard, *end = line + probe->heard_bytes, *newline;

	while (line < end && !is_over(probe)) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline && end - line < MAIL_LINE_MAX + 1)
			break;
		newline = newline ? newline + 1 : end;
		mail_talk_line(&probe->talk, line, (size_t)(newline - line));
		line = newline;
	}
	probe->heard_bytes = (size_t)(end - line);
	memmove(probe->heard, line, probe->heard_bytes);
}

/* Our part. */
static bool log_on(struct probe *probe, struct probe_wait *wait, struct outcome *outcome)
{
	while (!is_over(probe)) {
		ssize_t got;

		if (probe->said_after != probe->talk.replies)
			say_next(probe);
		got = transfer_hear(probe->transfer, probe->heard + probe->heard_bytes,
				    sizeof(probe->heard) - probe->heard_bytes, wait);
		if (got == -EAGAIN)
			return false;
		if (got < 0) {
			sock_outcome(outcome, (int)got, log_on_stage(probe));
			return true;
		}
		probe->heard_bytes += (size_t)got;
		take_lines(probe);
	}
	if (probe->talk.failed)
		*outcome = probe->talk.outcome;
	else
		say_up(probe, outcome);
	return true;
}

static bool mail_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	if (!probe->connected) {
		if (!transfer_advance(probe->transfer, wait))
			return false;
		if (judge(probe, outcome))
			return true;
		probe->connected = true;
	}
	return log_on(probe, wait, outcome);
}

static const char *mail_stage(const struct probe *probe)
{
	if (!probe->talk.greeted)
		return transfer_stage(probe->transfer);
	if (probe->credentials && mail_talk_step(&probe->talk) != MAIL_BEFORE)
		return log_on_stage(probe);
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
