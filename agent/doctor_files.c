/* Are the files that a configuration names as they must be? */
#include "agent/doctor.h"

#include <errno.h>
#include <unistd.h>

#include "agent/here.h"
#include "agent/key_file.h"

static void judge_key(struct doctor *doctor)
{
	char words[KEY_FILE_WORDS_MAX];
	struct keyring ring = {0};
	int error = key_file_read(doctor->conf->key_file, &ring, words);
	struct doctor_finding *finding;

	keyring_wipe(&ring);
	if (error == 0)
		return;
	finding = doctor_add(&doctor->report, DOCTOR_ERROR, "key-file");
	doctor_words(finding, "the cluster's key file cannot be used");
	doctor_evidence(finding, "%s", words);
	if (error == -EPERM)
		doctor_fix(finding, "chown root:root %s; chmod 0600 %s", doctor->conf->key_file,
			   doctor->conf->key_file);
	else
		doctor_fix(finding, "scp -p from another node, or on the first one: casvipctl keygen %s",
			   doctor->conf->key_file);
}

/* A systemd credential is there for casvipd alone. */
static void hear_lacking(void *context, int error, const char *words)
{
	struct doctor *doctor = context;
	struct doctor_finding *finding;

	if (error == -ENOKEY) {
		doctor_skip(&doctor->report, "a systemd credential", "%s", words);
		return;
	}
	finding = doctor_add(&doctor->report, DOCTOR_ERROR, "check-file");
	doctor_words(finding, "the checks cannot use a file that they need");
	doctor_evidence(finding, "%s", words);
	doctor_fix(finding, "%s",
		   error == -EPERM    ? "chmod 0600, and chown root"
		   : error == -EACCES ? "chmod 0644, and 0755 for the folders above it: the checks run as casvip-checks"
				      : "put the file there, or name another one in the configuration");
}

void doctor_files(struct doctor *doctor)
{
	const struct here_ear ear = {hear_lacking, doctor};
	struct child judge;

	if (geteuid() != 0) {
		doctor_skip(&doctor->report, "key file and the checks' files", "only root may: run it as root");
		return;
	}
	judge_key(doctor);
	if (child_init(&judge, "casvip-checks", "casvip-checks") == 0)
		here_lacks_files(doctor->conf, &judge, &ear);
}
