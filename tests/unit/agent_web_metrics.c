/* Metrics as they are scraped, in both tongues, and the answers to balancers and to who asks for what is not there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/web_answer.h"
#include "agent/web_health.h"
#include "agent/web_metrics.h"
#include "tests/unit/snapshot.h"

static char text[WEB_TEXT_MAX], words[WEB_HEALTH_WORDS_MAX];
static const struct instant now = {INT64_C(60000000000)};

static struct web_news fresh(const struct status *status)
{
	return (struct web_news){.ever = true, .at = {now.ns - 250000000}, .text = "{}", .length = 2, .status = status,
				 .trouble = ""};
}

static struct web_news silent(void)
{
	struct web_news news = fresh(snapshot_owner());

	news.at.ns = now.ns - 12500000000;
	news.trouble = "casvipd does not run";
	return news;
}

static void scrape(const struct web_news *news, bool openmetrics)
{
	assert_true(web_metrics(news, now, openmetrics, text, sizeof(text)) > 0);
}

static void has(const char *lines)
{
	if (!strstr(text, lines))
		fail_msg("no \"%s\" in:\n%s", lines, text);
}

static void lacks(const char *lines)
{
	if (strstr(text, lines))
		fail_msg("\"%s\" in:\n%s", lines, text);
}

static void test_an_owner_as_prometheus_reads_it(void **state)
{
	struct web_news news = fresh(snapshot_owner());

	(void)state;
	scrape(&news, false);
	has("# HELP casvip_up 1: the agent answers.\n# TYPE casvip_up gauge\ncasvip_up 1\n");
	has("casvip_status_age_seconds 0.250000\n");
	has("# TYPE casvip_node_info gauge\ncasvip_node_info{node=\"cas1\",cluster=\"mail\",version=\"0.1\"} 1\n");
	has("casvip_vip_role{vip=\"mail\",role=\"INIT\"} 0\ncasvip_vip_role{vip=\"mail\",role=\"BACKUP\"} 0\n"
	    "casvip_vip_role{vip=\"mail\",role=\"ACTIVE\"} 1\n");
	has("casvip_vip_owner{vip=\"mail\",node=\"cas1\"} 1\ncasvip_vip_owner{vip=\"mail\",node=\"cas2\"} 0\n");
	has("casvip_vip_fitness{vip=\"mail\",fitness=\"fit\"} 1\n");
	has("casvip_vip_fence{vip=\"mail\",state=\"shut\"} 0\ncasvip_vip_fence{vip=\"mail\",state=\"open\"} 1\n");
	has("casvip_vip_role_age_seconds{vip=\"mail\"} 11520.250000\n");
	has("casvip_vip_lease_seconds{vip=\"mail\"} 0.225000\n");
	has("casvip_vip_term{vip=\"mail\"} 7\n");
	has("# TYPE casvip_vip_role_changes_total counter\ncasvip_vip_role_changes_total{vip=\"mail\",why=\"started\"} 1\n"
	    "casvip_vip_role_changes_total{vip=\"mail\",why=\"silence\"} 2\n");
	has("casvip_check_state{vip=\"mail\",check=\"owa\",state=\"up\"} 1\n");
	has("casvip_check_took_seconds{vip=\"mail\",check=\"owa\"} 0.012000\n");
	has("casvip_peer_alive{peer=\"cas2\"} 1\n");
	has("casvip_link_state{peer=\"cas2\",address=\"192.0.2.2\",state=\"up\"} 1\n");
	has("casvip_link_age_seconds{peer=\"cas2\",address=\"192.0.2.2\"} 0.040000\n");
	has("casvip_link_round_trip_seconds{peer=\"cas2\",address=\"192.0.2.2\"} 0.000180\n");
	has("casvip_beats_total{kind=\"sent\"} 64\ncasvip_beats_total{kind=\"late\"} 2\n");
	has("casvip_refused_packets_total{reason=\"bad-seal\"} 17\n");
	has("casvip_beat_worst_late_seconds 0.001500\n");
	lacks("worst_late_us");
	lacks("casvip_majority");
	lacks("# EOF");
}

static void test_darkness_is_a_histogram_whose_classes_add_up(void **state)
{
	struct web_news news = fresh(snapshot_owner());

	(void)state;
	scrape(&news, false);
	has("# TYPE casvip_vip_dark_seconds histogram\ncasvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"0.0005\"} 0\n"
	    "casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"0.001\"} 1\n");
	has("casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"0.2\"} 1\n"
	    "casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"0.3\"} 2\n");
	has("casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"1.0\"} 2\n"
	    "casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"3.0\"} 2\n"
	    "casvip_vip_dark_seconds_bucket{vip=\"mail\",le=\"+Inf\"} 2\n"
	    "casvip_vip_dark_seconds_count{vip=\"mail\"} 2\ncasvip_vip_dark_seconds_sum{vip=\"mail\"} 0.300900\n");
}

static void test_openmetrics_names_families_and_ends(void **state)
{
	struct web_news news = fresh(snapshot_owner());

	(void)state;
	scrape(&news, true);
	has("# TYPE casvip_vip_role_changes counter\ncasvip_vip_role_changes_total{vip=\"mail\",why=\"started\"} 1\n");
	has("# TYPE casvip_node info\ncasvip_node_info{");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
}

static void test_what_is_unknown_has_no_sample(void **state)
{
	struct web_news news = fresh(snapshot_trouble());

	(void)state;
	scrape(&news, false);
	has("casvip_vip_owner{vip=\"mail\",node=\"cas2\"} 0\ncasvip_vip_owner{vip=\"mail\",node=\"cas1\"} 0\n");
	has("casvip_vip_suspect{vip=\"mail\"} 1\n");
	has("casvip_vip_certificate_differs{vip=\"mail\"} 1\n");
	has("casvip_peer_key_matches{peer=\"cas1\"} 0\n");
	has("casvip_link_state{peer=\"cas1\",address=\"192.0.2.2\",state=\"one-way\"} 1\n");
	has("casvip_check_state{vip=\"mail\",check=\"rpc\",state=\"stale\"} 1\n");
	lacks("casvip_check_age_seconds{vip=\"mail\",check=\"rpc\"}");
	lacks("casvip_vip_lease_seconds{");
	lacks("casvip_link_age_seconds{");
}

static void test_a_majority_is_shown_where_one_is_asked(void **state)
{
	struct web_news news = fresh(snapshot_majority());

	(void)state;
	scrape(&news, false);
	has("casvip_majority 0\n");
	has("casvip_peer_witness{peer=\"w\"} 1\n");
	has("casvip_vip_role{vip=\"imap\",role=\"INIT\"} 1\n");
}

static void test_a_silent_agent_is_down_and_nothing_old_is_shown(void **state)
{
	struct web_news news = silent();

	(void)state;
	scrape(&news, false);
	has("casvip_up 0\n");
	has("casvip_status_age_seconds 12.500000\n");
	lacks("casvip_vip");
	news.trouble = ""; /* no failure yet, but an answer that is too old */
	scrape(&news, false);
	has("casvip_up 0\n");
	news.ever = false;
	scrape(&news, false);
	has("casvip_up 0\n");
	lacks("casvip_status_age");
}

static void test_labels_are_escaped(void **state)
{
	struct status *status = snapshot_owner();
	struct web_news news = fresh(status);

	(void)state;
	strcpy(status->vip[0].name, "a\"b\\c\nd");
	scrape(&news, false);
	has("casvip_vip_term{vip=\"a\\\"b\\\\c\\nd\"} 7\n");
}

static void test_what_does_not_fit_is_an_error_not_a_cut_text(void **state)
{
	struct web_news news = fresh(snapshot_owner());
	int length = web_metrics(&news, now, true, text, sizeof(text));
	char *exact = malloc((size_t)length + 1); /* so that a byte too many is seen by the sanitizer */

	(void)state;
	assert_int_equal(web_metrics(&news, now, true, exact, (size_t)length + 1), length);
	assert_int_equal(web_metrics(&news, now, true, exact, (size_t)length), -ENOSPC);
	free(exact);
}

static unsigned health(const struct web_news *news, const char *vip)
{
	return web_health(news, now, vip, words);
}

static void test_only_an_owner_with_a_lease_is_healthy(void **state)
{
	struct status *status = snapshot_owner();
	struct web_news news = fresh(status);

	(void)state;
	assert_int_equal(health(&news, ""), 200);
	assert_int_equal(health(&news, "mail"), 200);
	assert_string_equal(words, "cas1 owns mail\n");
	assert_int_equal(health(&news, "imap"), 404);
	status->vip[0].lease_ms = 0;
	assert_int_equal(health(&news, "mail"), 503);
	assert_string_equal(words, "cas1 has mail, but no lease for it\n");
	assert_int_equal(health(&news, ""), 503);
	status->vip[0].role = ROLE_BACKUP;
	strcpy(status->vip[0].active, "cas2");
	assert_int_equal(health(&news, "mail"), 503);
	assert_string_equal(words, "mail is on cas2\n");
	status->vip[0].active[0] = '\0';
	assert_int_equal(health(&news, "mail"), 503);
	assert_int_equal(health(&news, ""), 503);
	assert_string_equal(words, "cas1 owns no vip\n");
}

static void test_one_vip_of_two_is_enough_when_none_is_named(void **state)
{
	struct status *status = snapshot_majority();
	struct web_news news = fresh(status);

	(void)state;
	assert_int_equal(health(&news, "imap"), 503);
	assert_int_equal(health(&news, ""), 200);
	assert_string_equal(words, "cas1 owns mail\n");
}

static void test_an_owner_that_is_not_heard_now_is_not_healthy(void **state)
{
	struct web_news news = silent();

	(void)state;
	assert_int_equal(health(&news, "mail"), 503);
	assert_string_equal(words, "agent not reachable: casvipd does not run\n");
	assert_int_equal(health(&news, "imap"), 503);
}

static struct web_answer answer_of(const struct web_news *news, enum web_page page)
{
	const struct web_route route = {.page = page};

	return web_answer(WEB_FOUND, &route, news, now, text);
}

static void test_each_page_has_its_type(void **state)
{
	struct web_news news = fresh(snapshot_owner());

	(void)state;
	assert_string_equal(answer_of(&news, WEB_PAGE).type, "text/html; charset=utf-8");
	assert_true(strncmp(answer_of(&news, WEB_PAGE).body, "<!doctype html>", 15) == 0);
	assert_string_equal(answer_of(&news, WEB_STYLE).type, "text/css; charset=utf-8");
	assert_string_equal(answer_of(&news, WEB_SCRIPT).type, "text/javascript; charset=utf-8");
	assert_string_equal(answer_of(&news, WEB_METRICS).type, "text/plain; version=0.0.4; charset=utf-8");
	assert_int_equal(answer_of(&news, WEB_STATUS_JSON).code, 200);
	assert_ptr_equal(answer_of(&news, WEB_STATUS_JSON).body, news.text);
	assert_int_equal(answer_of(&news, WEB_HEALTH).code, 200);
	assert_int_equal(web_answer(WEB_BAD_METHOD, NULL, &news, now, text).code, 405);
	assert_int_equal(web_answer(WEB_BAD_HOST, NULL, &news, now, text).code, 403);
	assert_int_equal(web_answer(WEB_NO_SUCH_PAGE, NULL, &news, now, text).code, 404);
}

static void test_the_status_of_a_silent_agent_is_an_error_with_its_age(void **state)
{
	struct web_news news = silent();
	struct web_answer answer = answer_of(&news, WEB_STATUS_JSON);

	(void)state;
	assert_int_equal(answer.code, 503);
	assert_string_equal(answer.body, "{\"error\":\"casvipd does not run\",\"silent_ms\":12500}\n");
	assert_int_equal(answer.length, strlen(answer.body));
	news.ever = false;
	assert_string_equal(answer_of(&news, WEB_STATUS_JSON).body,
			    "{\"error\":\"casvipd does not run\",\"silent_ms\":null}\n");
}

/* The page is built from what services said: none of it may become markup, and nothing may come from elsewhere. */
static void test_the_page_has_no_way_to_run_or_load_what_it_shows(void **state)
{
	static const char *const never[] = {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
					    "Function(", "http://", "https://", " style=", " onclick", "<script>"};
	struct web_news news = fresh(snapshot_owner());

	(void)state;
	for (enum web_page page = WEB_PAGE; page <= WEB_SCRIPT; page++) {
		struct web_answer answer = answer_of(&news, page);

		assert_true(answer.length > 0);
		for (size_t n = 0; n < sizeof(never) / sizeof(never[0]); n++)
			assert_null(memmem(answer.body, answer.length, never[n], strlen(never[n])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_owner_as_prometheus_reads_it),
		cmocka_unit_test(test_darkness_is_a_histogram_whose_classes_add_up),
		cmocka_unit_test(test_openmetrics_names_families_and_ends),
		cmocka_unit_test(test_what_is_unknown_has_no_sample),
		cmocka_unit_test(test_a_majority_is_shown_where_one_is_asked),
		cmocka_unit_test(test_a_silent_agent_is_down_and_nothing_old_is_shown),
		cmocka_unit_test(test_labels_are_escaped),
		cmocka_unit_test(test_what_does_not_fit_is_an_error_not_a_cut_text),
		cmocka_unit_test(test_only_an_owner_with_a_lease_is_healthy),
		cmocka_unit_test(test_one_vip_of_two_is_enough_when_none_is_named),
		cmocka_unit_test(test_an_owner_that_is_not_heard_now_is_not_healthy),
		cmocka_unit_test(test_each_page_has_its_type),
		cmocka_unit_test(test_the_status_of_a_silent_agent_is_an_error_with_its_age),
		cmocka_unit_test(test_the_page_has_no_way_to_run_or_load_what_it_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
