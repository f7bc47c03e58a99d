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
#include "agent/namespaces.h"
#include "agent/sighting.h"
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

static struct sighting answer(uint8_t last)
{
	return (struct sighting){.kind = SIGHTING_ANSWER, .interface = "eth0", .address = address("192.0.2.50"),
				 .mac = {2, 0, 0, 0, 0, last}};
}

static struct sighting advert(enum vrrp_kind kind, const char *for_address)
{
	struct sighting sighting = {.kind = SIGHTING_ADVERT, .interface = "eth0", .address = address("192.0.2.7"),
				    .advert = {.kind = kind, .router = 50, .priority = 95}};

	if (for_address)
		sighting.advert.address[sighting.advert.addresses++] = address(for_address);
	return sighting;
}

static void judge_speakers(const struct sighting *sightings, int count, const char *own)
{
	struct conf_address has[] = {address("192.0.2.1"), address(own)};

	doctor_judge_speakers(&conf, has, 2, sightings, count, &report);
}

static void test_two_that_answer_for_a_vip_are_one_too_many(void **state)
{
	const struct sighting one[] = {answer(1), answer(1)}, two[] = {answer(1), answer(7)};

	(void)state;
	judge_speakers(one, 2, "192.0.2.2");
	assert_int_equal(report.findings, 0);
	judge_speakers(two, 2, "192.0.2.2");
	only("duplicate", "from 02:00:00:00:00:07 and from 02:00:00:00:00:01", "ip addr del 192.0.2.50");
	judge_speakers(one, 2, "192.0.2.50"); /* this host has it */
	only("duplicate", "from 02:00:00:00:00:01 and from this host", "ip addr del 192.0.2.50");
}

static void test_vrrp_is_told_when_it_speaks_for_a_vip(void **state)
{
	const struct sighting ours[] = {advert(VRRP_KIND_VRRP, "2001:db8::50"), advert(VRRP_KIND_VRRP, "2001:db8::50")};
	const struct sighting others[] = {advert(VRRP_KIND_VRRP, "192.0.2.60"), advert(VRRP_KIND_CARP, NULL)};

	(void)state;
	judge_speakers(ours, 2, "192.0.2.2");
	only("vrrp-has-vip", "speaks VRRP for 2001:db8::50 of vip mail", "on 192.0.2.7: systemctl disable --now keepalived");
	judge_speakers(others, 2, "192.0.2.2");
	assert_int_equal(doctor_count(&report), 0);
	only("carp", "192.0.2.7: id 50", "ucarp");
}

static void judge_name(const struct conf_check *dns, enum resolution resolution, const char *one, const char *other)
{
	struct namespace name = {.vip = &conf.vip[0], .name = "mail.example.net", .dns = dns};
	struct conf_address found[2] = {address(one)};

	if (other)
		found[1] = address(other);
	doctor_judge_name(&name, resolution, found, other ? 2 : 1, &report);
}

static void test_a_name_leads_to_the_vip_and_nowhere_else(void **state)
{
	struct conf_check dns = {.expect_addresses = 1, .expect_address[0] = address("198.51.100.5")};

	(void)state;
	judge_name(NULL, RESOLUTION_FOUND, "192.0.2.50", NULL);
	judge_name(NULL, RESOLUTION_FOUND, "192.0.2.50", "2001:db8::50");
	judge_name(NULL, RESOLUTION_NO_ANSWER, "192.0.2.9", NULL);
	judge_name(&dns, RESOLUTION_FOUND, "198.51.100.5", NULL); /* the file says so */
	assert_int_equal(report.findings, 0);
	judge_name(NULL, RESOLUTION_NO_NAME, "192.0.2.50", NULL);
	only("name-unknown", "mail.example.net", "mail.example.net. 300 IN A 192.0.2.50");
	judge_name(NULL, RESOLUTION_FOUND, "192.0.2.9", NULL);
	only("name-elsewhere", "resolves to 192.0.2.9", "IN A 192.0.2.50");
	judge_name(NULL, RESOLUTION_FOUND, "192.0.2.50", "192.0.2.9");
	only("name-also-elsewhere", "resolves to 192.0.2.9 as well", "no other address");
	judge_name(&dns, RESOLUTION_FOUND, "192.0.2.50", NULL);
	only("name-elsewhere", "resolves to 192.0.2.50", "IN A 198.51.100.5");
}

#define judged(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		judged(test_networkd_keeps_the_vip_only_when_told_so),
		judged(test_network_manager_is_told_where_it_manages),
		judged(test_a_vip_in_somebodys_file_is_an_error),
		judged(test_a_service_answers_at_the_vip),
		judged(test_two_that_answer_for_a_vip_are_one_too_many),
		judged(test_vrrp_is_told_when_it_speaks_for_a_vip),
		judged(test_a_name_leads_to_the_vip_and_nowhere_else),
		judged(test_a_service_that_names_the_vip_needs_leave_to_start_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
