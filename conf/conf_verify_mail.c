/* See conf_verify_mail.h. A function a rule. */
#include "conf/conf_verify_mail.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool is_loopback(const struct conf_address *address)
{
	if (address->family == AF_INET)
		return address->bytes[0] == IN_LOOPBACKNET;
	return memcmp(address->bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

/* A password in the clear is read by whoever is on the way; on the host itself nobody is. */
static void credentials_are_encrypted(const struct conf_check *check, const struct conf_lines *lines,
				      struct findings *findings)
{
	if (!check->credentials[0] || check->tls != CHECK_TLS_NONE || conf_line_is_refused(lines, &check->tls) ||
	    !check->connect.address.family || is_loopback(&check->connect.address))
		return;
	findings_add(findings, conf_line_of(lines, check->credentials),
		     "check \"%s\": credentials need tls = \"starttls\" or \"implicit\", except on a loopback address",
		     check->name);
}

static void refused_credentials_were_given(const struct conf_check *check, const struct conf_lines *lines,
					   struct findings *findings)
{
	if (check->auth_rejected_holds && !check->credentials[0] && !conf_line_is_refused(lines, check->credentials))
		findings_add(findings, conf_line_of(lines, &check->auth_rejected_holds),
			     "check \"%s\": auth_rejected needs credentials", check->name);
}

void conf_verify_mail(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	credentials_are_encrypted(check, lines, findings);
	refused_credentials_were_given(check, lines, findings);
}
