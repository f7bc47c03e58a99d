#include "agent/obstacle.h"

#include <stdio.h>

const char *obstacle_words(const struct rules *rules, const struct election *is, node_id to,
			   char words[static OBSTACLE_MAX])
{
	const struct beat_vip *said = &is->view[to].said;

	if (rules->majority && !(said->enforces & ENFORCES_FENCE))
		snprintf(words, OBSTACLE_MAX, "it has no fence, without which \"majority\" lets nobody own a vip");
	else if (said->fitness == FITNESS_FIT && said->role == ROLE_INIT)
		snprintf(words, OBSTACLE_MAX, "it has just started and listens yet: try again in a second");
	else
		snprintf(words, OBSTACLE_MAX, "it is %s", fitness_word(said->fitness));
	return words;
}
