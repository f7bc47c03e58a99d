/* Heartbeat links that have no socket on this host: another process holds the port, for one. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/log.h"
#include "conf/conf_address.h"

static void show_port(const struct agent *agent, uint8_t link, char shown[static STATUS_LINK_REASON_MAX])
{
	char text[ADDRESS_TEXT_MAX];

	snprintf(shown, STATUS_LINK_REASON_MAX, "UDP port %u of %s", agent->conf->port,
		 address_text(&agent->conf->node[agent->self].address[link], false, text));
}

void trouble_words(const struct agent *agent, node_id peer, uint8_t link, char words[static STATUS_LINK_REASON_MAX])
{
	int error = net_beat_trouble(agent->beats, peer, link);
	char port[STATUS_LINK_REASON_MAX];

	words[0] = '\0';
	if (error == 0)
		return;
	show_port(agent, link, port);
	if (error == -EADDRINUSE)
		snprintf(words, STATUS_LINK_REASON_MAX, "%.80s is taken by another process: %s (%d)", port,
			 strerror(-error), -error);
	else
		snprintf(words, STATUS_LINK_REASON_MAX, "cannot have %.80s: %.48s (%d)", port, strerror(-error),
			 -error);
}

static void judge_link(struct agent *agent, node_id peer, uint8_t link)
{
	int *told = &agent->peer[peer].trouble[link], is = net_beat_trouble(agent->beats, peer, link);
	char words[STATUS_LINK_REASON_MAX];

	if (is == *told)
		return;
	*told = is;
	if (is < 0)
		trouble_words(agent, peer, link, words);
	else
		show_port(agent, link, words);
	log_event(is < 0 ? LOG_ERR : LOG_NOTICE, EVENT_LINK, "peer=%s link=%d state=%s errno=%d words=\"%s%s\"",
		  agent_node_name(agent, peer), link, is < 0 ? "no-port" : "has-port", -is, words,
		  is < 0 ? "" : " can be had again");
}

void trouble_judge(struct agent *agent)
{
	for (node_id n = 0; n < agent->conf->nodes; n++) {
		for (uint8_t l = 0; l < agent->conf->node[n].addresses; l++)
			judge_link(agent, n, l);
	}
}
