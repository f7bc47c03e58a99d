/* casvipctl doctor judges recorded texts of this host: network managers' files and lists of listeners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "agent/admin_text.h"
#include "agent/doctor_judge.h"
#include "conf/conf_address.h"

static struct doctor_report report;
static struct conf conf;
static struct conf_check check;
static struct admin_listeners listeners;

static struct conf_address address(const char *text)
{
	struct conf_address read = {0};
	const char *why;

	assert_int_equal(address_read(text, &read, &why), 0);
	return read;
}

static int set_up(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	memset(&conf, 0, sizeof(conf));
	memset(&listeners, 0, sizeof(listeners));
	conf.vips = 1;
	strcpy(conf.vip[0].name, "mail");
	strcpy(conf.vip[0].interface, "eth0");
	conf.vip[0].addresses = 2;
	conf.vip[0].address[0] = address("192.0.2.50");
	conf.vip[0].address[1] = address("2001:db8::50");
	check = (struct conf_check){.name = "owa", .connect.port = 443};
	return 0;
}

/* The only finding is this one, and its texts hold these words. */
static void only(const char *id, const char *words, const char *fix)
{
	const struct doctor_finding *finding = &report.finding[0];

	assert_int_equal(report.findings, 1);
	assert_string_equal(finding->id, id);
	if (!strstr(finding->words, words) && !strstr(finding->evidence, words))
		fail_msg("%s, seen: %s", finding->words, finding->evidence);
	if (!strstr(finding->fix, fix))
		fail_msg("fix: %s", finding->fix);
	memset(&report, 0, sizeof(report));
}

/* As systemd 252 writes it. */
static const char managed[] = "# This is private data. Do not parse.\nADMIN_STATE=configured\nOPER_STATE=routable\n"
			      "NETWORK_FILE=/etc/systemd/network/10-lan.network\n";
static const char path[] = "/etc/systemd/network/10-lan.network";

static void judge_networkd(const char *link, const char *network)
{
	doctor_judge_networkd("eth0", link, network, path, &report);
}

static void test_networkd_keeps_the_vip_only_when_told_so(void **state)
{
	(void)state;
	judge_networkd(managed, "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\n");
	only("networkd", "10-lan.network has no KeepConfiguration=static", "/etc/systemd/network/10-lan.network.d/casvip.conf");
	judge_networkd(managed, "[Network]\nKeepConfiguration=dhcp\n");
	only("networkd", "eth0 is configured by networkd", "networkctl reload");
	judge_networkd(managed, "[Network]\nDHCP=yes\n\n[Network]\nKeepConfiguration=static\n");
	judge_networkd(managed, "[Network]\nKeepConfiguration=yes\n");
	judge_networkd("ADMIN_STATE=unmanaged\n", "");
	judge_networkd(NULL, NULL);
	assert_int_equal(report.findings, 0);
}

static void test_network_manager_is_told_where_it_manages(void **state)
{
	(void)state;
	doctor_judge_network_manager("eth0", "[device]\nconnection-uuid=3b0c\nmanaged=true\nnm-owned=false\n", &report);
	only("networkmanager", "managed=true", "nmcli device set eth0 managed no");
	doctor_judge_network_manager("eth0", "[device]\nmanaged=false\n", &report);
	doctor_judge_network_manager("eth0", "[device]\nnm-owned=false\n", &report);
	assert_int_equal(report.findings, 0);
}

static void test_a_vip_in_somebodys_file_is_an_error(void **state)
{
	(void)state;
	doctor_judge_static(&conf, "/etc/network/interfaces", "iface eth0 inet static\n  address 192.0.2.50/24\n", &report);
	only("vip-configured", "/etc/network/interfaces:2 names it", "take it out of /etc/network/interfaces");
	doctor_judge_static(&conf, "/etc/netplan/50-cloud-init.yaml", "addresses: [\"2001:db8::50/64\"]", &report);
	only("vip-configured", "2001:db8::50 of vip mail", "99-network.cfg");
	doctor_judge_static(&conf, "/etc/network/interfaces", "iface eth0 inet static\n  address 192.0.2.5/24\n", &report);
	assert_int_equal(report.findings, 0);
}

static void judge_listeners(bool nonlocal)
{
	doctor_judge_listeners(&conf.vip[0], &check, &listeners, nonlocal, nonlocal, &report);
}

static void test_a_service_answers_at_the_vip(void **state)
{
	(void)state;
	judge_listeners(true);
	only("nothing-listens", "port 443 of this host, which check owa", "ip_nonlocal_bind=1");
	listeners.any_six = true;
	judge_listeners(false);
	assert_int_equal(report.findings, 0);
	listeners = (struct admin_listeners){.any_four = true};
	judge_listeners(false);
	only("not-on-vip", "2001:db8::50 of vip mail are refused at port 443", "listen [::]:443");
	conf.vip[0].addresses = 1;
	judge_listeners(false);
	assert_int_equal(report.findings, 0);
	listeners = (struct admin_listeners){.ons = 1, .on = {address("192.0.2.1")}};
	judge_listeners(true);
	only("not-on-vip", "listens on 192.0.2.1, neither on the vip", "listen 443;");
}

static void test_a_service_that_names_the_vip_needs_leave_to_start_without_it(void **state)
{
	(void)state;
	conf.vip[0].addresses = 1;
	listeners = (struct admin_listeners){.ons = 2, .on = {address("127.0.0.1"), address("192.0.2.50")}};
	judge_listeners(true);
	assert_int_equal(report.findings, 0);
	judge_listeners(false);
	only("bound-to-vip", "net.ipv4.ip_nonlocal_bind is 0", "sysctl -w net.ipv4.ip_nonlocal_bind=1");
}

#define judged(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		judged(test_networkd_keeps_the_vip_only_when_told_so),
		judged(test_network_manager_is_told_where_it_manages),
		judged(test_a_vip_in_somebodys_file_is_an_error),
		judged(test_a_service_answers_at_the_vip),
		judged(test_a_service_that_names_the_vip_needs_leave_to_start_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
