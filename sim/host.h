/* SPDX-License-Identifier: MIT */
/*
 * A whole simulated network on sockets: the world, its exchange and traffic, the PBX's service on
 * listeners, faults, and the pump that makes simulated time follow the real one. This is what the
 * command and the gateway's demonstration use.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <devlink3/event.h>

#include "command.h"
#include "exchange.h"
#include "faults.h"
#include "pbx.h"
#include "scenario.h"
#include "traffic.h"

struct event_base;
struct sim_host;

struct sim_host_config {
	const struct sim_world *world; /* must outlive the host */
	/* Addresses to listen on, in the order of the world's nodes; fewer than nodes are fine. */
	const char *const *listen;
	size_t listen_count;
	const char *const *tls_listen;
	size_t tls_listen_count;
	const char *certificate, *key, *client_ca; /* PEM files; a certificate is made when NULL */
	struct sim_traffic_config traffic;
	uint64_t seed;
	double speed;         /* of simulated time; 0: 1 */
	bool wait;            /* time stands until the first stream is asked for: runs can be compared octet by octet */
	uint64_t end_ms;      /* of simulated time: no more traffic past it, and `ended` when the last call is over; 0 */
	struct sim_scenario *scenario; /* NULL; must outlive the host */
	struct sim_fault *faults;
	size_t fault_count;
	uint32_t sites; /* so many networks of this same world, each with its own traffic; ports count upwards from
	                 * the given one, or each picks one. 0: 1 */
	void (*truth)(const char *line, size_t len, void *arg); /* NULL */
	void (*log)(const char *line, void *arg);               /* NULL */
	/* The scenario or the time is over; `error` NULL when nothing went wrong. May be NULL. */
	void (*ended)(const struct sim_error *error, void *arg);
	void *arg;
};

/* NULL with `error` when it cannot listen, or without memory. */
struct sim_host *sim_host_new(struct event_base *base, const struct sim_host_config *config,
                              struct sim_error *error);
/* Closes all connections and frees everything. */
void sim_host_free(struct sim_host *h);

/* The addresses it listens on, by index, NULL past the last; `*tls` and `*node` say what for. */
const char *sim_host_address(const struct sim_host *h, size_t index, bool *tls, size_t *node);

struct sim_host_counts {
	uint64_t now_ms;  /* simulated */
	uint64_t lag_ms;  /* how far simulated time lies behind where it should be */
	uint64_t calls_now, calls, answered, events, deliveries, connections, monitors, overruns;
};
struct sim_host_counts sim_host_counts(const struct sim_host *h);

/* Of the first site; for control. */
struct sim_exchange *sim_host_exchange(struct sim_host *h);
struct sim_pbx *sim_host_pbx(struct sim_host *h);
struct sim_commands *sim_host_commands(struct sim_host *h);
/* Does something at the first site, now. */
bool sim_host_do(struct sim_host *h, const struct sim_command *command, uint64_t *call, struct sim_error *error);
/* Makes a fault happen, or arms it. */
bool sim_host_fault(struct sim_host *h, const struct sim_fault *fault, struct sim_error *error);
/* All calls are cleared, labels forgotten, faults ended, traffic as configured. */
bool sim_host_reset(struct sim_host *h, struct sim_error *error);
/* Calls a minute, of each site. */
void sim_host_set_rate(struct sim_host *h, double rate);
void sim_host_set_speed(struct sim_host *h, double speed);

#endif
