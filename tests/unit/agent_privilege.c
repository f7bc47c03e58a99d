/* Keys stay in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "agent/privilege.h"

static void test_who_holds_keys_leaves_no_core_and_nobody_looks_in(void **state)
{
	struct rlimit core;

	(void)state;
	assert_int_equal(privilege_hide(), 0);
	assert_int_equal(getrlimit(RLIMIT_CORE, &core), 0);
	assert_int_equal(core.rlim_cur, 0);
	assert_int_equal(core.rlim_max, 0);
#ifndef CASVIP_SANITIZED
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_holds_keys_leaves_no_core_and_nobody_looks_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
