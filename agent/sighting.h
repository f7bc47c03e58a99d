/* What a look at a LAN saw of other machines: how an unprivileged listener tells it to who judges. */
#pragma once

#include "agent/vrrp_advert.h"
#include "conf/conf.h"

enum sighting_kind { SIGHTING_ANSWER, SIGHTING_ADVERT };

struct sighting {
	enum sighting_kind kind;
	char interface[IF_NAMESIZE];
	struct conf_address address; /* answer: which was asked for; advert: its sender */
	uint8_t mac[6];              /* answer */
	struct vrrp_advert advert;
};
