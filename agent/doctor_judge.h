/* The judging halves of casvipctl doctor's examinations: values and recorded texts in, findings out. Pure. */
#pragma once

#include "agent/doctor.h"

/* What the configuration makes of the cluster: links, witness, and names that are wrong for a vip. */
void doctor_judge_design(const struct conf *conf, struct doctor_report *report);

/* What the agent says, twice with some time between; `conf` may be NULL. */
void doctor_judge_agent(const struct conf *conf, const struct status *before, const struct status *now,
			struct doctor_report *report);

/* Can a quorum by corosync be relied on, and could it be faster? */
void doctor_judge_quorum(const struct status_quorum *quorum, struct doctor_report *report);

/* Where the vips' addresses lie among those of this host. */
void doctor_judge_interface(const struct conf *conf, const struct conf_address *own, char (*interface)[IF_NAMESIZE],
			    int owns, struct doctor_report *report);

/* Are both in one network of this prefix? */
bool doctor_in_network(const struct conf_address *a, const struct conf_address *b, int prefix);

/* Settings of the kernel for one interface; -1: not known. */
struct doctor_sysctl {
	int arp_ignore, arp_filter, arp_notify, rp_filter; /* the stronger one of "all" and the interface's own */
	int disable_ipv6;
};
/* `cards`: how many interfaces of this host lie in the vip's IPv4 networks. `guarded`: the fence stands. */
void doctor_judge_sysctl(const struct conf_vip *vip, const struct doctor_sysctl *sysctl, int cards, bool guarded,
			 struct doctor_report *report);

/* Capabilities that an agent needs and does not have, "CAP_BPF, CAP_NET_RAW", from the text of /proc/PID/status; `line`
 * is "CapEff" or "CapBnd". How many, or -1 when the text has no such line. */
enum { DOCTOR_CAPABILITIES_MAX = 96 };
int doctor_capabilities_missing(const char *text, const char *line, char names[static DOCTOR_CAPABILITIES_MAX]);

/* Does networkd leave alone what it did not put on the vips' interface? `link` is the text of
 * /run/systemd/netif/links/IFINDEX, `network` of the .network file that applies, with its drop-ins behind it; NULL or
 * "": there is none. `path` is the file's. */
void doctor_judge_networkd(const char *interface, const char *link, const char *network, const char *path,
			   struct doctor_report *report);

/* Does NetworkManager manage the interface? `device` is the text of /run/NetworkManager/devices/IFINDEX. */
void doctor_judge_network_manager(const char *interface, const char *device, struct doctor_report *report);

/* Does a file give a vip to this host for good? `text` is the file's. */
void doctor_judge_static(const struct conf *conf, const char *path, const char *text, struct doctor_report *report);

/* Is what a check asks at this host served at the vip, too? `nonlocal_*`: net.ipv4 and net.ipv6 ip_nonlocal_bind. */
struct admin_listeners;
void doctor_judge_listeners(const struct conf_vip *vip, const struct conf_check *check,
			    const struct admin_listeners *listeners, bool nonlocal_four, bool nonlocal_six,
			    struct doctor_report *report);

/* Who else claims a vip on its LAN? Sightings of one look. `own`: this host's addresses, a vip that it owns included.
 */
struct sighting;
void doctor_judge_speakers(const struct conf *conf, const struct conf_address *own, int owns,
			   const struct sighting *sightings, int count, struct doctor_report *report);

/* What a name resolved to. */
struct namespace;
enum resolution { RESOLUTION_FOUND, RESOLUTION_NO_NAME, RESOLUTION_NO_ANSWER };
enum { RESOLVED_MAX = 16 };
void doctor_judge_name(const struct namespace *name, enum resolution resolution, const struct conf_address *addresses,
		       int count, struct doctor_report *report);
