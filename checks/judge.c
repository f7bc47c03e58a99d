#include "checks/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checks/deaths.h"
#include "checks/offspring.h"
#include "checks/outbox.h"
#include "checks/runs.h"
#include "checks/sock.h"
#include "checks/verdict.h"

enum { SPREAD_MS = 200, REST_S = 300 };

/* Of a process whose death was told: design, part 5 allows 50 ms until the owner changes. */
#define DEATH_TOLD_WITHIN duration_ms(40)

/* A check under watch. Its number is its place in the judge's array. */
struct watch {
	const struct conf_check *check;
	uint16_t vip, place; /* how facts name it */
	struct teller teller;
	struct verdicts verdicts;
	struct instant due; /* INSTANT_NEVER while a probe runs */
	bool alarmed;       /* its death was told, and no probe has succeeded since */
	struct instant rest_until; /* its credentials were refused: not asked before */
	struct run_end refused;    /* how */
	bool again;         /* its death was told while a probe ran: that probe may have been too early to see */
};

struct judge {
	struct watch *watch;
	int watches;
	int next; /* whose turn it is to start, so that 64 which hang do not starve the others */
	int facts_fd;
	struct runs runs;
	struct outbox outbox;
	struct deaths *deaths;
};

struct instant judge_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (struct instant){now.tv_sec * INT64_C(1000000000) + now.tv_nsec};
}

/* First starts are spread, so that the checks of a host, and of hosts started together, do not march in step. */
static struct instant first_due(const struct conf_check *check, struct instant now)
{
	struct duration spread = duration_ms(SPREAD_MS);

	if (check->interval.ns < spread.ns)
		spread = check->interval;
	return instant_add(now, duration_us(arc4random_uniform((uint32_t)(spread.ns / 1000) + 1)));
}

static int watch_init(struct judge *judge, struct watch *watch, const struct conf_check *check)
{
	watch->check = check;
	watch->due = first_due(check, judge_clock());
	return deaths_add(judge->deaths, check, &watch->teller);
}

static int watch_all(struct judge *judge, const struct conf *conf)
{
	int error = 0;

	for (int v = 0; v < conf->vips; v++) {
		for (int c = 0; c < conf->vip[v].checks && !error; c++) {
			struct watch *watch = &judge->watch[judge->watches++];

			watch->vip = (uint16_t)v;
			watch->place = (uint16_t)c;
			error = watch_init(judge, watch, &conf->vip[v].check[c]);
		}
	}
	return error;
}

static int judge_init(struct judge *judge, const struct conf *conf, int facts_fd)
{
	int checks = 0, error;

	for (int v = 0; v < conf->vips; v++)
		checks += conf->vip[v].checks;
	judge->facts_fd = facts_fd;
	judge->watch = calloc(checks > 0 ? (size_t)checks : 1, sizeof(*judge->watch));
	judge->deaths = deaths_new();
	if (!judge->watch || !judge->deaths)
		return -errno;
	error = outbox_init(&judge->outbox, facts_fd, checks);
	return error ? error : watch_all(judge, conf);
}

struct judge *judge_new(const struct conf *conf, int facts_fd)
{
	struct judge *judge = calloc(1, sizeof(*judge));
	int error = judge ? judge_init(judge, conf, facts_fd) : -ENOMEM;

	if (!error)
		return judge;
	judge_free(judge);
	errno = -error;
	return NULL;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	runs_done(&judge->runs);
	outbox_done(&judge->outbox);
	deaths_free(judge->deaths);
	free(judge->watch);
	free(judge);
}

static void tell(struct judge *judge, int number, const struct run_end *end, struct instant now)
{
	const struct watch *watch = &judge->watch[number];
	struct fact fact = {
		.magic = FACT_MAGIC,
		.vip = watch->vip,
		.check = watch->place,
		.verdict = (uint16_t)end->outcome.verdict,
		.state = (uint16_t)watch->verdicts.state,
		.took_us = end->took.ns / 1000 < UINT32_MAX ? (uint32_t)(end->took.ns / 1000) : UINT32_MAX,
		.at_ns = now.ns,
	};

	fact.certificate = end->outcome.certificate;
	memcpy(fact.reason, end->outcome.reason, sizeof(fact.reason));
	memcpy(fact.words, end->outcome.words, sizeof(fact.words));
	outbox_put(&judge->outbox, number, &fact);
}

/* What was found last stands while nobody asks: said again, it does not go stale. */
static void tell_rest(struct judge *judge, int number, struct instant now)
{
	const struct watch *watch = &judge->watch[number];
	struct run_end end = watch->refused;
	long long left_ms = (long long)duration_to_ms(instant_since(watch->rest_until, now));

	outcome_set(&end.outcome, end.outcome.verdict, end.outcome.reason, "%s; asks again in %lld s",
		    end.outcome.words, (left_ms + 999) / 1000);
	tell(judge, number, &end, now);
}

/* A death that was told and a failed probe are two witnesses already: the others that `fall` asks for are heard
 * quickly. */
static struct duration alarmed_period(const struct conf_check *check)
{
	struct duration period = {DEATH_TOLD_WITHIN.ns / check->fall};

	return period.ns < check->fast.ns ? period : check->fast;
}

/* The period counts from the start of the probe, so that a slow one does not stretch it. */
static struct instant next_due(const struct watch *watch, const struct run_end *end, struct instant now)
{
	struct duration period = watch->check->interval;

	if (watch->again && verdict_is_good(end->outcome.verdict))
		return now;
	if (verdicts_in_doubt(watch->verdicts))
		period = watch->alarmed ? alarmed_period(watch->check) : watch->check->fast;
	return instant_later(now, instant_add(end->began, period));
}

static void on_end(struct judge *judge, struct run_end *end, struct instant now)
{
	struct watch *watch = &judge->watch[end->tag];
	bool rejected = end->outcome.verdict == VERDICT_AUTH_REJECTED;

	watch->alarmed &= !verdict_is_good(end->outcome.verdict);
	if (!rejected || !watch->check->auth_rejected_holds)
		watch->verdicts =
			verdicts_add(watch->verdicts, end->outcome.verdict, watch->check->rise, watch->check->fall);
	if (rejected) {
		watch->rest_until = instant_add(now, duration_ms(REST_S * 1000));
		watch->refused = *end;
	}
	watch->due = next_due(watch, end, now);
	watch->again = false;
	if (rejected)
		tell_rest(judge, end->tag, now);
	else
		tell(judge, end->tag, end, now);
	if (verdict_is_good(end->outcome.verdict))
		deaths_good(judge->deaths, watch->teller, end, now);
	sock_close(&end->death_fd);
}

static bool is_running(const struct watch *watch)
{
	return watch->due.ns == INSTANT_NEVER.ns;
}

static void look_again(struct judge *judge, struct teller teller, bool died, struct instant now)
{
	for (int i = 0; i < judge->watches; i++) {
		struct watch *watch = &judge->watch[i];

		if (!teller_same(watch->teller, teller))
			continue;
		watch->alarmed |= died;
		watch->again = is_running(watch);
		if (!watch->again)
			watch->due = now;
	}
}

static void start_due(struct judge *judge, struct instant now)
{
	for (int i = 0; i < judge->watches && !runs_full(&judge->runs); i++) {
		int number = judge->next;
		struct watch *watch = &judge->watch[number];

		judge->next = (judge->next + 1) % judge->watches;
		if (is_running(watch) || !instant_reached(now, watch->due))
			continue;
		if (!instant_reached(now, watch->rest_until)) {
			tell_rest(judge, number, now);
			watch->due = instant_earlier(watch->rest_until, instant_add(now, watch->check->interval));
			continue;
		}
		watch->due = INSTANT_NEVER;
		runs_start(&judge->runs, watch->check, number, now);
	}
}

static struct instant deadline_of(const struct judge *judge)
{
	struct instant deadline = instant_earlier(runs_deadline(&judge->runs), deaths_deadline(judge->deaths));

	for (int i = 0; i < judge->watches && !runs_full(&judge->runs); i++)
		deadline = instant_earlier(deadline, judge->watch[i].due);
	return deadline;
}

/* Sleeps until something happens. The clock read here says how long, not what is due then: one reading decides a turn.
 * -EPIPE when the agent has closed its end. */
static int wait_for_news(struct judge *judge, struct duration most)
{
	enum { FACTS, DEATHS, STRAYS, RUNS };
	struct pollfd fds[RUNS + RUNS_MAX] = {
		[FACTS] = {.fd = judge->facts_fd, .events = judge->outbox.pending ? POLLOUT : 0},
		[DEATHS] = {.fd = deaths_fd(judge->deaths), .events = POLLIN},
		[STRAYS] = {.fd = offspring_fd(), .events = POLLIN},
	};
	int count = runs_wait(&judge->runs, fds + RUNS);
	int64_t left = instant_since(deadline_of(judge), judge_clock()).ns;
	struct timespec timeout;

	if (left > most.ns)
		left = most.ns;
	if (left < 0)
		left = 0;
	timeout = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
	if (ppoll(fds, (nfds_t)(RUNS + count), &timeout, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	runs_woke(&judge->runs, fds + RUNS);
	/* The write end of a pipe whose reader is gone, poll(2). */
	return fds[FACTS].revents & (POLLERR | POLLHUP) ? -EPIPE : 0;
}

int judge_turn(struct judge *judge, struct duration most)
{
	int error = wait_for_news(judge, most);
	struct instant now = judge_clock();
	struct teller teller;
	struct run_end end;
	bool died;

	if (error)
		return error;
	while (deaths_next(judge->deaths, now, &teller, &died))
		look_again(judge, teller, died, now);
	start_due(judge, now);
	while (runs_next(&judge->runs, now, &end))
		on_end(judge, &end, now);
	offspring_bury();
	return outbox_flush(&judge->outbox);
}
