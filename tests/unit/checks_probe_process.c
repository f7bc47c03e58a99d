/* Probe type process, and the judge that holds on to what it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/judge.h"
#include "tests/unit/probe_run.h"

enum { PATIENCE_MS = 20000 };

static char dir[] = "/tmp/casvip-process-XXXXXX";
static char pid_file[64];
static char name[16]; /* of no other process of this machine */

/* A process of that name. Returns once it has it. */
static pid_t begin(const char *called)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, called);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void bury(pid_t pid)
{
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Dead, and not reaped. */
static void kill_hard(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void stop(pid_t pid)
{
	kill(pid, SIGSTOP);
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
}

static struct conf_check of_name(void)
{
	struct conf_check check = {
		.type = CHECK_PROCESS,
		.interval = duration_ms(3600 * 1000),
		.fast = duration_ms(3600 * 1000),
		.timeout = duration_ms(PATIENCE_MS),
		.rise = 2,
		.fall = 2,
	};

	snprintf(check.process, sizeof(check.process), "%.60s", name);
	return check;
}

static struct conf_check of_file(void)
{
	struct conf_check check = of_name();

	check.process[0] = '\0';
	snprintf(check.pid_file, sizeof(check.pid_file), "%s", pid_file);
	return check;
}

static void write_file(const char *text)
{
	FILE *file = fopen(pid_file, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void write_pid(pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", pid);
	write_file(text);
}

static void assert_found(const struct conf_check *check, enum verdict verdict, const char *reason, const char *format,
			 pid_t pid)
{
	struct outcome outcome = probe_run(check);
	char words[FACT_WORDS_MAX];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(words, sizeof(words), format, name, pid);
#pragma GCC diagnostic pop
	assert_outcome(&outcome, verdict, reason, words);
}

static void test_a_name_is_found_while_its_process_runs(void **state)
{
	struct conf_check check = of_name();
	pid_t pid;

	(void)state;
	assert_found(&check, VERDICT_DOWN, "not-running", "no process %s runs", 0);
	pid = begin(name);
	assert_found(&check, VERDICT_UP, "ok", "%s runs as process %d", pid);
	stop(pid);
	assert_found(&check, VERDICT_DOWN, "stopped", "%s, process %d, is stopped by a signal", pid);
	kill_hard(pid);
	assert_found(&check, VERDICT_DOWN, "zombie", "%s, process %d, has died and is a zombie", pid);
	bury(pid);
	assert_found(&check, VERDICT_DOWN, "not-running", "no process %s runs", 0);
}

static void test_of_several_the_oldest_that_lives_counts(void **state)
{
	struct conf_check check = of_name();
	pid_t first = begin(name), second;

	(void)state;
	usleep(20000); /* two ticks, in which starts are told apart */
	second = begin(name);
	assert_found(&check, VERDICT_UP, "ok", "%s runs as process %d", first);
	stop(first);
	assert_found(&check, VERDICT_DOWN, "stopped", "%s, process %d, is stopped by a signal", first);
	kill_hard(first);
	assert_found(&check, VERDICT_UP, "ok", "%s runs as process %d", second);
	kill_hard(second);
	bury(first);
	bury(second);
}

static void test_a_longer_name_than_the_kernel_keeps_is_compared_in_full(void **state)
{
	struct conf_check check = of_name();
	const char *self = strrchr(program_invocation_name, '/') + 1; /* checks_probe_process */

	(void)state;
	assert_true(strlen(self) > 15);
	snprintf(check.process, sizeof(check.process), "%s", self);
	assert_int_equal(probe_run(&check).verdict, VERDICT_UP);
	check.process[strlen(self) - 1] = '\0';
	assert_string_equal(probe_run(&check).reason, "not-running");
}

static void test_a_pid_file_names_the_process(void **state)
{
	struct conf_check check = of_file();
	struct outcome outcome = probe_run(&check);
	pid_t pid = begin(name);
	char words[160];

	(void)state;
	assert_string_equal(outcome.reason, "no-pid-file");
	assert_int_equal(outcome.verdict, VERDICT_DOWN);
	write_pid(pid);
	assert_found(&check, VERDICT_UP, "ok", "%s runs as process %d", pid);
	snprintf(check.process, sizeof(check.process), "nginx");
	outcome = probe_run(&check);
	snprintf(words, sizeof(words), "%s names process %d, which is %s, not nginx", pid_file, pid, name);
	assert_outcome(&outcome, VERDICT_DOWN, "other-process", words);
	check = of_file();
	stop(pid);
	assert_found(&check, VERDICT_DOWN, "stopped", "%s, process %d, is stopped by a signal", pid);
	kill_hard(pid);
	assert_found(&check, VERDICT_DOWN, "zombie", "%s, process %d, has died and is a zombie", pid);
	bury(pid);
	assert_string_equal(probe_run(&check).reason, "not-running");
	write_file("");
	assert_string_equal(probe_run(&check).reason, "bad-pid-file");
	write_file("nginx\n");
	assert_string_equal(probe_run(&check).reason, "bad-pid-file");
	unlink(pid_file);
}

struct world {
	struct conf conf;
	struct judge *judge;
	int ends[2];
};

static struct world *world_of(const struct conf_check *check)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(pipe2(world->ends, O_DIRECT | O_CLOEXEC | O_NONBLOCK), 0);
	world->conf.vips = world->conf.vip[0].checks = 1;
	world->conf.vip[0].check[0] = *check;
	world->judge = judge_new(&world->conf, world->ends[1]);
	assert_non_null(world->judge);
	return world;
}

static void world_end(struct world *world)
{
	judge_free(world->judge);
	close(world->ends[0]);
	close(world->ends[1]);
	free(world);
}

/* The next fact that comes within `ms`; false: none does. */
static bool next_fact(struct world *world, int ms, struct fact *fact)
{
	struct instant until = instant_add(probe_clock(), duration_ms(ms));

	while (read(world->ends[0], fact, sizeof(*fact)) != sizeof(*fact)) {
		if (instant_reached(probe_clock(), until))
			return false;
		assert_int_equal(judge_turn(world->judge, duration_ms(10)), 0);
	}
	return true;
}

static void test_a_death_is_told_without_waiting_for_the_interval_nor_for_fast(void **state)
{
	const struct conf_check checks[] = {of_name(), of_file()};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *world = world_of(&checks[i]);
		pid_t pid = begin(name);
		struct instant killed;
		struct fact fact;

		write_pid(pid);
		assert_true(next_fact(world, PATIENCE_MS, &fact));
		assert_int_equal(fact.state, CHECK_STATE_UP);
		killed = probe_clock();
		kill_hard(pid);
		do
			assert_true(next_fact(world, PATIENCE_MS, &fact));
		while (fact.state == CHECK_STATE_UP);
		assert_int_equal(fact.state, CHECK_STATE_DOWN);
		assert_string_equal(fact.reason, "zombie");
		print_message("%s: DOWN %.1f ms after the kill\n", i ? "pid file" : "name",
			      (double)(fact.at_ns - killed.ns) / 1e6);
		bury(pid);
		world_end(world);
	}
	unlink(pid_file);
}

static void test_a_process_that_was_replaced_stays_up(void **state)
{
	const struct conf_check check = of_name();
	struct world *world = world_of(&check);
	pid_t pid = begin(name), next;
	struct fact fact;

	(void)state;
	assert_true(next_fact(world, PATIENCE_MS, &fact));
	next = begin(name);
	kill_hard(pid);
	bury(pid);
	assert_true(next_fact(world, PATIENCE_MS, &fact));
	assert_int_equal(fact.verdict, VERDICT_UP);
	assert_int_equal(fact.state, CHECK_STATE_UP);
	assert_false(next_fact(world, 200, &fact));
	kill_hard(next);
	bury(next);
	world_end(world);
}

/* Each death asks for one probe, and only one process an interval is held on to. */
static void test_deaths_one_after_the_other_cause_no_storm(void **state)
{
	const struct conf_check check = of_name();
	struct world *world = world_of(&check);
	pid_t pid = begin(name);
	struct fact fact;

	(void)state;
	assert_true(next_fact(world, PATIENCE_MS, &fact));
	for (int i = 0; i < 5; i++) {
		pid_t next = begin(name);

		kill_hard(pid);
		bury(pid);
		assert_int_equal(next_fact(world, i ? 100 : PATIENCE_MS, &fact), i == 0);
		pid = next;
	}
	kill_hard(pid);
	bury(pid);
	world_end(world);
}

static int prepare(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(pid_file, sizeof(pid_file), "%s/x.pid", dir);
	snprintf(name, sizeof(name), "cv %d)", getpid());
	return 0;
}

static int clean_up(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_found_while_its_process_runs),
		cmocka_unit_test(test_of_several_the_oldest_that_lives_counts),
		cmocka_unit_test(test_a_longer_name_than_the_kernel_keeps_is_compared_in_full),
		cmocka_unit_test(test_a_pid_file_names_the_process),
		cmocka_unit_test(test_a_death_is_told_without_waiting_for_the_interval_nor_for_fast),
		cmocka_unit_test(test_a_process_that_was_replaced_stays_up),
		cmocka_unit_test(test_deaths_one_after_the_other_cause_no_storm),
	};

	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
