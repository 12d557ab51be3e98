/* SPDX-License-Identifier: MIT */
/* Inside of a host: what host.c, host_links.c and host_faults.c share. */
#ifndef SIM_HOST_PARTS_H
#define SIM_HOST_PARTS_H

#include <event2/event.h>

#include "host.h"
#include "report.h"
#include "truth.h"

struct site;

/* Where a node of a site listens. While the node restarts, `listener` is NULL. */
struct port {
	struct site *site;
	size_t node;
	bool tls;
	struct dl3_listener *listener;
	char address[64]; /* the one it got, so that it comes back on it */
	struct sim_alarm restart;
};

/* A connection. */
struct link {
	struct link *next, **back; /* in the host's list */
	struct port *port;
	struct dl3_conn *conn;
	struct sim_client *client;
	struct sim_alarm stalled; /* set: nothing goes in or out until it rings */
	bool half_open;           /* nothing ever will */
};

/* One network of the world's kind. */
struct site {
	struct sim_host *host;
	struct sim_exchange *exchange;
	struct sim_report *report;
	struct sim_truth *truth;
	struct sim_traffic *traffic;
	struct sim_pbx *pbx;
	struct sim_commands *commands;
	struct port *ports;
	size_t port_count;
};

/* Faults that last, as they are now; 0: off. */
struct lasting {
	uint64_t pieces, delay_ms, slow_start_ms;
};

struct sim_host {
	struct event_base *base;
	struct sim_host_config config;
	struct sim_clock clock; /* of all sites */
	struct event *pump;
	uint64_t real_origin, sim_origin; /* milliseconds: simulated time was this when real time was that */
	double speed;
	bool standing; /* waits for the first stream */
	bool closing;  /* no more traffic: the end of the time has come */
	bool over;     /* and the last call has ended, or a scenario failed */
	struct dl3_tls *tls;
	struct site *sites;
	uint32_t site_count;
	struct link *links;
	struct sim_faults *faults;
	struct sim_random luck; /* whom a fault hits */
	struct lasting lasting;
	struct sim_alarm let_out; /* of what a delay keeps back */
};

/* host.c */
uint64_t sim_real_ms(void);
/* Brings simulated time up to now; nothing else may have been done with the exchange before. */
void sim_host_catch_up(struct sim_host *h);
/* Something was done: the pump may have to wake earlier. */
void sim_host_wake(struct sim_host *h);
void sim_host_log(struct sim_host *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* host_links.c */
bool sim_port_open(struct port *p, const char *address, struct sim_error *error);
void sim_port_close(struct port *p);
void sim_link_stall(struct link *l, uint64_t ms);
/* How a link's output goes, by the faults that last and its own. */
void sim_link_shape(struct link *l);

/* host_faults.c */
void sim_host_strike(const struct sim_fault *fault, void *host);
void sim_host_end_faults(struct sim_host *h);

#endif
