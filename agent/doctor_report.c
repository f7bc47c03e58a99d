/* The report of casvipctl doctor as a value, and its two forms. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/doctor.h"
#include "agent/json.h"

static const char *const severity_words[] = {
	[DOCTOR_NOTE] = "note", [DOCTOR_WARNING] = "warning", [DOCTOR_ERROR] = "error"};

struct doctor_finding *doctor_add(struct doctor_report *report, enum doctor_severity severity, const char *id)
{
	static struct doctor_finding beyond;
	struct doctor_finding *finding = &beyond;

	if (report->findings < DOCTOR_FINDINGS_MAX)
		finding = &report->finding[report->findings++];
	else
		report->left_out++;
	*finding = (struct doctor_finding){.severity = severity, .id = id};
	return finding;
}

#define PRINT_INTO(text, words)                              \
	do {                                                 \
		va_list list_;                               \
		va_start(list_, words);                      \
		vsnprintf(text, sizeof(text), words, list_); \
		va_end(list_);                               \
	} while (0)

void doctor_words(struct doctor_finding *finding, const char *words, ...)
{
	PRINT_INTO(finding->words, words);
}

void doctor_evidence(struct doctor_finding *finding, const char *words, ...)
{
	PRINT_INTO(finding->evidence, words);
}

void doctor_fix(struct doctor_finding *finding, const char *words, ...)
{
	PRINT_INTO(finding->fix, words);
}

void doctor_skip(struct doctor_report *report, const char *what, const char *why, ...)
{
	struct doctor_skip *skip = &report->skip[report->skips];

	if (report->skips == DOCTOR_SKIPS_MAX)
		return;
	report->skips++;
	skip->what = what;
	PRINT_INTO(skip->why, why);
}

static int count(const struct doctor_report *report, enum doctor_severity severity)
{
	int sum = 0;

	for (int i = 0; i < report->findings; i++)
		sum += report->finding[i].severity == severity;
	return sum;
}

int doctor_count(const struct doctor_report *report)
{
	return count(report, DOCTOR_WARNING) + count(report, DOCTOR_ERROR) + report->left_out;
}

/* What strangers wrote may be part of a text: no control character reaches the terminal, nor what UTF-8 or an older
 * character set makes one of. */
static void write_text(struct page *page, const char *label, const char *text)
{
	if (!*text)
		return;
	page_print(page, "%s", label);
	for (; *text; text++)
		page_print(page, "%c", *text < ' ' || *text > '~' ? '?' : *text);
	page_print(page, "\n");
}

static void write_kind(struct page *page, const struct doctor_report *report, enum doctor_severity severity)
{
	for (int i = 0; i < report->findings; i++) {
		const struct doctor_finding *finding = &report->finding[i];

		if (finding->severity != severity)
			continue;
		page_print(page, "%s %s: %s", severity == DOCTOR_NOTE ? " " : "!", severity_words[severity],
			   finding->id);
		write_text(page, ": ", finding->words);
		write_text(page, "    seen: ", finding->evidence);
		write_text(page, "    fix:  ", finding->fix);
	}
}

static void write_summary(struct page *page, const struct doctor_report *report)
{
	int errors = count(report, DOCTOR_ERROR), warnings = count(report, DOCTOR_WARNING);

	if (doctor_count(report) == 0)
		page_print(page, "nothing to mend");
	else
		page_print(page, "%d to mend: errors %d, warnings %d", doctor_count(report), errors, warnings);
	if (report->left_out)
		page_print(page, ", and %d more for which there is no place", report->left_out);
	page_print(page, "; notes %d, not looked at %d\n", count(report, DOCTOR_NOTE), report->skips);
}

static int write_screen(const struct doctor_report *report, char *text, size_t size)
{
	struct page page = page_begin(text, size);

	write_kind(&page, report, DOCTOR_ERROR);
	write_kind(&page, report, DOCTOR_WARNING);
	write_kind(&page, report, DOCTOR_NOTE);
	for (int i = 0; i < report->skips; i++) {
		page_print(&page, "  not looked at: %s", report->skip[i].what);
		write_text(&page, ": ", report->skip[i].why);
	}
	write_summary(&page, report);
	return page_end(&page);
}

static void json_kind(struct json *json, const struct doctor_report *report, enum doctor_severity severity)
{
	for (int i = 0; i < report->findings; i++) {
		const struct doctor_finding *finding = &report->finding[i];

		if (finding->severity != severity)
			continue;
		json_object(json, NULL);
		json_string(json, "id", finding->id);
		json_string(json, "severity", severity_words[severity]);
		json_string(json, "words", finding->words);
		json_string(json, "evidence", finding->evidence);
		json_string(json, "fix", finding->fix);
		json_object_end(json);
	}
}

static int write_json(const struct doctor_report *report, char *text, size_t size)
{
	struct json json = json_begin(text, size);

	json_object(&json, NULL);
	json_array(&json, "findings");
	json_kind(&json, report, DOCTOR_ERROR);
	json_kind(&json, report, DOCTOR_WARNING);
	json_array_end(&json);
	json_array(&json, "notes");
	json_kind(&json, report, DOCTOR_NOTE);
	json_array_end(&json);
	json_array(&json, "skipped");
	for (int i = 0; i < report->skips; i++) {
		json_object(&json, NULL);
		json_string(&json, "what", report->skip[i].what);
		json_string(&json, "why", report->skip[i].why);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_number(&json, "left_out", report->left_out);
	json_object_end(&json);
	return json_end(&json);
}

int doctor_write(const struct doctor_report *report, enum status_form form, char *text, size_t size)
{
	return form == STATUS_JSON ? write_json(report, text, size) : write_screen(report, text, size);
}
