/* casvipctl doctor: one examination after the other; those that take their time all at once. */
#include <errno.h>
#include <getopt.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli_talk.h"
#include "agent/clock.h"
#include "agent/conf_file.h"
#include "agent/doctor.h"
#include "agent/options.h"
#include "agent/status_read.h"
#include "conf/conf_address.h"

enum {
	PATIENCE_MS = 5000, /* for all looks together */
	AGENT_PATIENCE_MS = 2000,
	LISTEN_MS = 3200, /* VRRP and CARP speak once a second, unless told otherwise */
	LISTEN_MOST_S = 4,
	STATUS_TEXT_MAX = 4 << 20,
	REPORT_TEXT_MAX = 256 * 1024,
};

/* What takes no time is judged by `look_at`; the others begin before it, and end after it. */
static const struct examination {
	const char *name;
	void (*look_at)(struct doctor *doctor);
	void (*begin)(struct doctor *doctor, struct look *look);
	void (*end)(struct doctor *doctor, struct look *look, struct instant deadline);
} examinations[] = {
	{"the cluster's design", doctor_design, NULL, NULL},
	{"files", doctor_files, NULL, NULL},
	{"addresses", doctor_interface, NULL, NULL},
	{"the kernel", doctor_kernel, NULL, NULL},
	{"network managers", doctor_managers, NULL, NULL},
	{"services", doctor_listeners, NULL, NULL},
	{"names", NULL, doctor_names_begin, doctor_names_end},
	{"certificates", NULL, doctor_certificates_begin, doctor_certificates_end},
	{"the LAN", NULL, doctor_speakers_begin, doctor_speakers_end},
	{"the firewall", NULL, doctor_firewall_begin, doctor_firewall_end},
};
enum { EXAMINATIONS = sizeof(examinations) / sizeof(examinations[0]) };

static void progress(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s%s", *what ? "looking at " : "", what);
}

/* ---- what all share ---- */

static bool load_conf(struct doctor *doctor, struct conf_file *file)
{
	FILE *nowhere = fopen("/dev/null", "we");
	struct doctor_finding *finding;
	int error = nowhere ? conf_file_load(doctor->conf_file, nowhere, file) : -errno;

	if (nowhere)
		fclose(nowhere);
	if (error == 0) {
		doctor->conf = file->conf;
		return true;
	}
	finding = doctor_add(&doctor->report, DOCTOR_ERROR, "config-file");
	doctor_words(finding, "the configuration cannot be used: an agent would not start with it");
	doctor_evidence(finding, "%s", file->finding);
	doctor_fix(finding, "casvipd -t -f %s tells everything that is wrong with it", doctor->conf_file);
	doctor_skip(&doctor->report, "what the configuration speaks of", "there is no usable configuration");
	return false;
}

static int prefix_of(const uint8_t *mask, int bytes)
{
	int bits = 0;

	for (int b = 0; b < bytes; b++)
		bits += __builtin_popcount(mask[b]);
	return bits;
}

static bool take_address(const struct ifaddrs *from, struct conf_address *to)
{
	bool four = from->ifa_addr && from->ifa_addr->sa_family == AF_INET;

	if (!from->ifa_addr || !from->ifa_netmask || (!four && from->ifa_addr->sa_family != AF_INET6))
		return false;
	*to = (struct conf_address){.family = from->ifa_addr->sa_family};
	if (four) {
		memcpy(to->bytes, &((const struct sockaddr_in *)(const void *)from->ifa_addr)->sin_addr, 4);
		to->prefix = (uint8_t)prefix_of(
			(const uint8_t *)&((const struct sockaddr_in *)(const void *)from->ifa_netmask)->sin_addr, 4);
	} else {
		memcpy(to->bytes, &((const struct sockaddr_in6 *)(const void *)from->ifa_addr)->sin6_addr, 16);
		to->prefix = (uint8_t)prefix_of(
			(const uint8_t *)&((const struct sockaddr_in6 *)(const void *)from->ifa_netmask)->sin6_addr,
			16);
	}
	return true;
}

static void list_own(struct doctor *doctor)
{
	enum { MOST = sizeof(doctor->own) / sizeof(doctor->own[0]) };
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *one = all; one && doctor->owns < MOST; one = one->ifa_next) {
		if (!take_address(one, &doctor->own[doctor->owns]))
			continue;
		snprintf(doctor->own_interface[doctor->owns], IF_NAMESIZE, "%s", one->ifa_name);
		doctor->owns++;
	}
	freeifaddrs(all);
}

static void find_self(struct doctor *doctor)
{
	const char *wanted = doctor->node_option ? doctor->node_option : doctor->status ? doctor->status->node : NULL;
	char host[256] = "";
	struct doctor_finding *finding;

	gethostname(host, sizeof(host) - 1);
	doctor->self = conf_node_of(doctor->conf, wanted, host, doctor->own, doctor->owns);
	if (doctor->self != NODE_NONE)
		return;
	finding = doctor_add(&doctor->report, DOCTOR_ERROR, "no-node");
	doctor_words(finding, "no node of the configuration is this host: casvipd would not start");
	doctor_evidence(finding, "none has its name, %.64s, or its address", host);
	doctor_fix(finding, "node \"%.64s\" { address = {\"...\"} }, or hostnamectl set-hostname NODE", host);
}

/* ---- the agent ---- */

/* In a process of its own: an agent that hangs costs no more than its share of the time. */
static void fetch(const void *context, int out)
{
	const struct doctor *doctor = context;
	struct cli_reply reply;
	char why[CLI_WHY_MAX];

	if (cli_fetch(doctor->socket, &(struct ctl_request){.verb = CTL_STATUS_JSON}, &reply, why) != CTL_DONE) {
		dprintf(out, "%s", why);
		return;
	}
	for (size_t at = 0; at < reply.length;) {
		ssize_t n = write(out, reply.text + at, reply.length - at);

		if (n < 0)
			return;
		at += (size_t)n;
	}
}

/* Its status, or NULL with what is known of why. */
static struct status *ask_agent(struct doctor *doctor, char why[static CLI_WHY_MAX])
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(AGENT_PATIENCE_MS));
	struct status *status = calloc(1, sizeof(*status));
	char *text = malloc(STATUS_TEXT_MAX);
	struct look look = {0};
	ssize_t length = -ENOMEM;

	if (text && status && look_start(&look, LOOK_AS_IS, fetch, doctor) == 0)
		length = look_finish(&look, deadline, text, STATUS_TEXT_MAX);
	if (length < 0)
		snprintf(why, CLI_WHY_MAX, "casvipd does not answer: %s", strerror((int)-length));
	if (length < 0 || status_read(text, (size_t)length, status) < 0) {
		if (length >= 0)
			snprintf(why, CLI_WHY_MAX, "%.*s", (int)strcspn(text, "\n"), text);
		free(status);
		status = NULL;
	}
	free(text);
	return status;
}

/* ---- the examination ---- */

static void examine(struct doctor *doctor)
{
	struct instant deadline = instant_add(clock_boottime(), duration_ms(PATIENCE_MS));
	struct look looks[EXAMINATIONS] = {0};

	for (int e = 0; e < EXAMINATIONS; e++)
		if (examinations[e].begin)
			examinations[e].begin(doctor, &looks[e]);
	for (int e = 0; e < EXAMINATIONS; e++) {
		progress(examinations[e].name);
		if (examinations[e].look_at)
			examinations[e].look_at(doctor);
	}
	for (int e = 0; e < EXAMINATIONS; e++) {
		progress(examinations[e].name);
		if (examinations[e].end)
			examinations[e].end(doctor, &looks[e], deadline);
	}
}

static void diagnose(struct doctor *doctor)
{
	struct conf_file file = {0};
	char why[CLI_WHY_MAX];

	list_own(doctor);
	progress("the agent");
	doctor->before = doctor->status = ask_agent(doctor, why);
	if (!doctor->status)
		doctor_skip(&doctor->report, "what the agent knows: links, peers, fence, checks", "%s", why);
	if (load_conf(doctor, &file)) {
		find_self(doctor);
		examine(doctor);
	}
	if (doctor->before) {
		progress("the agent");
		doctor->status = ask_agent(doctor, why);
	}
	doctor_agent(doctor);
	progress("");
	doctor->conf = NULL;
	conf_file_done(&file);
}

static enum ctl_exit show(const struct doctor *doctor, bool json)
{
	char *text = malloc(REPORT_TEXT_MAX);
	int length =
		text ? doctor_write(&doctor->report, json ? STATUS_JSON : STATUS_TEXT, text, REPORT_TEXT_MAX) : -ENOMEM;

	if (length < 0)
		fprintf(stderr, "casvipctl: no memory for the report\n");
	else
		fputs(text, stdout);
	free(text);
	if (length < 0 || fflush(stdout) != 0)
		return CTL_FAILED;
	return doctor_count(&doctor->report) == 0 ? CTL_DONE : CTL_FAILED;
}

static bool read_seconds(const char *text, int *ret_ms)
{
	char more;
	int seconds;

	if (sscanf(text, "%d%c", &seconds, &more) != 1 || seconds < 0 || seconds > LISTEN_MOST_S) {
		fprintf(stderr, "casvipctl: -w takes 0 to %d seconds, not %s\n", LISTEN_MOST_S, text);
		return false;
	}
	*ret_ms = seconds * 1000;
	return true;
}

static bool read_arguments(struct doctor *doctor, int argc, char *argv[])
{
	int letter;

	optind = 1;
	while ((letter = getopt(argc, argv, "f:n:w:")) != -1) {
		if (letter == '?' || (letter == 'w' && !read_seconds(optarg, &doctor->listen_ms)))
			return false;
		if (letter == 'w')
			continue;
		*(letter == 'f' ? &doctor->conf_file : &doctor->node_option) = optarg;
	}
	if (optind == argc)
		return true;
	fprintf(stderr, "casvipctl: doctor knows -f FILE, -n NODE and -w SECONDS, not %s\n", argv[optind]);
	return false;
}

enum ctl_exit cli_doctor(const struct cli *cli, int argc, char *argv[])
{
	struct doctor *doctor = calloc(1, sizeof(*doctor));
	enum ctl_exit exit_code = CTL_USAGE;

	if (!doctor) {
		fprintf(stderr, "casvipctl: %s\n", strerror(ENOMEM));
		return CTL_FAILED;
	}
	doctor->socket = cli->socket;
	doctor->conf_file = OPTIONS_CONF_DEFAULT;
	doctor->listen_ms = LISTEN_MS;
	doctor->self = NODE_NONE;
	if (read_arguments(doctor, argc, argv)) {
		diagnose(doctor);
		exit_code = show(doctor, cli->json);
	}
	if (doctor->before != doctor->status)
		free(doctor->before);
	free(doctor->status);
	free(doctor);
	return exit_code;
}
