/* casvipctl status in the situations that an admin meets: who owns it, could another one take over, why is it there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "agent/redundancy.h"
#include "agent/status.h"
#include "tests/unit/screen.h"

static struct status status;
static struct status_vip *const vip = &status.vip[0];
static struct status_peer *const peer = &status.peer[0];

/* A pair: this node, cas1, owns the vip, and cas2 stands by. */
static int set_up(void **state)
{
	(void)state;
	status = (struct status){
		.node = "cas1",
		.cluster = "mail",
		.version = "0.1",
		.pid = 812,
		.keys = 1,
		.key_id = {0x1badcafe},
		.vips = 1,
		.peers = 1,
		.vip[0] = {
			.name = "mail",
			.role = ROLE_ACTIVE,
			.active = "cas1",
			.active_why = "silence",
			.term = 7,
			.since_ms = 11520000,
			.why = "silence",
			.lease_ms = 200,
			.address = {"192.0.2.50/24"},
			.addresses = 1,
			.fence = STATUS_FENCE_OPEN,
			.fitness = FITNESS_FIT,
			.score = 1000,
			.standing = {STATUS_READY},
			.last_move = {"cas2", "cas1", 11520000, WHY_SILENCE,
				      "why=silence peer=cas2 silent_ms=300 term=7 dark_max_ms=300"},
			.last_split.age_ms = STATUS_UNKNOWN,
			.checks = 1,
			.check[0] = {.name = "owa", .type = CHECK_OWA, .state = CHECK_STATE_UP, .outcome = VERDICT_UP,
				     .reason = "status-200", .words = "200 OK from cas1.example.net", .took_ms = 5,
				     .age_ms = 1400, .held_ms = STATUS_UNKNOWN, .required = true},
		},
		.peer[0] = {
			.name = "cas2",
			.alive = true,
			.fit = true,
			.config_matches = true,
			.key_matches = true,
			.key_id = 0x1badcafe,
			.links = 1,
			.link[0] = {"192.0.2.2", STATUS_LINK_UP, 31, 127, ""},
		},
	};
	return 0;
}

/* The same pair as cas2 sees it. */
static void from_the_standby(void)
{
	strcpy(status.node, "cas2");
	strcpy(peer->name, "cas1");
	strcpy(peer->link[0].address, "192.0.2.1");
	vip->role = ROLE_BACKUP;
	strcpy(vip->why, "started");
	vip->fence = STATUS_FENCE_SHUT;
	vip->last_move = (struct status_move){.age_ms = STATUS_UNKNOWN};
}

static void assert_shown(const char *name, bool ready)
{
	static char text[SCREEN_MAX];
	struct redundancy redundancy;

	assert_true(status_write(&status, STATUS_TEXT, text, sizeof(text)) > 0);
	assert_screen(name, text);
	redundancy_judge(&status, vip, &redundancy);
	assert_int_equal(redundancy.ready, ready);
	assert_true(status_write(&status, STATUS_JSON, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, ready ? "\"redundant\":true,\"redundancy\":\"ready: "
					   : "\"redundant\":false,\"redundancy\":\"NONE READY: "));
}

static void test_a_healthy_pair(void **state)
{
	(void)state;
	assert_shown("healthy", true);
	from_the_standby();
	assert_shown("healthy_standby", true);
}

static void test_a_standby_whose_check_is_down(void **state)
{
	(void)state;
	peer->fit = false;
	vip->standing[0] = STATUS_UNFIT;
	vip->fitness_there[0] = FITNESS_UNHEALTHY;
	assert_shown("standby_unfit", false);
}

static void test_the_unfit_standby_names_its_own_check(void **state)
{
	(void)state;
	from_the_standby();
	vip->fitness = FITNESS_UNHEALTHY;
	vip->check[0].state = CHECK_STATE_DOWN;
	vip->check[0].outcome = VERDICT_DOWN;
	strcpy(vip->check[0].words, "answered 503: off");
	assert_shown("standby_unfit_itself", false);
}

static void test_a_one_way_link(void **state)
{
	(void)state;
	peer->alive = peer->fit = false;
	peer->link[0].state = STATUS_LINK_ONE_WAY;
	assert_shown("one_way", false);
}

static void test_a_peer_with_another_key(void **state)
{
	(void)state;
	peer->alive = peer->fit = peer->key_matches = false;
	peer->link[0] = (struct status_link){"192.0.2.2", STATUS_LINK_DOWN, STATUS_UNKNOWN, STATUS_UNKNOWN, ""};
	assert_shown("wrong_key", false);
}

static void test_a_split_that_healed(void **state)
{
	(void)state;
	vip->last_split = (struct status_split){"cas2", 3200, 12000};
	assert_shown("split_healed", true);
}

static void a_majority_of_three(int heard)
{
	status.majority = heard > 1 ? STATUS_MAJORITY_HEARD : STATUS_MAJORITY_LOST;
	status.quorum_nodes = 3;
	status.quorum_heard = heard;
	status.peer[1] = (struct status_peer){.name = "w", .witness = true, .config_matches = true, .key_matches = true};
	status.peers = 2;
}

static void test_a_majority_that_is_lost(void **state)
{
	(void)state;
	a_majority_of_three(1);
	peer->alive = peer->fit = false;
	peer->link[0].state = STATUS_LINK_DOWN;
	vip->role = ROLE_BACKUP;
	vip->active[0] = vip->active_why[0] = '\0';
	strcpy(vip->why, "no-quorum");
	vip->fitness = FITNESS_NO_QUORUM;
	vip->fence = STATUS_FENCE_SHUT;
	assert_shown("quorum_lost", false);
}

static void test_a_fit_standby_whose_votes_would_be_gone_with_the_owner(void **state)
{
	(void)state;
	a_majority_of_three(2);
	assert_shown("votes_gone_with_the_owner", false);
	status.quorum_heard = 3;
	status.peer[1].alive = true;
	assert_shown("majority", true);
}

static void test_a_rotation_of_keys(void **state)
{
	(void)state;
	status.keys = 2;
	status.key_id[1] = 0x5eed0001;
	assert_shown("rotation", true);
	status.key_id[0] = 0x5eed0001;
	status.keys = 1; /* too early: the peer still seals with what this node has dropped */
	assert_shown("rotation_dropped_early", true);
}

/* A move of a vip by itself, and what stands in the line of the standby then. */
static const char *standby_line(void)
{
	static struct redundancy redundancy;

	redundancy_judge(&status, vip, &redundancy);
	return redundancy.words;
}

static void test_each_obstacle_has_its_words(void **state)
{
	(void)state;
	vip->standing[0] = STATUS_UNAWARE;
	assert_string_equal(standby_line(), "NONE READY: cas2 does not know it: its configuration is another one");
	vip->standing[0] = STATUS_LISTENING;
	assert_string_equal(standby_line(), "NONE READY: cas2 has just started and listens yet");
	vip->standing[0] = STATUS_UNFENCED;
	assert_string_equal(standby_line(), "NONE READY: cas2 has no fence");
	vip->standing[0] = STATUS_UNFIT;
	vip->fitness_there[0] = FITNESS_STANDBY;
	assert_string_equal(standby_line(), "NONE READY: cas2 is on standby; casvipctl online there ends that");
	vip->fitness_there[0] = FITNESS_UNKNOWN;
	assert_string_equal(standby_line(), "NONE READY: cas2 does not know its checks' state yet");
	vip->fitness_there[0] = FITNESS_NO_LINK;
	assert_string_equal(standby_line(), "NONE READY: cas2 has no link");
	peer->alive = false;
	assert_string_equal(standby_line(), "NONE READY: cas2 is not heard");
	peer->alive = true;
	vip->standing[0] = STATUS_READY;
	peer->config_matches = false;
	assert_string_equal(standby_line(), "ready: cas2 (its configuration differs)");
	status.peer[1] = (struct status_peer){.name = "cas3", .config_matches = true, .key_matches = true};
	status.peers = 2;
	assert_string_equal(standby_line(), "ready: cas2 (its configuration differs); not ready: cas3 is not heard");
	status.peers = 0;
	assert_string_equal(standby_line(), "NONE READY: no other node may own it");
}

#define shown(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		shown(test_a_healthy_pair),
		shown(test_a_standby_whose_check_is_down),
		shown(test_the_unfit_standby_names_its_own_check),
		shown(test_a_one_way_link),
		shown(test_a_peer_with_another_key),
		shown(test_a_split_that_healed),
		shown(test_a_majority_that_is_lost),
		shown(test_a_fit_standby_whose_votes_would_be_gone_with_the_owner),
		shown(test_a_rotation_of_keys),
		shown(test_each_obstacle_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
