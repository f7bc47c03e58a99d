#include "checks/engine.h"

#include <curl/curl.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "checks/sock.h"
#include "conf/conf.h"

enum { ENGINE_EVENTS_MAX = 16 };

struct engine {
	struct engine *next;
	char ca_file[CONF_PATH_MAX];
	CURLM *multi;
	int epoll_fd; /* of libcurl's sockets and of the two below */
	int timer_fd; /* libcurl's timer */
	int ended_fd; /* counts the transfers that have ended and whose probe has not been told */
};

static struct engine *engines;

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused)
{
	struct engine *engine = data;
	struct epoll_event event = {.data.fd = fd};

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(engine->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(engine->epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0 &&
	    (errno != ENOENT || epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0))
		return -1;
	return 0;
}

/* libcurl wants to be called in `timeout_ms`; -1: not at all. */
static int on_timer(CURLM *multi, long timeout_ms, void *data)
{
	struct engine *engine = data;
	struct itimerspec after = {0};

	(void)multi;
	if (timeout_ms >= 0) {
		after.it_value.tv_sec = timeout_ms / 1000;
		after.it_value.tv_nsec = timeout_ms % 1000 * 1000000 + (timeout_ms == 0); /* 0 would disarm it */
	}
	return timerfd_settime(engine->timer_fd, 0, &after, NULL) < 0 ? -1 : 0;
}

static int engine_watch(struct engine *engine, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 || epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void engine_free(struct engine *engine)
{
	if (engine->multi)
		curl_multi_cleanup(engine->multi);
	sock_close(&engine->ended_fd);
	sock_close(&engine->timer_fd);
	sock_close(&engine->epoll_fd);
	free(engine);
}

static struct engine *engine_new(const char *ca_file)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	snprintf(engine->ca_file, sizeof(engine->ca_file), "%s", ca_file);
	engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	engine->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	engine->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	engine->multi = curl_multi_init();
	if (engine->epoll_fd < 0 || !engine->multi || engine_watch(engine, engine->timer_fd) ||
	    engine_watch(engine, engine->ended_fd) ||
	    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
	    curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine) ||
	    curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer) ||
	    curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine)) {
		engine_free(engine);
		return NULL;
	}
	return engine;
}

/* What libcurl held may have been a password, or a request that carries one: it is wiped before somebody else gets the
 * memory. */
static void wiping_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void *wiping_realloc(void *memory, size_t size)
{
	size_t had = memory ? malloc_usable_size(memory) : 0;
	void *moved = malloc(size);

	if (!moved)
		return NULL;
	if (memory)
		memcpy(moved, memory, had < size ? had : size);
	wiping_free(memory);
	return moved;
}

static const char *bundle_of(const char *ca_file)
{
	const char *built_in = curl_version_info(CURLVERSION_NOW)->cainfo;

	return ca_file[0] || !built_in ? ca_file : built_in;
}

struct engine *engine_for(const char *ca_file)
{
	static bool initialized;
	struct engine *engine = engines;

	if (!initialized &&
	    curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc, strdup, calloc))
		return NULL;
	initialized = true;
	ca_file = bundle_of(ca_file);
	while (engine && strcmp(engine->ca_file, ca_file) != 0)
		engine = engine->next;
	if (!engine && (engine = engine_new(ca_file))) {
		engine->next = engines;
		engines = engine;
	}
	return engine;
}

static bool set_rules(CURL *easy)
{
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https,imap,imaps,pop3,pop3s,smtp,smtps") &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) && /* a resumed session shows no certificate */
	       !curl_easy_setopt(easy, CURLOPT_USERAGENT, "casvip/" CASVIP_VERSION);
}

void *engine_handle(void)
{
	CURL *easy = curl_easy_init();

	if (easy && set_rules(easy))
		return easy;
	curl_easy_cleanup(easy);
	return NULL;
}

static void note_ended(struct engine *engine)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(engine->multi, &left))) {
		struct engine_entry *entry = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &entry);
		entry->ended = true;
		entry->code = (int)message->data.result;
		eventfd_write(engine->ended_fd, 1);
	}
}

void engine_serve(struct engine *engine)
{
	struct epoll_event event[ENGINE_EVENTS_MAX];
	int count = epoll_wait(engine->epoll_fd, event, ENGINE_EVENTS_MAX, 0), running;
	uint64_t expiries;

	for (int i = 0; i < count; i++) {
		int fd = event[i].data.fd, what = 0;

		if (fd == engine->ended_fd)
			continue;
		if (event[i].events & EPOLLIN)
			what |= CURL_CSELECT_IN;
		if (event[i].events & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (event[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR;
		if (fd != engine->timer_fd)
			curl_multi_socket_action(engine->multi, fd, what, &running);
		else if (read(fd, &expiries, sizeof(expiries)) == sizeof(expiries))
			curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	note_ended(engine);
}

const char *engine_ca_file(const struct engine *engine)
{
	return engine->ca_file;
}

int engine_fd(const struct engine *engine)
{
	return engine->epoll_fd;
}

bool engine_add(struct engine *engine, struct engine_entry *entry)
{
	if (curl_easy_setopt(entry->easy, CURLOPT_PRIVATE, entry) ||
	    curl_multi_add_handle(engine->multi, entry->easy))
		return false;
	entry->engine = engine;
	return true;
}

void engine_told(struct engine_entry *entry)
{
	eventfd_t one;

	if (entry->ended && !entry->told)
		eventfd_read(entry->engine->ended_fd, &one);
	entry->told = entry->ended;
}

void engine_remove(struct engine_entry *entry)
{
	if (!entry->engine)
		return;
	engine_told(entry);
	curl_multi_remove_handle(entry->engine->multi, entry->easy);
	entry->engine = NULL;
}
