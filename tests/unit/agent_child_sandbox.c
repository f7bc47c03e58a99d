/* The judge starts in the sandbox that systemd/casvipd.service asks for, too. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/child.h"

/* What RestrictNamespaces= does besides looking at clone's flags: clone3 is as on a kernel that lacks it. */
static int forbid_clone3(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

/* The exit status says how far it came. */
static _Noreturn void live_in_the_sandbox(void)
{
	enum { PATIENCE_MS = 20000 };
	const struct instant now = {7000000000};
	char how[CHILD_WHY_MAX];
	struct child child;

	if (forbid_clone3() < 0 || child_init(&child, "/bin/true", "casvip-checks") < 0)
		_exit(1);
	if (child_start(&child, &(struct child_gifts){"", 0, NULL, 0, false}, now, how) < 0)
		_exit(2);
	if (poll(&(struct pollfd){.fd = child.pidfd, .events = POLLIN}, 1, PATIENCE_MS) != 1)
		_exit(3);
	_exit(child_reap(&child, now, how) == 1 && strcmp(how, "exited 0") == 0 ? 0 : 4);
}

static void test_the_judge_starts_where_clone3_is_forbidden(void **state)
{
	pid_t casvipd = fork();
	int status;

	(void)state;
	if (casvipd == 0)
		live_in_the_sandbox();
	assert_true(casvipd > 0);
	assert_int_equal(waitpid(casvipd, &status, 0), casvipd);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_judge_starts_where_clone3_is_forbidden)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
