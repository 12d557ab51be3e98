/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Digits only, so that neither a sign nor a service's name passes. */
static bool port_is_plain(const char *port)
{
	size_t len = strlen(port);

	if (len == 0 || len > 5 || strspn(port, "0123456789") != len)
		return false;
	return len < 5 || strcmp(port, "65535") <= 0;
}

/* Parts "host:port"; a host with colons in it stands in brackets. */
static bool part(const char *text, char host[DL3I_ADDRESS_TEXT_MAX], const char **port)
{
	const char *colon = strrchr(text, ':');
	bool brackets = text[0] == '[';

	if (!colon)
		return false;
	const char *begin = text + (brackets ? 1 : 0);
	const char *end = colon - (brackets ? 1 : 0);
	if (end <= begin || end - begin >= DL3I_ADDRESS_TEXT_MAX || (brackets && *end != ']'))
		return false;
	size_t len = (size_t)(end - begin);
	if (!brackets && memchr(begin, ':', len))
		return false;
	memcpy(host, begin, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

bool dl3i_address_parse(const char *text, struct dl3i_address *out)
{
	char host[DL3I_ADDRESS_TEXT_MAX];
	const char *port = NULL;
	struct addrinfo *found = NULL;
	struct addrinfo want = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };

	if (!part(text, host, &port) || !port_is_plain(port))
		return false;
	want.ai_family = text[0] == '[' ? AF_INET6 : AF_INET;
	if (getaddrinfo(host, port, &want, &found) != 0)
		return false;
	bool fits = found->ai_addrlen <= sizeof(out->sa);
	if (fits) {
		memset(out, 0, sizeof(*out));
		memcpy(&out->sa, found->ai_addr, found->ai_addrlen);
		out->len = found->ai_addrlen;
	}
	freeaddrinfo(found);
	return fits;
}

void dl3i_address_text(const struct sockaddr *sa, socklen_t len, char out[DL3I_ADDRESS_TEXT_MAX])
{
	char host[DL3I_ADDRESS_TEXT_MAX - 10];
	char port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) !=
	    0) {
		(void)snprintf(out, DL3I_ADDRESS_TEXT_MAX, "unknown");
		return;
	}
	(void)snprintf(out, DL3I_ADDRESS_TEXT_MAX, sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
	               port);
}

bool dl3i_address_host(const struct dl3i_address *a, char out[DL3I_ADDRESS_TEXT_MAX])
{
	return getnameinfo((const struct sockaddr *)&a->sa, a->len, out, DL3I_ADDRESS_TEXT_MAX, NULL, 0,
	                   NI_NUMERICHOST) == 0;
}

bool dl3i_address_any(const struct dl3i_address *a)
{
	if (a->sa.ss_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, &a->sa, sizeof(in));
		return in.sin_addr.s_addr == htonl(INADDR_ANY);
	}
	struct sockaddr_in6 in6;
	memcpy(&in6, &a->sa, sizeof(in6));
	return IN6_IS_ADDR_UNSPECIFIED(&in6.sin6_addr);
}
