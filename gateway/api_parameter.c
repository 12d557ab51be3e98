/* SPDX-License-Identifier: MIT */
/* Parameters of a query. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway_parts.h"

static bool read_number(struct dl3_str s, int64_t *out)
{
	int64_t n = 0;
	size_t i = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;

	if (s.len == i || s.len > 17)
		return false;
	for (size_t k = i; k < s.len; k++) {
		if (s.ptr[k] < '0' || s.ptr[k] > '9')
			return false;
		n = n * 10 + (s.ptr[k] - '0');
	}
	*out = i > 0 ? -n : n;
	return true;
}

bool api_number(struct http_exchange *x, const char *key, int64_t low, int64_t high, int64_t *out)
{
	struct dl3_str s = http_query(x, key);
	int64_t n = 0;

	if (s.len == 0)
		return true;
	if (read_number(s, &n) && n >= low && n <= high) {
		*out = n;
		return true;
	}
	http_problem(x, 400, "%s: expected a whole number from %lld to %lld, came '%.*s'", key,
	             (long long)low, (long long)high, (int)(s.len < 80 ? s.len : 80), s.ptr);
	return false;
}

/* A number of so many digits and what stands behind it, unless that is NUL. */
static bool take(const char **at, unsigned digits, char behind, int *out)
{
	*out = 0;
	for (unsigned i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return behind == '\0' || *(*at)++ == behind;
}

/* Of a second, if there is any, as milliseconds. */
static int take_fraction(const char **at)
{
	int ms = 0;

	if (**at != '.')
		return 0;
	(*at)++;
	for (int scale = 100; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		ms += (**at - '0') * scale;
	return ms;
}

/* "Z", or "+01:00", of which a query may have made " 01:00". @return false when it is neither. */
static bool take_zone(const char *at, int64_t *seconds)
{
	int hours = 0, minutes = 0;
	const bool west = *at == '-';

	*seconds = 0;
	if (strcmp(at, "Z") == 0)
		return true;
	if (*at != '+' && *at != '-' && *at != ' ')
		return false;
	at++;
	if (!take(&at, 2, ':', &hours) || !take(&at, 2, '\0', &minutes) || *at != '\0')
		return false;
	*seconds = (west ? -1 : 1) * ((int64_t)hours * 3600 + (int64_t)minutes * 60);
	return true;
}

static bool read_rfc3339(struct dl3_str s, int64_t *ms)
{
	char text[40];
	const char *at = text;
	struct tm tm = { 0 };
	int64_t zone = 0;

	if (s.len < 20 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (!take(&at, 4, '-', &tm.tm_year) || !take(&at, 2, '-', &tm.tm_mon) ||
	    !take(&at, 2, 'T', &tm.tm_mday) || !take(&at, 2, ':', &tm.tm_hour) ||
	    !take(&at, 2, ':', &tm.tm_min) || !take(&at, 2, '\0', &tm.tm_sec))
		return false;
	const int fraction = take_fraction(&at);
	if (!take_zone(at, &zone) || tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ms = ((int64_t)timegm(&tm) - zone) * 1000 + fraction;
	return true;
}

static bool read_seconds(struct dl3_str s, int64_t *ms)
{
	const char *point = s.len > 0 ? memchr(s.ptr, '.', s.len) : NULL;
	struct dl3_str whole = s;
	int64_t n = 0, scale = 100, fraction = 0;

	if (point)
		whole.len = (uint32_t)(point - s.ptr);
	if (!read_number(whole, &n) || whole.len > 13)
		return false;
	for (size_t i = whole.len + 1; i < s.len; i++, scale /= 10) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		fraction += (s.ptr[i] - '0') * scale;
	}
	*ms = n * 1000 + (n < 0 ? -fraction : fraction);
	return true;
}

bool api_time(struct http_exchange *x, const char *key, int64_t *out)
{
	struct dl3_str s = http_query(x, key);

	if (s.len == 0 || read_seconds(s, out) || read_rfc3339(s, out))
		return true;
	http_problem(x, 400, "%s: expected Unix seconds or a time such as 2026-01-31T09:05:00Z, came '%.*s'",
	             key, (int)(s.len < 80 ? s.len : 80), s.ptr);
	return false;
}

bool api_only(struct http_exchange *x, const char *const *known)
{
	struct dl3_str key, value;

	for (unsigned i = 0; http_parameter(x, i, &key, &value); i++) {
		const char *const *k = known;
		while (*k && !dl3_str_is(key, *k))
			k++;
		if (!*k) {
			char list[320] = "";
			size_t len = 0;
			for (k = known; *k && len < sizeof(list) - 40; k++)
				len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
				                        len > 0 ? ", " : "", *k);
			http_problem(x, 400, "there is no parameter '%.*s' here; there are: %s",
			             (int)(key.len < 80 ? key.len : 80), key.ptr, len > 0 ? list : "none");
			return false;
		}
	}
	return true;
}
