/* The console: a stderr that nobody reads costs words, not time. A call that blocks is ended by alarm(), which fails
 * the whole program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "agent/console.h"

static int set_up(void **state)
{
	(void)state;
	alarm(60);
	return 0;
}

/* Opens a console while stderr is `fd`, and gives cmocka its own stderr back. */
static struct console console_on(int fd)
{
	int mine = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	struct console console;

	dup2(fd, STDERR_FILENO);
	console = console_open();
	dup2(mine, STDERR_FILENO);
	close(mine);
	return console;
}

static void assert_flags_kept(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

/* More than any pipe, terminal or socket holds. */
static void write_more_than_fits(struct console *console)
{
	static const char words[] = "event=role vip=mail from=BACKUP to=ACTIVE why=silence peer=cas1\n";

	for (int i = 0; i < 10000; i++)
		console_write(console, words, sizeof(words) - 1);
}

static void test_a_stuck_pipe_does_not_block(void **state)
{
	struct console console;
	char first[5];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	console = console_on(ends[1]);
	write_more_than_fits(&console);
	assert_flags_kept(ends[1]);
	assert_int_equal(read(ends[0], first, 5), 5);
	assert_memory_equal(first, "event", 5);
	console_close(&console);
	close(ends[0]);
	close(ends[1]);
}

static int open_terminal(int *ret_master)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), terminal;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(terminal >= 0);
	*ret_master = master;
	return terminal;
}

static void test_a_stopped_terminal_does_not_block(void **state)
{
	int master, terminal = open_terminal(&master);
	struct console console = console_on(terminal);

	(void)state;
	write_more_than_fits(&console);
	assert_flags_kept(terminal);
	close(master);
	write_more_than_fits(&console); /* hung up */
	console_close(&console);
	close(terminal);
}

static void test_a_socket_that_nobody_reads_does_not_block(void **state)
{
	struct console console;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	console = console_on(ends[1]);
	write_more_than_fits(&console);
	assert_flags_kept(ends[1]);
	close(ends[0]);
	write_more_than_fits(&console);
	console_close(&console);
	close(ends[1]);
}

static void test_a_broken_pipe_kills_nobody_and_leaves_no_signal(void **state)
{
	struct console console;
	sigset_t pending;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	console = console_on(ends[1]);
	close(ends[0]);
	console_write(&console, "one", 3);
	console_write(&console, "two", 3);
	assert_int_equal(console.fd, -1);
	assert_int_equal(sigpending(&pending), 0);
	assert_false(sigismember(&pending, SIGPIPE));
	close(ends[1]);
}

static void test_a_sigpipe_of_somebody_else_stays_pending(void **state)
{
	struct console console;
	sigset_t pipe_only, before, pending;
	struct timespec no_wait = {0};
	int ends[2];

	(void)state;
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	assert_int_equal(sigprocmask(SIG_BLOCK, &pipe_only, &before), 0);
	raise(SIGPIPE);
	assert_int_equal(pipe(ends), 0);
	console = console_on(ends[1]);
	close(ends[0]);
	console_write(&console, "one", 3);
	assert_int_equal(sigpending(&pending), 0);
	assert_true(sigismember(&pending, SIGPIPE));
	assert_int_equal(sigtimedwait(&pipe_only, NULL, &no_wait), SIGPIPE);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	close(ends[1]);
}

static void test_a_file_is_appended_to(void **state)
{
	char path[] = "/tmp/casvip-console-XXXXXX", content[64] = "";
	int file = mkostemp(path, O_CLOEXEC);
	struct console console;

	(void)state;
	assert_true(file >= 0);
	unlink(path);
	assert_int_equal(write(file, "before ", 7), 7);
	console = console_on(file);
	console_write(&console, "words ", 6);
	assert_int_equal(write(file, "after", 5), 5);
	assert_int_equal(pread(file, content, sizeof(content) - 1, 0), 18);
	assert_string_equal(content, "before words after");
	console_close(&console);
	close(file);
}

static void test_without_stderr_words_go_nowhere(void **state)
{
	int mine = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	struct console console;

	(void)state;
	close(STDERR_FILENO);
	console = console_open();
	dup2(mine, STDERR_FILENO);
	close(mine);
	assert_int_equal(console.fd, -1);
	console_write(&console, "words", 5);
	console_close(&console);
}

/* A background job of a terminal with TOSTOP writes: true when it ended instead of being stopped. */
static bool background_job_ends(int terminal)
{
	pid_t job = fork();
	int status;

	if (job == 0) {
		struct console console;

		setpgid(0, 0); /* the session's leader stays in the foreground */
		console = console_on(terminal);
		console_write(&console, "words", 5);
		_exit(0);
	}
	if (job < 0 || waitpid(job, &status, WUNTRACED) != job)
		return false;
	kill(job, SIGKILL);
	return WIFEXITED(status);
}

static void test_a_background_job_is_not_stopped_for_its_words(void **state)
{
	int master, terminal = open_terminal(&master), status;
	pid_t leader;

	(void)state;
	leader = fork();
	assert_true(leader >= 0);
	if (leader == 0) {
		struct termios terms;

		if (setsid() < 0 || ioctl(terminal, TIOCSCTTY, 0) != 0 || tcgetattr(terminal, &terms) != 0)
			_exit(2);
		terms.c_lflag |= TOSTOP;
		if (tcsetattr(terminal, TCSANOW, &terms) != 0)
			_exit(3);
		_exit(background_job_ends(terminal) ? 0 : 1);
	}
	assert_int_equal(waitpid(leader, &status, 0), leader);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(master);
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_stuck_pipe_does_not_block, set_up),
		cmocka_unit_test_setup(test_a_stopped_terminal_does_not_block, set_up),
		cmocka_unit_test_setup(test_a_socket_that_nobody_reads_does_not_block, set_up),
		cmocka_unit_test_setup(test_a_broken_pipe_kills_nobody_and_leaves_no_signal, set_up),
		cmocka_unit_test_setup(test_a_sigpipe_of_somebody_else_stays_pending, set_up),
		cmocka_unit_test_setup(test_a_file_is_appended_to, set_up),
		cmocka_unit_test_setup(test_without_stderr_words_go_nowhere, set_up),
		cmocka_unit_test_setup(test_a_background_job_is_not_stopped_for_its_words, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
