/* SPDX-License-Identifier: MIT */
/* Captures in pcapng. libpcap reads them too, but none whose interfaces are of different kinds, which is what
 * capturing on a loopback and a network at once gives on many systems. */
#ifndef CLI_SOURCE_PCAPNG_H
#define CLI_SOURCE_PCAPNG_H

#include "capture.h"
#include "input.h"

/* Whether it begins as one; for an input that is known to be a capture. */
bool source_pcapng_is(const struct input *in);
/* As source_pcap_run(). Packets of a kind that is not understood are passed over, and said in `error` at the end. */
int source_pcapng_run(struct input *in, struct capture *capture, char *error, size_t cap);

#endif
