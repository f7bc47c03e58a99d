#include "checks/runs.h"

#include <assert.h>

static const struct probe_type *const types[CHECK_TYPE_COUNT] = {
	[CHECK_HTTP] = &probe_http,
	[CHECK_HEALTHCHECK] = &probe_http,
	[CHECK_OWA] = &probe_http,
	[CHECK_ECP] = &probe_http,
	[CHECK_EWS] = &probe_http,
	[CHECK_AUTODISCOVER] = &probe_http,
	[CHECK_ACTIVESYNC] = &probe_http,
	[CHECK_OAB] = &probe_http,
	[CHECK_MAPI] = &probe_http,
	[CHECK_OUTLOOK_ANYWHERE] = &probe_http,
	[CHECK_TCP] = &probe_connect,
	[CHECK_RPC] = &probe_rpc,
	[CHECK_IMAP] = &probe_mail,
	[CHECK_POP3] = &probe_mail,
	[CHECK_SMTP] = &probe_mail,
	[CHECK_CERTIFICATE] = &probe_certificate,
	[CHECK_LATENCY] = &probe_connect,
	[CHECK_EXEC] = &probe_exec,
	[CHECK_FILE] = &probe_file,
	[CHECK_PROCESS] = &probe_process,
	[CHECK_LINK] = &probe_link,
	[CHECK_ROUTE] = &probe_route,
	[CHECK_DNS] = &probe_dns,
};

static const struct probe_type *type_of(const struct conf_check *check)
{
	if (check->type == CHECK_MAPI && check->session)
		return &probe_mapi;
	if (check->type == CHECK_OUTLOOK_ANYWHERE && check->tunnel)
		return &probe_tunnel;
	return types[check->type];
}

bool runs_full(const struct runs *runs)
{
	return runs->count == RUNS_MAX;
}

void runs_start(struct runs *runs, const struct conf_check *check, int tag, struct instant now)
{
	struct run *run;

	assert(!runs_full(runs));
	run = &runs->run[runs->count++];
	*run = (struct run){
		.type = type_of(check),
		.tag = tag,
		.timeout = check->timeout,
		.began = now,
		.wait = {.fd = -1},
		.fresh = true,
	};
	run->probe = run->type->start(check, &run->outcome);
}

int runs_wait(const struct runs *runs, struct pollfd *fds)
{
	for (int i = 0; i < runs->count; i++)
		fds[i] = (struct pollfd){.fd = runs->run[i].wait.fd, .events = runs->run[i].wait.events};
	return runs->count;
}

void runs_woke(struct runs *runs, const struct pollfd *fds)
{
	for (int i = 0; i < runs->count; i++)
		runs->run[i].revents = fds[i].revents;
}

/* An answer that is already here counts even when we come late to read it; one byte more does not. */
static bool has_ended(struct run *run, struct instant now)
{
	if (!run->probe)
		return true;
	if (run->fresh || run->revents) {
		short revents = run->revents;

		run->fresh = false;
		run->revents = 0;
		if (run->type->advance(run->probe, revents, &run->wait, &run->outcome))
			return true;
	}
	if (!instant_reached(now, instant_add(run->began, run->timeout)))
		return false;
	if (run->type->overdue && run->type->overdue(run->probe, &run->outcome))
		return true;
	outcome_set(&run->outcome, VERDICT_DOWN, "timeout", "timeout after %lld ms: %s",
		    (long long)duration_to_ms(run->timeout), run->type->stage(run->probe));
	return true;
}

bool runs_next(struct runs *runs, struct instant now, struct run_end *end)
{
	for (int i = 0; i < runs->count; i++) {
		struct run *run = &runs->run[i];

		if (!has_ended(run, now))
			continue;
		*end = (struct run_end){run->tag, run->began, instant_since(now, run->began), run->outcome, -1};
		if (run->probe && run->type->death_fd)
			end->death_fd = run->type->death_fd(run->probe);
		run->type->free(run->probe);
		*run = runs->run[--runs->count];
		return true;
	}
	return false;
}

struct instant runs_deadline(const struct runs *runs)
{
	struct instant deadline = INSTANT_NEVER;

	for (int i = 0; i < runs->count; i++) {
		const struct run *run = &runs->run[i];

		deadline = instant_earlier(deadline, instant_add(run->began, run->timeout));
	}
	return deadline;
}

void runs_done(struct runs *runs)
{
	while (runs->count > 0) {
		struct run *run = &runs->run[--runs->count];

		run->type->free(run->probe);
	}
}
