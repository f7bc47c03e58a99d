/* See conf_verify_http.h. A function a rule. What a url must look like is what IIS and Gromox both take. */
#include "conf/conf_verify_http.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "conf/conf_url.h"

struct verify {
	const struct conf_check *check;
	const struct conf_lines *lines;
	struct findings *findings;
};

/* A finding about a value; where it is a default, about the check that lacks it. */
__attribute__((format(printf, 3, 4))) static void find(const struct verify *verify, const void *field,
						       const char *words, ...)
{
	int line = conf_line_of(verify->lines, field);
	char text[FINDING_WORDS_MAX];
	va_list arguments;

	va_start(arguments, words);
	vsnprintf(text, sizeof(text), words, arguments);
	va_end(arguments);
	findings_add(verify->findings, line ? line : conf_line_of(verify->lines, verify->check), "check \"%s\": %s",
		     verify->check->name, text);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* "?HOST:PORT": without it every RPC proxy answers 400 (MS-RPCH 2.2.2). */
static bool is_rpc_target(const char *query)
{
	const char *colon = strrchr(query, ':');

	return *query == '?' && colon && colon > query + 1 && isdigit((unsigned char)colon[1]) &&
	       colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

/* Gromox knows the path in small letters only; IIS does not mind. */
static void url_is_of_the_rpc_proxy(const struct verify *verify)
{
	static const char proxy[] = "/rpc/rpcproxy.dll";
	const char *path = conf_url_path(verify->check->url);

	if (!starts_with(path, proxy) || !is_rpc_target(path + strlen(proxy)))
		find(verify, &verify->check->url, "the url's path must be %s?SERVER:PORT, in these letters", proxy);
}

/* Gromox answers 404 to anything else, and Exchange cannot tell whose mailbox is meant. */
static void url_is_of_a_mapi_endpoint(const struct verify *verify)
{
	static const char *const endpoints[] = {"/mapi/emsmdb/?MailboxId=", "/mapi/nspi/?MailboxId="};
	const struct conf_check *check = verify->check;
	const char *path = conf_url_path(check->url);
	bool fits = false;

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		size_t length = strlen(endpoints[i]);

		fits |= strncasecmp(path, endpoints[i], length) == 0 && path[length] != '\0';
	}
	if (!fits)
		find(verify, &check->url, "the url's path must be %s... or %s...", endpoints[0], endpoints[1]);
	else if (check->session && strncasecmp(path, "/mapi/nspi", 10) == 0)
		find(verify, &check->session, "a session is opened at /mapi/emsmdb/, not at /mapi/nspi/");
}

static bool is_ascii(const char *text)
{
	while (isascii((unsigned char)*text) && *text)
		text++;
	return *text == '\0';
}

static void session_has_a_user(const struct verify *verify)
{
	const struct conf_check *check = verify->check;

	if (check->session && !check->credentials[0])
		find(verify, &check->session, "a session needs credentials");
	if (check->session && !check->user_dn[0])
		find(verify, &check->session, "a session needs user_dn, the LegacyDN that Autodiscover tells");
	if (!check->session && check->user_dn[0])
		find(verify, &check->user_dn, "user_dn needs session = true");
	if (!is_ascii(check->user_dn))
		find(verify, &check->user_dn, "user_dn has characters outside ASCII");
}

static void mailbox_can_be_asked_for(const struct verify *verify)
{
	const char *mailbox = verify->check->mailbox;
	const char *at = strchr(mailbox, '@');

	if (!mailbox[0])
		return;
	if (!verify->check->credentials[0])
		find(verify, mailbox, "mailbox needs credentials");
	if (!at || at == mailbox || at[1] == '\0')
		find(verify, mailbox, "mailbox is not an address such as probe@example.net");
}

static bool is_header(const char *text)
{
	size_t name = strcspn(text, ":");

	for (size_t i = 0; i < name; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return name > 0 && text[name] == ':' && text[name + 1 + strspn(text + name + 1, " ")] != '\0';
}

static void expectations_can_be_met(const struct verify *verify)
{
	const struct conf_check *check = verify->check;

	for (int i = 0; i < check->expect_headers; i++)
		if (!conf_line_is_refused(verify->lines, check->expect_header[i]) &&
		    !is_header(check->expect_header[i]))
			find(verify, check->expect_header[i], "\"%s\" in expect_header is not \"Name: text\"",
			     check->expect_header[i]);
	if (check->method == METHOD_HEAD && check->expect_body[0])
		find(verify, check->expect_body, "an answer to HEAD has no body to expect a text in");
}

static void credentials_can_be_used(const struct verify *verify)
{
	const struct conf_check *check = verify->check;

	if (!check->credentials[0] && !conf_line_is_refused(verify->lines, check->credentials)) {
		if (check->auth != AUTH_BASIC)
			find(verify, &check->auth, "auth needs credentials");
		if (check->auth_rejected_holds)
			find(verify, &check->auth_rejected_holds, "auth_rejected needs credentials");
	}
	/* The library would ask name servers and the realm's key server, and wait for them; a password is no use to it.
	 */
	if (check->auth == AUTH_NEGOTIATE)
		find(verify, &check->auth, "auth \"negotiate\" is not supported by this version: try \"ntlm\"");
	/* NTLM's first request has an empty body, which is an echo to a proxy, and its second comes too late. */
	if (check->auth == AUTH_NTLM && check->tunnel)
		find(verify, &check->auth, "a tunnel is opened with auth \"basic\" only");
}

void conf_verify_http(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	struct verify verify = {check, lines, findings};

	credentials_can_be_used(&verify);
	if (check->type == CHECK_HTTP)
		expectations_can_be_met(&verify);
	if (check->type == CHECK_AUTODISCOVER)
		mailbox_can_be_asked_for(&verify);
	if (check->type == CHECK_MAPI)
		session_has_a_user(&verify);
	if (!check->url[0]) /* missing or refused: had its finding */
		return;
	if (check->type == CHECK_MAPI)
		url_is_of_a_mapi_endpoint(&verify);
	if (check->type == CHECK_OUTLOOK_ANYWHERE)
		url_is_of_the_rpc_proxy(&verify);
}
