/* Does the kernel let a vip be answered, and an agent do its work? */
#include "agent/doctor_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include <linux/capability.h>

#include "agent/slurp.h"
#include "conf/conf_address.h"

/* ---- settings ---- */

static bool has_family(const struct conf_vip *vip, int family)
{
	for (int a = 0; a < vip->addresses; a++)
		if (vip->address[a].family == family)
			return true;
	return false;
}

static void fix_sysctl(struct doctor_finding *finding, const char *interface, const char *name, int value)
{
	doctor_fix(finding,
		   "sysctl -w net.ipv4.conf.all.%s=%d net.ipv4.conf.%s.%s=%d, and a line each in "
		   "/etc/sysctl.d/casvip.conf",
		   name, value, interface, name, value);
}

/* Documentation/networking/ip-sysctl.rst: 8 answers for no address; 2 asks that both be in one subnet of the address
 * asked for, which an address without a network never is. 3 answers for addresses of scope global as a vip's is. */
static void judge_arp_ignore(const struct conf_vip *vip, const struct doctor_sysctl *sysctl,
			     struct doctor_report *report)
{
	struct doctor_finding *finding;
	bool bare = false;

	for (int a = 0; a < vip->addresses; a++)
		bare |= vip->address[a].family == AF_INET && vip->address[a].prefix == 32;
	if (sysctl->arp_ignore != 8 && !(sysctl->arp_ignore == 2 && bare))
		return;
	finding = doctor_add(report, DOCTOR_ERROR, "arp-ignore");
	doctor_words(finding, "this host, owning vip %s, would answer nobody who asks for it", vip->name);
	doctor_evidence(finding, "net.ipv4.conf arp_ignore is %d on %s", sysctl->arp_ignore, vip->interface);
	fix_sysctl(finding, vip->interface, "arp_ignore", 0);
}

/* With two cards in one network the route back may lie on the other card: then these two drop what came on this one. */
static void judge_two_cards(const struct conf_vip *vip, const struct doctor_sysctl *sysctl, int cards,
			    struct doctor_report *report)
{
	struct doctor_finding *finding;

	if (cards < 2)
		return;
	if (sysctl->rp_filter == 1) {
		finding = doctor_add(report, DOCTOR_WARNING, "rp-filter");
		doctor_words(finding,
			     "packets for vip %s may be dropped: %d cards lie in its network, and each must be the "
			     "way back",
			     vip->name, cards);
		doctor_evidence(finding, "net.ipv4.conf rp_filter is 1 (strict) on %s", vip->interface);
		fix_sysctl(finding, vip->interface, "rp_filter", 2);
	}
	if (sysctl->arp_filter == 1) {
		finding = doctor_add(report, DOCTOR_WARNING, "arp-filter");
		doctor_words(finding,
			     "questions for vip %s may stay unanswered: %d cards lie in its network, and only the "
			     "way back answers",
			     vip->name, cards);
		doctor_evidence(finding, "net.ipv4.conf arp_filter is 1 on %s", vip->interface);
		fix_sysctl(finding, vip->interface, "arp_filter", 0);
	}
}

static void judge_arp_notify(const struct conf_vip *vip, const struct doctor_sysctl *sysctl, bool guarded,
			     struct doctor_report *report)
{
	struct doctor_finding *finding;

	if (sysctl->arp_notify != 1 || guarded)
		return;
	finding = doctor_add(report, DOCTOR_WARNING, "arp-notify");
	doctor_words(finding,
		     "a cable that comes back makes the kernel announce vip %s, though another node may own it by "
		     "then",
		     vip->name);
	doctor_evidence(finding, "net.ipv4.conf arp_notify is 1 on %s, and no fence stops that", vip->interface);
	fix_sysctl(finding, vip->interface, "arp_notify", 0);
}

void doctor_judge_sysctl(const struct conf_vip *vip, const struct doctor_sysctl *sysctl, int cards, bool guarded,
			 struct doctor_report *report)
{
	struct doctor_finding *finding;

	if (has_family(vip, AF_INET)) {
		judge_arp_ignore(vip, sysctl, report);
		judge_two_cards(vip, sysctl, cards, report);
		judge_arp_notify(vip, sysctl, guarded, report);
	}
	if (!has_family(vip, AF_INET6) || sysctl->disable_ipv6 != 1)
		return;
	finding = doctor_add(report, DOCTOR_ERROR, "ipv6-disabled");
	doctor_words(finding, "vip %s has an IPv6 address, and IPv6 is switched off on %s", vip->name, vip->interface);
	doctor_evidence(finding, "net.ipv6.conf.%s.disable_ipv6 is 1", vip->interface);
	doctor_fix(finding,
		   "sysctl -w net.ipv6.conf.%s.disable_ipv6=0, or take the IPv6 address out of vip %s, on every host",
		   vip->interface, vip->name);
}

/* -1: there is no such setting. */
static int setting(const char *family, const char *interface, const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, interface, name);
	return slurp_text(path, text, sizeof(text)) > 0 ? atoi(text) : -1;
}

static int stronger(const char *interface, const char *name)
{
	int all = setting("ipv4", "all", name), own = setting("ipv4", interface, name);

	return all > own ? all : own;
}

/* Interfaces of this host in the networks of the vip's IPv4 addresses. */
static int count_cards(const struct doctor *doctor, const struct conf_vip *vip)
{
	char seen[8][IF_NAMESIZE];
	int cards = 0;

	for (int i = 0; i < doctor->owns && cards < 8; i++) {
		const struct conf_address *own = &doctor->own[i];
		bool near = false, known = false;

		for (int a = 0; a < vip->addresses; a++)
			near |= own->family == AF_INET && !address_same(own, &vip->address[a]) &&
				doctor_in_network(own, &vip->address[a], own->prefix);
		for (int c = 0; c < cards; c++)
			known |= strcmp(seen[c], doctor->own_interface[i]) == 0;
		if (near && !known)
			strcpy(seen[cards++], doctor->own_interface[i]);
	}
	return cards;
}

/* ---- capabilities ---- */

static const struct {
	int bit;
	const char *name;
} needed[] = {
	{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
	{CAP_NET_RAW, "CAP_NET_RAW"},
	{CAP_BPF, "CAP_BPF"},
};

int doctor_capabilities_missing(const char *text, const char *line, char names[static DOCTOR_CAPABILITIES_MAX])
{
	unsigned long long has, admin = 1ULL << CAP_SYS_ADMIN;
	const char *at = strstr(text, line);
	int missing = 0;

	if (!at || sscanf(at + strlen(line), ":%llx", &has) != 1)
		return -1;
	names[0] = '\0';
	for (size_t n = 0; n < sizeof(needed) / sizeof(needed[0]); n++) {
		if (has & 1ULL << needed[n].bit ||
		    (needed[n].bit == CAP_BPF && has & admin)) /* capabilities(7): CAP_BPF */
			continue;
		snprintf(names + strlen(names), DOCTOR_CAPABILITIES_MAX - strlen(names), "%s%s", missing ? ", " : "",
			 needed[n].name);
		missing++;
	}
	return missing;
}

/* Of the agent, or, without one, what whoever starts it here could have at most. */
static void look_at_capabilities(struct doctor *doctor)
{
	char path[64] = "/proc/self/status", text[4096], names[DOCTOR_CAPABILITIES_MAX];
	const char *line = doctor->status ? "CapEff" : "CapBnd";
	struct doctor_finding *finding;

	if (doctor->status)
		snprintf(path, sizeof(path), "/proc/%d/status", doctor->status->pid);
	if (slurp_text(path, text, sizeof(text)) <= 0 || doctor_capabilities_missing(text, line, names) <= 0)
		return;
	finding = doctor_add(&doctor->report, DOCTOR_ERROR, "no-capability");
	doctor_words(finding, "casvipd %s what it needs to hold, announce and guard a vip: %s",
		     doctor->status ? "does not have" : "could not have", names);
	doctor_evidence(finding, "%s in %s", line, path);
	doctor_fix(finding, "start it by its own unit (systemctl start casvipd); in a container, let it have them: "
			    "CapabilityBoundingSet=, lxc.cap.keep, --cap-add");
}

/* The kernel's own word; where nothing disciplines the clock, the logs of two nodes cannot be laid side by side, and
 * certificates and logons depend on it. */
static void look_at_clock(struct doctor *doctor)
{
	struct timex state = {0};
	struct doctor_finding *finding;

	if (adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC))
		return;
	finding = doctor_add(&doctor->report, DOCTOR_NOTE, "clock-not-synchronised");
	doctor_words(finding, "nothing keeps this host's clock right: times in the logs of two nodes may not compare");
	doctor_evidence(finding,
			"the kernel calls its clock unsynchronised (adjtimex: STA_UNSYNC); no decision depends on it");
	doctor_fix(finding, "apt install chrony (or systemctl enable --now systemd-timesyncd)");
}

void doctor_kernel(struct doctor *doctor)
{
	bool guarded = doctor->status && doctor->status->vips > 0 && doctor->status->vip[0].fence >= STATUS_FENCE_SHUT;

	for (int v = 0; v < doctor->conf->vips; v++) {
		const struct conf_vip *vip = &doctor->conf->vip[v];
		const struct doctor_sysctl sysctl = {
			.arp_ignore = stronger(vip->interface, "arp_ignore"),
			.arp_filter = stronger(vip->interface, "arp_filter"),
			.arp_notify = stronger(vip->interface, "arp_notify"),
			.rp_filter = stronger(vip->interface, "rp_filter"),
			.disable_ipv6 = setting("ipv6", vip->interface, "disable_ipv6"),
		};

		doctor_judge_sysctl(vip, &sysctl, count_cards(doctor, vip), guarded || !doctor->status,
				    &doctor->report);
	}
	look_at_capabilities(doctor);
	look_at_clock(doctor);
}
