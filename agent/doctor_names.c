/* Do the names by which clients come lead to the vip? Asked of this host's own resolver, hosts file and all: what its
 * admin and his clients most likely have in common. */
#include "agent/doctor_judge.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "agent/namespaces.h"
#include "conf/conf_address.h"

enum { TEXT_MAX = NAMESPACES_MAX * (RESOLVED_MAX * ADDRESS_TEXT_MAX + 16) };

/* ---- asking ---- */

static void write_address(FILE *to, const struct sockaddr *from)
{
	struct conf_address address = {.family = from->sa_family};
	char text[ADDRESS_TEXT_MAX];

	if (from->sa_family == AF_INET)
		memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	else
		memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	fprintf(to, " %s", address_text(&address, false, text));
}

static enum resolution resolution_of(int error)
{
	if (error == 0)
		return RESOLUTION_FOUND;
	return error == EAI_NONAME || error == EAI_NODATA ? RESOLUTION_NO_NAME : RESOLUTION_NO_ANSWER;
}

/* A line each, "RESOLUTION ADDRESS...", as soon as it is known. A name server that does not answer must not cost the
 * other names their time. */
static void resolve_all(const void *context, int out)
{
	const struct doctor *doctor = context;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct namespace names[NAMESPACES_MAX];
	int count = namespaces_of(doctor->conf, names);
	FILE *to = fdopen(out, "w");

	setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	for (int n = 0; to && n < count; n++) {
		struct addrinfo *found = NULL;
		int error = getaddrinfo(names[n].name, NULL, &hints, &found), most = RESOLVED_MAX;

		fprintf(to, "%d", resolution_of(error));
		for (const struct addrinfo *one = found; one && most-- > 0; one = one->ai_next)
			write_address(to, one->ai_addr);
		fprintf(to, "\n");
		fflush(to);
		if (found)
			freeaddrinfo(found);
	}
}

void doctor_names_begin(struct doctor *doctor, struct look *look)
{
	look_start(look, LOOK_UNPRIVILEGED, resolve_all, doctor);
}

/* ---- judging ---- */

static bool is_among(const struct conf_address *address, const struct conf_address *list, int count)
{
	for (int i = 0; i < count; i++)
		if (address_same(address, &list[i]))
			return true;
	return false;
}

/* A check that resolves the name says what it expects; else it is the vip. */
static const struct conf_address *expected_of(const struct namespace *name, int *ret_count)
{
	*ret_count = name->dns ? name->dns->expect_addresses : name->vip->addresses;
	return name->dns ? name->dns->expect_address : name->vip->address;
}

static void fix_records(struct doctor_finding *finding, const struct namespace *name)
{
	int count;
	const struct conf_address *expected = expected_of(name, &count);
	char text[ADDRESS_TEXT_MAX];

	doctor_fix(finding, "in the zone: %.100s. 300 IN %s %s, and no other address", name->name,
		   expected[0].family == AF_INET ? "A" : "AAAA", address_text(&expected[0], false, text));
}

static void tell_elsewhere(const struct namespace *name, const struct conf_address *other, bool some,
			   struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding =
		doctor_add(report, DOCTOR_WARNING, some ? "name-also-elsewhere" : "name-elsewhere");

	if (some)
		doctor_words(finding,
			     "some clients of %.100s go elsewhere than to vip %s, and stay there when it moves",
			     name->name, name->vip->name);
	else
		doctor_words(finding, "%.100s, by which clients are to reach vip %s, leads elsewhere", name->name,
			     name->vip->name);
	doctor_evidence(finding, "it resolves to %s%s", address_text(other, false, text), some ? " as well" : "");
	fix_records(finding, name);
}

void doctor_judge_name(const struct namespace *name, enum resolution resolution, const struct conf_address *addresses,
		       int count, struct doctor_report *report)
{
	const struct conf_address *other = NULL;
	struct doctor_finding *finding;
	int expected_count, good = 0;
	const struct conf_address *expected = expected_of(name, &expected_count);

	if (resolution == RESOLUTION_NO_NAME) {
		finding = doctor_add(report, DOCTOR_WARNING, "name-unknown");
		doctor_words(finding, "%.100s, by which clients are to reach vip %s, does not resolve", name->name,
			     name->vip->name);
		doctor_evidence(finding, "this host's resolver says that there is no such name");
		fix_records(finding, name);
	}
	if (resolution != RESOLUTION_FOUND)
		return;
	for (int i = 0; i < count; i++) {
		if (is_among(&addresses[i], expected, expected_count))
			good++;
		else
			other = &addresses[i];
	}
	if (other)
		tell_elsewhere(name, other, good > 0, report);
}

/* Reads a line of resolve_all(). False: it is none. */
static bool read_line(char *line, enum resolution *resolution, struct conf_address addresses[static RESOLVED_MAX],
		      int *ret_count)
{
	const char *why;
	char *rest, *word = strtok_r(line, " ", &rest);

	*ret_count = 0;
	if (!word || strlen(word) != 1 || *word < '0' || *word > '0' + RESOLUTION_NO_ANSWER)
		return false;
	*resolution = (enum resolution)(*word - '0');
	while ((word = strtok_r(NULL, " ", &rest)) && *ret_count < RESOLVED_MAX)
		if (address_read(word, &addresses[*ret_count], &why) == 0)
			++*ret_count;
	return true;
}

void doctor_names_end(struct doctor *doctor, struct look *look, struct instant deadline)
{
	struct namespace names[NAMESPACES_MAX];
	int count = namespaces_of(doctor->conf, names), asked = look->pid != 0;
	char *text = malloc(TEXT_MAX), *rest = text, *line;
	const char *unanswered = NULL;

	if (text)
		look_finish(look, deadline, text, TEXT_MAX);
	for (int n = 0; text && asked && n < count; n++) {
		struct conf_address addresses[RESOLVED_MAX] = {0};
		enum resolution resolution = RESOLUTION_NO_ANSWER;
		int found = 0;

		line = strsep(&rest, "\n");
		if (line && read_line(line, &resolution, addresses, &found))
			doctor_judge_name(&names[n], resolution, addresses, found, &doctor->report);
		if (resolution == RESOLUTION_NO_ANSWER && !unanswered)
			unanswered = names[n].name;
	}
	if (unanswered)
		doctor_skip(&doctor->report, "names in DNS", "no name server of this host answers for %.100s",
			    unanswered);
	free(text);
}
