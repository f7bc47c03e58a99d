#include "checks/http_request.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checks/mapi_request.h"

/* What IIS and Gromox take for an echo: 1 to 16 bytes, any ([MS-RPCH] 2.1.2.1). Outlook sends four; with none Gromox
 * waits for a byte that never comes. */
static const unsigned char echo[] = {0xf8, 0xe8, 0x18, 0x08};

static const char get_folder[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>"
				 "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\""
				 " xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\""
				 " xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\">"
				 "<soap:Header><t:RequestServerVersion Version=\"Exchange2010_SP1\"/></soap:Header>"
				 "<soap:Body><m:GetFolder>"
				 "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
				 "<m:FolderIds><t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds>"
				 "</m:GetFolder></soap:Body></soap:Envelope>";

static const char settings_of[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?>"
	"<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">"
	"<Request><EMailAddress>%s</EMailAddress><AcceptableResponseSchema>"
	"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	"</AcceptableResponseSchema></Request></Autodiscover>";

void http_request_init(struct http_request *request, const char *method)
{
	memset(request, 0, sizeof(*request));
	request->method = method;
	request->body_bytes = -1;
}

void http_request_add(struct http_request *request, const char *header)
{
	assert(request->header_count < HTTP_REQUEST_HEADERS_MAX);
	request->headers[request->header_count++] = header;
}

void http_request_addf(struct http_request *request, const char *header, ...)
{
	char *text = request->text[request->header_count];
	va_list arguments;

	va_start(arguments, header);
	vsnprintf(text, HTTP_REQUEST_TEXT_MAX, header, arguments);
	va_end(arguments);
	http_request_add(request, text);
}

void http_request_body(struct http_request *request, const void *bytes, size_t length)
{
	assert(length <= sizeof(request->body));
	memcpy(request->body, bytes, length);
	request->body_bytes = (int64_t)length;
}

/* libcurl would call a body a form's. */
static void post_nothing(struct http_request *request)
{
	http_request_body(request, "", 0);
	http_request_add(request, "Content-Type:");
}

static void post_xml(struct http_request *request, const char *text)
{
	http_request_body(request, text, strlen(text));
	http_request_add(request, "Content-Type: text/xml; charset=utf-8");
}

/* As XML wants it. */
static void escape(const char *text, char *escaped, size_t size)
{
	FILE *out = fmemopen(escaped, size, "w");

	for (; out && *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else
			putc(*text, out);
	}
	if (out)
		fclose(out);
}

static bool ask_for_settings(const struct conf_check *check, const struct credentials *credentials,
			     struct http_request *request, struct outcome *outcome)
{
	const char *mailbox = check->mailbox[0] ? check->mailbox : credentials->user;
	char escaped[5 * CREDENTIALS_TEXT_MAX], body[HTTP_REQUEST_BODY_MAX];

	if (!strchr(mailbox, '@')) {
		outcome_set(outcome, VERDICT_UNKNOWN, "credentials",
			    "the user is no mail address: say whose settings to ask for with mailbox = ...");
		return false;
	}
	escape(mailbox, escaped, sizeof(escaped));
	snprintf(body, sizeof(body), settings_of, escaped);
	post_xml(request, body);
	return true;
}

static void ask_for_echo(struct http_request *request)
{
	http_request_init(request, "RPC_IN_DATA");
	http_request_body(request, echo, sizeof(echo));
	http_request_add(request, "Content-Type:");
	http_request_add(request, "Accept: application/rpc");
	http_request_add(request, "User-Agent: MSRPC");
	http_request_add(request, "Connection: Keep-Alive");
	http_request_add(request, "Cache-Control: no-cache");
	http_request_add(request, "Pragma: No-cache");
}

bool http_request_make(const struct conf_check *check, const struct credentials *credentials,
		       struct http_request *request, struct outcome *outcome)
{
	struct mapi_client client;

	http_request_init(request, NULL);
	switch (check->type) {
	case CHECK_HTTP:
		if (check->method == METHOD_POST)
			post_nothing(request);
		else if (check->method != METHOD_GET)
			request->method = conf_method_word(check->method);
		break;
	case CHECK_EWS: /* POST, since Gromox answers 405 to GET */
		if (credentials)
			post_xml(request, get_folder);
		else
			post_nothing(request);
		break;
	case CHECK_AUTODISCOVER:
		if (credentials)
			return ask_for_settings(check, credentials, request, outcome);
		post_nothing(request);
		break;
	case CHECK_ACTIVESYNC:
		request->method = "OPTIONS";
		break;
	case CHECK_MAPI:
		mapi_client_init(&client);
		mapi_request(&client, check, MAPI_PING, "", request);
		break;
	case CHECK_OUTLOOK_ANYWHERE:
		ask_for_echo(request);
		break;
	case CHECK_HEALTHCHECK:
	case CHECK_OWA:
	case CHECK_ECP:
	case CHECK_OAB:
	case CHECK_TCP:
	case CHECK_RPC:
	case CHECK_IMAP:
	case CHECK_POP3:
	case CHECK_SMTP:
	case CHECK_CERTIFICATE:
	case CHECK_LATENCY:
	case CHECK_EXEC:
	case CHECK_FILE:
	case CHECK_PROCESS:
	case CHECK_LINK:
	case CHECK_ROUTE:
	case CHECK_DNS:
		break;
	}
	return true;
}
