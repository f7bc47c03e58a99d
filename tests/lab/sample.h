/* What the lab's instruments write: one record per answer that a client got. All hosts of the lab share one kernel, so
 * instants taken on different hosts (CLOCK_MONOTONIC, ns) can be compared. samples.py reads the same layout. */
#pragma once

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLE_WHO_MAX = 16 };

enum sample_kind {
	SAMPLE_ROUTED = 'r', /* UDP or TCP, to wherever the client's kernel sends it */
	SAMPLE_DIRECT = 'd', /* UDP, framed to one host's MAC whatever the client's kernel believes */
	SAMPLE_ARP = 'a',    /* an ARP reply or neighbour advertisement */
};

struct sample {
	uint64_t sent;	   /* by the client */
	uint64_t answered; /* by the host that answered; where only the client knows: heard */
	uint64_t heard;	   /* by the client */
	uint64_t dark;	   /* ROUTED: how long an earlier question had waited when this answer ended the silence */
	uint32_t seq;
	uint8_t kind;
	uint8_t unused[3];
	char who[SAMPLE_WHO_MAX]; /* the host's name, or the MAC that answered */
};

/* What travels: a question, and the same with `answered` and `who` filled in as the answer. */
struct question {
	uint64_t sent;
	uint64_t answered;
	uint32_t seq;
	uint8_t kind;
	uint8_t unused[3];
	char who[SAMPLE_WHO_MAX];
};

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* An instrument must not be what is late: real-time priority where that is allowed. It dies with the lab. */
static inline void instrument_start(void)
{
	struct sched_param param = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		fprintf(stderr, "no real-time priority, answers may look late\n");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static inline void sample_write(int fd, const struct sample *sample)
{
	if (write(fd, sample, sizeof(*sample)) != (ssize_t)sizeof(*sample)) {
		perror("sample");
		exit(1);
	}
}
