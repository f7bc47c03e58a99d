#include "conf/conf_verify_hook.h"

#include <string.h>

#include "conf/nearest.h"

/* Where a program is looked for is nothing that an environment should decide. */
static void command_is_a_path(const struct conf_hook *hook, const struct conf_lines *lines, struct findings *findings)
{
	if (hook->arguments && *hook->command[0] && *hook->command[0] != '/')
		findings_add(findings, conf_line_of(lines, hook->command[0]),
			     "\"command\" in hook \"%s\": \"%.60s\" is not an absolute path", hook->name,
			     hook->command[0]);
}

static void each_event_stands_once(const struct conf_hook *hook, const struct conf_lines *lines,
				   struct findings *findings)
{
	for (int i = 0; i < hook->ons; i++)
		for (int j = 0; j < i; j++)
			if (hook->on[i] == hook->on[j] && !conf_line_is_refused(lines, &hook->on[i]) &&
			    !conf_line_is_refused(lines, &hook->on[j]))
				findings_add(findings, conf_line_of(lines, &hook->on[i]),
					     "\"on\" in hook \"%s\": \"%s\" is named twice", hook->name,
					     conf_event_word(hook->on[i]));
}

/* A hook for a vip that is mistyped would never run. */
static void vips_are_there(const struct conf *conf, const struct conf_hook *hook, const struct conf_lines *lines,
			   struct findings *findings)
{
	for (int i = 0; i < hook->vips; i++) {
		struct nearest nearest = {0};
		char hint[NEAREST_HINT_MAX];
		int v = 0;

		if (conf_line_is_refused(lines, hook->vip[i]))
			continue;
		while (v < conf->vips && strcmp(conf->vip[v].name, hook->vip[i]) != 0)
			nearest_try(&nearest, hook->vip[i], conf->vip[v++].name);
		if (v == conf->vips)
			findings_add(findings, conf_line_of(lines, hook->vip[i]),
				     "\"vip\" in hook \"%s\": there is no vip \"%s\"%s", hook->name, hook->vip[i],
				     nearest_hint(&nearest, hint));
	}
}

void conf_verify_hook(const struct conf *conf, const struct conf_hook *hook, const struct conf_lines *lines,
		      struct findings *findings)
{
	command_is_a_path(hook, lines, findings);
	each_event_stands_once(hook, lines, findings);
	vips_are_there(conf, hook, lines, findings);
}
