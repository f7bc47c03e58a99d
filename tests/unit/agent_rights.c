/* Nobody hands casvipd a descriptor: closing it could take as long as the sender likes. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/child.h"
#include "agent/ctl_listen.h"
#include "agent/ctl_wire.h"
#include "agent/rights.h"

enum { PASSRIGHTS = 83 /* SO_PASSRIGHTS, asm-generic/socket.h of Linux 6.16 */ };

static bool is_old_kernel;

/* In the library's place: of a kernel that is older than this one. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (is_old_kernel && level == SOL_SOCKET && name == PASSRIGHTS) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

/* A byte, and a descriptor with it. 0 or the error. */
static int pass_one(int socket)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec byte = {.iov_base = (char[]){'x'}, .iov_len = 1};
	const struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.head), &(int){STDERR_FILENO}, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

/* Linux before 6.16 cannot refuse. */
static bool kernel_refuses(void)
{
	int pair[2], error;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pass_one(pair[1]), 0);
	rights_refuse(pair[0]);
	error = pass_one(pair[1]);
	close(pair[0]);
	close(pair[1]);
	return error == EPERM;
}

static void test_a_caller_of_the_control_socket_cannot_pass_a_descriptor(void **state)
{
	char directory[] = "/tmp/casvip-rights-XXXXXX", path[64], lock[80], why[128];
	struct ctl_listen listen;
	struct sockaddr_un address;
	int caller = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (!kernel_refuses())
		skip();
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/sock", directory);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	assert_int_equal(ctl_listen_open(&listen, path, why), 0);
	assert_int_equal(ctl_address(path, &address), 0);
	assert_int_equal(connect(caller, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(pass_one(caller), EPERM);
	assert_int_equal(send(caller, "x", 1, MSG_NOSIGNAL), 1);
	close(caller);
	ctl_listen_close(&listen, path);
	unlink(lock);
	rmdir(directory);
}

/* The mode of the socket, which lets group and others in or keeps them out. */
static mode_t mode_of_socket(bool old, bool *ret_root_only)
{
	char directory[] = "/tmp/casvip-rights-XXXXXX", path[64], lock[80], why[128];
	struct ctl_listen listen;
	struct stat is;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/sock", directory);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	is_old_kernel = old;
	assert_int_equal(ctl_listen_open(&listen, path, why), 0);
	is_old_kernel = false;
	assert_int_equal(stat(path, &is), 0);
	*ret_root_only = listen.root_only;
	ctl_listen_close(&listen, path);
	unlink(lock);
	rmdir(directory);
	return is.st_mode & ALLPERMS;
}

static void test_where_descriptors_cannot_be_refused_the_socket_is_roots_alone(void **state)
{
	bool root_only;

	(void)state;
	assert_int_equal(mode_of_socket(true, &root_only), 0600);
	assert_true(root_only);
	if (!kernel_refuses())
		skip();
	assert_int_equal(mode_of_socket(false, &root_only), 0660);
	assert_false(root_only);
}

/* In the judge's place: what came of it is the exit status. */
static _Noreturn void judge(void)
{
	_exit(pass_one(CHILD_FACTS_FD));
}

static void test_the_judge_cannot_pass_a_descriptor(void **state)
{
	enum { PATIENCE_MS = 20000 };
	const struct instant now = {7000000000};
	char self[PATH_MAX] = "", how[CHILD_WHY_MAX], expected[32];
	struct child child;

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(child_init(&child, self, "casvip-checks"), 0);
	assert_int_equal(child_start(&child, &(struct child_gifts){"", 0, NULL, 0, false}, now, how), 0);
	assert_int_equal(poll(&(struct pollfd){.fd = child.pidfd, .events = POLLIN}, 1, PATIENCE_MS), 1);
	assert_int_equal(child_reap(&child, now, how), 1);
	snprintf(expected, sizeof(expected), "exited %d", ENOTSOCK);
	assert_string_equal(how, expected);
	child_done(&child);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_caller_of_the_control_socket_cannot_pass_a_descriptor),
		cmocka_unit_test(test_where_descriptors_cannot_be_refused_the_socket_is_roots_alone),
		cmocka_unit_test(test_the_judge_cannot_pass_a_descriptor),
	};

	if (argc > 1 && strcmp(argv[1], "--conf-fd") == 0)
		judge();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
