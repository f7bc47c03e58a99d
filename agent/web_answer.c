#include "agent/web_answer.h"

#include <string.h>

#include "agent/json.h"
#include "agent/web_health.h"
#include "agent/web_metrics.h"
#include "agent/web_page.h"

static const char plain[] = "text/plain; charset=utf-8";

static struct web_answer words(unsigned code, const char *text)
{
	return (struct web_answer){.code = code, .type = plain, .body = text, .length = strlen(text), .is_lent = true};
}

static struct web_answer refused(enum web_refusal refusal)
{
	switch (refusal) {
	case WEB_BAD_METHOD:
		return words(405, "only GET and HEAD\n");
	case WEB_BAD_HOST:
		return words(403, "ask for it by its address, or as localhost\n");
	case WEB_FOUND:
	case WEB_NO_SUCH_PAGE:
		break;
	}
	return words(404, "there are /, /status.json, /metrics, /healthz and /healthz/VIP\n");
}

static struct web_answer embedded(const char *type, struct web_file file)
{
	return (struct web_answer){.code = 200, .type = type, .body = file.text, .length = file.length};
}

/* As casvipd wrote it; or what is wrong, in the same tongue. */
static struct web_answer status_json(const struct web_news *news, struct instant now, char text[static WEB_TEXT_MAX])
{
	struct web_answer answer = {.code = 200, .type = "application/json", .body = news->text, .length = news->length,
				    .is_lent = true};
	struct json json;

	if (web_news_fresh(news, now))
		return answer;
	json = json_begin(text, WEB_TEXT_MAX);
	json_object(&json, NULL);
	json_string(&json, "error", news->trouble[0] ? news->trouble : "its last answer is too old");
	if (news->ever)
		json_number(&json, "silent_ms", duration_to_ms(instant_since(now, news->at)));
	else
		json_null(&json, "silent_ms");
	json_object_end(&json);
	answer.code = 503;
	answer.body = text;
	answer.length = (size_t)json_end(&json);
	return answer;
}

static struct web_answer metrics(const struct web_route *route, const struct web_news *news, struct instant now,
				 char text[static WEB_TEXT_MAX])
{
	int length = web_metrics(news, now, route->openmetrics, text, WEB_TEXT_MAX);
	struct web_answer answer = {.code = 200, .body = text, .length = (size_t)length, .is_lent = true};

	if (length < 0)
		return words(500, "the metrics do not fit their buffer\n");
	answer.type = route->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
					 : "text/plain; version=0.0.4; charset=utf-8";
	return answer;
}

struct web_answer web_answer(enum web_refusal refusal, const struct web_route *route, const struct web_news *news,
			     struct instant now, char text[static WEB_TEXT_MAX])
{
	if (refusal != WEB_FOUND)
		return refused(refusal);
	switch (route->page) {
	case WEB_PAGE:
		return embedded("text/html; charset=utf-8", web_page_html());
	case WEB_STYLE:
		return embedded("text/css; charset=utf-8", web_page_css());
	case WEB_SCRIPT:
		return embedded("text/javascript; charset=utf-8", web_page_js());
	case WEB_STATUS_JSON:
		return status_json(news, now, text);
	case WEB_METRICS:
		return metrics(route, news, now, text);
	case WEB_HEALTH:
		return words(web_health(news, now, route->vip, text), text);
	}
	return refused(WEB_NO_SUCH_PAGE);
}
