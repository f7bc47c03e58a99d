/* The reconciler in front of a kernel that this test plays: which addresses are put and dropped, when, and in which
 * order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "conf/conf_address.h"

enum { KERNEL_MAX = 32, INDEX = 7 };

static struct conf_address kernel[KERNEL_MAX];
static int there;
static int has_error; /* net_addr_has() answers this */
static char deeds[4096];
static struct agent agent;
static struct conf conf, next;
static struct conf_address own[4]; /* what the interface has besides, for net_link_tell_addresses() */
static int owns;

static struct conf_address host(uint8_t last)
{
	return (struct conf_address){.family = AF_INET, .prefix = 24, .bytes = {192, 0, 2, last}};
}

static void did(const char *deed, const struct conf_address *address)
{
	size_t length = strlen(deeds);

	snprintf(deeds + length, sizeof(deeds) - length, "%s %d, ", deed, address->bytes[3]);
}

static int find(const struct conf_address *address)
{
	for (int i = 0; i < there; i++) {
		if (address_same(&kernel[i], address))
			return i;
	}
	return -1;
}

/* ---- what the reconciler calls ---- */

int net_addr_put(struct net_addr *port, unsigned ifindex, const struct conf_address *address, struct duration lifetime)
{
	(void)port;
	(void)lifetime;
	assert_int_equal(ifindex, INDEX);
	did("put", address);
	if (find(address) < 0)
		kernel[there++] = *address;
	return 0;
}

int net_addr_drop(struct net_addr *port, unsigned ifindex, const struct conf_address *address)
{
	int i = find(address);

	(void)port;
	assert_int_equal(ifindex, INDEX);
	did("drop", address);
	if (i >= 0)
		kernel[i] = kernel[--there];
	return 0;
}

int net_addr_has(struct net_addr *port, unsigned ifindex, const struct conf_address *address)
{
	(void)port;
	assert_int_equal(ifindex, INDEX);
	return has_error ? has_error : find(address) >= 0;
}

void net_link_tell_addresses(const struct net_link *link, unsigned ifindex)
{
	(void)link;
	for (int i = 0; i < owns; i++)
		vip_address_news(&agent, ifindex, &own[i], true, false);
}

/* ---- the scene ---- */

static void give(struct conf_vip *vip, const char *name, uint8_t first, uint8_t second)
{
	strcpy(vip->name, name);
	vip->announce_every = duration_ms(60000);
	vip->addresses = 0;
	for (uint8_t i = 0; i < 2; i++) {
		uint8_t last = i ? second : first;

		if (last)
			vip->address[vip->addresses++] = host(last);
	}
}

static void at_ms(int64_t ms)
{
	agent.now = (struct instant){duration_ms(ms).ns};
}

/* As a turn does. */
static void turn(int64_t ms)
{
	at_ms(ms);
	for (int v = 0; v < agent.vips; v++)
		vip_reconcile(&agent, &agent.vip[v]);
}

static void news(uint8_t last, bool present)
{
	struct conf_address address = host(last);

	vip_address_news(&agent, INDEX, &address, present, false);
}

static void somebody_removes(uint8_t last)
{
	struct conf_address address = host(last);
	int i = find(&address);

	assert_true(i >= 0);
	kernel[i] = kernel[--there];
	news(last, false);
}

static void become(struct vip_run *vip, enum role role)
{
	vip->is.role = role;
	vip->is.lease_until = role == ROLE_ACTIVE ? INSTANT_NEVER : INSTANT_ZERO;
	vip->refresh_at = agent.now;
}

static int set_up(void **state)
{
	(void)state;
	memset(&agent, 0, sizeof(agent));
	memset(&conf, 0, sizeof(conf));
	memset(&next, 0, sizeof(next));
	there = owns = has_error = 0;
	agent.conf = &conf;
	agent.vips = conf.vips = next.vips = 2;
	agent.nics = 1;
	agent.nic[0].link = (struct net_link_state){.ifindex = INDEX, .up = true};
	agent.lifetime = duration_ms(2000);
	give(&conf.vip[0], "first", 50, 51);
	give(&conf.vip[1], "second", 60, 0);
	for (int v = 0; v < agent.vips; v++) {
		agent.vip[v].conf = &conf.vip[v];
		agent.vip[v].slot = v;
		agent.vip[v].nic = &agent.nic[0];
		agent.vip[v].verify_at = INSTANT_NEVER;
	}
	at_ms(1000);
	deeds[0] = '\0';
	return 0;
}

static void own_both(void)
{
	become(&agent.vip[0], ROLE_ACTIVE);
	become(&agent.vip[1], ROLE_ACTIVE);
	turn(1000);
	assert_string_equal(deeds, "put 50, put 51, put 60, ");
	deeds[0] = '\0';
}

/* ---- the addresses ---- */

static void test_an_owners_addresses_are_there_and_no_backups(void **state)
{
	(void)state;
	become(&agent.vip[0], ROLE_ACTIVE);
	turn(1000);
	turn(1001);
	become(&agent.vip[0], ROLE_BACKUP);
	turn(1002);
	assert_string_equal(deeds, "put 50, put 51, drop 50, drop 51, ");
	assert_true(vip_reconcile_at(&agent.vip[0]).ns == INSTANT_NEVER.ns);
}

static void test_a_single_removal_is_mended_at_once(void **state)
{
	(void)state;
	own_both();
	at_ms(1100);
	somebody_removes(51);
	assert_true(instant_reached(agent.now, vip_reconcile_at(&agent.vip[0])));
	turn(1100);
	assert_string_equal(deeds, "put 51, ");
	assert_true(instant_reached(agent.now, agent.vip[0].announce_at));
}

static void test_a_war_about_an_address_has_pauses(void **state)
{
	int puts = 0;

	(void)state;
	own_both();
	for (int ms = 1001; ms <= 1400; ms++) { /* before the next refresh */
		struct conf_address address = host(60);

		at_ms(ms);
		if (find(&address) >= 0)
			somebody_removes(60);
		deeds[0] = '\0';
		turn(ms);
		puts += deeds[0] != '\0';
		if (find(&address) < 0) /* it wakes for it, and not before */
			assert_true(vip_reconcile_at(&agent.vip[1]).ns > agent.now.ns);
		assert_true(instant_since(vip_reconcile_at(&agent.vip[1]), agent.now).ns <= duration_ms(500).ns);
	}
	assert_in_range(puts, 400 / 25, 400 / 20 + REMOVALS_OFTEN);
}

static void test_a_takeover_waits_for_no_pause(void **state)
{
	(void)state;
	own_both();
	for (int ms = 1001; ms < 1010; ms++) {
		struct conf_address address = host(60);

		at_ms(ms);
		if (find(&address) >= 0)
			somebody_removes(60);
		turn(ms);
	}
	become(&agent.vip[1], ROLE_BACKUP);
	turn(1010);
	deeds[0] = '\0';
	become(&agent.vip[1], ROLE_ACTIVE);
	turn(1011);
	assert_string_equal(deeds, "put 60, ");
}

static void test_what_the_kernel_does_not_tell_is_believed_and_asked_again(void **state)
{
	(void)state;
	own_both();
	has_error = -ENOBUFS;
	at_ms(1100);
	news(51, true);
	turn(1100);
	assert_true(agent.vip[0].held[0] && agent.vip[0].held[1]);
	assert_int_equal(agent.vip[0].lost, 0);
	assert_string_equal(deeds, "");
	assert_true(vip_reconcile_at(&agent.vip[0]).ns == instant_add(agent.now, duration_ms(100)).ns);
	has_error = 0;
	there = 0; /* all of them are gone by now */
	turn(1199);
	assert_string_equal(deeds, "");
	turn(1200);
	assert_string_equal(deeds, "put 50, put 51, ");
	assert_int_equal(agent.vip[0].lost, 1);
}

/* ---- this host's own address ---- */

static void test_another_address_of_the_host_takes_the_place_of_one_that_goes(void **state)
{
	(void)state;
	own[0] = host(3);
	own[1] = host(50); /* a vip: no address to ask from */
	own[2] = host(4);
	owns = 3;
	net_link_tell_addresses(NULL, INDEX);
	assert_int_equal(agent.nic[0].own.bytes[3], 3);
	own[0] = own[--owns];
	news(3, false);
	assert_int_equal(agent.nic[0].own.bytes[3], 4);
	owns = 1;
	own[0] = host(50);
	news(4, false);
	assert_int_equal(agent.nic[0].own.family, 0);
}

/* ---- after a reload ---- */

static void change(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	give(&next.vip[0], "first", a, b);
	give(&next.vip[1], "second", c, d);
	conf.vip[0].id = next.vip[0].id = 1;
	conf.vip[1].id = next.vip[1].id = 2;
	next.nodes = agent.vip[0].rules.nodes = agent.vip[1].rules.nodes = 2;
	agent.conf = &next;
	agent.terms.dead = agent.vip[0].rules.terms.dead = agent.vip[1].rules.terms.dead = duration_ms(300);
	passing_note(&agent, &conf);
	addresses_change(&agent);
}

/* The other node is heard now, with this digest (ours is 0), and owns this vip; -1: none. */
static void hear_other(uint64_t digest, int owned)
{
	agent.peers.terms.dead = agent.terms.dead = duration_ms(300);
	agent.peers.peer[1].fresh_at = agent.peers.peer[1].heard_at = agent.now;
	agent.peers.peer[1].config_digest = digest;
	for (int v = 0; v < agent.vips; v++) {
		agent.vip[v].is.view[1].heard_at = agent.now;
		agent.vip[v].is.view[1].said.role = v == owned ? ROLE_ACTIVE : ROLE_BACKUP;
	}
}

static void test_what_nobody_holds_any_more_goes_before_anything_comes(void **state)
{
	(void)state;
	own_both();
	change(50, 52, 61, 0);
	assert_string_equal(deeds, "drop 51, drop 60, put 50, put 52, put 61, ");
	assert_int_equal(there, 3);
}

static void test_an_address_that_changes_its_vip_never_leaves_the_interface(void **state)
{
	(void)state;
	own_both();
	change(50, 60, 51, 0);
	assert_string_equal(deeds, "put 50, put 60, put 51, ");
	assert_int_equal(there, 3);
}

static void test_an_address_that_changes_to_a_vip_owned_elsewhere_leaves(void **state)
{
	(void)state;
	own_both();
	become(&agent.vip[1], ROLE_BACKUP);
	turn(1001);
	deeds[0] = '\0';
	change(50, 0, 60, 51);
	assert_string_equal(deeds, "drop 51, put 50, ");
	assert_int_equal(there, 1);
}

static void test_an_address_that_another_node_has_in_another_vip_waits_until_that_one_knows(void **state)
{
	(void)state;
	own_both();
	become(&agent.vip[0], ROLE_BACKUP);
	turn(1001);
	hear_other(7, 0);
	deeds[0] = '\0';
	change(50, 0, 60, 51);
	assert_string_equal(deeds, "put 60, ");
	assert_int_equal(vip_reconcile_at(&agent.vip[1]).ns, agent.vip[1].refresh_at.ns); /* no turn after turn for it */
	hear_other(0, 0);
	turn(1002);
	assert_string_equal(deeds, "put 60, put 51, ");
	hear_other(8, 0); /* with a newer file: the one that runs here is known */
	turn(1003);
	assert_string_equal(deeds, "put 60, put 51, ");
}

static void test_with_a_majority_an_address_waits_until_its_former_vip_has_a_known_owner(void **state)
{
	(void)state;
	own_both();
	become(&agent.vip[0], ROLE_BACKUP);
	turn(1001);
	hear_other(7, 0);
	agent.vip[0].rules.majority = agent.vip[1].rules.majority = true;
	change(50, 0, 60, 51);
	turn(1302); /* a third one may hear the other one still */
	assert_int_equal(there, 1);
	become(&agent.vip[0], ROLE_ACTIVE);
	turn(1303);
	assert_int_equal(there, 3);
}

static void test_an_address_goes_after_a_vip_that_moves_to_a_node_with_the_old_file(void **state)
{
	(void)state;
	own_both();
	hear_other(7, -1);
	change(50, 0, 60, 51);
	assert_int_equal(there, 3);
	deeds[0] = '\0';
	at_ms(1001);
	become(&agent.vip[0], ROLE_BACKUP);
	hear_other(7, 0);
	turn(1001);
	assert_string_equal(deeds, "drop 50, drop 51, ");
	turn(1302); /* the other one is dead */
	assert_int_equal(there, 2);
}

static void test_an_address_with_another_prefix_is_put_anew(void **state)
{
	(void)state;
	own_both();
	give(&next.vip[0], "first", 50, 51);
	give(&next.vip[1], "second", 60, 0);
	next.vip[1].address[0].prefix = 32;
	agent.conf = &next;
	addresses_change(&agent);
	assert_string_equal(deeds, "drop 60, put 60, ");
}

static void test_a_vip_that_goes_takes_its_addresses_along_and_no_others(void **state)
{
	(void)state;
	own_both();
	addresses_leave(&agent, &agent.vip[0]);
	assert_string_equal(deeds, "drop 50, drop 51, ");
	assert_int_equal(there, 1);
	become(&agent.vip[1], ROLE_BACKUP);
	turn(1001);
	deeds[0] = '\0';
	addresses_leave(&agent, &agent.vip[1]); /* nothing of it is here */
	assert_string_equal(deeds, "");
}

#define scene(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene(test_an_owners_addresses_are_there_and_no_backups),
		scene(test_a_single_removal_is_mended_at_once),
		scene(test_a_war_about_an_address_has_pauses),
		scene(test_a_takeover_waits_for_no_pause),
		scene(test_what_the_kernel_does_not_tell_is_believed_and_asked_again),
		scene(test_another_address_of_the_host_takes_the_place_of_one_that_goes),
		scene(test_what_nobody_holds_any_more_goes_before_anything_comes),
		scene(test_an_address_that_changes_its_vip_never_leaves_the_interface),
		scene(test_an_address_that_changes_to_a_vip_owned_elsewhere_leaves),
		scene(test_an_address_that_another_node_has_in_another_vip_waits_until_that_one_knows),
		scene(test_with_a_majority_an_address_waits_until_its_former_vip_has_a_known_owner),
		scene(test_an_address_goes_after_a_vip_that_moves_to_a_node_with_the_old_file),
		scene(test_an_address_with_another_prefix_is_put_anew),
		scene(test_a_vip_that_goes_takes_its_addresses_along_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
