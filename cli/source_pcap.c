/* SPDX-License-Identifier: MIT */
#include "source_pcap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef DL3_HAVE_PCAP
#include <pcap/pcap.h>
#endif

#include "source_pcapng.h"

#define MAGIC_LEN 4u

int source_pcap_detect(struct input *in)
{
	static const uint8_t magic[][MAGIC_LEN] = {
		{ 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 }, /* microseconds */
		{ 0xa1, 0xb2, 0x3c, 0x4d }, { 0x4d, 0x3c, 0xb2, 0xa1 }, /* nanoseconds */
		{ 0xa1, 0xb2, 0xcd, 0x34 }, { 0x34, 0xcd, 0xb2, 0xa1 }, /* with more to each packet */
		{ 0x0a, 0x0d, 0x0d, 0x0a },                             /* pcapng */
	};

	/* An octet at a time: what is none of these may be all that a pipe has for now. */
	for (size_t len = 1; len <= MAGIC_LEN; len++) {
		bool any = false;

		if (input_fill(in, len) != 0)
			return -1;
		for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
			any |= input_left(in) >= len && memcmp(magic[i], input_here(in), len) == 0;
		if (!any)
			return 0;
	}
	return 1;
}

#ifdef DL3_HAVE_PCAP

struct reading {
	struct input *in;
	bool ended; /* by the wait function, or an error of reading */
	uint64_t packets;
};

/* libpcap reads from a FILE; this one has what was looked at already in front. */
static ssize_t read_some(void *arg, char *buffer, size_t size)
{
	struct reading *r = arg;

	if (input_fill(r->in, 1) != 0) {
		r->ended = true;
		return -1;
	}
	size_t left = input_left(r->in), n = left < size ? left : size;
	memcpy(buffer, input_here(r->in), n);
	r->in->at += n;
	return (ssize_t)n;
}

static bool link_of(int type, enum capture_link *link)
{
	switch (type) {
	case DLT_EN10MB:
		*link = CAPTURE_LINK_ETHERNET;
		return true;
	case DLT_LINUX_SLL:
		*link = CAPTURE_LINK_SLL;
		return true;
	case DLT_LINUX_SLL2:
		*link = CAPTURE_LINK_SLL2;
		return true;
	case DLT_NULL:
		*link = CAPTURE_LINK_NULL;
		return true;
	case DLT_LOOP:
		*link = CAPTURE_LINK_LOOP;
		return true;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		*link = CAPTURE_LINK_RAW;
		return true;
	default:
		return false;
	}
}

static int no_link(int type, char *error, size_t cap)
{
	const char *name = pcap_datalink_val_to_name(type);

	snprintf(
		error, cap,
		"packets of the kind %s (%d) are not understood; Ethernet, Linux cooked, loopback and raw IP "
		"are",
		name ? name : "?", type);
	return -1;
}

/* Times past what can be told are the last that can. */
static uint64_t time_of(const struct pcap_pkthdr *h)
{
	const uint64_t last = UINT64_MAX / 1000000000u - 1;
	uint64_t s = h->ts.tv_sec < 0 ? 0 : (uint64_t)h->ts.tv_sec;

	return (s < last ? s : last) * 1000000000u + (uint64_t)h->ts.tv_usec % 1000000000u;
}

static int feed_all(struct reading *r, pcap_t *p, enum capture_link link, struct capture *capture,
                    char *error, size_t cap)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int got;

	while ((got = pcap_next_ex(p, &h, &data)) == 1) {
		r->packets++;
		if (capture_feed(capture, link, time_of(h), data, h->caplen, h->len) != 0)
			return -2;
	}
	if (r->ended)
		return -2;
	if (capture_end(capture) != 0)
		return -2;
	if (got == PCAP_ERROR_BREAK)
		return 0;
	snprintf(error, cap, "damaged behind packet %llu: %s", (unsigned long long)r->packets,
	         pcap_geterr(p));
	return -1;
}

int source_pcap_run(struct input *in, struct capture *capture, char *error, size_t cap)
{
	struct reading r = { .in = in };
	char reason[PCAP_ERRBUF_SIZE] = "";
	enum capture_link link = CAPTURE_LINK_ETHERNET;

	if (source_pcapng_is(in))
		return source_pcapng_run(in, capture, error, cap);
	FILE *file = fopencookie(&r, "r", (cookie_io_functions_t){ .read = read_some });

	if (!file) {
		snprintf(error, cap, "%s", strerror(errno));
		return -1;
	}
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason);
	if (!p) {
		fclose(file);
		snprintf(error, cap, "no capture: %s", reason);
		return r.ended ? -2 : -1;
	}
	int type = pcap_datalink(p);
	int result =
		link_of(type, &link) ? feed_all(&r, p, link, capture, error, cap) : no_link(type, error, cap);
	pcap_close(p);
	return result;
}

#else

int source_pcap_run(struct input *in, struct capture *capture, char *error, size_t cap)
{
	if (source_pcapng_is(in))
		return source_pcapng_run(in, capture, error, cap);
	snprintf(error, cap, "a capture; this program was built without libpcap and reads none");
	return -1;
}

#endif
