/* Probes over HTTP and HTTPS with libcurl; see probe.h. The only file that knows libcurl.
 *
 * libcurl may hold several descriptors and a timer; a probe shows one. So an engine, one per bundle of certificate
 * authorities, gathers all of them in an epoll descriptor, and every probe of that engine waits for it; whichever is
 * advanced first serves them all. An engine stays for the life of the process: it caches the bundle, for reading the
 * system's takes some 50 ms. Names are never looked up: libcurl is always told the address to connect to. */
#include <curl/curl.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "checks/certificate.h"
#include "checks/http_verdict.h"
#include "checks/probe.h"
#include "checks/sock.h"
#include "conf/conf_address.h"
#include "conf/conf_url.h"

enum { CA_CACHE_S = 600, ENGINE_EVENTS_MAX = 16 };

struct engine {
	struct engine *next;
	char ca_file[CONF_PATH_MAX];
	CURLM *multi;
	int epoll_fd; /* of libcurl's sockets and of the two below */
	int timer_fd; /* libcurl's timer */
	int ended_fd; /* counts the transfers that have ended and whose probe has not been told */
};

struct probe {
	const struct conf_check *check;
	struct engine *engine;
	CURL *easy;
	struct curl_slist *connect_to;
	struct curl_slist *headers;
	bool https;
	bool added;
	bool ended; /* with `code` */
	CURLcode code;
	int fd;           /* libcurl's, open until `ended`; -1: none yet */
	int socket_error; /* errno of socket(), 0 */
	char connecting[sizeof("connecting to port 65535")];
	char error[CURL_ERROR_SIZE];
	struct http_reply reply;
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

static struct engine *engine_for(const char *ca_file)
{
	static bool initialized;
	struct engine *engine = engines;

	if (!initialized && curl_global_init(CURL_GLOBAL_DEFAULT))
		return NULL;
	initialized = true;
	while (engine && strcmp(engine->ca_file, ca_file) != 0)
		engine = engine->next;
	if (!engine && (engine = engine_new(ca_file))) {
		engine->next = engines;
		engines = engine;
	}
	return engine;
}

static void engine_note_ended(struct engine *engine)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(engine->multi, &left))) {
		struct probe *probe = NULL;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &probe);
		probe->ended = true;
		probe->code = message->data.result;
		eventfd_write(engine->ended_fd, 1);
	}
}

/* Serves whatever has happened to any of the engine's transfers. */
static void engine_serve(struct engine *engine)
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
	engine_note_ended(engine);
}

static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct probe *probe = data;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);

	(void)purpose;
	probe->socket_error = fd < 0 ? errno : 0;
	probe->fd = fd;
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* Returning less than it got makes libcurl end the transfer. */
static size_t on_header(char *line, size_t size, size_t count, void *data)
{
	struct probe *probe = data;

	return http_reply_header(&probe->reply, line, size * count) ? size * count : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct probe *probe = data;

	return http_reply_body(&probe->reply, bytes, size * count) ? size * count : 0;
}

/* What holds for every request: this address and no other way to it, a connection of its own, no helpful extras. */
static bool set_rules(CURL *easy)
{
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) && /* a resumed session shows no certificate */
	       !curl_easy_setopt(easy, CURLOPT_USERAGENT, "casvip/" CASVIP_VERSION) &&
	       !curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) &&
	       !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) &&
	       !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
}

static bool set_tls(struct probe *probe)
{
	bool verify = probe->check->verify;

	return !curl_easy_setopt(probe->easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S) &&
	       /* libcurl caches a file of authorities, not a folder. */
	       (probe->engine->ca_file[0] == '\0' ||
		(!curl_easy_setopt(probe->easy, CURLOPT_CAINFO, probe->engine->ca_file) &&
		 !curl_easy_setopt(probe->easy, CURLOPT_CAPATH, NULL)));
}

static bool set_target(struct probe *probe, const struct conf_endpoint *endpoint)
{
	char text[ADDRESS_TEXT_MAX], connect_to[ADDRESS_TEXT_MAX + 2];

	snprintf(connect_to, sizeof(connect_to), "::%s", endpoint_text(endpoint, text));
	probe->connect_to = curl_slist_append(NULL, connect_to);
	probe->headers = curl_slist_append(NULL, "Expect:");
	return probe->connect_to && probe->headers &&
	       !curl_easy_setopt(probe->easy, CURLOPT_URL, probe->check->url) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_CONNECT_TO, probe->connect_to) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_HTTPHEADER, probe->headers) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_ERRORBUFFER, probe->error) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_PRIVATE, probe) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_HEADERDATA, probe) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_WRITEDATA, probe) &&
	       !curl_easy_setopt(probe->easy, CURLOPT_OPENSOCKETDATA, probe);
}

static const char *bundle_of(const struct conf_check *check)
{
	const char *built_in = curl_version_info(CURLVERSION_NOW)->cainfo;

	if (check->ca_file[0])
		return check->ca_file;
	return built_in ? built_in : "";
}

static void http_free(struct probe *probe)
{
	eventfd_t one;

	if (!probe)
		return;
	if (probe->ended)
		eventfd_read(probe->engine->ended_fd, &one);
	if (probe->added)
		curl_multi_remove_handle(probe->engine->multi, probe->easy);
	if (probe->easy)
		curl_easy_cleanup(probe->easy);
	curl_slist_free_all(probe->connect_to);
	curl_slist_free_all(probe->headers);
	free(probe);
}

/* Where to connect to: 0, or -EINVAL with words in `outcome`. */
static int read_target(const struct conf_check *check, bool *ret_https, struct conf_endpoint *ret_endpoint,
		       struct outcome *outcome)
{
	struct conf_url url;
	const char *why;

	if (conf_url_read(check->url, &url, &why)) {
		outcome_set(outcome, VERDICT_UNKNOWN, "config", "the url %s", why);
		return -EINVAL;
	}
	if (check->connect.address.family == 0 && url.address.family == 0) {
		outcome_set(outcome, VERDICT_UNKNOWN, "config", "no address to connect to: names are not looked up");
		return -EINVAL;
	}
	*ret_https = url.https;
	*ret_endpoint = check->connect;
	if (check->connect.address.family == 0)
		*ret_endpoint = (struct conf_endpoint){.address = url.address, .port = url.port};
	return 0;
}

static struct probe *http_start(const struct conf_check *check, struct outcome *outcome)
{
	struct conf_endpoint endpoint;
	struct probe *probe;
	bool https;

	if (read_target(check, &https, &endpoint, outcome))
		return NULL;
	probe = calloc(1, sizeof(*probe));
	if (probe) {
		probe->check = check;
		probe->https = https;
		probe->fd = -1;
		snprintf(probe->connecting, sizeof(probe->connecting), "connecting to port %u", endpoint.port);
		probe->engine = engine_for(bundle_of(check));
		probe->easy = curl_easy_init();
		probe->added = probe->engine && probe->easy && set_rules(probe->easy) && set_tls(probe) &&
			       set_target(probe, &endpoint) &&
			       !curl_multi_add_handle(probe->engine->multi, probe->easy);
	}
	if (probe && probe->added)
		return probe;
	http_free(probe);
	outcome_set(outcome, VERDICT_UNKNOWN, "no-memory", "cannot prepare the request: no memory or descriptors");
	return NULL;
}

/* What it was doing when it failed, or is doing. libcurl counts the handshake as part of connecting. */
static const char *http_stage(const struct probe *probe)
{
	curl_off_t secured = 0;
	bool connected;

	if (probe->ended)
		connected = probe->code != CURLE_COULDNT_CONNECT;
	else
		connected = probe->fd >= 0 && sock_connected(probe->fd) == 0;
	curl_easy_getinfo(probe->easy, CURLINFO_APPCONNECT_TIME_T, &secured);
	if (probe->reply.body_bytes > 0)
		return "reading the body";
	if (probe->reply.status)
		return "reading the answer";
	if (!connected)
		return probe->connecting;
	if (probe->https && secured == 0)
		return "TLS handshake";
	return "waiting for the answer";
}

static void judge_certificate(const struct probe *probe, struct outcome *outcome)
{
	long result = 0;

	curl_easy_getinfo(probe->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	certificate_refused(result, time(NULL), outcome);
}

static const struct {
	CURLcode code;
	enum verdict verdict;
	const char *reason;
} code_meanings[] = {
	{CURLE_COULDNT_CONNECT, VERDICT_DOWN, "connect"},
	{CURLE_GOT_NOTHING, VERDICT_DOWN, "eof"},
	{CURLE_PARTIAL_FILE, VERDICT_DOWN, "eof"},
	{CURLE_SSL_CONNECT_ERROR, VERDICT_DOWN, "tls"},
	{CURLE_SSL_CIPHER, VERDICT_DOWN, "tls"},
	{CURLE_UNSUPPORTED_PROTOCOL, VERDICT_DOWN, "protocol"}, /* HTTP/0.9: anything that is not HTTP */
	{CURLE_WEIRD_SERVER_REPLY, VERDICT_DOWN, "protocol"},
	{CURLE_OPERATION_TIMEDOUT, VERDICT_DOWN, "timeout"},
	{CURLE_OUT_OF_MEMORY, VERDICT_UNKNOWN, "no-memory"},
	{CURLE_FAILED_INIT, VERDICT_UNKNOWN, "no-memory"},
	{CURLE_URL_MALFORMAT, VERDICT_UNKNOWN, "config"},
};

/* During the handshake libcurl tells what happened to the connection only in words. */
static int error_in_handshake(const struct probe *probe)
{
	if (probe->code != CURLE_SSL_CONNECT_ERROR)
		return 0;
	if (strstr(probe->error, strerrordesc_np(ECONNRESET)))
		return ECONNRESET;
	return strstr(probe->error, "SSL_ERROR_SYSCALL") || strstr(probe->error, "unexpected eof") ? ENODATA : 0;
}

static int socket_error_of(const struct probe *probe)
{
	long error = 0;

	if (probe->socket_error)
		return probe->socket_error;
	if (probe->code == CURLE_COULDNT_CONNECT || probe->code == CURLE_RECV_ERROR || probe->code == CURLE_SEND_ERROR)
		curl_easy_getinfo(probe->easy, CURLINFO_OS_ERRNO, &error);
	return error ? (int)error : error_in_handshake(probe);
}

/* The file it is about, not the handshake that it spoiled. */
static void judge_bundle(const struct conf_check *check, struct outcome *outcome)
{
	const char *bundle = bundle_of(check);
	int error = access(bundle, R_OK) < 0 ? errno : 0;

	if (check->ca_file[0])
		outcome_set(outcome, VERDICT_UNKNOWN, "ca-file", "ca_file %.48s: %s%s", bundle,
			    error ? strerror(error) : "no certificates in it",
			    error == EACCES ? " for the user casvip-checks" : "");
	else
		outcome_set(outcome, VERDICT_UNKNOWN, "ca-file",
			    "no certificates in %.48s: install ca-certificates, or name a ca_file", bundle);
}

static void judge_failure(const struct probe *probe, struct outcome *outcome)
{
	const char *words = probe->error[0] ? probe->error : curl_easy_strerror(probe->code);
	const char *stage = http_stage(probe);
	int error = socket_error_of(probe);

	if (error) {
		sock_outcome(outcome, -error, stage);
		return;
	}
	for (size_t i = 0; i < sizeof(code_meanings) / sizeof(code_meanings[0]); i++) {
		if (code_meanings[i].code == probe->code) {
			outcome_set(outcome, code_meanings[i].verdict, code_meanings[i].reason, "%s: %s", stage, words);
			return;
		}
	}
	outcome_set(outcome, VERDICT_DOWN, "transport", "%s: %s", stage, words);
}

static void judge(const struct probe *probe, struct outcome *outcome)
{
	bool cut = probe->code == CURLE_WRITE_ERROR; /* by on_header or on_body */

	if (probe->code == CURLE_OK || (cut && probe->reply.body_bytes == HTTP_BODY_MAX))
		http_verdict(probe->check, &probe->reply, outcome);
	else if (cut)
		outcome_set(outcome, VERDICT_DOWN, "protocol", "more than %d bytes of headers", HTTP_HEADERS_MAX);
	else if (probe->code == CURLE_SSL_CACERT_BADFILE)
		judge_bundle(probe->check, outcome);
	else if (probe->code == CURLE_PEER_FAILED_VERIFICATION)
		judge_certificate(probe, outcome);
	else
		judge_failure(probe, outcome);
}

static bool http_advance(struct probe *probe, short revents, struct probe_wait *wait, struct outcome *outcome)
{
	(void)revents;
	if (!probe->ended)
		engine_serve(probe->engine);
	if (!probe->ended) {
		*wait = (struct probe_wait){.fd = probe->engine->epoll_fd, .events = POLLIN};
		return false;
	}
	judge(probe, outcome);
	return true;
}

const struct probe_type probe_http = {
	.start = http_start,
	.advance = http_advance,
	.stage = http_stage,
	.free = http_free,
};
