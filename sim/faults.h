/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong on purpose. Each kind has a rate of its own; when each comes is decided by the seed.
 *
 * As text, for --fault and for control: "KIND[=RATE][,PARAMETER=VALUE]...", RATE in times a minute of
 * simulated time ("reset=0.5"), or "KIND" alone for once and now.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "clock.h"
#include "random.h"
#include "world.h"

/* SIM_FAULT(NAME, name, parameter, default of the parameter, meaning): */
#define SIM_FAULTS(SIM_FAULT)                                                                             \
	SIM_FAULT(PIECES, pieces, octets, 7, "what is sent goes out in pieces of that many octets, until `off`") \
	SIM_FAULT(DELAY, delay, ms, 500, "what is sent is kept back and let out every so often, until `off`")                 \
	SIM_FAULT(STALL, stall, ms, 5000, "nothing is sent and nothing read for so long")                   \
	SIM_FAULT(RESET, reset, , 0, "a connection is reset")                                               \
	SIM_FAULT(CLOSE, close, , 0, "a connection is closed between frames")                               \
	SIM_FAULT(CUT, cut, , 0, "a connection is closed in the middle of a frame")                         \
	SIM_FAULT(HALF_OPEN, half_open, , 0, "a connection stays, and nothing is answered or sent any more") \
	SIM_FAULT(GAP, gap, events, 3, "so many events are counted and never sent")                         \
	SIM_FAULT(SKIP, skip, events, 3, "the counter jumps by so many; no event is lost")                  \
	SIM_FAULT(DUPLICATE, duplicate, , 0, "an event is sent twice")                                      \
	SIM_FAULT(REBOOT, reboot, ms, 3000, "a node restarts: connections, calls, counters; back after so long") \
	SIM_FAULT(MALFORMED, malformed, , 0, "a frame whose contents cannot be read")                       \
	SIM_FAULT(GARBAGE, garbage, , 0, "octets that are no frame: framing is lost")                       \
	SIM_FAULT(REFUSE, refuse, ms, 10000, "logins are answered RETRY LATER for so long")                 \
	SIM_FAULT(LOCKOUT, lockout, ms, 60000, "the service user is locked out for so long")                \
	SIM_FAULT(SLOW_START, slow_start, ms, 3000, "a new connection is not read for so long, until `off`")

enum sim_fault_kind {
#define SIM_FAULT(NAME, name, parameter, normal, meaning) SIM_FAULT_##NAME,
	SIM_FAULTS(SIM_FAULT)
#undef SIM_FAULT
	SIM_FAULT_KINDS
};

struct sim_fault {
	enum sim_fault_kind kind;
	double rate;    /* times a minute; 0: once, now, or for those that last: on from now */
	uint64_t value; /* of its parameter */
	size_t node;    /* SIM_NONE: any */
	bool off;
};

/* Reads a fault from text. */
bool sim_fault_parse(const char *text, const struct sim_world *w, struct sim_fault *out, struct sim_error *error);
const char *sim_fault_name(enum sim_fault_kind kind);
/* For --help and the documentation: one line about a kind. */
const char *sim_fault_meaning(enum sim_fault_kind kind);
/* Its parameter and what that is when not given; NULL when it takes none. */
const char *sim_fault_parameter(enum sim_fault_kind kind, uint64_t *normal);

struct sim_faults;
/* `strike` is called whenever a fault is to happen. NULL without memory. */
struct sim_faults *sim_faults_new(struct sim_clock *clock, uint64_t seed,
                                  void (*strike)(const struct sim_fault *fault, void *arg), void *arg);
void sim_faults_free(struct sim_faults *f);
/* Arms a fault, or strikes at once when it has no rate; one of the same kind and node gives way. */
bool sim_faults_arm(struct sim_faults *f, const struct sim_fault *fault);

#endif
