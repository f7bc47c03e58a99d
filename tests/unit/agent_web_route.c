/* Which page a request gets, and whose requests get none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/web_route.h"

static struct web_route route;

static enum web_refusal ask(const char *method, const char *path, const char *host, bool by_name)
{
	const struct web_request request = {method, path, host, NULL};

	return web_route(&request, by_name, &route);
}

static void test_each_page_has_its_path(void **state)
{
	static const struct {
		const char *path;
		enum web_page page;
	} pages[] = {{"/", WEB_PAGE}, {"/page.css", WEB_STYLE}, {"/page.js", WEB_SCRIPT},
		     {"/status.json", WEB_STATUS_JSON}, {"/metrics", WEB_METRICS}, {"/healthz", WEB_HEALTH}};

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		assert_int_equal(ask("GET", pages[i].path, "localhost", false), WEB_FOUND);
		assert_int_equal(route.page, pages[i].page);
		assert_string_equal(route.vip, "");
		assert_int_equal(ask("HEAD", pages[i].path, NULL, false), WEB_FOUND);
	}
}

static void test_a_vip_is_named_behind_healthz(void **state)
{
	char path[128] = "/healthz/";

	(void)state;
	assert_int_equal(ask("GET", "/healthz/mail", NULL, false), WEB_FOUND);
	assert_int_equal(route.page, WEB_HEALTH);
	assert_string_equal(route.vip, "mail");
	assert_int_equal(ask("GET", "/healthz/a/b", NULL, false), WEB_FOUND); /* no vip has that name */
	memset(path + strlen(path), 'x', CONF_NAME_MAX - 1);
	assert_int_equal(ask("GET", path, NULL, false), WEB_FOUND);
	assert_int_equal(strlen(route.vip), CONF_NAME_MAX - 1);
	strcat(path, "x");
	route = (struct web_route){.page = WEB_METRICS};
	assert_int_equal(ask("GET", path, NULL, false), WEB_NO_SUCH_PAGE);
	assert_int_equal(route.page, WEB_METRICS); /* untouched */
}

static void test_nothing_else_is_a_page(void **state)
{
	static const char *const none[] = {"", "*", "//", "/x", "/metrics/", "/healthz/", "/healthzz", "/../etc/passwd",
					   "/page.html", "/STATUS.JSON", "/status.json/"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(ask("GET", none[i], NULL, false), WEB_NO_SUCH_PAGE);
}

static void test_only_get_and_head(void **state)
{
	static const char *const others[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "GETT", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(ask(others[i], "/", "localhost", true), WEB_BAD_METHOD);
}

static void test_on_loopback_a_name_that_anybody_can_point_here_is_refused(void **state)
{
	static const char *const good[] = {"localhost", "LOCALHOST:7412", "127.0.0.1", "127.0.0.1:7412", "[::1]:7412",
					   "[::1]", "192.0.2.1"};
	static const char *const bad[] = {"", "evil.example.net", "evil.example.net:7412", "localhost.evil.example.net",
					  "127.0.0.1.evil.example.net", "[::1", "[::1.evil]:7412", "1", ":7412", "::1"};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(ask("GET", "/", good[i], false), WEB_FOUND);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask("GET", "/", bad[i], false), WEB_BAD_HOST);
		assert_int_equal(ask("GET", "/", bad[i], true), WEB_FOUND);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(ask("GET", "/", longest, false), WEB_BAD_HOST);
}

static void test_the_tongue_of_the_metrics_is_negotiated(void **state)
{
	static const char *const open[] = {
		"application/openmetrics-text",
		"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
		"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		"text/plain, Application/OpenMetrics-Text",
		"text/plain;q=0.3 , application/openmetrics-text; q=0.35",
		"application/openmetrics-text;q=0.001",
	};
	static const char *const plain[] = {
		"", "*/*", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8",
		"text/plain,application/openmetrics-text;q=0.999", "application/openmetrics-text;q=0",
		"application/openmetrics-text;q=0.000", "application/openmetrics-textual", ",,,", " ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_true(web_wants_openmetrics(open[i]));
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_false(web_wants_openmetrics(plain[i]));
	assert_false(web_wants_openmetrics(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_page_has_its_path),
		cmocka_unit_test(test_a_vip_is_named_behind_healthz),
		cmocka_unit_test(test_nothing_else_is_a_page),
		cmocka_unit_test(test_only_get_and_head),
		cmocka_unit_test(test_on_loopback_a_name_that_anybody_can_point_here_is_refused),
		cmocka_unit_test(test_the_tongue_of_the_metrics_is_negotiated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
