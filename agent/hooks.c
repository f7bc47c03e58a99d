#include "agent/hooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hook_environment.h"
#include "agent/hook_match.h"
#include "agent/hook_queue.h"
#include "agent/hook_run.h"
#include "agent/log.h"

struct hook {
	struct conf_hook conf;
	struct hook_queue queue;
	unsigned long dropped; /* and not told yet */
	bool told;             /* that some were, since it was begun */
	struct hook_run run;
	char what[EVENT_LINE_MAX]; /* it runs for, in the words of the log */
};

struct hooks {
	struct hook *hook;
	int count;
	struct hook_run stray[HOOKS_MAX]; /* killed, not ended, of nobody any more */
};

struct hooks *hooks_new(void)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));

	if (!hooks)
		return NULL;
	for (int i = 0; i < HOOKS_MAX; i++)
		hooks->stray[i] = HOOK_RUN_NONE;
	return hooks;
}

void hooks_free(struct hooks *hooks)
{
	if (!hooks)
		return;
	for (int i = 0; i < hooks->count; i++)
		hook_run_kill(&hooks->hook[i].run);
	for (int i = 0; i < HOOKS_MAX; i++)
		hook_run_kill(&hooks->stray[i]);
	free(hooks->hook);
	free(hooks);
}

/* Its deadline is now: it is killed, and reaped when it has ended. */
static void abandon(struct hooks *hooks, struct hook_run *run, struct instant now)
{
	for (int i = 0; run->pid > 0 && i < HOOKS_MAX; i++) {
		if (hooks->stray[i].pid > 0)
			continue;
		hooks->stray[i] = *run;
		hooks->stray[i].deadline = now;
		*run = HOOK_RUN_NONE;
	}
	hook_run_kill(run);
}

/* Takes over what the hook of the same name had. */
static void inherit(struct hook *hook, struct hooks *old)
{
	for (int i = 0; i < old->count; i++) {
		struct hook *was = &old->hook[i];

		if (strcmp(was->conf.name, hook->conf.name) != 0)
			continue;
		hook->queue = was->queue;
		hook->dropped = was->dropped;
		hook->run = was->run;
		memcpy(hook->what, was->what, sizeof(hook->what));
		was->run = HOOK_RUN_NONE;
		was->queue.count = 0;
	}
}

bool hooks_load(struct hooks *hooks, const struct conf *conf, struct instant now)
{
	struct hook *hook = calloc(HOOKS_MAX, sizeof(*hook));

	if (!hook)
		return false;
	for (int i = 0; i < conf->hooks; i++) {
		hook[i].conf = conf->hook[i];
		hook[i].run = HOOK_RUN_NONE;
		inherit(&hook[i], hooks);
	}
	for (int i = 0; i < hooks->count; i++) {
		if (hooks->hook[i].run.pid > 0 || hooks->hook[i].queue.count > 0)
			log_event(LOG_WARNING, EVENT_HOOK, "hook=%s state=ended words=\"the new configuration has no "
				  "such hook: what it still had to do is left undone\"", hooks->hook[i].conf.name);
		abandon(hooks, &hooks->hook[i].run, now);
	}
	free(hooks->hook);
	hooks->hook = hook;
	hooks->count = conf->hooks;
	return true;
}

static void tell_dropped(struct hook *hook)
{
	log_event(LOG_WARNING, EVENT_HOOK, "hook=%s state=dropped dropped=%lu words=\"it is slower than the events "
		  "come: it is not run for the oldest of those that wait\"", hook->conf.name, hook->dropped);
	hook->dropped = 0;
}

/* A drop is told at once when it is the first one since the hook was begun, the others when it is begun again. */
static void enqueue(struct hook *hook, const struct journal_record *record)
{
	if (hook_queue_add(&hook->queue, record))
		return;
	hook->dropped++;
	if (!hook->told)
		tell_dropped(hook);
	hook->told = true;
}

void hooks_event(struct hooks *hooks, const struct journal_record *record)
{
	struct event_fields fields;

	event_fields_read(&fields, record->event.line);
	for (int i = 0; i < hooks->count; i++)
		if (hook_wants(&hooks->hook[i].conf, &fields))
			enqueue(&hooks->hook[i], record);
}

static void describe(struct hook *hook, const struct journal_record *record)
{
	struct event_fields fields;
	const char *vip;

	event_fields_read(&fields, record->event.line);
	vip = event_fields_get(&fields, "vip");
	snprintf(hook->what, sizeof(hook->what), "hook=%s on=%s%s%.63s seq=%" PRIu64, hook->conf.name,
		 event_fields_get(&fields, "event"), *vip ? " vip=" : "", vip, record->event.seq);
}

static void begin(struct hook *hook, struct instant now)
{
	const struct journal_record *record = hook_queue_first(&hook->queue);
	struct hook_environment environment;
	char text[EVENT_JSON_MAX];
	int length, error;

	if (!record || hook->run.pid > 0)
		return;
	if (hook->dropped > 0)
		tell_dropped(hook);
	hook->told = false;
	describe(hook, record);
	hook_environment_make(&environment, hook->conf.name, record);
	length = event_json_write(&record->event, &record->origin, text);
	error = hook_run_begin(&hook->run, &hook->conf, environment.variable, text, (size_t)length, now);
	if (error < 0)
		log_event(LOG_ERR, EVENT_HOOK, "%s state=failed words=\"cannot begin: %s\"", hook->what,
			  strerror(-error));
	hook_queue_remove(&hook->queue);
}

static void report(const struct hook *hook, const struct hook_end *end, int64_t took_ms)
{
	const char *said = hook->run.output;

	if (end->error)
		log_event(LOG_ERR, EVENT_HOOK, "%s state=failed words=\"cannot run %s: %s\"", hook->what,
			  hook->conf.command[0], strerror(end->error));
	else if (end->late)
		log_event(LOG_WARNING, EVENT_HOOK, "%s state=timeout took_ms=%" PRId64 " words=\"killed: %s\"",
			  hook->what, took_ms, *said ? said : "it said nothing");
	else if (end->signal)
		log_event(LOG_WARNING, EVENT_HOOK, "%s state=failed took_ms=%" PRId64 " signal=%d words=\"%s\"",
			  hook->what, took_ms, end->signal, said);
	else if (end->status)
		log_event(LOG_WARNING, EVENT_HOOK, "%s state=failed took_ms=%" PRId64 " status=%d words=\"%s\"",
			  hook->what, took_ms, end->status, said);
	else
		log_event(LOG_NOTICE, EVENT_HOOK, "%s state=done took_ms=%" PRId64, hook->what, took_ms);
}

static void advance(struct hook *hook, struct instant now)
{
	struct hook_end end;

	if (hook->run.pid > 0 && hook_run_advance(&hook->run, now, &end))
		report(hook, &end, duration_to_ms(instant_since(now, hook->run.began)));
}

void hooks_turn(struct hooks *hooks, struct instant now)
{
	struct hook_end end;

	for (int i = 0; i < HOOKS_MAX; i++)
		if (hooks->stray[i].pid > 0)
			hook_run_advance(&hooks->stray[i], now, &end);
	for (int i = 0; i < hooks->count; i++) {
		advance(&hooks->hook[i], now);
		begin(&hooks->hook[i], now);
	}
}

static int poll_run(const struct hook_run *run, struct pollfd *fds)
{
	fds[0] = (struct pollfd){.fd = run->pid > 0 ? run->pidfd : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = run->pid > 0 ? run->out_fd : -1, .events = POLLIN};
	return 2;
}

int hooks_poll(const struct hooks *hooks, struct pollfd fds[static HOOKS_POLL_MAX])
{
	int count = 0;

	for (int i = 0; i < hooks->count; i++)
		count += poll_run(&hooks->hook[i].run, fds + count);
	for (int i = 0; i < HOOKS_MAX; i++)
		count += poll_run(&hooks->stray[i], fds + count);
	return count;
}

struct instant hooks_wants(const struct hooks *hooks)
{
	struct instant first = INSTANT_NEVER;

	for (int i = 0; i < hooks->count; i++) {
		const struct hook *hook = &hooks->hook[i];

		if (hook->run.pid > 0 && !hook->run.late)
			first = instant_earlier(first, hook->run.deadline);
		else if (hook->run.pid == 0 && hook->queue.count > 0)
			return INSTANT_ZERO;
	}
	return first;
}
