/* SPDX-License-Identifier: MIT */
/* Captures: pcap by libpcap, pcapng by source_pcapng.h. */
#ifndef CLI_SOURCE_PCAP_H
#define CLI_SOURCE_PCAP_H

#include "capture.h"
#include "input.h"

/* Whether the input begins as a capture does; reads no further than that takes. @return 1, 0, or -1 as input_fill(). */
int source_pcap_detect(struct input *in);

/*
 * Feeds all packets of the capture that `in` has, from where it is, and ends it.
 * @return 0 at the end; -1 when it is no capture or is damaged (`error` has one line; what was good
 *         before has been given), or there is no memory; -2 when `item` or the wait function ended it.
 */
int source_pcap_run(struct input *in, struct capture *capture, char *error, size_t cap);

#endif
