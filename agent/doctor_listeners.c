/* Do the services that the checks ask at this host answer at the vip as well? A check that asks 127.0.0.1 cannot tell.
 */
#include "agent/doctor_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/admin_text.h"
#include "agent/slurp.h"
#include "conf/conf_address.h"

enum { LIST_MAX = 4 << 20 };

static bool is_on(const struct admin_listeners *listeners, const struct conf_address *address)
{
	for (int i = 0; i < listeners->ons; i++)
		if (address_same(&listeners->on[i], address))
			return true;
	return false;
}

static void tell_nothing(const struct conf_vip *vip, const struct conf_check *check, struct doctor_report *report)
{
	struct doctor_finding *finding = doctor_add(report, DOCTOR_WARNING, "nothing-listens");

	doctor_words(finding, "nothing listens on port %u of this host, which check %s of vip %s asks",
		     check->connect.port, check->name, vip->name);
	doctor_evidence(finding, "/proc/net/tcp and tcp6 have no such listener");
	doctor_fix(finding,
		   "start the service; where its configuration names the vip, it starts on the owner only: let it "
		   "listen on all addresses, or sysctl -w net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1");
}

static void tell_elsewhere(const struct conf_vip *vip, const struct conf_check *check,
			   const struct conf_address *address, const struct admin_listeners *listeners,
			   struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX] = "all IPv4 addresses";
	struct doctor_finding *finding = doctor_add(report, DOCTOR_WARNING, "not-on-vip");

	if (listeners->ons > 0)
		address_text(&listeners->on[0], false, other);
	doctor_words(finding, "clients that come to %s of vip %s are refused at port %u, though check %s is content",
		     address_text(address, false, text), vip->name, check->connect.port, check->name);
	doctor_evidence(finding, "the service listens on %s, neither on the vip nor on all addresses", other);
	doctor_fix(finding,
		   "let it listen on all addresses: nginx: listen %u; and listen [::]:%u; haproxy: bind :::%u v4v6",
		   check->connect.port, check->connect.port, check->connect.port);
}

static void tell_bound(const struct conf_vip *vip, const struct conf_check *check, const struct conf_address *address,
		       struct doctor_report *report)
{
	const char *family = address->family == AF_INET ? "ipv4" : "ipv6";
	struct doctor_finding *finding = doctor_add(report, DOCTOR_WARNING, "bound-to-vip");

	doctor_words(finding,
		     "the service at port %u names vip %s itself: it will not start on a host that does not have it",
		     check->connect.port, vip->name);
	doctor_evidence(finding, "it listens on the vip alone, and net.%s.ip_nonlocal_bind is 0", family);
	doctor_fix(finding,
		   "let it listen on all addresses, or sysctl -w net.%s.ip_nonlocal_bind=1, and the line in "
		   "/etc/sysctl.d/casvip.conf, on every host",
		   family);
}

/* One address of the vip. A listener on [::] takes IPv4 too, unless it asked not to, which /proc does not tell. True:
 * there was something to tell; the vip's other address would have the same. */
static bool judge_address(const struct conf_vip *vip, const struct conf_check *check,
			  const struct conf_address *address, const struct admin_listeners *listeners, bool nonlocal,
			  struct doctor_report *report)
{
	bool any = listeners->any_six || (address->family == AF_INET && listeners->any_four);

	if (any)
		return false;
	if (!is_on(listeners, address))
		tell_elsewhere(vip, check, address, listeners, report);
	else if (!nonlocal)
		tell_bound(vip, check, address, report);
	else
		return false;
	return true;
}

void doctor_judge_listeners(const struct conf_vip *vip, const struct conf_check *check,
			    const struct admin_listeners *listeners, bool nonlocal_four, bool nonlocal_six,
			    struct doctor_report *report)
{
	if (!listeners->any_four && !listeners->any_six && listeners->ons == 0) {
		tell_nothing(vip, check, report);
		return;
	}
	for (int a = 0; a < vip->addresses; a++)
		if (judge_address(vip, check, &vip->address[a], listeners,
				  vip->address[a].family == AF_INET ? nonlocal_four : nonlocal_six, report))
			return;
}

static bool is_here(const struct doctor *doctor, const struct conf_address *address)
{
	for (int i = 0; i < doctor->owns; i++)
		if (address_same(&doctor->own[i], address))
			return true;
	return address_is_loopback(address);
}

/* What clients ask for as well, and by TCP; a name server that is asked, a plugin or a process is no service of the
 * vip's. Does an earlier check of the vip ask at the same port? */
static bool is_to_be_looked_at(const struct doctor *doctor, const struct conf_vip *vip, int c)
{
	const struct conf_endpoint *connect = &vip->check[c].connect;

	if (connect->address.family == 0 || !is_here(doctor, &connect->address))
		return false;
	for (int before = 0; before < c; before++)
		if (vip->check[before].connect.port == connect->port &&
		    is_here(doctor, &vip->check[before].connect.address))
			return false;
	return true;
}

static bool is_on_in_kernel(const char *path)
{
	char text[8];

	return slurp_text(path, text, sizeof(text)) > 0 && text[0] == '1';
}

void doctor_listeners(struct doctor *doctor)
{
	bool four = is_on_in_kernel("/proc/sys/net/ipv4/ip_nonlocal_bind");
	bool six = is_on_in_kernel("/proc/sys/net/ipv6/ip_nonlocal_bind");
	char *tcp = malloc(LIST_MAX), *tcp6 = malloc(LIST_MAX);
	bool is_read = tcp && tcp6 && slurp_text("/proc/net/tcp", tcp, LIST_MAX) > 0;

	if (is_read)
		slurp_text("/proc/net/tcp6", tcp6, LIST_MAX); /* without IPv6 there is none */
	for (int v = 0; is_read && v < doctor->conf->vips; v++) {
		const struct conf_vip *vip = &doctor->conf->vip[v];

		for (int c = 0; c < vip->checks; c++) {
			struct admin_listeners listeners = {0};

			if (!is_to_be_looked_at(doctor, vip, c))
				continue;
			admin_text_listeners(tcp, AF_INET, vip->check[c].connect.port, &listeners);
			admin_text_listeners(tcp6, AF_INET6, vip->check[c].connect.port, &listeners);
			doctor_judge_listeners(vip, &vip->check[c], &listeners, four, six, &doctor->report);
		}
	}
	free(tcp);
	free(tcp6);
}
