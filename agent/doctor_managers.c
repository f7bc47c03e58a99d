/* Who else believes that the addresses of the vips' interfaces are his? */
#include "agent/doctor_judge.h"

#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/admin_text.h"
#include "agent/slurp.h"
#include "conf/conf_address.h"

enum { FILE_MAX = 64 * 1024, PATH_MAX_CHARS = 512, VALUE_MAX = 64 };

/* ---- networkd ---- */

/* systemd.network(5): "static" keeps what networkd did not put there when it starts or configures anew; "yes" is that
 * and more. */
static bool keeps(const char *network)
{
	char value[VALUE_MAX];

	return admin_text_key(network, "Network", "KeepConfiguration", value, sizeof(value)) &&
	       (strcmp(value, "static") == 0 || admin_text_yes(value));
}

void doctor_judge_networkd(const char *interface, const char *link, const char *network, const char *path,
			   struct doctor_report *report)
{
	char state[VALUE_MAX], name[PATH_MAX_CHARS];
	struct doctor_finding *finding;

	if (!link || !admin_text_key(link, "", "ADMIN_STATE", state, sizeof(state)) ||
	    strcmp(state, "unmanaged") == 0 || !*path || keeps(network))
		return;
	snprintf(name, sizeof(name), "%s", path);
	finding = doctor_add(report, DOCTOR_WARNING, "networkd");
	doctor_words(finding,
		     "systemd-networkd takes the vip off %s each time it starts or configures the interface anew",
		     interface);
	doctor_evidence(finding, "%s is %s by networkd, and %s has no KeepConfiguration=static", interface, state,
			path);
	doctor_fix(finding,
		   "in /etc/systemd/network/%.120s.d/casvip.conf: [Network], and on the next line "
		   "KeepConfiguration=static; then networkctl reload",
		   basename(name));
}

/* All texts one behind the other: what comes later counts. */
static void append_file(const char *path, char *text)
{
	size_t length = strlen(text);

	if (length + 2 >= FILE_MAX)
		return;
	text[length++] = '\n';
	if (slurp_text(path, text + length, FILE_MAX - length) < 0)
		text[length] = '\0';
}

/* A path, or several between quotes: env-file grammar as networkd writes it. */
static void unquote(char *value)
{
	size_t length = strlen(value);

	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		memmove(value, value + 1, length - 2);
		value[length - 2] = '\0';
	}
}

static void look_at_networkd(const char *interface, unsigned ifindex, char *text, struct doctor_report *report)
{
	char path[PATH_MAX_CHARS] = "", drop_ins[4 * PATH_MAX_CHARS] = "", link[FILE_MAX / 16], *rest, *one;

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u", ifindex);
	if (slurp_text(path, link, sizeof(link)) <= 0)
		return;
	path[0] = text[0] = '\0';
	if (admin_text_key(link, "", "NETWORK_FILE", path, sizeof(path))) {
		unquote(path);
		append_file(path, text);
	}
	if (admin_text_key(link, "", "NETWORK_FILE_DROPINS", drop_ins, sizeof(drop_ins)))
		unquote(drop_ins);
	for (one = strtok_r(drop_ins, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
		append_file(one, text);
	doctor_judge_networkd(interface, link, text, path, report);
}

/* ---- NetworkManager ---- */

void doctor_judge_network_manager(const char *interface, const char *device, struct doctor_report *report)
{
	char value[VALUE_MAX];
	struct doctor_finding *finding;

	if (!admin_text_key(device, "device", "managed", value, sizeof(value)) || !admin_text_yes(value))
		return;
	finding = doctor_add(report, DOCTOR_WARNING, "networkmanager");
	doctor_words(finding, "NetworkManager takes the vip off %s each time it activates the connection anew",
		     interface);
	doctor_evidence(finding, "/run/NetworkManager/devices says managed=%s of it", value);
	doctor_fix(finding,
		   "nmcli device set %s managed no, once /etc/network/interfaces (or a .network file with "
		   "KeepConfiguration=static) has the host's own address",
		   interface);
}

static void look_at_network_manager(const char *interface, unsigned ifindex, char *text, struct doctor_report *report)
{
	char path[PATH_MAX_CHARS];

	snprintf(path, sizeof(path), "/run/NetworkManager/devices/%u", ifindex);
	if (slurp_text(path, text, FILE_MAX) > 0)
		doctor_judge_network_manager(interface, text, report);
}

/* ---- the vip in somebody's file ---- */

static const char *const patterns[] = {
	"/etc/network/interfaces",
	"/etc/network/interfaces.d/*",
	"/etc/netplan/*.yaml",
	"/etc/systemd/network/*.network",
	"/etc/systemd/network/*.network.d/*.conf",
	"/run/systemd/network/*.network",
	"/etc/NetworkManager/system-connections/*",
	"/etc/keepalived/keepalived.conf",
};

static void tell_static(const struct conf_vip *vip, const struct conf_address *address, const char *path, int line,
			struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding = doctor_add(report, DOCTOR_ERROR, "vip-configured");

	doctor_words(finding, "another program is told to give this host %s of vip %s, whoever owns it",
		     address_text(address, false, text), vip->name);
	doctor_evidence(finding, "%.200s:%d names it", path, line);
	doctor_fix(finding, "take it out of %.120s%s", path,
		   strstr(path, "cloud-init") ? ", and let cloud-init write it no more: network: {config: disabled} in "
						"/etc/cloud/cloud.cfg.d/99-network.cfg"
					      : "");
}

void doctor_judge_static(const struct conf *conf, const char *path, const char *text, struct doctor_report *report)
{
	for (int v = 0; v < conf->vips; v++) {
		for (int a = 0; a < conf->vip[v].addresses; a++) {
			int line = admin_text_names(text, &conf->vip[v].address[a]);

			if (line > 0)
				tell_static(&conf->vip[v], &conf->vip[v].address[a], path, line, report);
		}
	}
}

static void look_for_vips(const struct conf *conf, char *text, struct doctor_report *report)
{
	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		glob_t found;

		if (glob(patterns[p], 0, NULL, &found) != 0)
			continue;
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (slurp_text(found.gl_pathv[i], text, FILE_MAX) > 0)
				doctor_judge_static(conf, found.gl_pathv[i], text, report);
		globfree(&found);
	}
}

/* Vips share an interface: each is looked at once. */
static bool was_looked_at(const struct conf *conf, int vip)
{
	for (int v = 0; v < vip; v++)
		if (strcmp(conf->vip[v].interface, conf->vip[vip].interface) == 0)
			return true;
	return false;
}

void doctor_managers(struct doctor *doctor)
{
	const struct conf *conf = doctor->conf;
	char *text = malloc(FILE_MAX);

	for (int v = 0; text && v < conf->vips; v++) {
		unsigned ifindex = if_nametoindex(conf->vip[v].interface);

		if (ifindex == 0 || was_looked_at(conf, v))
			continue;
		look_at_networkd(conf->vip[v].interface, ifindex, text, &doctor->report);
		look_at_network_manager(conf->vip[v].interface, ifindex, text, &doctor->report);
	}
	if (text)
		look_for_vips(conf, text, &doctor->report);
	free(text);
}
