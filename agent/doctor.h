/* casvipctl doctor: looks for what bites people before it does, on this host and in what its agent knows.
 *
 * An examination is a row of the table in cli_doctor.c. It gathers what it has to judge, and judges by a function of
 * values and texts, which tests feed with recorded ones. What it found it adds to the report. */
#pragma once

#include <stdbool.h>

#include "agent/look.h"
#include "agent/status.h"
#include "conf/conf.h"

enum {
	DOCTOR_FINDINGS_MAX = 64,
	DOCTOR_SKIPS_MAX = 16,
	DOCTOR_TEXT_MAX = 320,
};

/* A note is worth knowing and nothing to mend; findings are the other two. An error: today the vip would be lost, or
 * is not answered; a warning: it costs something, or will. */
enum doctor_severity { DOCTOR_NOTE, DOCTOR_WARNING, DOCTOR_ERROR };

struct doctor_finding {
	enum doctor_severity severity;
	const char *id;                 /* a word for programs, and for the manual */
	char words[DOCTOR_TEXT_MAX];    /* what is wrong, in one sentence */
	char evidence[DOCTOR_TEXT_MAX]; /* where that was seen */
	char fix[DOCTOR_TEXT_MAX];      /* a command, or a line to write and where */
};

/* What could not be looked at. */
struct doctor_skip {
	const char *what;
	char why[DOCTOR_TEXT_MAX];
};

struct doctor_report {
	struct doctor_finding finding[DOCTOR_FINDINGS_MAX]; /* notes, too, in the order they were found */
	int findings;
	struct doctor_skip skip[DOCTOR_SKIPS_MAX];
	int skips;
	int left_out; /* findings for which there was no place */
};

/* A new finding without words. There is always one to fill, beyond the last place one that nobody will see. */
struct doctor_finding *doctor_add(struct doctor_report *report, enum doctor_severity severity, const char *id);
void doctor_words(struct doctor_finding *finding, const char *words, ...) __attribute__((format(printf, 2, 3)));
void doctor_evidence(struct doctor_finding *finding, const char *words, ...) __attribute__((format(printf, 2, 3)));
void doctor_fix(struct doctor_finding *finding, const char *words, ...) __attribute__((format(printf, 2, 3)));
void doctor_skip(struct doctor_report *report, const char *what, const char *why, ...)
	__attribute__((format(printf, 3, 4)));

/* How many warnings and errors there are. */
int doctor_count(const struct doctor_report *report);

/* As a screen or as one line of JSON; the length, or -ENOSPC. Errors come first, notes last. */
int doctor_write(const struct doctor_report *report, enum status_form form, char *text, size_t size);

/* What the examinations share. */
struct doctor {
	const char *conf_file, *socket, *node_option;
	const struct conf *conf;             /* NULL: there is no usable file */
	int listen_ms;                       /* to the LAN; 0: not */
	node_id self;                        /* NODE_NONE: not known */
	struct conf_address own[64];         /* this host's addresses, with their prefixes ... */
	char own_interface[64][IF_NAMESIZE]; /* ... and where each stands */
	int owns;
	struct status *status; /* as the agent said last, NULL: none answers */
	struct status *before; /* as it said at first */
	struct doctor_report report;
};

/* The examinations. Of those that take their time, *_begin starts a look and *_end judges what it saw; both get the
 * row's own. */
void doctor_agent(struct doctor *doctor);
void doctor_design(struct doctor *doctor);
void doctor_files(struct doctor *doctor);
void doctor_interface(struct doctor *doctor);
void doctor_kernel(struct doctor *doctor);
void doctor_managers(struct doctor *doctor);
void doctor_listeners(struct doctor *doctor);
void doctor_firewall_begin(struct doctor *doctor, struct look *look);
void doctor_firewall_end(struct doctor *doctor, struct look *look, struct instant deadline);
void doctor_names_begin(struct doctor *doctor, struct look *look);
void doctor_names_end(struct doctor *doctor, struct look *look, struct instant deadline);
void doctor_certificates_begin(struct doctor *doctor, struct look *look);
void doctor_certificates_end(struct doctor *doctor, struct look *look, struct instant deadline);
void doctor_speakers_begin(struct doctor *doctor, struct look *look);
void doctor_speakers_end(struct doctor *doctor, struct look *look, struct instant deadline);
