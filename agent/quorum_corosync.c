#include "agent/quorum_corosync.h"

#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <corosync/votequorum.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agent/clock.h"

#define GROUP "casvip"
#define KEY_MAX 64 /* ICMAP_KEYNAME_MAXLEN is 255; these are ours, and shorter */

struct corosync {
	struct quorum_view *view;
	const struct conf *conf;
	quorum_handle_t quorum;
	cpg_handle_t cpg;
	votequorum_handle_t votes;
	cmap_handle_t cmap;
	bool has_quorum, has_cpg, has_votes, has_cmap;
	uint32_t local; /* this corosync's own id */
	struct quorum_node node[QUORUM_NODES_MAX], looked_at[QUORUM_NODES_MAX];
	int nodes;
};

static struct corosync *self_of_cpg(cpg_handle_t handle)
{
	void *self = NULL;

	return cpg_context_get(handle, &self) == CS_OK ? self : NULL;
}

static void on_message(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *bytes,
		       size_t length)
{
	struct corosync *self = self_of_cpg(handle);
	struct quorum_word word;

	(void)group;
	if (self && quorum_word_read(bytes, length, &word))
		quorum_view_word(self->view, node, pid, &word, node == self->local && pid == (uint32_t)getpid(),
				 clock_boottime());
}

static void on_members(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *members,
		       size_t count, const struct cpg_address *left, size_t lefts, const struct cpg_address *joined,
		       size_t joins)
{
	(void)handle, (void)group, (void)members, (void)count, (void)left, (void)lefts, (void)joined, (void)joins;
}

static void on_ring(cpg_handle_t handle, struct cpg_ring_id ring, uint32_t count, const uint32_t *members)
{
	struct corosync *self = self_of_cpg(handle);

	if (self)
		quorum_view_ring(self->view, &(struct quorum_ring){ring.nodeid, ring.seq, members, count},
				 clock_boottime());
}

static const struct corosync *self_of_quorum(quorum_handle_t handle)
{
	const void *self = NULL;

	return quorum_context_get(handle, &self) == CS_OK ? self : NULL;
}

static void on_verdict(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring, uint32_t count,
		       const uint32_t *members)
{
	const struct corosync *self = self_of_quorum(handle);

	if (self)
		quorum_view_verdict(self->view, &(struct quorum_ring){ring.nodeid, ring.seq, members, count},
				    quorate != 0, clock_boottime());
}

static void on_nodes(quorum_handle_t handle, struct quorum_ring_id ring, uint32_t count, const uint32_t *members,
		     uint32_t joins, const uint32_t *joined, uint32_t lefts, const uint32_t *left)
{
	const struct corosync *self = self_of_quorum(handle);

	(void)joins, (void)joined, (void)lefts, (void)left;
	if (self)
		quorum_view_ring(self->view, &(struct quorum_ring){ring.nodeid, ring.seq, members, count},
				 clock_boottime());
}

struct corosync *corosync_new(struct quorum_view *view, const struct conf *conf)
{
	struct corosync *corosync = calloc(1, sizeof(*corosync));

	if (!corosync)
		return NULL;
	corosync->view = view;
	corosync->conf = conf;
	return corosync;
}

/* To finalize a handle of a corosync that died returns at once. */
static void close_all(struct corosync *corosync)
{
	if (corosync->has_cpg)
		cpg_finalize(corosync->cpg);
	if (corosync->has_quorum)
		quorum_finalize(corosync->quorum);
	if (corosync->has_votes)
		votequorum_finalize(corosync->votes);
	if (corosync->has_cmap)
		cmap_finalize(corosync->cmap);
	corosync->has_cpg = corosync->has_quorum = corosync->has_votes = corosync->has_cmap = false;
}

void corosync_free(struct corosync *corosync)
{
	if (!corosync)
		return;
	close_all(corosync);
	free(corosync);
}

bool corosync_is_open(const struct corosync *corosync)
{
	return corosync->has_cpg;
}

static int lose(struct corosync *corosync, enum quorum_state why, const char *words)
{
	close_all(corosync);
	quorum_view_lose(corosync->view, why, words);
	return -ENOTCONN;
}

/* In words, where the library has only a number. */
static int refused(struct corosync *corosync, const char *what, cs_error_t error)
{
	char words[QUORUM_WORDS_MAX];

	if (error == CS_ERR_ACCESS) {
		lose(corosync, QUORUM_DENIED,
		     "corosync lets no casvip-quorum in: it needs its user in /etc/corosync/uidgid.d");
		return -EAGAIN;
	}
	snprintf(words, sizeof(words), "%s: %s", what, cs_strerror(error));
	lose(corosync, QUORUM_UNREACHED, words);
	return -EAGAIN;
}

static uint32_t number(struct corosync *corosync, const char *key, uint32_t otherwise)
{
	uint32_t value;

	return cmap_get_uint32(corosync->cmap, key, &value) == CS_OK ? value : otherwise;
}

static bool text(struct corosync *corosync, const char *key, char *field, size_t size)
{
	char *value = NULL;

	field[0] = '\0';
	if (cmap_get_string(corosync->cmap, key, &value) != CS_OK)
		return false;
	snprintf(field, size, "%s", value);
	for (char *c = field; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	free(value);
	return true;
}

static bool read_node(struct corosync *corosync, int i, struct quorum_node *node)
{
	char key[KEY_MAX];

	memset(node, 0, sizeof(*node)); /* they are compared as bytes */
	snprintf(key, sizeof(key), "nodelist.node.%d.nodeid", i);
	node->id = number(corosync, key, 0);
	if (node->id == 0)
		return false;
	snprintf(key, sizeof(key), "nodelist.node.%d.quorum_votes", i);
	node->votes = number(corosync, key, 1); /* votequorum(5) */
	snprintf(key, sizeof(key), "nodelist.node.%d.name", i);
	text(corosync, key, node->name, sizeof(node->name));
	for (int r = 0; r < QUORUM_RINGS_MAX; r++) {
		snprintf(key, sizeof(key), "nodelist.node.%d.ring%d_addr", i, r);
		text(corosync, key, node->ring[r], sizeof(node->ring[r]));
	}
	return true;
}

static int read_nodes(struct corosync *corosync, struct quorum_node nodes[static QUORUM_NODES_MAX])
{
	int count = 0;

	while (count < QUORUM_NODES_MAX && read_node(corosync, count, &nodes[count]))
		count++;
	return count;
}

/* What corosync has no value of is at its default: votequorum(5), corosync-qdevice(8). */
static void read_settings(struct corosync *corosync, struct quorum_settings *settings)
{
	char model[32];

	*settings = (struct quorum_settings){
		.token_ms = number(corosync, "runtime.config.totem.token", 0),
		.consensus_ms = number(corosync, "runtime.config.totem.consensus", 0),
		.nodes = (uint32_t)corosync->nodes,
	};
	for (int i = 0; i < corosync->nodes; i++) {
		settings->votes += corosync->node[i].votes;
		if (corosync->node[i].votes > settings->heaviest)
			settings->heaviest = corosync->node[i].votes;
	}
	if (!text(corosync, "quorum.device.model", model, sizeof(model)))
		return;
	settings->flags |= QUORUM_DEVICE;
	settings->device_timeout_ms = number(corosync, "quorum.device.timeout", 10000);
	settings->device_sync_ms = number(corosync, "quorum.device.sync_timeout", 30000);
}

static cs_error_t read_votes(struct corosync *corosync, struct quorum_settings *settings)
{
	static const struct {
		uint32_t theirs, ours;
	} flags[] = {
		{VOTEQUORUM_INFO_TWONODE, QUORUM_TWO_NODE},
		{VOTEQUORUM_INFO_AUTO_TIE_BREAKER, QUORUM_TIE_BREAKER},
		{VOTEQUORUM_INFO_QDEVICE_REGISTERED, QUORUM_DEVICE},
		{VOTEQUORUM_INFO_QDEVICE_ALIVE, QUORUM_DEVICE_ALIVE},
		{VOTEQUORUM_INFO_QDEVICE_CAST_VOTE, QUORUM_DEVICE_VOTES},
	};
	struct votequorum_info info;
	cs_error_t error = votequorum_getinfo(corosync->votes, corosync->local, &info);

	if (error != CS_OK)
		return error;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (info.flags & flags[i].theirs)
			settings->flags |= flags[i].ours;
	settings->quorum = info.quorum;
	settings->expected = info.node_expected_votes;
	settings->present = info.total_votes;
	settings->device_votes = info.qdevice_votes;
	return CS_OK;
}

int corosync_look(struct corosync *corosync)
{
	struct quorum_settings settings;
	int count = read_nodes(corosync, corosync->looked_at);
	cs_error_t error;

	/* The members of a ring were read by the old list: all of it is asked for anew. */
	if (corosync->nodes && (count != corosync->nodes ||
				memcmp(corosync->looked_at, corosync->node, sizeof(corosync->node[0]) * (size_t)count)))
		return lose(corosync, QUORUM_UNREACHED, "its nodelist has changed");
	memcpy(corosync->node, corosync->looked_at, sizeof(corosync->node));
	corosync->nodes = count;
	read_settings(corosync, &settings);
	error = read_votes(corosync, &settings);
	if (error == CS_ERR_TRY_AGAIN)
		return 0;
	if (error != CS_OK || count == 0)
		return lose(corosync, QUORUM_UNREACHED, count ? cs_strerror(error) : "corosync has no nodelist");
	corosync->view->settings = settings;
	quorum_view_nodes(corosync->view, corosync->conf, corosync->node, count, corosync->local);
	return 0;
}

static cs_error_t open_quorum(struct corosync *corosync, uint32_t *type)
{
	static quorum_model_v1_data_t model = {
		.model = QUORUM_MODEL_V1, .quorum_notify_fn = on_verdict, .nodelist_notify_fn = on_nodes};
	cs_error_t error = quorum_model_initialize(&corosync->quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)&model,
						   type, corosync);

	corosync->has_quorum = error == CS_OK;
	return error;
}

static cs_error_t open_cpg(struct corosync *corosync)
{
	static cpg_model_v1_data_t model = {
		.model = CPG_MODEL_V1,
		.cpg_deliver_fn = on_message,
		.cpg_confchg_fn = on_members,
		.cpg_totem_confchg_fn = on_ring,
		.flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
	};
	cs_error_t error = cpg_model_initialize(&corosync->cpg, CPG_MODEL_V1, (cpg_model_data_t *)&model, corosync);

	corosync->has_cpg = error == CS_OK;
	return error == CS_OK ? cpg_local_get(corosync->cpg, &corosync->local) : error;
}

static cs_error_t open_votes(struct corosync *corosync)
{
	static votequorum_callbacks_t none;
	cs_error_t error = votequorum_initialize(&corosync->votes, &none);

	corosync->has_votes = error == CS_OK;
	if (error != CS_OK)
		return error;
	error = cmap_initialize(&corosync->cmap);
	corosync->has_cmap = error == CS_OK;
	return error;
}

/* Only once all else is known: what comes in from here on is read by it. */
static cs_error_t begin(struct corosync *corosync)
{
	struct cpg_name group = {.length = sizeof(GROUP) - 1, .value = GROUP};
	cs_error_t error = quorum_trackstart(corosync->quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES);

	/* CS_ERR_TRY_AGAIN while the members agree on a new ring. */
	return error == CS_OK ? cpg_join(corosync->cpg, &group) : error;
}

int corosync_open(struct corosync *corosync)
{
	uint32_t type = QUORUM_FREE;
	cs_error_t error = open_quorum(corosync, &type);

	if (error != CS_OK)
		return refused(corosync, "corosync does not answer", error);
	if (type != QUORUM_SET) {
		lose(corosync, QUORUM_NO_PROVIDER, "corosync.conf has no quorum { provider: corosync_votequorum }");
		return -EAGAIN;
	}
	corosync->nodes = 0;
	if ((error = open_cpg(corosync)) != CS_OK)
		return refused(corosync, "corosync's groups", error);
	if ((error = open_votes(corosync)) != CS_OK)
		return refused(corosync, "corosync's votes", error);
	quorum_view_find(corosync->view);
	if (corosync_look(corosync) < 0)
		return -EAGAIN;
	if ((error = begin(corosync)) != CS_OK)
		return refused(corosync, "corosync's groups", error);
	return 0;
}

int corosync_fds(const struct corosync *corosync, struct pollfd fds[static COROSYNC_FDS])
{
	int count = 0, fd;

	if (corosync->has_quorum && quorum_fd_get(corosync->quorum, &fd) == CS_OK)
		fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	if (corosync->has_cpg && cpg_fd_get(corosync->cpg, &fd) == CS_OK)
		fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return count;
}

/* The groups first: of all that corosync had said of its quorum before it brought a message back, nothing is then left
 * unheard. */
int corosync_hear(struct corosync *corosync)
{
	cs_error_t error = cpg_dispatch(corosync->cpg, CS_DISPATCH_ALL);

	if (error == CS_OK || error == CS_ERR_TRY_AGAIN)
		error = quorum_dispatch(corosync->quorum, CS_DISPATCH_ALL);
	if (error == CS_OK || error == CS_ERR_TRY_AGAIN)
		return 0;
	return lose(corosync, QUORUM_UNREACHED, "corosync is gone");
}

int corosync_say(struct corosync *corosync, enum quorum_word_kind kind, struct instant sent_at)
{
	const struct quorum_word word = {kind, corosync->view->connects, sent_at.ns};
	uint8_t bytes[QUORUM_WORD_BYTES];
	struct iovec part = {bytes, sizeof(bytes)};
	cs_error_t error;

	quorum_word_pack(&word, bytes);
	error = cpg_mcast_joined(corosync->cpg, CPG_TYPE_AGREED, &part, 1);
	if (error == CS_ERR_TRY_AGAIN)
		return -EAGAIN;
	return error == CS_OK ? 0 : lose(corosync, QUORUM_UNREACHED, cs_strerror(error));
}
