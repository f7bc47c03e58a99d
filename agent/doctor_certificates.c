/* Are the certificates of this host's services for every name by which clients come? */
#include "agent/doctor_judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/namespaces.h"
#include "agent/tls_names.h"
#include "conf/conf_address.h"

enum { TEXT_MAX = NAMESPACES_MAX * (TLS_SEEN_MAX + 8), FETCH_TIMEOUT_S = 1 };

/* Where the name's certificate is to be seen: at the endpoint of a check that asks for it, else at another of its vip.
 * NULL: nowhere. The name of a client access array is for RPC, which knows no certificates. */
static const struct conf_endpoint *endpoint_of(const struct namespace *names, int count, int n)
{
	if (names[n].tls.address.family)
		return &names[n].tls;
	if (names[n].by_dns && namespace_vip_checks(names[n].vip, CHECK_RPC))
		return NULL;
	for (int other = 0; other < count; other++)
		if (names[other].vip == names[n].vip && names[other].tls.address.family)
			return &names[other].tls;
	return NULL;
}

/* A line each: "ANSWER NAMES". */
static void ask_all(const void *context, int out)
{
	const struct doctor *doctor = context;
	struct namespace names[NAMESPACES_MAX];
	int count = namespaces_of(doctor->conf, names);

	signal(SIGPIPE, SIG_IGN); /* a service that hangs up ends one question, not all */
	for (int n = 0; n < count; n++) {
		const struct conf_endpoint *where = endpoint_of(names, count, n);
		uint8_t der[TLS_CERTIFICATE_MAX];
		char seen[TLS_SEEN_MAX] = "";
		enum tls_names answer = TLS_NAMES_NONE;
		int length = where ? tls_names_fetch(where, names[n].name, FETCH_TIMEOUT_S, der) : -1;

		if (length > 0)
			answer = tls_names_judge(der, (size_t)length, names[n].name, seen);
		dprintf(out, "%d %s\n", answer, seen);
	}
}

void doctor_certificates_begin(struct doctor *doctor, struct look *look)
{
	look_start(look, LOOK_UNPRIVILEGED, ask_all, doctor);
}

static void tell(const struct namespace *name, const struct conf_endpoint *where, const char *seen,
		 struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding = doctor_add(report, DOCTOR_WARNING, "certificate-lacks-name");

	doctor_words(finding, "clients that come to vip %s by %.100s are warned: the certificate is not for that name",
		     name->vip->name, name->name);
	doctor_evidence(finding, "the service at %s shows one for %s", endpoint_text(where, text),
			*seen ? seen : "no DNS name");
	doctor_fix(finding, "a certificate with subjectAltName DNS:%.100s beside its other names, on every host",
		   name->name);
}

void doctor_certificates_end(struct doctor *doctor, struct look *look, struct instant deadline)
{
	struct namespace names[NAMESPACES_MAX];
	int count = namespaces_of(doctor->conf, names);
	char *text = malloc(TEXT_MAX), *rest = text, *line;

	if (text)
		look_finish(look, deadline, text, TEXT_MAX);
	for (int n = 0; text && n < count && (line = strsep(&rest, "\n")); n++) {
		const struct conf_endpoint *where = endpoint_of(names, count, n);

		if (where && line[0] == '0' + TLS_NAMES_OTHER && line[1] == ' ')
			tell(&names[n], where, line + 2, &doctor->report);
	}
	free(text);
}
