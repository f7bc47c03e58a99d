/* One probe of one service: started, driven by descriptor events, ended by its verdict or by its deadline.
 *
 * A probe type implements `struct probe_type`; the judge (judge.h) drives them all from one loop and applies the whole
 * probe's deadline, so no type waits on its own. A probe never blocks and never outlives probe_free(). */
#pragma once

#include <stddef.h>

#include "checks/fact.h"
#include "conf/conf.h"
#include "vrrp/instant.h"

/* What a probe found. `words` explains it to a person in one line. */
struct outcome {
	enum verdict verdict;
	char reason[FACT_REASON_MAX];
	char words[FACT_WORDS_MAX];
	uint64_t certificate; /* see fact.h */
};

/* Fills an outcome; words are cut to fit and whatever is not printable ASCII becomes '?'. */
void outcome_set(struct outcome *outcome, enum verdict verdict, const char *reason, const char *words, ...)
	__attribute__((format(printf, 4, 5)));

/* While a probe runs it waits for these events of this descriptor (POLLIN, POLLOUT). */
struct probe_wait {
	int fd;
	short events;
};

struct probe;

struct probe_type {
	/* Begins. Returns a running probe, or NULL with `outcome` filled (could not even begin). */
	struct probe *(*start)(const struct conf_check *check, struct outcome *outcome);
	/* The descriptor it waits for showed `revents` (0: just begun, go as far as possible). Returns true when it has
	 * ended, with `outcome` filled; false with `wait` filled when it must wait on. */
	bool (*advance)(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome);
	/* Where it stands, for the words of a timeout: "connecting", "waiting for bind_ack of the endpoint mapper". */
	const char *(*stage)(const struct probe *probe);
	/* Its deadline has come. True with `outcome` filled when it can tell more than where it stands. May be NULL. */
	bool (*overdue)(const struct probe *probe, struct outcome *outcome);
	/* After the end: a descriptor that becomes readable when what was found in good health dies; the caller's from
	 * now on. -1: there is none. NULL: there never is. */
	int (*death_fd)(struct probe *probe);
	void (*free)(struct probe *probe); /* closes everything; NULL is fine */
};

/* Of all types by HTTP, with one request; and of mapi with a session. Their processes ignore SIGPIPE: libcurl writes as
 * it likes. */
extern const struct probe_type probe_http;
extern const struct probe_type probe_mapi;
extern const struct probe_type probe_connect; /* of the types tcp and latency */
extern const struct probe_type probe_rpc;
extern const struct probe_type probe_mail; /* of the types imap, pop3 and smtp */
extern const struct probe_type probe_certificate;
extern const struct probe_type probe_tunnel; /* of type outlook-anywhere, with a tunnel */
extern const struct probe_type probe_exec;
extern const struct probe_type probe_file;
extern const struct probe_type probe_process;
extern const struct probe_type probe_link;
extern const struct probe_type probe_route;
extern const struct probe_type probe_dns;
