/* SPDX-License-Identifier: MIT */
/* A scenario as it stands in its file. */
#ifndef SIM_SCENARIO_PARTS_H
#define SIM_SCENARIO_PARTS_H

#include "scenario.h"

struct sim_step {
	struct sim_command command; /* its text is the file's, in `loaded` */
	uint64_t at;                /* milliseconds from the beginning */
	size_t line, column;
	bool may_fail;
};

struct sim_script {
	char *name;
	struct sim_step *steps;
	size_t count;
	uint64_t times,
		every; /* how often it is played, and the milliseconds from one beginning to the next */
	void *loaded;  /* what libcyaml has made of it */
};

bool sim_script_read(struct sim_script *s, const char *text, size_t len, const char *name,
                     struct sim_error *error);
void sim_script_finish(struct sim_script *s);

#endif
