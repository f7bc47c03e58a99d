#include "checks/once.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "checks/judge.h"
#include "checks/runs.h"
#include "checks/sock.h"
#include "checks/verdict.h"

struct line {
	const struct conf_vip *vip;
	const struct conf_check *check;
	struct run_end end;
};

struct table {
	int lines;
	struct line *line;
};

/* "owa", or "mail/owa" */
static bool is_called(const struct conf_vip *vip, const struct conf_check *check, const char *name)
{
	size_t length = strlen(vip->name);

	if (strcmp(name, check->name) == 0)
		return true;
	return strncmp(name, vip->name, length) == 0 && name[length] == '/' &&
	       strcmp(name + length + 1, check->name) == 0;
}

static bool is_wanted(const struct conf_vip *vip, const struct conf_check *check, const struct once_names *names)
{
	for (int i = 0; i < names->count; i++)
		if (is_called(vip, check, names->name[i]))
			return true;
	return names->count == 0;
}

static bool is_there(const struct conf *conf, const char *name)
{
	for (int v = 0; v < conf->vips; v++)
		for (int c = 0; c < conf->vip[v].checks; c++)
			if (is_called(&conf->vip[v], &conf->vip[v].check[c], name))
				return true;
	return false;
}

const char *once_unknown(const struct conf *conf, const struct once_names *names)
{
	for (int i = 0; i < names->count; i++)
		if (!is_there(conf, names->name[i]))
			return names->name[i];
	return NULL;
}

static int table_init(struct table *table, const struct conf *conf, const struct once_names *names)
{
	int checks = 0;

	for (int v = 0; v < conf->vips; v++)
		checks += conf->vip[v].checks;
	*table = (struct table){.line = calloc(checks > 0 ? (size_t)checks : 1, sizeof(*table->line))};
	if (!table->line)
		return -ENOMEM;
	for (int v = 0; v < conf->vips; v++) {
		for (int c = 0; c < conf->vip[v].checks; c++) {
			if (!is_wanted(&conf->vip[v], &conf->vip[v].check[c], names))
				continue;
			table->line[table->lines].vip = &conf->vip[v];
			table->line[table->lines++].check = &conf->vip[v].check[c];
		}
	}
	return 0;
}

static int wait_for(struct runs *runs, struct instant now)
{
	struct pollfd fds[RUNS_MAX];
	int count = runs_wait(runs, fds);
	int64_t left = instant_since(runs_deadline(runs), now).ns;
	struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};

	if (left < 0)
		timeout = (struct timespec){0};
	if (ppoll(fds, (nfds_t)count, &timeout, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	runs_woke(runs, fds);
	return 0;
}

static void note(struct table *table, struct run_end *end)
{
	sock_close(&end->death_fd); /* nobody waits for it */
	table->line[end->tag].end = *end;
}

static int run_all(struct table *table)
{
	struct runs runs = {0};
	struct run_end end;
	int started = 0, error = 0;

	while (!error && (started < table->lines || runs.count > 0)) {
		struct instant now = judge_clock();

		for (; started < table->lines && !runs_full(&runs); started++)
			runs_start(&runs, table->line[started].check, started, now);
		while (runs_next(&runs, judge_clock(), &end))
			note(table, &end);
		if (runs.count > 0)
			error = wait_for(&runs, now);
	}
	runs_done(&runs);
	return error;
}

static bool is_fine(const struct line *line)
{
	return !line->check->required || verdict_is_good(line->end.outcome.verdict);
}

static int wider(int width, const char *text)
{
	int length = (int)strlen(text);

	return length > width ? length : width;
}

static const char *name_of(const struct line *line, char name[static 2 * CONF_NAME_MAX])
{
	snprintf(name, 2 * CONF_NAME_MAX, "%s/%s", line->vip->name, line->check->name);
	return name;
}

static int print(const struct table *table, FILE *out)
{
	int names = 20, reasons = 18;
	char name[2 * CONF_NAME_MAX];
	bool fine = true;

	for (int i = 0; i < table->lines; i++) {
		names = wider(names, name_of(&table->line[i], name));
		reasons = wider(reasons, table->line[i].end.outcome.reason);
	}
	fprintf(out, "%-*s %-16s %-14s %-*s %9s  %s\n", names, "CHECK", "TYPE", "VERDICT", reasons, "REASON", "MS",
		"WORDS");
	for (int i = 0; i < table->lines; i++) {
		const struct line *line = &table->line[i];
		const struct outcome *outcome = &line->end.outcome;

		fine = fine && is_fine(line);
		fprintf(out, "%-*s %-16s %-14s %-*s %9.1f  %s\n", names, name_of(line, name),
			conf_check_type_word(line->check->type), verdict_word(outcome->verdict), reasons,
			outcome->reason, (double)line->end.took.ns / 1e6, outcome->words);
	}
	return fine ? 0 : 1;
}

int once(const struct conf *conf, const struct once_names *names, FILE *out)
{
	struct table table;
	int result = table_init(&table, conf, names);

	if (!result)
		result = run_all(&table);
	if (!result)
		result = print(&table, out);
	free(table.line);
	return result;
}
