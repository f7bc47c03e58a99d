/* A reload: the new file is read and checked as a whole beside the running one; then only the difference is applied.
 *
 * Whatever is wrong with it, the old configuration stays, and so do the vips; every reason is told. Three stages: a
 * thread reads the file, the vips that go are handed over, and in one turn the new configuration takes the old one's
 * place (turnover.c). */
#include "agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "agent/here.h"
#include "agent/key_file.h"
#include "agent/log.h"
#include "agent/loop_source.h"

enum { FINDINGS_LOGGED_MAX = 8, WORDS_MAX = CONF_READER_WORDS_MAX, LIST_MAX = 120 };

/* ---- refused ---- */

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

static void finish(struct agent *agent, enum ctl_exit code, const char *words)
{
	struct reload *reload = &agent->reload;

	if (reload->token)
		ctl_finish(agent->ctl, reload->token, agent->now, code, words);
	conf_file_done(&reload->file);
	keyring_wipe(&reload->ring);
	reload->token = 0;
	reload->stage = RELOAD_NONE;
}

static void refuse(struct agent *agent, const char *words)
{
	log_findings(words);
	finish(agent, CTL_FAILED, words);
}

static void note(void *context, const char *words)
{
	fprintf(context, "%s\n", words);
}

static void note_lacking(void *context, int error, const char *words)
{
	(void)error;
	note(context, words);
}

/* All that speaks against it, a line each. Files that the checks cannot use would make a healthy owner unwell at
 * once. How much. */
static int objections(struct agent *agent, FILE *out)
{
	struct reload *reload = &agent->reload;
	const struct conf *is = reload->file.conf;
	char key_words[KEY_FILE_WORDS_MAX];
	int count = conf_diff_restarts(agent->conf, is, note, out);

	if (count == 0)
		count = membership_refuses(agent, is, reload->digest, note, out);
	if (key_file_read(here_key_file(is, agent->options), &reload->ring, key_words) < 0) {
		note(out, key_words);
		count++;
	}
	return count + here_lacks_files(is, &agent->judge, &(struct here_ear){note_lacking, out});
}

static bool is_objected_to(struct agent *agent, char words[static WORDS_MAX])
{
	FILE *out;
	int count;

	memset(words, 0, WORDS_MAX);
	out = fmemopen(words, WORDS_MAX - 1, "w");
	if (!out) {
		snprintf(words, WORDS_MAX, "%s\n", strerror(errno));
		return true;
	}
	setbuf(out, NULL); /* what does not fit is cut, and the rest stands */
	count = objections(agent, out);
	fclose(out);
	return count > 0;
}

/* ---- applied ---- */

struct list {
	char text[LIST_MAX];
	int unsaid;
};

/* What changed, for the log, and at more length for whoever waits. */
struct account {
	struct list list[CONF_CHANGED + 1];
	FILE *words;
};

static void account_for(void *context, enum conf_change change, const char *thing)
{
	static const char *const verbs[] = {
		[CONF_ADDED] = "added", [CONF_REMOVED] = "removed", [CONF_CHANGED] = "changed"};
	struct account *account = context;
	struct list *list = &account->list[change];
	size_t length = strlen(list->text), more = strlen(thing) + 1;

	if (account->words)
		fprintf(account->words, "%s %s\n", verbs[change], thing);
	if (list->unsaid || length + more >= sizeof(list->text))
		list->unsaid++;
	else
		snprintf(list->text + length, sizeof(list->text) - length, "%s%s", length ? "," : "", thing);
}

static const char *shown(struct list *list)
{
	size_t length = strlen(list->text);

	if (list->unsaid)
		snprintf(list->text + length, sizeof(list->text) - length, ",+%d", list->unsaid);
	return list->text[0] ? list->text : "none";
}

static void account_for_keys(struct account *account, const struct keyring *was, const struct keyring *is)
{
	bool same = was->keys == is->keys;

	for (int k = 0; same && k < is->keys; k++)
		same = was->key[k].id == is->key[k].id;
	if (!same)
		account_for(account, CONF_CHANGED, "keys");
}

static void apply(struct agent *agent)
{
	char words[WORDS_MAX] = "reloaded\n";
	struct account account = {.words = fmemopen(words, sizeof(words) - 1, "a")};

	if (account.words)
		setbuf(account.words, NULL);
	conf_diff(agent->conf, agent->reload.file.conf, account_for, &account);
	account_for_keys(&account, &agent->ring, &agent->reload.ring);
	if (account.words)
		fclose(account.words);
	service_reloading(&agent->service);
	turnover(agent);
	service_ready(&agent->service);
	log_event(LOG_NOTICE, EVENT_CONFIG, "state=reloaded digest=%016llx added=%s removed=%s changed=%s",
		  (unsigned long long)agent->digest, shown(&account.list[CONF_ADDED]),
		  shown(&account.list[CONF_REMOVED]), shown(&account.list[CONF_CHANGED]));
	finish(agent, CTL_DONE, words);
}

/* ---- the stages ---- */

static void begin(struct agent *agent)
{
	struct reload *reload = &agent->reload;
	char words[64];
	int r;

	reload->token = reload->wanted_token;
	reload->wanted = false;
	reload->wanted_token = 0;
	r = conf_reader_start(&reload->reader, agent->options->conf_file);
	if (r == 0)
		r = agent_watch(agent, conf_reader_fd(reload->reader), SOURCE_CONF, 0);
	if (r < 0 && !reload->reader) {
		snprintf(words, sizeof(words), "cannot read the file: %s\n", strerror(-r));
		refuse(agent, words);
		return;
	}
	reload->stage = RELOAD_READING; /* unwatched, it is found by the next turn all the same */
}

static bool goes_on(const struct agent *agent, const struct vip_run *vip)
{
	const struct conf *is = agent->reload.file.conf;

	for (int v = 0; v < is->vips; v++) {
		if (conf_diff_kept(agent->conf, &is->vip[v]) == vip->place)
			return true;
	}
	return false;
}

/* As at a stop: whoever still has the vip in its file gets it. */
static void ask_to_leave(struct agent *agent)
{
	agent->reload.until = instant_add(agent->now, duration_times(agent->terms.dead, 2));
	agent->reload.stage = RELOAD_LEAVING;
	for (int v = 0; v < agent->vips; v++) {
		if (!goes_on(agent, &agent->vip[v]))
			vip_step(agent, &agent->vip[v], &(struct event){.kind = ON_STOP, .at = agent->now});
	}
}

static bool have_left(const struct agent *agent)
{
	for (int v = 0; v < agent->vips; v++) {
		const struct vip_run *vip = &agent->vip[v];
		bool holds_on = vip->is.role == ROLE_ACTIVE || vip->is.yields_to != NODE_NONE || clients_parting(vip);

		if (holds_on && !goes_on(agent, vip))
			return false;
	}
	return true;
}

static void judge(struct agent *agent, struct conf_reading *reading)
{
	struct reload *reload = &agent->reload;
	char words[WORDS_MAX];

	reload->file = reading->file;
	reload->digest = reading->digest;
	if (reading->error < 0)
		refuse(agent, reading->findings[0] ? reading->findings : "no memory\n");
	else if (is_objected_to(agent, words))
		refuse(agent, words);
	else
		ask_to_leave(agent);
}

static void progress(struct agent *agent)
{
	struct reload *reload = &agent->reload;
	struct conf_reading reading;

	if (reload->stage == RELOAD_NONE && reload->wanted)
		begin(agent);
	if (reload->stage == RELOAD_READING && conf_reader_take(&reload->reader, &reading))
		judge(agent, &reading);
	if (reload->stage == RELOAD_LEAVING && (have_left(agent) || instant_reached(agent->now, reload->until)))
		apply(agent);
}

void reload_turn(struct agent *agent)
{
	if (!agent->stopping) /* what is configured from now on is nothing */
		progress(agent);
}

struct instant reload_at(const struct agent *agent)
{
	switch (agent->reload.stage) {
	case RELOAD_NONE:
		return agent->reload.wanted ? agent->now : INSTANT_NEVER;
	case RELOAD_READING:
		return INSTANT_NEVER;
	case RELOAD_LEAVING:
		break;
	}
	return agent->reload.until;
}

bool reload_want(struct agent *agent, uint64_t token)
{
	struct reload *reload = &agent->reload;

	if (token && reload->wanted_token)
		return false;
	reload->wanted = true;
	if (token)
		reload->wanted_token = token;
	return true;
}

void reload_close(struct agent *agent)
{
	conf_reader_close(agent->reload.reader);
	conf_file_done(&agent->reload.file);
	keyring_wipe(&agent->reload.ring);
}
