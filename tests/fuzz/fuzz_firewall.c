/* A ruleset as nft prints it: walked to an end, whatever it says. */
// fuzz-sources: agent/firewall.c agent/doctor_interface.c agent/doctor_report.c agent/json.c agent/page.c conf/*.c
#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/firewall.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct firewall_packet packet = {
		.arrives = true,
		.from = {.family = AF_INET, .prefix = 32, .bytes = {192, 0, 2, 2}},
		.to = {.family = AF_INET, .prefix = 32, .bytes = {192, 0, 2, 1}},
		.port = 7411,
		.interface = "eth0",
	};
	struct firewall *firewall = firewall_read((const char *)bytes, length);

	if (!firewall)
		return 0;
	for (int i = 0; i < 4; i++) {
		struct firewall_culprit culprit = {0};

		packet.arrives = i & 1;
		packet.from.family = packet.to.family = i & 2 ? AF_INET6 : AF_INET;
		if (firewall_ask(firewall, &packet, &culprit) == FIREWALL_DROPS)
			assert(*culprit.chain && *culprit.words &&
			       strlen(culprit.words) < sizeof(culprit.words));
	}
	firewall_done(firewall);
	return 0;
}
