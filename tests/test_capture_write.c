/* SPDX-License-Identifier: MIT */
/* The writer of captures, against the reader. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/capture.h"
#include "cli/capture_write.h"
#include "support/test.h"

struct seen {
	unsigned frames, faults, from_pbx;
	uint64_t octets;
	char to[64];
};

static int take(const struct source_item *item, void *arg)
{
	struct seen *s = arg;

	s->frames += item->fault.err == DL3_OK && !item->hole;
	s->faults += item->fault.err != DL3_OK || item->hole;
	s->from_pbx += item->origin->direction == SOURCE_PBX;
	s->octets += item->header + item->payload.len;
	snprintf(s->to, sizeof(s->to), "%s", item->origin->to);
	return 0;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static struct seen read_back(const char *file, struct capture_counts *counts)
{
	struct seen seen = { 0 };
	struct capture_config config = { .item = take, .arg = &seen };
	struct capture *c = capture_new(&config);
	FILE *f = fopen(file, "rb");
	uint8_t header[24], packet[65536];

	assert_non_null(c);
	assert_non_null(f);
	assert_int_equal(fread(header, 1, 24, f), 24);
	assert_int_equal(get32(header + 20), 101);
	while (fread(header, 1, 16, f) == 16) {
		size_t len = get32(header + 8);
		uint64_t time = get32(header) * UINT64_C(1000000000) + get32(header + 4) * UINT64_C(1000);

		assert_true(len <= sizeof(packet));
		assert_int_equal(fread(packet, 1, len, f), len);
		assert_int_equal(capture_feed(c, CAPTURE_LINK_RAW, time, packet, len, len), 0);
	}
	assert_int_equal(capture_end(c), 0);
	*counts = capture_counts(c);
	capture_free(c);
	fclose(f);
	return seen;
}

/* A read reply of `len` octets: what does not fit in a segment. */
static size_t long_frame(uint8_t *out, size_t len)
{
	static const uint8_t reply[] = { 0x80, 0x30, 0, 0x41, 0, 0, 0, 1, 0, 0, 0, 0 };
	size_t header = dl3_frame_header(len, out);

	memset(out + header, 'x', len);
	memcpy(out + header, reply, sizeof(reply));
	return header + len;
}

static const uint8_t ping[] = { 0x49, 0, 15, 0, 0x2a, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0 };

static void converse(struct capture_writer *w, const struct sockaddr *client, const struct sockaddr *pbx)
{
	static uint8_t frame[200000];
	size_t len = long_frame(frame, 150000);

	for (unsigned i = 0; i < 3; i++) {
		capture_writer_connection(w, 1000000u * i, client, pbx);
		capture_writer_data(w, 1000000u * i + 1, false, ping, sizeof(ping));
		capture_writer_data(w, 1000000u * i + 2, true, frame, len);
		if (i != 1) /* the next one ends it */
			capture_writer_end(w, 1000000u * i + 3, i == 0 ? CAPTURE_END_PBX : CAPTURE_END_RESET);
	}
}

static void check(const struct sockaddr *client, const struct sockaddr *pbx, const char *to)
{
	char file[] = "/tmp/capture-write-XXXXXX", error[256] = "";
	struct capture_counts counts;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	close(fd);
	struct capture_writer *w = capture_writer_open(file, error, sizeof(error));
	assert_non_null(w);
	converse(w, client, pbx);
	assert_int_equal(capture_writer_close(w, error, sizeof(error)), 0);
	struct seen seen = read_back(file, &counts);
	unlink(file);
	assert_int_equal(seen.frames, 6);
	assert_int_equal(seen.faults, 0);
	assert_int_equal(seen.from_pbx, 3);
	assert_int_equal(seen.octets, 3 * (sizeof(ping) + 150000 + 4));
	assert_int_equal(counts.connections, 3);
	assert_int_equal(counts.middle, 0);
	assert_string_equal(seen.to, to);
}

static void what_was_written_is_read_back_as_the_same(void **state)
{
	struct sockaddr_in client = { .sin_family = AF_INET }, pbx = { .sin_family = AF_INET };

	(void)state;
	client.sin_addr.s_addr = htonl(0xc0000209u);
	client.sin_port = htons(40000);
	pbx.sin_addr.s_addr = htonl(0xc0000205u);
	pbx.sin_port = htons(CAPTURE_PORT);
	check((struct sockaddr *)&client, (struct sockaddr *)&pbx, "192.0.2.9:40000");
	client.sin_port = 0;
	check((struct sockaddr *)&client, (struct sockaddr *)&pbx, "192.0.2.9:49154");
}

static void ipv6_too(void **state)
{
	struct sockaddr_in6 client = { .sin6_family = AF_INET6, .sin6_port = htons(40000) };
	struct sockaddr_in6 pbx = { .sin6_family = AF_INET6, .sin6_port = htons(CAPTURE_PORT) };

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::9", &client.sin6_addr), 1);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", &pbx.sin6_addr), 1);
	check((struct sockaddr *)&client, (struct sockaddr *)&pbx, "[2001:db8::9]:40000");
}

static void a_full_disk_and_a_bad_name_are_said(void **state)
{
	char error[256] = "";

	(void)state;
	assert_null(capture_writer_open("/nonexistent/x.pcap", error, sizeof(error)));
	assert_non_null(strstr(error, "/nonexistent/x.pcap: No such file"));
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_null(capture_writer_open("/dev/full", error, sizeof(error)));
	assert_non_null(strstr(error, "/dev/full: No space left"));
}

static void ends_of_two_families_are_an_error(void **state)
{
	struct sockaddr_in client = { .sin_family = AF_INET };
	struct sockaddr_in6 pbx = { .sin6_family = AF_INET6 };
	char error[256] = "";

	(void)state;
	struct capture_writer *w = capture_writer_open("/dev/null", error, sizeof(error));
	assert_non_null(w);
	capture_writer_connection(w, 0, (struct sockaddr *)&client, (struct sockaddr *)&pbx);
	assert_int_equal(capture_writer_close(w, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "/dev/null: "));
}

DL3T_TESTS(cmocka_unit_test(what_was_written_is_read_back_as_the_same), cmocka_unit_test(ipv6_too),
           cmocka_unit_test(a_full_disk_and_a_bad_name_are_said),
           cmocka_unit_test(ends_of_two_families_are_an_error));
