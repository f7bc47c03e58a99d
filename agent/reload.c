/* A reload: the new file is read and checked as a whole beside the running one; then only the difference is applied.
 *
 * Whatever is wrong with it, the old configuration stays, and so do the vips. What this version cannot change under
 * a running election (who the nodes are, what a vip is, the heartbeat's terms) is refused in words, not half done. */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/here.h"
#include "agent/key_file.h"
#include "agent/log.h"

enum { FINDINGS_LOGGED_MAX = 8 };

static bool same_nodes(const struct conf *a, const struct conf *b)
{
	return a->nodes == b->nodes && memcmp(a->node, b->node, sizeof(a->node)) == 0;
}

static bool same_vip(const struct conf_vip *a, const struct conf_vip *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->interface, b->interface) == 0;
}

/* What differs that needs a restart, or NULL. */
static const char *needs_restart(const struct conf *was, const struct conf *is)
{
	if (strcmp(was->cluster, is->cluster) != 0)
		return "the cluster's name";
	if (was->heartbeat.ns != is->heartbeat.ns || was->dead_after != is->dead_after || was->port != is->port)
		return "heartbeat";
	if (was->quorum != is->quorum)
		return "quorum";
	if (!same_nodes(was, is))
		return "the nodes";
	if (was->vips != is->vips)
		return "the number of vips";
	for (int v = 0; v < was->vips; v++) {
		if (!same_vip(&was->vip[v], &is->vip[v]))
			return "a vip's name or interface";
	}
	return NULL;
}

static enum ctl_exit refuse(const char *finding, char *words, size_t size)
{
	log_event(LOG_ERR, EVENT_CONFIG, "state=refused words=\"%s; the running configuration stays\"", finding);
	snprintf(words, size, "%s\n", finding);
	return CTL_FAILED;
}

/* Each finding is a line of its own in the log too, up to a bound: the first is not always the one that helps. */
static void log_findings(const char *words)
{
	for (int i = 0; i < FINDINGS_LOGGED_MAX && *words; i++) {
		size_t length = strcspn(words, "\n");
		char quoted[CONF_FINDING_MAX];

		conf_file_quote(words, quoted);
		log_event(LOG_ERR, EVENT_CONFIG, "state=refused words=\"%s; the running configuration stays\"", quoted);
		words += length + (words[length] == '\n');
	}
}

static void note_lacking(void *context, int error, const char *words)
{
	(void)error;
	fprintf(context, "%s\n", words);
}

/* Files that the checks cannot use would make a healthy owner unwell at once. With words, a line each, when any. */
static bool lacks_files(const struct agent *agent, const struct conf *conf, char *words, size_t size)
{
	FILE *out;
	int lacking;

	memset(words, 0, size);
	out = fmemopen(words, size - 1, "w");
	if (!out) {
		snprintf(words, size, "%s\n", strerror(errno));
		return true;
	}
	lacking = here_lacks_files(conf, &agent->judge, &(struct here_ear){note_lacking, out});
	fclose(out);
	return lacking > 0;
}

static void apply(struct agent *agent, struct conf_file *file, const struct keyring *ring)
{
	struct conf_file old = agent->file;

	facts_carry(&agent->facts, agent->conf, file->conf, agent->now);
	agent->file = *file;
	agent->conf = file->conf;
	agent->digest = conf_digest(agent->conf);
	agent->ring = *ring;
	addresses_change(agent);
	for (int v = 0; v < agent->vips; v++)
		vip_rules(agent, agent->vip[v].conf, &agent->vip[v].rules);
	conf_file_done(&old);
	if (ctl_reserve(agent->ctl, status_room(agent->conf)) < 0 ||
	    desk_reserve(&agent->desk, status_room(agent->conf)) < 0)
		log_event(LOG_WARNING, EVENT_CONFIG, "state=reloaded words=\"no memory for a longer status\"");
	certificates_start(&agent->certificates, agent->conf);
	sensors_restart_judge(agent);
}

enum ctl_exit reload(struct agent *agent, char *words, size_t size)
{
	struct conf_file file = {0};
	struct keyring ring = {0};
	char key_words[KEY_FILE_WORDS_MAX];
	const char *changed;
	FILE *findings;

	memset(words, 0, size);
	findings = fmemopen(words, size - 1, "w");
	if (!findings)
		return refuse(strerror(errno), words, size);
	if (conf_file_load(agent->options->conf_file, findings, &file) < 0) {
		fclose(findings);
		log_findings(words);
		return CTL_FAILED;
	}
	fclose(findings);
	changed = needs_restart(agent->conf, file.conf);
	if (changed)
		snprintf(key_words, sizeof(key_words), "%s changed: that needs a restart", changed);
	if (changed || key_file_read(here_key_file(file.conf, agent->options), &ring, key_words) < 0) {
		conf_file_done(&file);
		return refuse(key_words, words, size);
	}
	if (lacks_files(agent, file.conf, words, size)) {
		conf_file_done(&file);
		keyring_wipe(&ring);
		log_findings(words);
		return CTL_FAILED;
	}
	service_reloading(&agent->service);
	apply(agent, &file, &ring);
	service_ready(&agent->service);
	keyring_wipe(&ring);
	log_event(LOG_NOTICE, EVENT_CONFIG, "state=reloaded digest=%016llx", (unsigned long long)agent->digest);
	snprintf(words, size, "reloaded\n");
	return CTL_DONE;
}
