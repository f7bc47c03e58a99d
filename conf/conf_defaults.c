#include "conf/conf_defaults.h"

/* Where the type wants other times than most; 0: it does not. */
static const struct {
	int interval_ms, timeout_ms;
} times[CHECK_TYPE_COUNT] = {
	[CHECK_IMAP] = {10000, 4000},
	[CHECK_POP3] = {10000, 4000},
	[CHECK_SMTP] = {15000, 10000},
	[CHECK_CERTIFICATE] = {60000, 5000},
};

/* RFC 8314 3.3 */
static bool is_tls_port(uint16_t port)
{
	return port == 465 || port == 993 || port == 995;
}

/* A log-on costs the server more than a page does, and a session more again; each tunnel is a session, too, and a front
 * end takes 3 s to find its server gone. */
static void default_times(const struct conf_check *check, int *interval_ms, int *timeout_ms)
{
	*interval_ms = times[check->type].interval_ms;
	*timeout_ms = times[check->type].timeout_ms;
	if (check->credentials[0]) {
		*interval_ms = check->session ? 60000 : 15000;
		*timeout_ms = *timeout_ms > 5000 ? *timeout_ms : 5000; /* a greeting may take longer still */
	}
	if (check->tunnel) {
		*interval_ms = 30000;
		*timeout_ms = 8000;
	}
}

void conf_defaults(struct conf_check *check, const struct conf_lines *lines)
{
	int interval_ms, timeout_ms;

	default_times(check, &interval_ms, &timeout_ms);
	if (!conf_line_of(lines, &check->interval) && interval_ms)
		check->interval = duration_ms(interval_ms);
	if (!conf_line_of(lines, &check->timeout) && timeout_ms)
		check->timeout = duration_ms(timeout_ms);
	if (!conf_line_of(lines, &check->tls) && is_tls_port(check->connect.port)) /* no matter to other types */
		check->tls = CHECK_TLS_IMPLICIT;
	if (!conf_line_of(lines, &check->fast) && check->interval.ns && check->fast.ns > check->interval.ns)
		check->fast = check->interval;
}
