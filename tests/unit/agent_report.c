/* The line of a role change: its evidence is that of its own reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/log.h"

static struct agent agent;
static struct conf conf;
static struct vip_run *const vip = &agent.vip[0];
static int reader;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static int set_up(void **state)
{
	(void)state;
	memset(&agent, 0, sizeof(agent));
	memset(&conf, 0, sizeof(conf));
	agent.conf = &conf;
	agent.service.fd = -1;
	strcpy(conf.vip[0].name, "mail");
	vip->conf = &conf.vip[0];
	strcpy(vip->check_reason, "check=owa reason=status-503 words=\"answered 503\"");
	reader = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/casvip-report-%d", (int)getpid());
	if (reader < 0 || bind(reader, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	log_open("casvipd", address.sun_path, false, false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_close();
	close(reader);
	unlink(address.sun_path);
	return 0;
}

/* What stands behind the term in the line of the change. */
static const char *evidence_of(enum why why)
{
	static char line[LOG_LINE_MAX + 64];
	const struct todo todo = {.changed = true, .from = ROLE_ACTIVE, .peer = NODE_NONE};
	ssize_t length;
	char *term;

	vip->is.role = ROLE_BACKUP;
	vip->is.why = why;
	report_step(&agent, vip, &todo);
	length = recv(reader, line, sizeof(line) - 1, 0);
	assert_true(length > 0);
	line[length] = '\0';
	term = strstr(line, " term=0");
	assert_non_null(term);
	return term + strlen(" term=0");
}

static void test_a_lost_link_is_told_by_the_link(void **state)
{
	(void)state;
	strcpy(vip->link_reason, "interface=eth0 state=no-carrier");
	assert_string_equal(evidence_of(WHY_LINK), " interface=eth0 state=no-carrier");
}

static void test_a_host_that_nobody_answers_blames_no_check(void **state)
{
	(void)state;
	assert_string_equal(evidence_of(WHY_LINK), " words=\"nobody answers this host any more\"");
}

static void test_a_failed_check_is_told_by_the_check(void **state)
{
	(void)state;
	strcpy(vip->link_reason, "interface=eth0 state=no-carrier");
	assert_string_equal(evidence_of(WHY_CHECK), " check=owa reason=status-503 words=\"answered 503\"");
}

#define told(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		told(test_a_lost_link_is_told_by_the_link),
		told(test_a_host_that_nobody_answers_blames_no_check),
		told(test_a_failed_check_is_told_by_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
