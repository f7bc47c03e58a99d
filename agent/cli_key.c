/* A rotation of the cluster key, a step at a time: each is refused until the running agents show that it is safe.
 *
 *   add      a second key, which opens and does not seal yet: copied to all nodes, and reloaded there
 *   promote  the new one seals; where a vip is owned only once all peers do so, which proves that they have it
 *   drop     the old one goes, once nobody seals with it any more */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cli_talk.h"
#include "agent/key_file.h"
#include "agent/key_text.h"
#include "agent/privilege.h"
#include "agent/status_read.h"

#define KEY_FILE_DEFAULT "/etc/casvip/cluster.key"

static enum ctl_exit fail(const char *what, const char *why)
{
	fprintf(stderr, "casvipctl: %s: %s\n", what, why);
	return CTL_FAILED;
}

/* Judged by the same rules as casvipd's reading. */
static enum ctl_exit read_keys(const char *path, struct key_text *keys)
{
	static char text[KEY_FILE_BYTES_MAX];
	char words[KEY_FILE_WORDS_MAX];
	struct keyring ring;
	ssize_t length = -1;
	int fd;

	if (key_file_read(path, &ring, words) < 0) {
		fprintf(stderr, "casvipctl: %s\n", words);
		return CTL_FAILED;
	}
	keyring_wipe(&ring);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		length = read(fd, text, sizeof(text));
		close(fd);
	}
	if (length < 0)
		return fail(path, strerror(errno));
	if (key_text_read(text, (size_t)length, keys) != KEYRING_OK)
		return fail(path, "changed while it was read");
	explicit_bzero(text, sizeof(text));
	return CTL_DONE;
}

/* The file is the old one or the new one at any instant, and never readable to others. */
static enum ctl_exit write_keys(const char *path, const struct key_text *keys)
{
	char beside[PATH_MAX];
	bool whole = true;
	int fd;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >= sizeof(beside))
		return fail(path, strerror(ENAMETOOLONG));
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(beside, strerror(errno));
	for (int k = 0; k < keys->keys; k++)
		whole &= write(fd, keys->line[k], strlen(keys->line[k])) == (ssize_t)strlen(keys->line[k]);
	whole = fsync(fd) == 0 && whole;
	whole = close(fd) == 0 && whole;
	if (whole && rename(beside, path) == 0)
		return CTL_DONE;
	fail(beside, strerror(errno));
	unlink(beside);
	return CTL_FAILED;
}

static enum ctl_exit look(const struct cli *cli, struct status *status)
{
	struct cli_reply reply;
	char why[CLI_WHY_MAX];
	enum ctl_exit code = cli_fetch(cli->socket, &(struct ctl_request){.verb = CTL_STATUS_JSON}, &reply, why);

	if (code != CTL_DONE) {
		fprintf(stderr, "casvipctl: %s\n", why);
		return code;
	}
	if (reply.exit_code != CTL_DONE || status_read(reply.text, reply.length, status) < 0)
		code = fail("casvipd", "its status cannot be read");
	cli_reply_done(&reply);
	return code;
}

static bool owns_any(const struct status *status)
{
	for (int v = 0; v < status->vips; v++)
		if (status->vip[v].role == ROLE_ACTIVE)
			return true;
	return false;
}

/* A peer that is not known to seal with this key, or NULL. */
static const char *peer_without(const struct status *status, uint32_t id)
{
	for (int p = 0; p < status->peers; p++)
		if (!status->peer[p].alive || status->peer[p].key_id != id)
			return status->peer[p].name;
	return NULL;
}

static bool agent_opens(const struct status *status, uint32_t id)
{
	for (int k = 0; k < status->keys; k++)
		if (status->key_id[k] == id)
			return true;
	return false;
}

static enum ctl_exit judge_promote(const struct status *status, const struct key_text *keys)
{
	uint32_t id = keys->id[keys->keys - 1];
	const char *peer = peer_without(status, id);

	if (status->key_id[0] != keys->id[0])
		return fail("not promoted", "this agent seals with another key than the file's first: reload");
	if (!agent_opens(status, id))
		return fail("not promoted", "this agent has not read the new key yet: casvipctl reload");
	if (!owns_any(status) || !peer)
		return CTL_DONE;
	fprintf(stderr, "casvipctl: not promoted: this node owns a vip, and %s does not seal with the new key: promote "
		"it on the other nodes first\n", peer);
	return CTL_FAILED;
}

static enum ctl_exit judge_drop(const struct status *status, const struct key_text *keys)
{
	const char *peer = peer_without(status, keys->id[0]);

	if (status->key_id[0] != keys->id[0])
		return fail("not dropped", "this agent seals with another key than the file's first: casvipctl reload");
	if (!peer)
		return CTL_DONE;
	fprintf(stderr, "casvipctl: not dropped: %s is not known to seal with %08x: promote it there first\n", peer,
		keys->id[0]);
	return CTL_FAILED;
}

static enum ctl_exit reload_then(const struct cli *cli, const char *next)
{
	enum ctl_exit code = cli_ask(cli, &(struct ctl_request){.verb = CTL_RELOAD});

	puts(next);
	return code;
}

static enum ctl_exit list(const struct key_text *keys)
{
	for (int k = 0; k < keys->keys; k++)
		printf("%08x %s\n", keys->id[k], k == 0 ? "seals" : "opens");
	return CTL_DONE;
}

static enum ctl_exit add(const struct cli *cli, const char *path, struct key_text *keys)
{
	char line[KEY_TEXT_MAX];
	enum ctl_exit code;

	key_generate(line);
	code = key_text_add(keys, line) ? write_keys(path, keys) : fail("not added", "there are two keys already");
	explicit_bzero(line, sizeof(line));
	if (code != CTL_DONE)
		return code;
	return reload_then(cli, "next: copy the file to every other node (scp -p), casvipctl reload there; then "
			   "casvipctl key promote, where no vip is owned first");
}

static enum ctl_exit change(const struct cli *cli, const char *path, struct key_text *keys, bool promote)
{
	static struct status status;
	enum ctl_exit code = look(cli, &status);

	if (code == CTL_DONE && keys->keys < 2)
		code = fail(path, "there is but one key: casvipctl key add begins a rotation");
	if (code == CTL_DONE)
		code = promote ? judge_promote(&status, keys) : judge_drop(&status, keys);
	if (code != CTL_DONE)
		return code;
	if (promote ? key_text_promote(keys) : key_text_drop(keys))
		code = write_keys(path, keys);
	if (code != CTL_DONE)
		return code;
	return reload_then(cli, promote ? "next: casvipctl key promote on the other nodes, the owner last; then "
					  "casvipctl key drop on each"
					: "next: casvipctl key drop on the other nodes");
}

enum ctl_exit cli_key(const struct cli *cli, int argc, char *argv[])
{
	const char *step = argv[1], *path = argc > 2 ? argv[2] : KEY_FILE_DEFAULT;
	struct key_text keys;
	enum ctl_exit code;

	if (privilege_hide() < 0 || seal_init() < 0)
		return fail("keys", "cannot hide them, or libsodium cannot start");
	code = read_keys(path, &keys);
	if (code != CTL_DONE)
		return code;
	if (strcmp(step, "list") == 0)
		code = list(&keys);
	else if (strcmp(step, "add") == 0)
		code = add(cli, path, &keys);
	else if (strcmp(step, "promote") == 0 || strcmp(step, "drop") == 0)
		code = change(cli, path, &keys, *step == 'p');
	else
		code = (fprintf(stderr, "casvipctl: key knows list, add, promote and drop, not %s\n", step), CTL_USAGE);
	key_text_wipe(&keys);
	return fflush(stdout) == 0 ? code : CTL_FAILED;
}
