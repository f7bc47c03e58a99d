/* A scripted endpoint mapper, two scripted services, and a check of EMSMDB: the scene of the tests of probe_rpc. The
 * includer includes cmocka.h first. */
#pragma once

#include <stdlib.h>

#include "checks/rpc_interface.h"
#include "tests/unit/dcerpc_examples.h"
#include "tests/unit/rpc_script.h"

enum { MAPPER, SERVICE, OTHER_SERVICE, SERVERS };
enum { AT_CALL_ID = 12, AT_UUID = 77, AT_MAJOR = 93, AT_PORT = 136, LONG_MS = 10000 };

struct place {
	struct script_server server[SERVERS];
	struct conf_check check;
	struct outcome outcome;
	uint8_t mapped[2][sizeof(example_ept_map_port_6001)];
	uint8_t fault[sizeof(example_fault_op_range)];
};

static void add_reply(struct script_server *server, const void *bytes, size_t length)
{
	server->reply[server->replies++] = (struct script_reply){bytes, length};
}

#define ADD_REPLY(server, example) add_reply(server, example, sizeof(example))

/* The mapper's answer number `nth` (0 ..): `interface` is on `port`. */
static void add_mapped(struct place *place, int nth, enum rpc_interface interface, uint16_t port)
{
	const struct dcerpc_syntax *syntax = rpc_interface_syntax(interface);
	uint8_t *pdu = place->mapped[nth];

	memcpy(pdu, example_ept_map_port_6001, sizeof(example_ept_map_port_6001));
	pdu[AT_CALL_ID] = (uint8_t)(2 + nth);
	memcpy(pdu + AT_UUID, syntax->uuid, sizeof(syntax->uuid));
	pdu[AT_MAJOR] = (uint8_t)syntax->major;
	pdu[AT_PORT] = (uint8_t)(port >> 8);
	pdu[AT_PORT + 1] = (uint8_t)port;
	add_reply(&place->server[MAPPER], pdu, sizeof(example_ept_map_port_6001));
}

/* Three servers that listen and have nothing to say, and a check of EMSMDB. */
static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	*state = place;
	for (int i = 0; i < SERVERS; i++)
		script_listen(&place->server[i]);
	place->check.connect.address.family = AF_INET;
	memcpy(place->check.connect.address.bytes, (uint8_t[]){127, 0, 0, 1}, 4);
	place->check.connect.port = place->server[MAPPER].port;
	place->check.interfaces[0] = RPC_EMSMDB;
	place->check.interface_count = 1;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < SERVERS; i++)
		script_stop(&place->server[i]);
	free(place);
	return 0;
}

/* The mapper knows EMSMDB and sends its clients to SERVICE. */
static void mapper_knows_emsmdb(struct place *place)
{
	ADD_REPLY(&place->server[MAPPER], example_bind_ack_samba);
	add_mapped(place, 0, RPC_EMSMDB, place->server[SERVICE].port);
}

static inline void all_is_well(struct place *place)
{
	mapper_knows_emsmdb(place);
	ADD_REPLY(&place->server[SERVICE], example_bind_ack_impacket);
	ADD_REPLY(&place->server[SERVICE], example_dummy_response_impacket);
}

static void run(struct place *place, int deadline_ms)
{
	script_run(&probe_rpc, &place->check, place->server, SERVERS, deadline_ms, &place->outcome);
}

static void assert_found(struct place *place, enum verdict verdict, const char *reason, const char *words)
{
	const struct outcome *outcome = &place->outcome;
	char expected[FACT_WORDS_MAX];

	/* '#' in the words stands for the port of SERVICE, which differs each time */
	size_t before = strcspn(words, "#");
	if (words[before])
		snprintf(expected, sizeof(expected), "%.*s%u%s", (int)before, words, place->server[SERVICE].port,
			 words + before + 1);
	else
		snprintf(expected, sizeof(expected), "%s", words);
	assert_string_equal(outcome->words, expected);
	assert_string_equal(outcome->reason, reason);
	assert_int_equal(outcome->verdict, verdict);
}
