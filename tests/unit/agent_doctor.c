/* casvipctl doctor judges values: each finding where its reason is, and none where nothing is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "agent/doctor_judge.h"
#include "conf/conf_address.h"

static struct doctor_report report;
static struct status before, now;
static struct conf conf;
static struct doctor_sysctl sysctl;

static struct conf_address read_prefix(const char *text)
{
	struct conf_address address = {0};
	const char *why;

	assert_int_equal(address_read_prefix(text, &address, &why), 0);
	return address;
}

static struct conf_address read_host(const char *text)
{
	struct conf_address address = {0};
	const char *why;

	assert_int_equal(address_read(text, &address, &why), 0);
	return address;
}

/* Two nodes with two links each, a witness, and one vip: nothing is wrong. */
static int set_up(void **state)
{
	(void)state;
	memset(&report, 0, sizeof(report));
	memset(&conf, 0, sizeof(conf));
	conf.port = 7411;
	strcpy(conf.key_file, "/etc/casvip/cluster.key");
	conf.nodes = 3;
	conf.quorum = CONF_QUORUM_MAJORITY;
	for (int n = 0; n < 3; n++) {
		snprintf(conf.node[n].name, sizeof(conf.node[n].name), "%s", n == 2 ? "w" : n ? "cas2" : "cas1");
		conf.node[n].addresses = 2;
		conf.node[n].address[0] = read_host(n == 2 ? "192.0.2.3" : n ? "192.0.2.2" : "192.0.2.1");
		conf.node[n].address[1] = read_host(n == 2 ? "2001:db8::3" : n ? "2001:db8::2" : "2001:db8::1");
	}
	conf.node[2].witness = true;
	conf.vips = 1;
	strcpy(conf.vip[0].name, "mail");
	strcpy(conf.vip[0].interface, "eth0");
	conf.vip[0].addresses = 1;
	conf.vip[0].address[0] = read_prefix("192.0.2.50/24");

	now = (struct status){.node = "cas1", .vips = 1, .peers = 1};
	now.vip[0] = (struct status_vip){.name = "mail", .fence = STATUS_FENCE_SHUT, .fitness = FITNESS_FIT, .checks = 1,
					 .check[0] = {.name = "owa", .state = CHECK_STATE_UP, .held_ms = -1,
						      .required = true}};
	now.peer[0] = (struct status_peer){.name = "cas2", .alive = true, .fit = true, .config_matches = true,
					   .key_matches = true, .links = 2,
					   .link = {{"192.0.2.2", STATUS_LINK_UP, 40, 100, ""},
						    {"2001:db8::2", STATUS_LINK_UP, 40, 100, ""}}};
	now.counters = 2;
	strcpy(now.counter[0].name, "beats_late");
	now.counter[0].value = 17;
	strcpy(now.counter[1].name, "refused_wrong-cluster");
	before = now;
	sysctl = (struct doctor_sysctl){.rp_filter = 2};
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

static void judge_agent(void)
{
	doctor_judge_agent(&conf, &before, &now, &report);
}

static void test_a_clean_cluster_has_no_finding(void **state)
{
	struct conf_address own[] = {read_prefix("192.0.2.1/24"), read_prefix("192.0.2.50/32")};
	char interface[][IF_NAMESIZE] = {"eth0", "eth0"};

	(void)state;
	judge_agent();
	doctor_judge_design(&conf, &report);
	doctor_judge_interface(&conf, own, interface, 2, &report);
	doctor_judge_sysctl(&conf.vip[0], &sysctl, 1, true, &report);
	assert_int_equal(report.findings, 0);
}

static void test_links_tell_which_host_does_not_hear(void **state)
{
	(void)state;
	now.peer[0].link[0].state = STATUS_LINK_ONE_WAY;
	judge_agent();
	only("link-one-way", "cas2 does not hear this host", "on cas2: nft insert rule inet filter input ip saddr 192.0.2.1 udp");
	now.peer[0].link[0].state = STATUS_LINK_UP;
	now.peer[0].link[1].state = STATUS_LINK_DOWN;
	judge_agent();
	only("link-down", "cas2", "on cas1: nft insert rule inet filter input ip6 saddr 2001:db8::2 udp dport 7411 accept");
	strcpy(now.peer[0].link[1].reason, "UDP port 7411 of 192.0.2.1 is taken by another process");
	judge_agent();
	only("link-no-port", "is taken by another process", "ss -lunp");
}

static void test_a_peer_that_is_not_heard_is_told_once(void **state)
{
	(void)state;
	now.peer[0].alive = now.peer[0].fit = now.peer[0].config_matches = false;
	now.peer[0].link[0].state = now.peer[0].link[1].state = STATUS_LINK_DOWN;
	judge_agent();
	only("peer-silent", "cas2", "on cas2: systemctl status casvipd; on cas1: nft insert");
	now.peer[0].key_matches = false;
	judge_agent();
	only("key-differs", "another cluster key", "scp -p /etc/casvip/cluster.key cas2:/etc/casvip/cluster.key");
	now.peer[0].link[0].state = STATUS_LINK_ONE_WAY;
	judge_agent();
	only("link-one-way", "cas2", "on cas2");
}

static void test_what_a_living_peer_says_of_itself(void **state)
{
	(void)state;
	now.peer[0].config_matches = false;
	judge_agent();
	only("config-differs", "cas2", "casvipctl reload");
	now.peer[0].config_matches = true;
	now.peer[0].fit = false;
	judge_agent();
	only("peer-unfit", "cas2 could not take over", "casvipctl doctor");
	now.peer[0].witness = true;
	judge_agent();
	assert_int_equal(report.findings, 0);
}

static void test_a_fence_that_does_not_stand_is_an_error(void **state)
{
	(void)state;
	now.vip[0].fence = STATUS_FENCE_ABSENT;
	judge_agent();
	only("fence-absent", "fence absent", "CAP_BPF");
	now.vip[0].fence = STATUS_FENCE_BROKEN;
	judge_agent();
	only("fence-broken", "fence broken", "tc filter show");
}

static void test_an_unfit_node_names_its_check(void **state)
{
	(void)state;
	now.vip[0].fitness = FITNESS_UNHEALTHY;
	now.vip[0].check[0].state = CHECK_STATE_DOWN;
	strcpy(now.vip[0].check[0].words, "answered 503");
	judge_agent();
	only("self-unfit", "check owa is down: answered 503", "casvipctl check owa");
	now.vip[0].fitness = FITNESS_STANDBY;
	judge_agent();
	only("self-unfit", "standby", "casvipctl online");
}

static void test_the_vip_tells_of_strangers_and_certificates(void **state)
{
	(void)state;
	now.vip[0].suspect = true;
	judge_agent();
	only("suspect", "somebody answers for vip mail", "firewall");
	now.vip[0].suspect = false;
	now.vip[0].unlikes = 1;
	strcpy(now.vip[0].unlike[0], "cas2");
	judge_agent();
	only("certificate-differs", "cas2", "on both");
	now.vip[0].unlikes = 0;
	now.vip[0].check[0] = (struct status_check){.name = "certificate", .type = CHECK_CERTIFICATE,
						    .state = CHECK_STATE_DOWN, .words = "is not for mail.example.net"};
	judge_agent();
	only("certificate-bad", "is not for mail.example.net", "casvipctl check certificate");
}

static void test_only_counters_that_grow_are_told(void **state)
{
	(void)state;
	now.counter[0].value++;
	judge_agent();
	only("beats-late", "beats_late grew from 17 to 18", "interval = \"200ms\"");
	now.counter[0].value--;
	now.counter[1].value++;
	judge_agent();
	only("other-cluster", "refused_wrong-cluster grew from 0 to 1", "port");
}

static void test_a_quorum_that_cannot_be_relied_on_is_told(void **state)
{
	struct status_quorum quorum = {
		.used = true, .open = true, .failover_ms = 800,
		.settings = {.token_ms = 300, .consensus_ms = 100, .nodes = 3, .votes = 3, .heaviest = 1, .quorum = 2,
			     .expected = 3, .present = 3}};

	(void)state;
	assert_int_equal(quorum_danger(&quorum.settings), QUORUM_NO_DANGER);
	doctor_judge_quorum(&quorum, &report);
	assert_int_equal(doctor_count(&report), 0);
	memset(&report, 0, sizeof(report));
	quorum.settings.quorum = 1; /* each alone is enough */
	doctor_judge_quorum(&quorum, &report);
	assert_int_equal(doctor_count(&report), 1);
	assert_string_equal(report.finding[0].id, "quorum-unsafe");
	memset(&report, 0, sizeof(report));
	quorum.settings.quorum = 2;
	quorum.open = false;
	strcpy(quorum.why, "no-verdict");
	quorum.witness_lost = true;
	quorum.settings.token_ms = 3650;
	quorum.settings.consensus_ms = 4380;
	doctor_judge_quorum(&quorum, &report);
	assert_int_equal(doctor_count(&report), 2);
	assert_string_equal(report.finding[0].id, "quorum-shut");
	assert_string_equal(report.finding[1].id, "witness-lost");
	assert_string_equal(report.finding[2].id, "quorum-slow");
	assert_non_null(strstr(report.finding[2].fix, "totem.token = 1000"));
}

static void test_one_link_and_two_nodes_are_worth_a_note(void **state)
{
	(void)state;
	conf.node[1].addresses = 1;
	doctor_judge_design(&conf, &report);
	assert_int_equal(doctor_count(&report), 0);
	only("single-link", "1 of 3 nodes", "second address");
	conf.node[1].addresses = 2;
	conf.nodes = 2;
	conf.quorum = CONF_QUORUM_NONE;
	doctor_judge_design(&conf, &report);
	assert_int_equal(doctor_count(&report), 0);
	only("no-witness", "two nodes", "witness = true");
}

/* A name that is resolved by a check, and asked for by another. */
static void name_the_vip(const char *resolved, const char *url)
{
	conf.vip[0].checks = 2;
	conf.vip[0].check[0] = (struct conf_check){.name = "array", .type = CHECK_DNS};
	snprintf(conf.vip[0].check[0].query, sizeof(conf.vip[0].check[0].query), "%s", resolved);
	conf.vip[0].check[1] = (struct conf_check){.name = "owa", .type = CHECK_OWA};
	snprintf(conf.vip[0].check[1].url, sizeof(conf.vip[0].check[1].url), "https://%s/owa/", url);
}

static void test_a_servers_name_is_no_name_for_a_vip(void **state)
{
	(void)state;
	name_the_vip("outlook.example.net", "cas1.example.net"); /* a server's own page */
	doctor_judge_design(&conf, &report);
	assert_int_equal(report.findings, 0);
	name_the_vip("CAS2.example.net", "mail.example.net");
	doctor_judge_design(&conf, &report);
	only("array-is-server", "CAS2.example.net", "a name that no server has");
	name_the_vip("cas22.example.net", "mail.example.net");
	doctor_judge_design(&conf, &report);
	assert_int_equal(report.findings, 0);
}

static void test_the_arrays_name_is_not_that_of_owa(void **state)
{
	(void)state;
	name_the_vip("Mail.example.net", "mail.example.net");
	doctor_judge_design(&conf, &report);
	assert_int_equal(report.findings, 0); /* nobody comes by RPC over TCP */
	conf.vip[0].check[2] = (struct conf_check){.name = "rpc", .type = CHECK_RPC};
	conf.vip[0].checks = 3;
	doctor_judge_design(&conf, &report);
	only("array-is-namespace", "Mail.example.net", "Set-ClientAccessArray");
	name_the_vip("outlook.example.net", "mail.example.net");
	conf.vip[0].checks = 3;
	doctor_judge_design(&conf, &report);
	assert_int_equal(report.findings, 0);
}

static void judge_place(const char *own)
{
	struct conf_address list[] = {read_prefix(own), read_prefix("198.51.100.1/24")};
	char interface[][IF_NAMESIZE] = {"eth0", "eth1"};

	doctor_judge_interface(&conf, list, interface, 2, &report);
}

static void test_a_vip_has_the_prefix_of_its_network(void **state)
{
	(void)state;
	judge_place("192.0.2.1/25");
	only("prefix-differs", "192.0.2.50/24 in the file, 192.0.2.1/25 on eth0", "address = {\"192.0.2.50/25\"}");
	judge_place("192.0.2.129/25");
	only("vip-in-no-network", "192.0.2.50", "ip -br addr");
	conf.vip[0].address[0] = read_prefix("198.51.100.50/24"); /* eth1's */
	judge_place("192.0.2.1/24");
	only("vip-in-no-network", "198.51.100.50", "interface");
	conf.vip[0].address[0] = read_prefix("192.0.2.50/32"); /* meant so */
	judge_place("192.0.2.1/24");
	assert_int_equal(report.findings, 0);
}

static void judge_sysctl(int cards, bool guarded)
{
	doctor_judge_sysctl(&conf.vip[0], &sysctl, cards, guarded, &report);
}

static void test_settings_that_hurt(void **state)
{
	(void)state;
	sysctl.arp_ignore = 8;
	judge_sysctl(1, true);
	only("arp-ignore", "is 8 on eth0", "net.ipv4.conf.eth0.arp_ignore=0");
	sysctl.arp_ignore = 2;
	judge_sysctl(1, true);
	assert_int_equal(report.findings, 0);
	conf.vip[0].address[0].prefix = 32;
	judge_sysctl(1, true);
	only("arp-ignore", "is 2 on eth0", "arp_ignore=0");
	sysctl = (struct doctor_sysctl){.rp_filter = 1};
	judge_sysctl(1, true);
	assert_int_equal(report.findings, 0);
	judge_sysctl(2, true);
	only("rp-filter", "2 cards", "rp_filter=2");
	sysctl = (struct doctor_sysctl){.arp_filter = 1};
	judge_sysctl(2, true);
	only("arp-filter", "2 cards", "arp_filter=0");
	sysctl = (struct doctor_sysctl){.arp_notify = 1, .disable_ipv6 = 1};
	judge_sysctl(1, true);
	assert_int_equal(report.findings, 0);
	judge_sysctl(1, false);
	only("arp-notify", "announce vip mail", "arp_notify=0");
	conf.vip[0].address[0] = read_prefix("2001:db8::50/64");
	judge_sysctl(1, false);
	only("ipv6-disabled", "vip mail has an IPv6 address", "disable_ipv6=0");
}

static void test_capabilities_are_read_from_proc(void **state)
{
	const char *text = "Name:\tcasvipd\nCapPrm:\t0000000000000000\nCapEff:\t0000008000003000\nCapBnd:\t000001ffffffffff\n";
	char names[DOCTOR_CAPABILITIES_MAX];

	(void)state;
	assert_int_equal(doctor_capabilities_missing(text, "CapEff", names), 0);
	assert_int_equal(doctor_capabilities_missing(text, "CapBnd", names), 0);
	assert_int_equal(doctor_capabilities_missing(text, "CapPrm", names), 3);
	assert_string_equal(names, "CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF");
	assert_int_equal(doctor_capabilities_missing("CapEff:\t0000000000203000\n", "CapEff", names), 0); /* SYS_ADMIN */
	assert_int_equal(doctor_capabilities_missing("CapEff:\t0000000000001000\n", "CapEff", names), 2);
	assert_string_equal(names, "CAP_NET_RAW, CAP_BPF");
	assert_int_equal(doctor_capabilities_missing("Name:\tx\n", "CapEff", names), -1);
}

static void fill_report(void)
{
	struct doctor_finding *finding = doctor_add(&report, DOCTOR_NOTE, "a-note");

	doctor_words(finding, "worth knowing");
	finding = doctor_add(&report, DOCTOR_WARNING, "a-warning");
	doctor_words(finding, "it costs");
	doctor_evidence(finding, "a \"stranger\" said \033[2J\302\2332J");
	doctor_fix(finding, "do %s", "this");
	finding = doctor_add(&report, DOCTOR_ERROR, "an-error");
	doctor_words(finding, "it fails");
	doctor_skip(&report, "the agent", "it does %s run", "not");
}

static void test_the_screen_begins_with_what_is_worst(void **state)
{
	char text[4096];

	(void)state;
	assert_true(doctor_write(&report, STATUS_TEXT, text, sizeof(text)) > 0);
	assert_string_equal(text, "nothing to mend; notes 0, not looked at 0\n");
	fill_report();
	assert_true(doctor_write(&report, STATUS_TEXT, text, sizeof(text)) > 0);
	assert_string_equal(text, "! error: an-error: it fails\n"
				  "! warning: a-warning: it costs\n"
				  "    seen: a \"stranger\" said ?[2J??2J\n"
				  "    fix:  do this\n"
				  "  note: a-note: worth knowing\n"
				  "  not looked at: the agent: it does not run\n"
				  "2 to mend: errors 1, warnings 1; notes 1, not looked at 1\n");
}

static void test_json_tells_findings_notes_and_what_was_skipped(void **state)
{
	char text[4096];

	(void)state;
	fill_report();
	assert_true(doctor_write(&report, STATUS_JSON, text, sizeof(text)) > 0);
	assert_string_equal(
		text,
		"{\"findings\":[{\"id\":\"an-error\",\"severity\":\"error\",\"words\":\"it fails\",\"evidence\":\"\",\"fix\":\"\"},"
		"{\"id\":\"a-warning\",\"severity\":\"warning\",\"words\":\"it costs\",\"evidence\":\"a \\\"stranger\\\" said "
		"\\u001b[2J\\u009b2J\",\"fix\":\"do this\"}],\"notes\":[{\"id\":\"a-note\",\"severity\":\"note\",\"words\":\"worth "
		"knowing\",\"evidence\":\"\",\"fix\":\"\"}],\"skipped\":[{\"what\":\"the agent\",\"why\":\"it does not "
		"run\"}],\"left_out\":0}\n");
}

static void test_findings_without_a_place_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < DOCTOR_FINDINGS_MAX + 3; i++)
		doctor_words(doctor_add(&report, DOCTOR_WARNING, "one"), "one of many");
	assert_int_equal(report.findings, DOCTOR_FINDINGS_MAX);
	assert_int_equal(doctor_count(&report), DOCTOR_FINDINGS_MAX + 3);
}

#define judged(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		judged(test_a_clean_cluster_has_no_finding),
		judged(test_links_tell_which_host_does_not_hear),
		judged(test_a_peer_that_is_not_heard_is_told_once),
		judged(test_what_a_living_peer_says_of_itself),
		judged(test_a_fence_that_does_not_stand_is_an_error),
		judged(test_an_unfit_node_names_its_check),
		judged(test_the_vip_tells_of_strangers_and_certificates),
		judged(test_only_counters_that_grow_are_told),
		judged(test_a_quorum_that_cannot_be_relied_on_is_told),
		judged(test_one_link_and_two_nodes_are_worth_a_note),
		judged(test_a_servers_name_is_no_name_for_a_vip),
		judged(test_the_arrays_name_is_not_that_of_owa),
		judged(test_a_vip_has_the_prefix_of_its_network),
		judged(test_settings_that_hurt),
		judged(test_capabilities_are_read_from_proc),
		judged(test_the_screen_begins_with_what_is_worst),
		judged(test_json_tells_findings_notes_and_what_was_skipped),
		judged(test_findings_without_a_place_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
