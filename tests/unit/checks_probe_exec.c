/* Probe type exec, and the short-lived processes below it. */
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
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks/offspring.h"
#include "tests/unit/probe_run.h"

enum { PATIENCE_MS = 20000 };

static char dir[] = "/tmp/casvip-exec-XXXXXX";

/* A check that runs `script` by the shell, with $0 the directory of this test. */
static struct conf_check of_script(const char *script)
{
	struct conf_check check = {
		.name = "c",
		.vip = "v",
		.type = CHECK_EXEC,
		.command = {"/bin/sh", "-c"},
		.arguments = 4,
		.timeout = duration_ms(PATIENCE_MS),
	};

	assert_true(strlen(script) < CHECK_ARGUMENT_MAX);
	strcpy(check.command[2], script);
	strcpy(check.command[3], dir);
	return check;
}

static struct outcome outcome_of(const char *script)
{
	const struct conf_check check = of_script(script);

	return probe_run(&check);
}

static void assert_no_child_is_left(void)
{
	for (int waited = 0; offspring_fd() >= 0 && waited < PATIENCE_MS; waited++) {
		poll(&(struct pollfd){.fd = offspring_fd(), .events = POLLIN}, 1, 1);
		offspring_bury();
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* The number a script has written to a file of the test's directory. */
static pid_t pid_in(const char *name)
{
	char path[64];
	FILE *file = NULL;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (int waited = 0; pid == 0 && waited < PATIENCE_MS; waited++, usleep(1000)) {
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%d\n", &pid) != 1)
			pid = 0;
		fclose(file);
	}
	assert_true(pid > 0);
	unlink(path);
	return pid;
}

/* A zombie that nobody here can reap (its parent was another) runs no more either. */
static bool runs(pid_t pid)
{
	char path[32], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return line[0] && !strstr(line, ") Z ");
}

static void assert_ends(pid_t pid)
{
	for (int waited = 0; runs(pid) && waited < PATIENCE_MS; waited++)
		usleep(1000);
	assert_false(runs(pid));
}

static void test_exit_status_and_first_line_are_the_verdict(void **state)
{
	struct outcome outcome = outcome_of("echo 'OK - fine | x=1'");
	struct conf_check check = of_script("echo slow; exit 1");

	(void)state;
	assert_outcome(&outcome, VERDICT_UP, "ok", "OK - fine");
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_UP, "warning", "slow");
	check.warning_down = true;
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_DOWN, "warning", "slow");
	outcome = outcome_of("echo broken; exit 2");
	assert_outcome(&outcome, VERDICT_DOWN, "critical", "broken");
	outcome = outcome_of("exit 3");
	assert_outcome(&outcome, VERDICT_UNKNOWN, "unknown", "exited 3 and said nothing");
	outcome = outcome_of("echo half; kill -SEGV $$");
	assert_outcome(&outcome, VERDICT_UNKNOWN, "signal-11", "ended by signal 11: half");
	assert_no_child_is_left();
}

static void test_what_cannot_be_run_is_unknown(void **state)
{
	struct conf_check check = {.type = CHECK_EXEC, .arguments = 1, .timeout = duration_ms(PATIENCE_MS)};
	struct outcome outcome;

	(void)state;
	strcpy(check.command[0], "/nonexistent/check_x");
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_UNKNOWN, "not-found",
		       "cannot run /nonexistent/check_x: No such file or directory");
	strcpy(check.command[0], "/etc/passwd");
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_UNKNOWN, "not-executable", "cannot run /etc/passwd: Permission denied");
	assert_no_child_is_left();
}

static void test_it_inherits_nothing(void **state)
{
	int stray = fcntl(STDERR_FILENO, F_DUPFD, 77);
	struct outcome outcome =
		outcome_of("for i in $(seq 3 99); do [ -e /proc/$$/fd/$i ] && echo $i; done; echo none");

	(void)state;
	assert_string_equal(outcome.words, "none");
	outcome = outcome_of("echo $(readlink /proc/$$/fd/0 /proc/$$/fd/2 /proc/$$/cwd)");
	assert_string_equal(outcome.words, "/dev/null /dev/null /");
	close(stray);
	setenv("SECRET", "x", 1);
	outcome = outcome_of("tr '\\0' ' ' </proc/$$/environ");
	assert_string_equal(outcome.words,
			    "PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 CASVIP_CHECK=c CASVIP_VIP=v");
	signal(SIGPIPE, SIG_IGN);
	/* As far as signal 28: 32 and 33 are the library's own. */
	outcome = outcome_of("grep SigIgn /proc/self/status | tail -c 8; kill -PIPE $$");
	assert_string_equal(outcome.words, "ended by signal 13: 0000000");
	signal(SIGPIPE, SIG_DFL);
	outcome = outcome_of("set -- $(cat /proc/$$/stat); [ $$ = $5 ] && [ $$ = $6 ] && echo leads");
	assert_string_equal(outcome.words, "leads"); /* its group and its session */
	outcome = outcome_of("echo $(ulimit -n; ulimit -t; ulimit -c) "
			     "$(awk '/processes/ { print $3 }' /proc/self/limits)");
	assert_string_equal(outcome.words, "1024 60 0 256");
	assert_no_child_is_left();
}

static void test_one_that_hangs_is_killed_at_the_deadline_with_all_it_started(void **state)
{
	struct conf_check check = of_script("sleep 1000 & echo $! >$0/child; echo $$ >$0/plugin; wait");
	struct outcome outcome;
	pid_t plugin, child;

	(void)state;
	check.timeout = duration_ms(300);
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_DOWN, "timeout", "timeout after 300 ms: the plugin still runs");
	child = pid_in("child");
	plugin = pid_in("plugin");
	assert_no_child_is_left();
	assert_ends(plugin);
	assert_ends(child);
}

static void test_a_probe_given_up_takes_its_plugin_along(void **state)
{
	const struct conf_check check = of_script("echo $$ >$0/plugin; exec sleep 1000");
	struct runs all = {0};
	struct run_end end;
	pid_t plugin;

	(void)state;
	runs_start(&all, &check, 0, probe_clock());
	assert_false(probe_wait_ms(&all, 1, &end));
	plugin = pid_in("plugin");
	runs_done(&all);
	assert_no_child_is_left();
	assert_ends(plugin);
}

static void test_a_leftover_that_holds_the_pipe_keeps_nobody_waiting(void **state)
{
	struct outcome outcome = outcome_of("sleep 1000 & echo $! >$0/child; echo OK");
	pid_t child = pid_in("child");

	(void)state;
	assert_outcome(&outcome, VERDICT_UP, "ok", "OK");
	assert_ends(child); /* still of its group */

	outcome = outcome_of("setsid sleep 1000 & echo $! >$0/child; echo OK");
	child = pid_in("child");
	assert_outcome(&outcome, VERDICT_UP, "ok", "OK");
	kill(child, SIGKILL); /* on its own in a session of its own: a daemon, and not ours to end */
	assert_ends(child);
	assert_no_child_is_left();
}

static void test_one_that_writes_on_for_ever_is_down(void **state)
{
	struct conf_check check = of_script("echo OK; exec yes");
	struct outcome outcome;

	(void)state;
	check.timeout = duration_ms(300);
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_DOWN, "timeout", "timeout after 300 ms: the plugin still runs");
	outcome = outcome_of("echo OK; head -c 60000 /dev/zero | tr '\\0' x");
	assert_outcome(&outcome, VERDICT_UP, "ok", "OK");
	assert_no_child_is_left();
}

/* While a debugger holds the dead, they are as those whom no signal ends. Returns once it holds `plugin`. */
static pid_t hold(pid_t plugin)
{
	int ready[2];
	char byte;
	pid_t holder;

	assert_int_equal(pipe(ready), 0);
	holder = fork();
	if (holder == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_SEIZE, plugin, NULL, NULL) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return holder;
}

static void test_no_second_one_piles_up_behind_one_that_cannot_be_killed(void **state)
{
	struct conf_check check = of_script("[ -e $0/go ] && echo OK && exit; echo $$ >$0/plugin; exec sleep 1000");
	struct conf_check other = of_script("echo other");
	struct runs all = {0};
	struct outcome outcome;
	struct run_end end;
	char go[64];
	pid_t holder;

	(void)state;
	runs_start(&all, &check, 0, probe_clock());
	assert_false(probe_wait_ms(&all, 1, &end));
	holder = hold(pid_in("plugin"));
	runs_done(&all);

	snprintf(go, sizeof(go), "%s/go", dir);
	close(open(go, O_CREAT | O_WRONLY, 0600));
	check.timeout = duration_ms(100);
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_DOWN, "timeout",
		       "timeout after 100 ms: an earlier one hangs and cannot be killed");
	outcome = probe_run(&other);
	assert_string_equal(outcome.words, "other");

	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	check.timeout = duration_ms(PATIENCE_MS);
	outcome = probe_run(&check);
	assert_outcome(&outcome, VERDICT_UP, "ok", "OK");
	unlink(go);
	assert_no_child_is_left();
}

/* The one before has been killed, and is perhaps not gone yet: the next waits for it, which is no trouble. */
static void test_the_next_one_follows_at_once(void **state)
{
	struct conf_check check = of_script("echo $PPID");
	struct runs all = {0};
	struct outcome outcome;
	struct run_end end;
	char parent[16];

	(void)state;
	snprintf(parent, sizeof(parent), "%d", getpid());
	for (int i = 0; i < 50; i++) {
		runs_start(&all, &check, 0, probe_clock());
		probe_wait_ms(&all, 0, &end);
		runs_done(&all);
		outcome = probe_run(&check);
		assert_outcome(&outcome, VERDICT_UP, "ok", parent);
	}
	assert_no_child_is_left();
}

static void test_want_of_descriptors_is_unknown(void **state)
{
	struct rlimit were, none;
	struct outcome outcome;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &were);
	none = were;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	outcome = outcome_of("echo OK");
	setrlimit(RLIMIT_NOFILE, &were);
	assert_string_equal(outcome.reason, "no-descriptors");
	assert_int_equal(outcome.verdict, VERDICT_UNKNOWN);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status_and_first_line_are_the_verdict),
		cmocka_unit_test(test_what_cannot_be_run_is_unknown),
		cmocka_unit_test(test_it_inherits_nothing),
		cmocka_unit_test(test_one_that_hangs_is_killed_at_the_deadline_with_all_it_started),
		cmocka_unit_test(test_a_probe_given_up_takes_its_plugin_along),
		cmocka_unit_test(test_a_leftover_that_holds_the_pipe_keeps_nobody_waiting),
		cmocka_unit_test(test_one_that_writes_on_for_ever_is_down),
		cmocka_unit_test(test_no_second_one_piles_up_behind_one_that_cannot_be_killed),
		cmocka_unit_test(test_the_next_one_follows_at_once),
		cmocka_unit_test(test_want_of_descriptors_is_unknown),
	};

	alarm(120); /* a test that waits for ever has failed */
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
