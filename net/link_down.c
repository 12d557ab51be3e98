/* SPDX-License-Identifier: MIT */
/* Why a link is down, for people and for the state machine. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "link.h"

const char *dl3_link_state_name(enum dl3_link_state state)
{
	static const char *const names[] = {
		[DL3_LINK_RESOLVING] = "resolving", [DL3_LINK_CONNECTING] = "connecting",
		[DL3_LINK_LOGIN] = "login",         [DL3_LINK_ASKING] = "asking",
		[DL3_LINK_SNAPSHOT] = "snapshot",   [DL3_LINK_UP] = "up",
		[DL3_LINK_WAITING] = "waiting",     [DL3_LINK_STOPPED] = "stopped",
	};

	return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

const char *dl3_link_reason_name(enum dl3_link_reason reason)
{
	static const char *const names[] = {
		[DL3_REASON_NONE] = "none",
		[DL3_REASON_UNKNOWN_HOST] = "unknown_host",
		[DL3_REASON_UNREACHABLE] = "unreachable",
		[DL3_REASON_CONNECTION_REFUSED] = "connection_refused",
		[DL3_REASON_TLS] = "tls",
		[DL3_REASON_NOT_DEVLINK3] = "not_devlink3",
		[DL3_REASON_WRONG_PASSWORD] = "wrong_password",
		[DL3_REASON_REFUSED] = "refused",
		[DL3_REASON_RETRY_LATER] = "retry_later",
		[DL3_REASON_LIMITS_EXCEEDED] = "limits_exceeded",
		[DL3_REASON_LICENCE_MISSING] = "licence_missing",
		[DL3_REASON_STREAM_REFUSED] = "stream_refused",
		[DL3_REASON_NO_ANSWER] = "no_answer",
		[DL3_REASON_CLOSED] = "closed",
		[DL3_REASON_PROTOCOL] = "protocol",
		[DL3_REASON_SYSTEM] = "system",
		[DL3_REASON_OWNER] = "owner",
	};

	return (size_t)reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown";
}

__attribute__((format(printf, 3, 4))) static void put(struct dl3i_down *d, enum dl3_link_reason reason,
                                                      const char *format, ...)
{
	va_list args;

	d->reason = reason;
	va_start(args, format);
	(void)vsnprintf(d->detail, sizeof(d->detail), format, args);
	va_end(args);
}

/* ---- Refusals ---- */

void dl3i_down_refused(uint32_t result, struct dl3i_down *out)
{
	out->result = result;
	switch (result) {
	case DL3_AUTH_FAILED:
		put(out, DL3_REASON_WRONG_PASSWORD,
		    "AUTHENTICATION FAILED: the PBX does not let this user in with this password");
		out->stops = true;
		break;
	case DL3_AUTH_LIMITS_EXCEEDED:
		put(out, DL3_REASON_LIMITS_EXCEEDED,
		    "LIMITS EXCEEDED: the PBX has as many connections as it takes");
		break;
	case DL3_AUTH_RETRY_LATER:
		put(out, DL3_REASON_RETRY_LATER, "RETRY LATER: the PBX takes no login now");
		break;
	case DL3_AUTH_LICENCE_MISSING:
		put(out, DL3_REASON_LICENCE_MISSING, "LICENCE MISSING: the PBX has no licence for DevLink3");
		out->stops = true;
		break;
	default:
		put(out, DL3_REASON_REFUSED,
		    "the PBX refused the login with code 0x%08x, which no description has", (unsigned)result);
		out->stops = true;
	}
}

void dl3i_down_stream(uint32_t result, struct dl3i_down *out)
{
	out->result = result;
	switch (result) {
	case DL3_EVENTS_UNKNOWN_FLAG:
		put(out, DL3_REASON_STREAM_REFUSED,
		    "UNKNOWN FLAG: the PBX does not know a flag of the event request");
		out->stops = true;
		break;
	case DL3_EVENTS_INSUFFICIENT_LICENCE:
		put(out, DL3_REASON_LICENCE_MISSING,
		    "INSUFFICIENT LICENCE: the PBX has no licence for the events that were asked for");
		out->stops = true;
		break;
	case DL3_EVENTS_FEATURE_NOT_AVAILABLE:
		put(out, DL3_REASON_LIMITS_EXCEEDED,
		    "FEATURE NOT AVAILABLE: the PBX gives no events to this connection");
		break;
	default:
		put(out, DL3_REASON_STREAM_REFUSED,
		    "the PBX refused the event request with code 0x%08x, which no description has",
		    (unsigned)result);
		out->stops = true;
	}
}

/* ---- Who is it, if it is no PBX ---- */

static bool starts(const struct dl3_link *link, const char *with)
{
	size_t len = strlen(with);

	return link->first_len >= len && memcmp(link->first, with, len) == 0;
}

/* What came first, as far as it can be shown on one line. */
static void show_first(const struct dl3_link *link, char *out, size_t cap)
{
	size_t n = 0;

	while (n < link->first_len && link->first[n] >= ' ' && link->first[n] < 0x7f)
		n++;
	if (n >= 4 || (n > 0 && n == link->first_len)) {
		(void)snprintf(out, cap, "\"%.*s\"", (int)n, (const char *)link->first);
		return;
	}
	size_t len = 0;
	for (n = 0; n < link->first_len && n < 8; n++)
		len += (size_t)snprintf(out + len, cap - len, "%s%02x", n > 0 ? " " : "octets ",
		                        link->first[n]);
}

static void stranger(const struct dl3_link *link, struct dl3i_down *out)
{
	char came[80] = "nothing";
	const char *what = "";

	show_first(link, came, sizeof(came));
	if (starts(link, "HTTP/"))
		what = ": a web server";
	else if (starts(link, "SSH-"))
		what = ": an SSH server";
	else if (starts(link, "\x15\x03") || starts(link, "\x16\x03"))
		what = ": TLS";
	else if (starts(link, "220"))
		what = ": a mail or file server";
	put(out, DL3_REASON_NOT_DEVLINK3, "what answers is not DevLink3%s; it began with %s", what, came);
	if (starts(link, "\x15\x03") || starts(link, "\x16\x03"))
		(void)snprintf(out->advice, sizeof(out->advice),
		               "that port wants TLS: use devlink3s://%.200s:%u", link->url.host,
		               (unsigned)link->url.port);
}

/* ---- The end of a connection ---- */

static bool framing(enum dl3_err err)
{
	return err == DL3_ERR_DISCRIMINATOR || err == DL3_ERR_LENGTH || err == DL3_ERR_FRAME_LIMIT;
}

static void late(const struct dl3_link *link, struct dl3i_down *out)
{
	if (link->had_octets || link->state == DL3_LINK_UP)
		put(out, DL3_REASON_NO_ANSWER, "the PBX is connected and does not answer any more");
	else
		put(out, DL3_REASON_NO_ANSWER, "what listens there took the connection and said nothing");
}

static void by_session(const struct dl3_link *link, const struct dl3_close *why, struct dl3i_down *out)
{
	enum dl3_err err = why->fault.err;

	if (err == DL3_ERR_TIMEOUT) {
		late(link, out);
	} else if (framing(err) && link->state <= DL3_LINK_LOGIN && link->first[0] != DL3_DISCRIMINATOR) {
		stranger(link, out);
	} else if (err == DL3_ERR_PLAIN_IN_CLEAR) {
		put(out, DL3_REASON_PROTOCOL, "%s", dl3_err_text(err));
		out->stops = true;
	} else if (err == DL3_ERR_MEMORY) {
		put(out, DL3_REASON_SYSTEM, "out of memory");
	} else {
		put(out, DL3_REASON_PROTOCOL, "%s: %s", dl3_err_name(err), why->detail);
	}
}

static void by_peer(const struct dl3_link *link, const struct dl3_close *why, struct dl3i_down *out)
{
	if (why->fault.err == DL3_ERR_TRUNCATED_FRAME)
		put(out, DL3_REASON_CLOSED, "the PBX closed the connection in the middle of a message");
	else if (link->state == DL3_LINK_CONNECTING)
		put(out, DL3_REASON_TLS, "the other end closed the connection instead of agreeing on TLS");
	else if (!link->had_octets)
		put(out, DL3_REASON_CLOSED, "the other end closed the connection without a word");
	else
		put(out, DL3_REASON_CLOSED, "the PBX closed the connection (%s)", why->detail);
}

static void by_tls(const struct dl3_link *link, const struct dl3_close *why, struct dl3i_down *out)
{
	out->reason = DL3_REASON_TLS;
	if (dl3i_tls_client_explain(&link->tls, out->detail, sizeof(out->detail), out->advice,
	                            sizeof(out->advice)))
		return;
	put(out, DL3_REASON_TLS, "TLS failed: %s", why->detail);
	if (strstr(why->detail, "wrong version number") || strstr(why->detail, "packet length too long"))
		(void)snprintf(
			out->advice, sizeof(out->advice),
			"that port does not talk TLS: is it the one in the clear, devlink3://%.200s:%u?",
			link->url.host, (unsigned)link->url.port);
	else if (strstr(why->detail, "certificate required") || strstr(why->detail, "bad certificate") ||
	         strstr(why->detail, "handshake failure"))
		(void)snprintf(out->advice, sizeof(out->advice),
		               "the PBX may want a certificate of ours: give one of a CA that it trusts");
}

static void by_socket(const struct dl3_close *why, struct dl3i_down *out)
{
	put(out, DL3_REASON_UNREACHABLE, "the connection broke: %s", why->detail);
}

void dl3i_down_closed(const struct dl3_link *link, const struct dl3_close *why, struct dl3i_down *out)
{
	out->fault = why->fault;
	switch (why->reason) {
	case DL3_CLOSED_BY_PEER:
		by_peer(link, why, out);
		break;
	case DL3_CLOSED_SESSION:
		by_session(link, why, out);
		break;
	case DL3_CLOSED_TLS:
		by_tls(link, why, out);
		break;
	case DL3_CLOSED_SOCKET:
		by_socket(why, out);
		break;
	case DL3_CLOSED_BY_OWNER:
		put(out, DL3_REASON_OWNER, "closed by its owner");
		break;
	}
}

/* ---- What to try ---- */

static const char *advice(const struct dl3_link *link, enum dl3_link_reason reason)
{
	switch (reason) {
	case DL3_REASON_UNKNOWN_HOST:
		return "check the name for typing errors, or give the PBX's address";
	case DL3_REASON_UNREACHABLE:
		return "is the PBX on, is the address right, does a firewall let this machine through?";
	case DL3_REASON_CONNECTION_REFUSED:
		return link->url.tls ? "is the port right (50796 with TLS), and is DevLink3 switched on in "
		                       "the PBX's security "
		                       "settings?"
		                     : "is the port right (50797 in the clear), and is the unsecured "
		                       "interface switched on in "
		                       "the PBX's security settings? If not, use devlink3s://";
	case DL3_REASON_TLS:
		return "check the PBX's TLS settings and the port (50796 with TLS, 50797 in the clear)";
	case DL3_REASON_NOT_DEVLINK3:
		return "check host and port: DevLink3 is on 50797 in the clear and 50796 with TLS";
	case DL3_REASON_WRONG_PASSWORD:
		return "check name and password of the service user, that it is enabled, and that its rights "
		       "group has "
		       "the DevLink3 right; too many wrong attempts lock it";
	case DL3_REASON_RETRY_LATER:
		return "the account may be locked after wrong passwords, or the PBX is starting: wait";
	case DL3_REASON_LIMITS_EXCEEDED:
		return "an IP Office gives events to three connections: close another one";
	case DL3_REASON_LICENCE_MISSING:
		return "install the licence on the PBX; -SCN needs one for each node";
	case DL3_REASON_STREAM_REFUSED:
		return "ask for fewer flags";
	case DL3_REASON_NO_ANSWER:
		return link->had_octets ? "is the PBX overloaded, or the network between cut?"
		                        : "is it the DevLink3 port (50797 in the clear, 50796 with TLS)?";
	case DL3_REASON_CLOSED:
		return link->had_octets || link->url.tls ? ""
		                                         : "does that port want TLS? Then use devlink3s://";
	case DL3_REASON_PROTOCOL:
		return "if it happens again, record it and report it";
	case DL3_REASON_SYSTEM:
		return "look at this machine's memory, open files and network";
	default:
		return "";
	}
}

void dl3i_down_advise(const struct dl3_link *link, struct dl3i_down *down)
{
	if (down->fault.err == DL3_ERR_PLAIN_IN_CLEAR)
		(void)snprintf(down->advice, sizeof(down->advice),
		               "use devlink3s://, where a PBX may ask for that");
	else if (down->advice[0] == '\0')
		(void)snprintf(down->advice, sizeof(down->advice), "%s", advice(link, down->reason));
}
