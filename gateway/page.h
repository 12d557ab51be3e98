/* SPDX-License-Identifier: MIT */
/* The files of the wallboard and the description of the interface, built into the program. */
#ifndef GATEWAY_PAGE_H
#define GATEWAY_PAGE_H

#include <stddef.h>

struct page_file {
	const char *path; /* "/wallboard.js" */
	const char *type;
	const char *tag; /* changes with the contents; in quotes */
	const unsigned char *data;
	size_t len;
};

/* /openapi.json alone when the program was built without the page. */
extern const struct page_file page_files[];
extern const size_t page_file_count;

#endif
