/* SPDX-License-Identifier: MIT */
/* URLs of PBXs. What a URL cannot mean here is refused by name: whoever writes a password into one must
 * learn that it does not belong there, not that "the URL is wrong". */
#include <devlink3/event.h>
#include <stdio.h>
#include <string.h>

struct parts {
	const char *user, *host, *port; /* NULL: not there */
	size_t user_len, host_len, port_len;
};

struct trouble {
	char *text;
	size_t cap;
};

static bool wrong(const struct trouble *t, const char *what)
{
	(void)snprintf(t->text, t->cap, "%s; write it as devlink3://user@host or devlink3s://user@host:50796",
	               what);
	return false;
}

static bool scheme(const char *text, const char **rest, bool *tls, const struct trouble *t)
{
	static const struct {
		const char *name;
		bool tls;
	} schemes[] = { { "devlink3://", false }, { "devlink3s://", true } };

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i].name);
		if (strncmp(text, schemes[i].name, len) == 0) {
			*rest = text + len;
			*tls = schemes[i].tls;
			return true;
		}
	}
	return wrong(t, "expected a URL that begins with devlink3:// or devlink3s://");
}

static bool split_host(const char *at, size_t len, struct parts *p, const struct trouble *t)
{
	const char *end = at + len;

	p->host = at;
	if (len > 0 && *at == '[') {
		const char *close = memchr(at, ']', len);
		if (!close)
			return wrong(t, "an IPv6 address has no closing bracket");
		p->host = at + 1;
		p->host_len = (size_t)(close - p->host);
		at = close + 1;
		if (at < end && *at != ':')
			return wrong(t, "behind the bracket of an IPv6 address only a port can stand");
	} else {
		const char *colon = memchr(at, ':', len);
		if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
			return wrong(t, "an IPv6 address stands in brackets, as in devlink3://user@[::1]");
		at = colon ? colon : end;
		p->host_len = (size_t)(at - p->host);
	}
	if (at < end) {
		p->port = at + 1;
		p->port_len = (size_t)(end - p->port);
	}
	return true;
}

static bool split(const char *rest, struct parts *p, const struct trouble *t)
{
	size_t len = strcspn(rest, "/?#");
	const char *behind = rest + len;

	if (*behind != '\0' && strcmp(behind, "/") != 0)
		return wrong(t, "a path, a query or a fragment means nothing here");
	const char *at = NULL;
	for (size_t i = 0; i < len; i++)
		if (rest[i] == '@')
			at = rest + i;
	if (!at)
		return split_host(rest, len, p, t);
	p->user = rest;
	p->user_len = (size_t)(at - rest);
	if (memchr(rest, ':', p->user_len))
		return wrong(t, "a password does not belong into a URL, where others see it");
	return split_host(at + 1, len - p->user_len - 1, p, t);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool user_name(const struct parts *p, struct dl3_url *out, const struct trouble *t)
{
	size_t n = 0;

	for (size_t i = 0; i < p->user_len; i++) {
		char c = p->user[i];
		if (c == '%') {
			if (p->user_len - i < 3 || digit(p->user[i + 1]) < 0 || digit(p->user[i + 2]) < 0)
				return wrong(
					t, "a '%' in the user's name is followed by two hexadecimal digits");
			c = (char)(digit(p->user[i + 1]) << 4 | digit(p->user[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return wrong(t, "a user's name cannot hold a NUL");
		if (n >= DL3_NAME_MAX)
			return wrong(t, "the user's name is too long");
		out->user[n++] = c;
	}
	out->user[n] = '\0';
	return true;
}

static bool host_name(const struct parts *p, struct dl3_url *out, const struct trouble *t)
{
	if (p->host_len == 0)
		return wrong(t, "there is no host");
	if (p->host_len > DL3_HOST_MAX)
		return wrong(t, "the host's name is longer than 255 octets");
	for (size_t i = 0; i < p->host_len; i++)
		if ((unsigned char)p->host[i] <= ' ' || p->host[i] == 0x7f)
			return wrong(t, "white space and controls cannot be in a host's name");
	memcpy(out->host, p->host, p->host_len);
	out->host[p->host_len] = '\0';
	return true;
}

static bool port_number(const struct parts *p, struct dl3_url *out, const struct trouble *t)
{
	uint32_t port = 0;

	out->port = out->tls ? DL3_PORT_TLS : DL3_PORT;
	if (!p->port)
		return true;
	for (size_t i = 0; i < p->port_len && port <= UINT16_MAX; i++) {
		if (p->port[i] < '0' || p->port[i] > '9')
			return wrong(t, "a port is a number from 1 to 65535");
		port = port * 10 + (uint32_t)(p->port[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return wrong(t, "a port is a number from 1 to 65535");
	out->port = (uint16_t)port;
	return true;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): wrong() writes to it */
bool dl3_url_parse(const char *text, struct dl3_url *out, char *error, size_t error_cap)
{
	const struct trouble t = { error, error_cap };
	struct parts p = { 0 };
	const char *rest = NULL;

	*out = (struct dl3_url){ 0 };
	return scheme(text, &rest, &out->tls, &t) && split(rest, &p, &t) && user_name(&p, out, &t) &&
	       host_name(&p, out, &t) && port_number(&p, out, &t);
}
