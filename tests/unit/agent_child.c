/* The judge as a process: this program starts itself in the judge's place. What the stub does stands in the
 * configuration it is given. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/child.h"
#include "agent/child_exec.h"
#include "agent/facts.h"

extern char **environ;

/* The stub. */

static void tell(const char *words)
{
	struct fact fact = {.magic = FACT_MAGIC, .verdict = VERDICT_UP, .state = CHECK_STATE_UP, .reason = "stub"};

	snprintf(fact.words, sizeof(fact.words), "%s", words);
	if (write(CHILD_FACTS_FD, &fact, sizeof(fact)) != sizeof(fact))
		_exit(98);
}

/* The number behind this name in /proc/self/status, as it stands there. */
static void tell_status(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		for (char *tab = line; (tab = strchr(tab, '\t'));)
			*tab = ' ';
		if (strncmp(line, name, strlen(name)) == 0)
			tell(line);
	}
	if (file)
		fclose(file);
}

static void tell_fds(void)
{
	char words[FACT_WORDS_MAX] = "fds";

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), " %d", fd);
	tell(words);
}

static void tell_what_was_kept(void)
{
	char words[FACT_WORDS_MAX];
	int variables = 0;

	tell_fds();
	for (char **variable = environ; *variable; variable++)
		variables++;
	snprintf(words, sizeof(words), "scheduling %d nice %d variables %d session %d", sched_getscheduler(0),
		 getpriority(PRIO_PROCESS, 0), variables, getsid(0) == getpid());
	tell(words);
	tell_status("Uid:");
	tell_status("Gid:");
	tell_status("Groups:");
	tell_status("CapPrm:");
	tell_status("CapEff:");
	tell_status("CapBnd:");
	tell_status("CapAmb:");
	tell_status("NoNewPrivs:");
	tell_status("SigBlk:");
	tell_status("SigIgn:");
	tell("end");
}

static void tell_limits(void)
{
	struct rlimit processes = {0}, memory = {0};
	char words[FACT_WORDS_MAX];

	getrlimit(RLIMIT_NPROC, &processes);
	getrlimit(RLIMIT_AS, &memory);
	snprintf(words, sizeof(words), "processes %lld memory %lld", (long long)processes.rlim_max,
		 (long long)memory.rlim_max);
	tell(words);
}

static void tell_seals(void)
{
	ssize_t n = pwrite(CHILD_CONF_FD, "x", 1, 0);

	tell(n < 0 && errno == EPERM ? "cannot write" : "CAN WRITE");
	tell(ftruncate(CHILD_CONF_FD, 0) < 0 && errno == EPERM ? "cannot cut" : "CAN CUT");
}

/* What comes by its standard input, until that ends. */
static void tell_asks(void)
{
	struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};
	char ask[64];
	ssize_t n = -1;

	while (poll(&wait, 1, -1) == 1 && (n = read(STDIN_FILENO, ask, sizeof(ask) - 1)) > 0) {
		ask[n] = '\0';
		tell(ask);
	}
	tell(n == 0 ? "the end" : "FAILED");
}

static _Noreturn void stay(void)
{
	for (;;)
		pause();
}

static _Noreturn void stub(void)
{
	char text[64] = {0};

	if (read(CHILD_CONF_FD, text, sizeof(text) - 1) < 0) /* from where the offset stands: the beginning */
		_exit(97);
	if (strcmp(text, "exit 3") == 0)
		_exit(3);
	if (strcmp(text, "fact") == 0)
		tell("hello");
	if (strcmp(text, "garbage") == 0) {
		(void)!write(CHILD_FACTS_FD, "garbage", 7);
		(void)!write(CHILD_FACTS_FD, (char[sizeof(struct fact)]){"garbage"}, sizeof(struct fact));
		tell("after the garbage");
	}
	if (strcmp(text, "what was kept") == 0)
		tell_what_was_kept();
	if (strcmp(text, "dumpable") == 0)
		tell(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? "closed" : "OPEN");
	if (strcmp(text, "limits") == 0)
		tell_limits();
	if (strcmp(text, "asks") == 0)
		tell_asks();
	if (strcmp(text, "seals") == 0)
		tell_seals();
	stay();
}

/* The tests. */

enum { PATIENCE_MS = 10000 };

static struct child child;
static char self[PATH_MAX], how[CHILD_WHY_MAX];
static const struct instant start = {7000000000};

static int set_up(void **state)
{
	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	return child_init(&child, self, "casvip-checks");
}

static int tear_down(void **state)
{
	(void)state;
	child_done(&child);
	return 0;
}

static void run(const char *conf, struct instant now)
{
	assert_int_equal(child_start(&child, &(struct child_gifts){conf, strlen(conf), NULL, 0, false}, now, how), 0);
	assert_true(child.pid > 0);
	assert_int_equal(child.start_at.ns, INSTANT_NEVER.ns);
}

static void await(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
}

static void await_end(struct instant now)
{
	await(child.pidfd);
	assert_int_equal(child_reap(&child, now, how), 1);
	assert_int_equal(child.pid, 0);
	assert_int_equal(child.pidfd, -1);
	assert_int_equal(child.facts_fd, -1);
}

/* The next fact's words. */
static const char *hear(void)
{
	static struct fact fact;

	await(child.facts_fd);
	assert_int_equal(read(child.facts_fd, &fact, sizeof(fact)), sizeof(fact));
	return fact.words;
}

static void test_facts_arrive_from_the_judge(void **state)
{
	(void)state;
	run("fact", start);
	assert_string_equal(hear(), "hello");
	assert_int_equal(child_reap(&child, start, how), 0); /* it is alive */
}

static void test_a_helper_that_is_asked_hears_each_ask_whole_and_our_end(void **state)
{
	const struct child_gifts gifts = {.conf_text = "asks", .conf_length = 4, .asks = true};

	(void)state;
	run("asks", start); /* not asked, it has an empty standard input */
	assert_int_equal(child.asks_fd, -1);
	assert_string_equal(hear(), "the end");
	child_kill(&child);
	await_end(start);
	child.start_at = start;
	assert_int_equal(child_start(&child, &gifts, start, how), 0);
	assert_int_equal(write(child.asks_fd, "one", 3), 3);
	assert_int_equal(write(child.asks_fd, "two", 3), 3);
	assert_string_equal(hear(), "one");
	assert_string_equal(hear(), "two");
	close(child.asks_fd); /* as when we die */
	child.asks_fd = -1;
	assert_string_equal(hear(), "the end");
}

static void test_garbage_is_counted_and_what_follows_is_heard(void **state)
{
	static struct facts facts;
	static struct conf conf = {.vips = 1, .vip[0].checks = 1};
	int good = 0;

	(void)state;
	facts_start(&facts, start);
	run("garbage", start);
	while (good == 0) {
		await(child.facts_fd);
		good = facts_drain(&facts, child.facts_fd, &conf, start, 16);
		assert_true(good >= 0);
	}
	assert_int_equal(good, 1);
	assert_string_equal(facts.of[0][0].words, "after the garbage");
	assert_int_equal(facts.refused[FACT_WRONG_SIZE], 1);
	assert_int_equal(facts.refused[FACT_WRONG_MAGIC], 1);
}

/* The news of a whole host's checks at once should find room. */
static void test_the_pipe_is_as_large_as_is_allowed(void **state)
{
	FILE *limit = fopen("/proc/sys/fs/pipe-max-size", "re");
	int most = 0;

	(void)state;
	if (geteuid() != 0)
		skip(); /* a user may be near the limit of all its pipes */
	assert_true(limit && fscanf(limit, "%d", &most) == 1);
	fclose(limit);
	run("stay", start);
	if (most > 1 << 20)
		most = 1 << 20;
	assert_int_equal(fcntl(child.facts_fd, F_GETPIPE_SZ), most);
}

static void test_the_end_of_the_judge_is_told_in_words(void **state)
{
	static struct facts facts;
	static struct conf conf;
	int free_fd = dup(0);

	(void)state;
	close(free_fd);
	run("exit 3", start);
	await(child.facts_fd);
	assert_int_equal(facts_drain(&facts, child.facts_fd, &conf, start, 16), -EPIPE);
	await_end(start);
	assert_string_equal(how, "exited 3");
	run("stay", start);
	assert_int_equal(kill(child.pid, SIGSEGV), 0);
	await_end(start);
	assert_string_equal(how, "killed by signal 11 (Segmentation fault)");
	assert_int_equal(child_reap(&child, start, how), 0);
	assert_int_equal(dup(0), free_fd); /* and nothing of it stays open */
	close(free_fd);
}

static void test_a_killed_judge_is_not_heard_any_more(void **state)
{
	(void)state;
	child_kill(&child); /* nothing runs */
	run("fact", start);
	await(child.facts_fd);
	child_kill(&child);
	assert_int_equal(child.facts_fd, -1);
	await_end(start);
	assert_string_equal(how, "killed by signal 9 (Killed)");
}

static void test_a_stopped_judge_can_be_killed(void **state)
{
	siginfo_t news;

	(void)state;
	run("stay", start);
	assert_int_equal(kill(child.pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PIDFD, (id_t)child.pidfd, &news, WSTOPPED | WNOWAIT), 0);
	assert_int_equal(child_reap(&child, start, how), 0); /* stopped is not ended */
	child_kill(&child);
	await_end(start);
}

static void test_restarts_wait_longer_and_longer_until_one_lived_for_a_minute(void **state)
{
	static const int64_t waits_ms[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
	struct instant now = start;

	(void)state;
	assert_true(instant_reached(start, child.start_at));
	for (size_t i = 0; i < sizeof(waits_ms) / sizeof(waits_ms[0]); i++) {
		run("exit 3", now);
		await_end(now);
		assert_int_equal(instant_since(child.start_at, now).ns, duration_ms(waits_ms[i]).ns);
		now = child.start_at;
	}
	run("exit 3", now);
	now = instant_add(now, duration_ms(59999));
	await_end(now);
	assert_int_equal(instant_since(child.start_at, now).ns, duration_ms(10000).ns);
	run("exit 3", now);
	now = instant_add(now, duration_ms(60000));
	await_end(now);
	assert_int_equal(instant_since(child.start_at, now).ns, duration_ms(100).ns);
}

static void test_a_program_that_cannot_run_is_told_when_it_is_reaped(void **state)
{
	(void)state;
	assert_int_equal(child_init(&child, "/nonexistent/casvip-checks", "casvip-checks"), 0);
	run("stay", start);
	await_end(start);
	assert_string_equal(how, "exec: No such file or directory");
	assert_int_equal(child_init(&child, "/etc/passwd", "casvip-checks"), 0);
	run("stay", start);
	await_end(start);
	assert_string_equal(how, "exec: Permission denied");
}

static void test_a_program_in_a_tree_that_only_root_may_enter_runs(void **state)
{
	char directory[] = "/tmp/casvip-child-XXXXXX", path[64];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(directory)); /* 0700 */
	snprintf(path, sizeof(path), "%s/casvip-checks", directory);
	assert_int_equal(symlink(self, path), 0);
	assert_int_equal(child_init(&child, path, "casvip-checks"), 0);
	run("fact", start);
	assert_string_equal(hear(), "hello");
	unlink(path);
	rmdir(directory);
}

/* Before it has called anything itself: between exec and its first instruction others of its user could look in. */
static void test_a_program_that_its_user_cannot_read_is_closed_from_the_start(void **state)
{
	char path[] = "/tmp/casvip-child-XXXXXX";
	int copy, program = open(self, O_RDONLY | O_CLOEXEC);
	struct stat is;

	(void)state;
	if (geteuid() != 0)
		skip();
	copy = mkostemp(path, O_CLOEXEC);
	assert_int_equal(fstat(program, &is), 0);
	assert_int_equal(sendfile(copy, program, NULL, (size_t)is.st_size), is.st_size);
	assert_int_equal(fchmod(copy, 0711), 0); /* as it is installed */
	close(copy);
	close(program);
	assert_int_equal(child_init(&child, path, "casvip-checks"), 0);
	run("dumpable", start);
	assert_string_equal(hear(), "closed");
	unlink(path);
}

static void has_limits(long long processes)
{
	long long memory = (long long)CHILD_MEMORY_GIB_MAX << 30;
	char words[FACT_WORDS_MAX];

#ifdef CASVIP_SANITIZED
	struct rlimit ours;

	getrlimit(RLIMIT_AS, &ours);
	memory = (long long)ours.rlim_max;
#endif
	snprintf(words, sizeof(words), "processes %lld memory %lld", processes, memory);
	run("limits", start);
	assert_string_equal(hear(), words);
	child_kill(&child);
	await_end(start);
}

static void test_processes_are_limited_where_the_user_is_its_own_and_memory_always(void **state)
{
	struct rlimit ours;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(getrlimit(RLIMIT_NPROC, &ours), 0);
	child.shares_user = true;
	has_limits((long long)ours.rlim_max);
	child.shares_user = false;
	has_limits(CHILD_PROCESSES_MAX);
}

static void test_the_configuration_is_sealed(void **state)
{
	(void)state;
	run("seals", start);
	assert_string_equal(hear(), "cannot write");
	assert_string_equal(hear(), "cannot cut");
}

static void test_a_start_that_fails_leaves_nothing_and_waits(void **state)
{
	struct rlimit before, none;
	int result, probe = dup(0);

	(void)state;
	close(probe);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)probe + 2; /* the memfd and one more */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	result = child_start(&child, &(struct child_gifts){"stay", 4, NULL, 0, false}, start, how);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(result, -EMFILE);
	assert_non_null(strstr(how, "Too many open files"));
	assert_int_equal(child.pid, 0);
	assert_int_equal(child.start_at.ns, instant_add(start, duration_ms(100)).ns);
	assert_int_equal(dup(0), probe); /* no descriptor was left behind */
	close(probe);
}

/* The words that follow this name among what the stub tells. */
static void was_kept(const char *words)
{
	const char *heard = hear();

	if (strcmp(heard, words) != 0)
		fail_msg("\"%s\" instead of \"%s\"", heard, words);
}

static const char *caps(const char *name)
{
	static char words[64];

	snprintf(words, sizeof(words), "%s: 0000000000000000", name);
	return words;
}

/* But for glibc's own signals 32 and 33: posix_spawn(), with which make starts us, leaves them ignored, and sigaction()
 * does not touch them. */
static void ignores_nothing(void)
{
	unsigned long long ignored;

	assert_int_equal(sscanf(hear(), "SigIgn: %llx", &ignored), 1);
	assert_int_equal(ignored & ~0x180000000ULL, 0);
}

/* Makes this process look like casvipd at its worst, and says what it was. */
static void burden(void)
{
	const struct sched_param first = {.sched_priority = 1};
	const gid_t group = 4;
	sigset_t blocked;
	int fds[2];

	assert_int_equal(setgroups(1, &group), 0);
	sigfillset(&blocked);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
	signal(SIGPIPE, SIG_IGN);
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	(void)!sched_setscheduler(0, SCHED_FIFO, &first); /* where it is allowed */
	(void)!setpriority(PRIO_PROCESS, 0, -5);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dup2(fds[0], 200), 200); /* somebody forgot CLOEXEC */
	close(fds[0]);
	close(fds[1]);
}

static void unburden(void)
{
	const struct sched_param ordinary = {0};
	sigset_t none;

	close(200);
	setgroups(0, NULL);
	(void)!setpriority(PRIO_PROCESS, 0, 0);
	sched_setscheduler(0, SCHED_OTHER, &ordinary);
	unsetenv("NOTIFY_SOCKET");
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void test_the_judge_keeps_no_privilege_and_nothing_of_ours(void **state)
{
	char ids[FACT_WORDS_MAX];

	(void)state;
	if (geteuid() != 0)
		skip();
	burden();
	run("what was kept", start);
	unburden();
	was_kept("fds 0 1 2 3 4");
	was_kept("scheduling 0 nice 0 variables 2 session 1");
	assert_int_not_equal(child.uid, 0);
	snprintf(ids, sizeof(ids), "Uid: %d %d %d %d", child.uid, child.uid, child.uid, child.uid);
	was_kept(ids);
	snprintf(ids, sizeof(ids), "Gid: %d %d %d %d", child.gid, child.gid, child.gid, child.gid);
	was_kept(ids);
	was_kept("Groups:  ");
	was_kept(caps("CapPrm"));
	was_kept(caps("CapEff"));
	was_kept(caps("CapBnd"));
	was_kept(caps("CapAmb"));
	was_kept("NoNewPrivs: 1");
	was_kept(caps("SigBlk"));
	ignores_nothing();
	was_kept("end");
}

/* Starts a judge, tells its pid, and is killed with it running. */
static _Noreturn void live_as_casvipd(int tell_fd)
{
	if (child_start(&child, &(struct child_gifts){"stay", 4, NULL, 0, false}, start, how) < 0 ||
	    write(tell_fd, &child.pid, sizeof(child.pid)) < 0)
		_exit(1);
	stay();
}

static void test_the_judge_dies_with_casvipd(void **state)
{
	int told[2], judge, died;
	pid_t casvipd, pid;

	(void)state;
	assert_int_equal(pipe(told), 0);
	casvipd = fork();
	if (casvipd == 0)
		live_as_casvipd(told[1]);
	assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	judge = pidfd_open(pid, 0);
	assert_true(judge >= 0);
	assert_int_equal(kill(casvipd, SIGKILL), 0);
	assert_int_equal(waitpid(casvipd, NULL, 0), casvipd);
	died = poll(&(struct pollfd){.fd = judge, .events = POLLIN}, 1, PATIENCE_MS);
	pidfd_send_signal(judge, SIGKILL, NULL, 0); /* a failed test leaves nobody behind */
	assert_int_equal(died, 1);
	close(judge);
	close(told[0]);
	close(told[1]);
}

static void test_the_program_is_looked_for_beside_our_own(void **state)
{
	char path[PATH_MAX];

	(void)state;
	child_find(strrchr(self, '/') + 1, path);
	assert_string_equal(path, self);
	child_find("no-such-program", path);
	assert_string_equal(path, "/usr/sbin/no-such-program");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		TEST(test_facts_arrive_from_the_judge),
		TEST(test_a_helper_that_is_asked_hears_each_ask_whole_and_our_end),
		TEST(test_garbage_is_counted_and_what_follows_is_heard),
		TEST(test_the_pipe_is_as_large_as_is_allowed),
		TEST(test_the_end_of_the_judge_is_told_in_words),
		TEST(test_a_killed_judge_is_not_heard_any_more),
		TEST(test_a_stopped_judge_can_be_killed),
		TEST(test_restarts_wait_longer_and_longer_until_one_lived_for_a_minute),
		TEST(test_a_program_that_cannot_run_is_told_when_it_is_reaped),
		TEST(test_a_program_in_a_tree_that_only_root_may_enter_runs),
		TEST(test_a_program_that_its_user_cannot_read_is_closed_from_the_start),
		TEST(test_processes_are_limited_where_the_user_is_its_own_and_memory_always),
		TEST(test_the_configuration_is_sealed),
		TEST(test_a_start_that_fails_leaves_nothing_and_waits),
		TEST(test_the_judge_keeps_no_privilege_and_nothing_of_ours),
		TEST(test_the_judge_dies_with_casvipd),
		TEST(test_the_program_is_looked_for_beside_our_own),
	};

	if (argc == 5 && strcmp(argv[1], "--conf-fd") == 0 && strcmp(argv[3], "--facts-fd") == 0)
		stub();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
