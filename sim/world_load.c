/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world_read.h"

/* libcyaml's way to allocate has no old sizes: they stand in front of each block. */
union header {
	size_t size;
	max_align_t align; // cppcheck-suppress unusedStructMember ; there for what follows it
};

static void *resize(void *ctx, void *block, size_t size)
{
	const struct dl3_allocator *a = ctx;
	union header *old = block ? (union header *)block - 1 : NULL;
	size_t old_size = old ? old->size + sizeof(*old) : 0;

	if (size == 0) {
		if (old)
			a->resize(old, old_size, 0, a->arg);
		return NULL;
	}
	union header *h = a->resize(old, old_size, size + sizeof(*h), a->arg);

	if (!h)
		return NULL;
	h->size = size;
	return h + 1;
}

static void *resize_by_malloc(void *block, size_t old_size, size_t new_size, void *arg)
{
	(void)old_size;
	(void)arg;
	if (new_size > 0)
		return realloc(block, new_size);
	free(block);
	return NULL;
}

static uint32_t makes(const uint32_t *given)
{
	return given ? *given : 0;
}

static void prepare(struct sim_reader *r)
{
	struct sim_maker *m = &r->maker;

	if (r->file->generate)
		r->generate = *r->file->generate;
	m->w = r->w;
	m->seed = r->generate.seed ? *r->generate.seed : 0;
	m->users = makes(r->generate.users);
	m->groups = makes(r->generate.groups);
	m->trunks = makes(r->generate.trunks);
	m->first_address = SIM_FIRST_ADDRESS;
}

static bool check_ways(struct sim_reader *r)
{
	size_t path[SIM_NODES_MAX];

	for (size_t i = 1; i < r->w->node_count; i++)
		if (sim_world_path(r->w, 0, i, path) == 0)
			return sim_document_fail(&r->doc, SIM_AT("nodes", i + 1, NULL), "no link leads from \"%s\" to \"%s\"",
			                         r->w->nodes[0].name, r->w->nodes[i].name);
	return true;
}

static bool build(struct sim_reader *r)
{
	prepare(r);
	return sim_read_text(r, &r->w->name, r->file->name ? r->file->name : "Example Network") &&
	       sim_read_nodes(r) && sim_read_links(r) && sim_read_users(r) && sim_read_groups(r) &&
	       sim_make_users(&r->maker) && sim_read_members(r) && sim_make_groups(&r->maker) &&
	       sim_read_overflows(r) && sim_read_trunks(r) && sim_read_contacts(r) && sim_read_accounts(r) &&
	       sim_read_service_users(r) && sim_read_security(r) && sim_world_seal(r->w) && check_ways(r);
}

static struct sim_world *build_or_fail(struct sim_reader *r, const struct dl3_allocator *allocator)
{
	r->w = sim_world_new(allocator);
	if (r->w && build(r))
		return r->w;
	sim_world_free(r->w);
	if (r->doc.error->text[0] == '\0')
		sim_world_fail(r->doc.error, "%.200s: no memory for this world", r->doc.name);
	return NULL;
}

struct sim_world *sim_world_parse_in(const char *text, size_t len, const char *name,
                                     const struct dl3_allocator *allocator, struct sim_error *error)
{
	struct dl3_allocator a = { .resize = resize_by_malloc };
	struct sim_reader r = { 0 };
	struct sim_world *w = NULL;
	cyaml_data_t *file = NULL;

	if (allocator)
		a = *allocator;
	const cyaml_config_t config = { .mem_fn = resize, .mem_ctx = &a, .flags = CYAML_CFG_NO_ALIAS };

	error->text[0] = '\0';
	if (!sim_document_read(&r.doc, text, len, name, error))
		return NULL;
	if (sim_document_check(&r.doc, &sim_world_schema)) {
		cyaml_err_t err = cyaml_load_data((const uint8_t *)text, len, &config, &sim_world_schema, &file, NULL);

		r.file = file;
		if (err != CYAML_OK || !file)
			sim_world_fail(error, "%.200s: %s", name, cyaml_strerror(err));
		else
			w = build_or_fail(&r, &a);
		cyaml_free(&config, &sim_world_schema, file, 0);
	}
	sim_document_free(&r.doc);
	return w;
}

struct sim_world *sim_world_parse(const char *text, size_t len, const char *name, struct sim_error *error)
{
	return sim_world_parse_in(text, len, name, NULL, error);
}

/* One octet more than is allowed is enough to know that it is too long, of a device that never ends too. */
static char *read_file(const char *path, size_t *len, struct sim_error *error)
{
	FILE *f = fopen(path, "rb");
	char *text = f ? malloc(SIM_DOCUMENT_MAX + 1) : NULL;

	if (!text) {
		sim_world_fail(error, "%.200s: cannot be opened: %s", path, strerror(errno));
	} else {
		*len = fread(text, 1, SIM_DOCUMENT_MAX + 1, f);
		if (ferror(f)) {
			sim_world_fail(error, "%.200s: cannot be read: %s", path, strerror(errno));
			free(text);
			text = NULL;
		}
	}
	if (f)
		fclose(f);
	return text;
}

struct sim_world *sim_world_load(const char *path, struct sim_error *error)
{
	size_t len = 0;
	char *text = read_file(path, &len, error);
	struct sim_world *w = text ? sim_world_parse(text, len, path, error) : NULL;

	free(text);
	return w;
}
