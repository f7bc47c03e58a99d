/* casvipctl events: what casvip-events has written down. Needs no casvipd. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/cli.h"
#include "agent/event_fields.h"
#include "agent/event_text.h"
#include "agent/journal.h"

enum { SHOWN_DEFAULT = 20, SHOWN_MAX = 1000000 };

struct wanted {
	const char *directory, *vip; /* vip NULL: any */
	long count;                  /* the newest so many */
	bool counted;
	int64_t since_ms;
};

struct found {
	const struct wanted *wanted;
	struct journal_record *record; /* malloc'd */
	size_t count, room;
	bool no_memory;
};

static bool is_wanted(const struct wanted *wanted, const struct event_record *event)
{
	struct event_fields fields;

	if (event->at_ms < wanted->since_ms)
		return false;
	if (!wanted->vip)
		return true;
	event_fields_read(&fields, event->line);
	return strcmp(event_fields_get(&fields, "vip"), wanted->vip) == 0;
}

static void find(void *context, const struct journal_record *record)
{
	struct found *found = context;

	if (!is_wanted(found->wanted, &record->event))
		return;
	if (found->count == found->room) {
		size_t room = found->room ? 2 * found->room : 256;
		struct journal_record *more = reallocarray(found->record, room, sizeof(*more));

		found->no_memory |= !more;
		if (!more)
			return;
		found->record = more;
		found->room = room;
	}
	found->record[found->count++] = *record;
}

static void print_words(const struct journal_record *record)
{
	char text[EVENT_TEXT_MAX];

	event_text_write(&record->event, EVENT_TEXT_DATE, text);
	puts(text);
}

static void print_found(const struct found *found, bool json)
{
	size_t most = (size_t)found->wanted->count;
	size_t first = found->count > most ? found->count - most : 0;
	char text[EVENT_JSON_MAX];

	for (size_t i = first; i < found->count; i++) {
		if (!json) {
			print_words(&found->record[i]);
			continue;
		}
		event_json_write(&found->record[i].event, &found->record[i].origin, text);
		fputs(text, stdout);
	}
}

static enum ctl_exit show(const struct wanted *wanted, bool json)
{
	struct found found = {.wanted = wanted};
	struct journal journal;
	unsigned long damaged = 0;
	int error = journal_init(&journal, wanted->directory) ? journal_read(&journal, find, &found, &damaged)
							      : -ENAMETOOLONG;

	if (found.no_memory)
		error = -ENOMEM;
	if (error == 0)
		print_found(&found, json);
	else
		fprintf(stderr, "casvipctl: %s: %s%s\n", journal.path, strerror(-error),
			error == -ENOENT ? "; casvip-events writes it: does it run?" : "");
	if (damaged > 0)
		fprintf(stderr, "casvipctl: %lu damaged records are left out\n", damaged);
	free(found.record);
	return error == 0 && fflush(stdout) == 0 ? CTL_DONE : CTL_FAILED;
}

/* "30s", "10min", "2h", "3d": so long ago. */
static bool read_age(const char *text, int64_t now_ms, int64_t *at_ms)
{
	static const struct {
		const char *word;
		int64_t ms;
	} units[] = {{"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
	char *unit;
	long count = strtol(text, &unit, 10);

	if (unit == text || count < 0 || count > 1000000)
		return false;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		if (strcmp(unit, units[u].word) != 0)
			continue;
		*at_ms = now_ms - count * units[u].ms;
		return true;
	}
	return false;
}

/* A date and a time of this host's zone, or with a Z behind them of UTC. */
static bool read_date(const char *text, int64_t *at_ms)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, forms[f], &tm);
		bool is_utc = end && strcmp(end, "Z") == 0;

		if (!end || (*end && !is_utc))
			continue;
		*at_ms = (is_utc ? timegm(&tm) : mktime(&tm)) * INT64_C(1000);
		return true;
	}
	return false;
}

static bool read_count(const char *text, long *count)
{
	char *end;

	*count = strtol(text, &end, 10);
	return end != text && !*end && *count > 0 && *count <= SHOWN_MAX;
}

static bool take(struct wanted *wanted, int letter)
{
	switch (letter) {
	case 'n':
		wanted->counted = true;
		return read_count(optarg, &wanted->count);
	case 'v':
		wanted->vip = optarg;
		return true;
	case 's':
		return read_age(optarg, time(NULL) * INT64_C(1000), &wanted->since_ms) ||
		       read_date(optarg, &wanted->since_ms);
	case 'd':
		wanted->directory = optarg;
		return true;
	default:
		return false;
	}
}

enum ctl_exit cli_events(const struct cli *cli, int argc, char *argv[])
{
	static const struct option long_options[] = {
		{"vip", required_argument, NULL, 'v'}, {"since", required_argument, NULL, 's'}, {0}};
	struct wanted wanted = {.directory = JOURNAL_DIRECTORY, .count = SHOWN_DEFAULT};
	int letter;

	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((letter = getopt_long(argc, argv, "+n:d:", long_options, NULL)) != -1) {
		if (take(&wanted, letter))
			continue;
		fprintf(stderr, "casvipctl: events does not understand %s\n", argv[optind - 1]);
		return CTL_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "casvipctl: events does not understand %s\n", argv[optind]);
		return CTL_USAGE;
	}
	if (wanted.since_ms && !wanted.counted)
		wanted.count = SHOWN_MAX;
	return show(&wanted, cli->json);
}
