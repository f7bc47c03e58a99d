/* See conf_verify_host.h. A function a type. */
#include "conf/conf_verify_host.h"

#include <string.h>

#include "conf/conf_address.h"

/* The line of a value, or where it is a default, of the check. */
static int line_of(const struct conf_lines *lines, const void *field, const struct conf_check *check)
{
	int line = conf_line_of(lines, field);

	return line ? line : conf_line_of(lines, check);
}

/* Where a program is looked for is nothing that an environment should decide. */
void conf_verify_exec(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	if (check->arguments && *check->command[0] && *check->command[0] != '/')
		findings_add(findings, line_of(lines, check->command[0], check),
			     "\"command\" in check \"%s\": \"%.60s\" is not an absolute path", check->name,
			     check->command[0]);
}

void conf_verify_file(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	if (!check->expect_present && check->max_age.ns && !conf_line_is_refused(lines, &check->expect_present))
		findings_add(findings, line_of(lines, &check->max_age, check),
			     "\"max_age\" in check \"%s\": what is expected to be absent has no age", check->name);
}

void conf_verify_process(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	bool is_named = *check->process || conf_line_is_refused(lines, &check->process);
	bool has_file = *check->pid_file || conf_line_is_refused(lines, &check->pid_file);

	if (!is_named && !has_file)
		findings_add(findings, conf_line_of(lines, check),
			     "\"process\" or \"pid_file\" is missing in check \"%s\"", check->name);
	if (*check->process == '/')
		findings_add(findings, line_of(lines, &check->process, check),
			     "\"process\" in check \"%s\": \"%.60s\" is a path; the name is its last part", check->name,
			     check->process);
}

void conf_verify_link(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	if (!*check->interface && !conf_line_is_refused(lines, &check->interface))
		findings_add(findings, conf_line_of(lines, check), "\"interface\" is missing in check \"%s\"",
			     check->name);
}

void conf_verify_route(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	char text[ADDRESS_TEXT_MAX];

	if (!check->gateway.family)
		return;
	address_text(&check->gateway, false, text);
	if (address_is_loopback(&check->gateway))
		findings_add(findings, line_of(lines, &check->gateway, check),
			     "\"gateway\" in check \"%s\": \"%s\" is a loopback address", check->name, text);
	if (address_is_link_local(&check->gateway) && !*check->interface &&
	    !conf_line_is_refused(lines, &check->interface))
		findings_add(findings, line_of(lines, &check->gateway, check),
			     "\"gateway\" in check \"%s\": \"%s\" is a link-local address, which needs an interface",
			     check->name, text);
}

/* RFC 1035 2.3.4: labels of 1 to 63 octets, 255 altogether with their lengths and the root's. */
static bool is_domain_name(const char *name)
{
	size_t length = strlen(name), label;

	if (length > 253)
		return false;
	for (; *name; name += label + (name[label] == '.')) {
		label = strcspn(name, ".");
		if (label < 1 || label > 63)
			return false;
	}
	return length > 0;
}

void conf_verify_dns(const struct conf_check *check, const struct conf_lines *lines, struct findings *findings)
{
	if (*check->query && !is_domain_name(check->query))
		findings_add(findings, line_of(lines, &check->query, check),
			     "\"name\" in check \"%s\": \"%.60s\" is not a name of the DNS", check->name,
			     check->query);
	if (!check->expect_addresses)
		findings_add(findings, conf_line_of(lines, check),
			     "\"expect_address\" is missing in check \"%s\": the vip has no address that could stand "
			     "in the DNS", check->name);
}
