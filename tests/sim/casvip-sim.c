/* casvip-sim: stories of clusters, played with the real core under virtual time, and judged.
 *
 *   casvip-sim --nodes N --seed S        plays one story and prints it, script first: such a file is a golden story
 *   casvip-sim --story FILE              plays a script and prints it the same way
 *   casvip-sim [--nodes N] --seeds A..B  plays many (N absent: 2..7 nodes), --jobs J at once; prints what they reached
 *
 * Of many, each second seed tells one story more, with corosync as the quorum's provider: --corosync plays that one.
 *
 * Exit 0: no violation; 1: some; 2: wrong arguments. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/watch.h"

enum { JOBS_MAX = 64, SHOWN_MAX = 20 };

static struct world world;
static struct watch watch;
static struct plan plan;
static char where[64];

/* An assertion of the core, or of the simulator: say which story it was. */
static void on_abort(int signal)
{
	(void)signal;
	if (write(STDERR_FILENO, where, strlen(where)) < 0)
		_exit(3);
}

static int play(FILE *story)
{
	struct coverage coverage = {0};

	plan_print(&plan, story);
	fputs("---\n", story);
	return world_run(&world, &watch, &plan, &coverage, story) > 0;
}

/* What the script says of itself, at its head. */
static void print_comment(FILE *script)
{
	char line[256];

	rewind(script);
	while (fgets(line, sizeof(line), script) && line[0] == '#')
		fputs(line, stdout);
}

static int play_script(const char *name)
{
	FILE *script = fopen(name, "re");
	int r;

	if (!script) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return 2;
	}
	r = plan_read(&plan, script, name);
	if (r == 0)
		print_comment(script);
	fclose(script);
	return r < 0 ? 2 : play(stdout);
}

struct seeds {
	uint64_t from, to;
	int jobs;
};

static void work_on(uint64_t seed, int nodes, bool corosync, struct coverage *coverage)
{
	char which[64];

	snprintf(which, sizeof(which), "--nodes %d --seed %llu%s", nodes, (unsigned long long)seed,
		 corosync ? " --corosync" : "");
	snprintf(where, sizeof(where), "in %.50s\n", which);
	plan_draw(&plan, seed, nodes, corosync);
	if (world_run(&world, &watch, &plan, coverage, NULL) > 0 && coverage->violations <= SHOWN_MAX)
		printf("VIOLATION %s: %s\n", which, watch.first);
}

static struct coverage work(const struct seeds *seeds, int nodes, int job)
{
	struct coverage coverage = {0};

	for (uint64_t seed = seeds->from + (uint64_t)job; seed <= seeds->to; seed += (uint64_t)seeds->jobs) {
		work_on(seed, nodes, false, &coverage);
		if (seed % 2 == 0)
			work_on(seed, nodes, true, &coverage);
	}
	fflush(stdout);
	return coverage;
}

static int start_worker(const struct seeds *seeds, int nodes, int job)
{
	struct coverage coverage;
	int ends[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(ends) < 0 || (pid = fork()) < 0) {
		perror("casvip-sim");
		exit(2);
	}
	if (pid == 0) {
		close(ends[0]);
		coverage = work(seeds, nodes, job);
		_exit(write(ends[1], &coverage, sizeof(coverage)) != (ssize_t)sizeof(coverage));
	}
	close(ends[1]);
	return ends[0];
}

/* All seeds of one size. False if a worker died on the way. */
static bool play_size(const struct seeds *seeds, int nodes, struct coverage *sum)
{
	struct coverage coverage;
	int ends[JOBS_MAX];
	bool whole = true;

	for (int job = 0; job < seeds->jobs; job++)
		ends[job] = start_worker(seeds, nodes, job);
	for (int job = 0; job < seeds->jobs; job++) {
		if (read(ends[job], &coverage, sizeof(coverage)) == (ssize_t)sizeof(coverage))
			coverage_add(sum, &coverage);
		else
			whole = false;
		close(ends[job]);
	}
	while (wait(NULL) > 0)
		;
	return whole;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int play_many(const struct seeds *seeds, int from, int to)
{
	struct coverage all = {0};
	bool whole = true;

	for (int nodes = from; nodes <= to; nodes++) {
		struct coverage sum = {0};
		double start = seconds(), took;

		whole &= play_size(seeds, nodes, &sum);
		took = seconds() - start;
		printf("%d nodes: %llu stories, %.0f s of virtual time, %.0f stories/s, %llu violated; darkest single "
		       "fault %.1f ms\n", nodes, (unsigned long long)sum.stories, (double)sum.virtual_ms / 1e3,
		       (double)sum.stories / took, (unsigned long long)sum.violations, (double)sum.longest_dark / MS);
		fflush(stdout);
		coverage_add(&all, &sum);
	}
	coverage_print(&all, stdout);
	return all.violations > 0 || !whole;
}

static int usage(void)
{
	fputs("usage: casvip-sim --nodes N --seed S [--corosync] | --story FILE | [--nodes N] --seeds A..B [--jobs J]\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"nodes", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'},
		{"seeds", required_argument, NULL, 'S'}, {"story", required_argument, NULL, 'f'},
		{"jobs", required_argument, NULL, 'j'},	 {"corosync", no_argument, NULL, 'c'},
		{0},
	};
	struct seeds seeds = {.jobs = 1};
	const char *story = NULL;
	unsigned long long from = 0, to = 0;
	bool one = false, corosync = false;
	int nodes = 0;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (option == 'n')
			nodes = atoi(optarg);
		else if (option == 'j')
			seeds.jobs = atoi(optarg);
		else if (option == 'f')
			story = optarg;
		else if (option == 'c')
			corosync = true;
		else if (option == 's')
			one = sscanf(optarg, "%llu", &from) == 1;
		else if (option != 'S' || sscanf(optarg, "%llu..%llu", &from, &to) != 2)
			return usage();
	}
	if (nodes == 1 || nodes < 0 || nodes > SIM_NODES_MAX || seeds.jobs < 1 || seeds.jobs > JOBS_MAX)
		return usage();
	signal(SIGABRT, on_abort);
	if (story)
		return play_script(story);
	seeds.from = from;
	seeds.to = to;
	if (one && nodes > 0) {
		plan_draw(&plan, from, nodes, corosync);
		return play(stdout);
	}
	return to > from ? play_many(&seeds, nodes ? nodes : 2, nodes ? nodes : SIM_NODES_MAX) : usage();
}
