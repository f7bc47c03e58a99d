/* Who else speaks for a vip on its LAN: other failover agents, and hosts that have the address by hand. */
#include "agent/doctor_judge.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "agent/clock.h"
#include "agent/net_arp.h"
#include "agent/sighting.h"
#include "conf/conf_address.h"

enum { SIGHTINGS_MAX = 128, CARDS_MAX = VIPS_MAX, EARS = 3, MAC_TEXT_MAX = 18, DRAIN_MOST = 64, PACKET_MAX = 1500 };

/* ---- listening ---- */

/* An interface with a vip, and what listens there; -1 and NULL: nothing does. */
struct card {
	char interface[IF_NAMESIZE];
	struct net_arp *arp;
	int vrrp[2]; /* IPv4, IPv6 */
};

struct listener {
	const struct doctor *doctor;
	struct card card[CARDS_MAX];
	int cards, out, said;
};

static bool has_vip(const struct conf_vip *vip, const struct conf_address *address)
{
	for (int a = 0; a < vip->addresses; a++)
		if (address_same(&vip->address[a], address))
			return true;
	return false;
}

static bool is_a_vip(const struct conf *conf, const struct conf_address *address)
{
	for (int v = 0; v < conf->vips; v++)
		if (has_vip(&conf->vip[v], address))
			return true;
	return false;
}

/* RFC 9568 5.1.1.2, 5.1.2.2: everybody with these groups hears them. The descriptor, or -errno. */
static int open_vrrp(const char *interface, int family)
{
	const struct ip_mreqn four = {.imr_multiaddr = {htonl(0xe0000012)},
				      .imr_ifindex = (int)if_nametoindex(interface)};
	const struct ipv6_mreq six = {.ipv6mr_multiaddr = {{{0xff, 0x02, [15] = 0x12}}},
				      .ipv6mr_interface = if_nametoindex(interface)};
	int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, VRRP_PROTOCOL), joined;

	if (fd < 0)
		return -errno;
	joined = family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof(four))
				   : setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof(six));
	if (joined == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) == 0)
		return fd;
	close(fd);
	return -EINVAL;
}

static bool read_mac(const char *interface, uint8_t mac[static 6])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};
	bool is_read;

	strcpy(request.ifr_name, interface);
	is_read = fd >= 0 && ioctl(fd, SIOCGIFHWADDR, &request) == 0;
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return is_read;
}

static void open_card(struct card *card, const char *interface)
{
	uint8_t mac[6];

	*card = (struct card){.vrrp = {open_vrrp(interface, AF_INET), open_vrrp(interface, AF_INET6)}};
	strcpy(card->interface, interface);
	if (read_mac(interface, mac) && net_arp_open(&card->arp, if_nametoindex(interface), mac) < 0)
		card->arp = NULL;
}

static void open_cards(struct listener *listener)
{
	const struct conf *conf = listener->doctor->conf;

	for (int v = 0; v < conf->vips; v++) {
		bool known = if_nametoindex(conf->vip[v].interface) == 0;

		for (int c = 0; c < listener->cards; c++)
			known |= strcmp(listener->card[c].interface, conf->vip[v].interface) == 0;
		if (!known)
			open_card(&listener->card[listener->cards++], conf->vip[v].interface);
	}
}

/* As any neighbour would, from the host's own address: a probe from 0.0.0.0 would look like a node that is about to
 * take the vip. */
static void ask_for(const struct listener *listener, const struct card *card, const struct conf_address *vip)
{
	const struct doctor *doctor = listener->doctor;

	for (int i = 0; card->arp && vip->family == AF_INET && i < doctor->owns; i++) {
		const struct conf_address *own = &doctor->own[i];

		if (own->family != AF_INET || is_a_vip(doctor->conf, own) ||
		    strcmp(doctor->own_interface[i], card->interface) != 0)
			continue;
		net_arp_ask(card->arp, own, vip, NULL);
		return;
	}
}

static void ask_for_all(const struct listener *listener)
{
	const struct conf *conf = listener->doctor->conf;

	for (int c = 0; c < listener->cards; c++)
		for (int v = 0; v < conf->vips; v++)
			for (int a = 0; a < conf->vip[v].addresses; a++)
				if (strcmp(conf->vip[v].interface, listener->card[c].interface) == 0)
					ask_for(listener, &listener->card[c], &conf->vip[v].address[a]);
}

/* A pipe takes so much at once or not at all; who floods the LAN spoils the look and nothing else. */
static void tell(struct listener *listener, const struct card *card, struct sighting *sighting)
{
	strcpy(sighting->interface, card->interface);
	if (listener->said < SIGHTINGS_MAX && write(listener->out, sighting, sizeof(*sighting)) == sizeof(*sighting))
		listener->said++;
}

struct arp_ear {
	struct listener *listener;
	const struct card *card;
};

static void hear_arp(void *context, const struct conf_address *address, const uint8_t mac[static 6],
		     enum arp_heard kind)
{
	const struct arp_ear *ear = context;
	struct sighting sighting = {.kind = SIGHTING_ANSWER, .address = *address};

	if (kind != ARP_ANSWER || !is_a_vip(ear->listener->doctor->conf, address))
		return;
	memcpy(sighting.mac, mac, 6);
	tell(ear->listener, ear->card, &sighting);
}

/* An IPv4 packet comes with its header, an IPv6 one without. */
static void hear_vrrp(struct listener *listener, const struct card *card, int family)
{
	struct sighting sighting = {.kind = SIGHTING_ADVERT,
				    .address = {.family = family, .prefix = family == AF_INET ? 32 : 128}};
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from);
	uint8_t bytes[PACKET_MAX];
	ssize_t length = recvfrom(card->vrrp[family == AF_INET6], bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
				  &from_length);
	ssize_t head = family == AF_INET && length > 0 ? (bytes[0] & 0x0f) * 4 : 0;

	if (length <= head ||
	    vrrp_advert_read(bytes + head, (size_t)(length - head), family, &sighting.advert) != VRRP_OK)
		return;
	if (family == AF_INET)
		memcpy(sighting.address.bytes, &((struct sockaddr_in *)&from)->sin_addr, 4);
	else
		memcpy(sighting.address.bytes, &((struct sockaddr_in6 *)&from)->sin6_addr, 16);
	tell(listener, card, &sighting);
}

static void hear(struct listener *listener, struct card *card, const struct pollfd wait[static EARS])
{
	struct arp_ear ear = {listener, card};

	if (card->arp && wait[0].revents && net_arp_drain(card->arp, DRAIN_MOST, hear_arp, &ear) == -ENXIO) {
		net_arp_close(card->arp);
		card->arp = NULL;
	}
	if (wait[1].revents)
		hear_vrrp(listener, card, AF_INET);
	if (wait[2].revents)
		hear_vrrp(listener, card, AF_INET6);
}

/* What strangers send is read after the privileges are gone. */
static void listen_to_lan(const void *context, int out)
{
	struct listener listener = {.doctor = context, .out = out};
	struct instant end = instant_add(clock_boottime(), duration_ms(listener.doctor->listen_ms));
	struct pollfd wait[CARDS_MAX * EARS];

	open_cards(&listener);
	if (look_drop() < 0)
		_exit(EXIT_FAILURE);
	ask_for_all(&listener);
	for (;;) {
		int64_t left_ms = duration_to_ms(instant_since(end, clock_boottime()));

		for (int c = 0; c < listener.cards; c++) {
			const struct card *card = &listener.card[c];
			const int fds[EARS] = {card->arp ? net_arp_fd(card->arp) : -1, card->vrrp[0], card->vrrp[1]};

			for (int e = 0; e < EARS; e++)
				wait[c * EARS + e] = (struct pollfd){.fd = fds[e], .events = POLLIN};
		}
		if (left_ms <= 0 || listener.said == SIGHTINGS_MAX)
			return;
		if (poll(wait, (nfds_t)(listener.cards * EARS), (int)left_ms) <= 0)
			continue;
		for (int c = 0; c < listener.cards; c++)
			hear(&listener, &listener.card[c], &wait[c * EARS]);
	}
}

/* ---- judging ---- */

static const char *mac_text(const uint8_t mac[static 6], char text[static MAC_TEXT_MAX])
{
	snprintf(text, MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

static void tell_duplicate(const struct conf_vip *vip, const struct conf_address *address, const uint8_t *first,
			   const uint8_t *second, struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX], one[MAC_TEXT_MAX], other[MAC_TEXT_MAX];
	struct doctor_finding *finding = doctor_add(report, DOCTOR_ERROR, "duplicate");

	doctor_words(finding, "two machines answer for %s of vip %s: clients reach now one, now the other",
		     address_text(address, false, text), vip->name);
	doctor_evidence(finding, "ARP answers from %s and from %s", mac_text(first, one),
			second ? mac_text(second, other) : "this host, which has it");
	doctor_fix(finding, "find that MAC in the switch; there: ip addr del %s dev INTERFACE", text);
}

/* The owner does not hear itself, so whoever answers it is one too many; elsewhere two are. */
static void judge_answers(const struct conf_vip *vip, const struct conf_address *address, bool is_own,
			  const struct sighting *sightings, int count, struct doctor_report *report)
{
	const uint8_t *first = NULL;

	for (int s = 0; s < count; s++) {
		if (sightings[s].kind != SIGHTING_ANSWER || !address_same(&sightings[s].address, address))
			continue;
		if (is_own || (first && memcmp(first, sightings[s].mac, 6) != 0)) {
			tell_duplicate(vip, address, sightings[s].mac, first, report);
			return;
		}
		first = sightings[s].mac;
	}
}

static void judge_advert(const struct conf_vip *vip, const struct sighting *sighting, struct doctor_report *report)
{
	char text[ADDRESS_TEXT_MAX], sender[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding;

	for (int a = 0; a < sighting->advert.addresses; a++) {
		if (!has_vip(vip, &sighting->advert.address[a]))
			continue;
		address_text(&sighting->address, false, sender);
		finding = doctor_add(report, DOCTOR_ERROR, "vrrp-has-vip");
		doctor_words(finding, "another failover agent on %s speaks VRRP for %s of vip %s", sighting->interface,
			     address_text(&sighting->advert.address[a], false, text), vip->name);
		doctor_evidence(finding, "an advertisement of %s: router id %u, priority %u", sender,
				sighting->advert.router, sighting->advert.priority);
		doctor_fix(finding,
			   "on %s: systemctl disable --now keepalived, or take the address out of its configuration",
			   sender);
		return;
	}
}

static void note_carp(const struct sighting *sighting, struct doctor_report *report)
{
	char sender[ADDRESS_TEXT_MAX];
	struct doctor_finding *finding = doctor_add(report, DOCTOR_NOTE, "carp");

	doctor_words(finding, "another failover agent speaks CARP on %s, which does not tell for which addresses",
		     sighting->interface);
	doctor_evidence(finding, "an advertisement of %s: id %u", address_text(&sighting->address, false, sender),
			sighting->advert.router);
	doctor_fix(finding, "on %s: make sure that ucarp or pf has no vip of casvip's", sender);
}

/* Each sender is told once, however often it spoke. */
static bool was_seen(const struct sighting *sightings, int s)
{
	for (int before = 0; before < s; before++)
		if (sightings[before].kind == SIGHTING_ADVERT &&
		    sightings[before].advert.router == sightings[s].advert.router &&
		    sightings[before].advert.kind == sightings[s].advert.kind &&
		    address_same(&sightings[before].address, &sightings[s].address))
			return true;
	return false;
}

void doctor_judge_speakers(const struct conf *conf, const struct conf_address *own, int owns,
			   const struct sighting *sightings, int count, struct doctor_report *report)
{
	for (int v = 0; v < conf->vips; v++) {
		for (int a = 0; a < conf->vip[v].addresses; a++) {
			const struct conf_address *address = &conf->vip[v].address[a];
			bool is_own = false;

			for (int i = 0; i < owns; i++)
				is_own |= address_same(&own[i], address);
			judge_answers(&conf->vip[v], address, is_own, sightings, count, report);
		}
	}
	for (int s = 0; s < count; s++) {
		if (sightings[s].kind != SIGHTING_ADVERT || was_seen(sightings, s))
			continue;
		for (int v = 0; v < conf->vips; v++)
			judge_advert(&conf->vip[v], &sightings[s], report);
		if (sightings[s].advert.kind == VRRP_KIND_CARP)
			note_carp(&sightings[s], report);
	}
}

void doctor_speakers_begin(struct doctor *doctor, struct look *look)
{
	if (doctor->listen_ms == 0)
		doctor_skip(&doctor->report, "others on the LAN that speak for a vip", "-w 0 asked not to listen");
	else if (geteuid() != 0)
		doctor_skip(&doctor->report, "others on the LAN that speak for a vip",
			    "only root may listen: run it as root");
	else
		look_start(look, LOOK_AS_IS, listen_to_lan, doctor);
}

/* Of a process that read what strangers sent: only what can be true is believed. */
static bool is_sound(const struct sighting *sighting)
{
	const struct vrrp_advert *advert = &sighting->advert;

	for (int a = 0; a < advert->addresses && a < VRRP_ADDRESSES_MAX; a++)
		if (advert->address[a].family != AF_INET && advert->address[a].family != AF_INET6)
			return false;
	return memchr(sighting->interface, '\0', IF_NAMESIZE) && advert->addresses >= 0 &&
	       advert->addresses <= VRRP_ADDRESSES_MAX &&
	       (sighting->address.family == AF_INET || sighting->address.family == AF_INET6);
}

void doctor_speakers_end(struct doctor *doctor, struct look *look, struct instant deadline)
{
	enum { ROOM = SIGHTINGS_MAX * sizeof(struct sighting) + 2 };
	bool listened = look->pid != 0;
	struct sighting *sightings = malloc(ROOM);
	ssize_t length = sightings ? look_finish(look, deadline, (char *)sightings, ROOM) : -ENOMEM;
	int count = length > 0 ? (int)((size_t)length / sizeof(*sightings)) : 0, sound = 0;

	for (int s = 0; s < count; s++)
		if (is_sound(&sightings[s]))
			sightings[sound++] = sightings[s];
	if (listened && length < 0)
		doctor_skip(&doctor->report, "others on the LAN that speak for a vip", "cannot listen: %s",
			    strerror((int)-length));
	else if (sightings)
		doctor_judge_speakers(doctor->conf, doctor->own, doctor->owns, sightings, sound, &doctor->report);
	free(sightings);
}
