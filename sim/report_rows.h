/* SPDX-License-Identifier: MIT */
/* How one node sees a call and its ends: the rows of records. Text points into the exchange, the
 * world and `scratch`, and lives as long as these stay as they are. */
#ifndef SIM_REPORT_ROWS_H
#define SIM_REPORT_ROWS_H

#include "exchange.h"

/* Who looks, and when. */
struct sim_look {
	const struct sim_world *world;
	size_t node;
	uint64_t now_ms;
};

/* Room for text that stands nowhere else. */
struct sim_scratch {
	char description[2][SIM_NAME_MAX];
	char cli[2][2 * SIM_NUMBER_MAX];
	char target_cli[2 * SIM_NUMBER_MAX];
	char target_description[SIM_TARGETS_MAX][SIM_NUMBER_MAX];
	struct dl3_target targets[SIM_TARGETS_MAX];
};

/* A node's time, in tenths of a second. */
int64_t sim_look_time(const struct sim_look *look);
/* The number by which the node knows the call; 0 when it does not see it. */
uint32_t sim_call_id_on(const struct sim_call *call, size_t node);
/* "17.23": the channel of a network line by which `node` sees an end of another node. */
void sim_link_reference(const struct sim_look *look, const struct sim_end *end, char *out, size_t cap);
/* "17.1003.1": an end in its local form, for Delta2 and SIPTrack. Those of other nodes are on the line towards these:
 * nodes number their ends each for itself. */
void sim_local_form(const struct sim_look *look, const struct sim_told *told, char *out, size_t cap);
struct sim_told sim_told_of(const struct sim_end *end);
/* An extension's number, or absent text. */
struct dl3_str sim_user_number(const struct sim_user *u);
struct dl3_str sim_group_number(const struct sim_group *g);

/* The Detail of a call. */
void sim_detail(const struct sim_look *look, const struct sim_call *call, struct sim_scratch *scratch,
                struct dl3_record *out);

/* The Delta2 S record of a call; what it owns of its text lies in `text`. */
struct sim_delta2_text {
	char a_id[SIM_NUMBER_MAX], b_id[SIM_NUMBER_MAX];
	char a_name[2 * SIM_NAME_MAX], b_name[2 * SIM_NAME_MAX], b_list[4 * (SIM_NAME_MAX + SIM_NUMBER_MAX)];
	char a_slot[SIM_NUMBER_MAX], b_slot[SIM_NUMBER_MAX], calling[2 * SIM_NUMBER_MAX], park[16];
	char presentation[24];
};
void sim_delta2(const struct sim_look *look, const struct sim_call *call, struct sim_delta2_text *text,
                struct dl3_record *out);

#endif
