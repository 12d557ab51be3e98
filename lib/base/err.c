/* SPDX-License-Identifier: MIT */
#include <devlink3/base.h>

#include "base/out.h"

struct error {
	enum dl3_err err;
	const char *name;
	enum dl3_class class;
	const char *text;
};

static const struct error errors[] = {
#define DL3_ERROR(NAME, number, name, class, text) { DL3_##NAME, name, class, text },
#include <devlink3/tables/errors.def>
#undef DL3_ERROR
};

static const struct error *find(enum dl3_err err)
{
	static const struct error none = { DL3_OK, "error", DL3_CLASS_USAGE, "An error without a name." };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].err == err)
			return &errors[i];
	return &none;
}

const char *dl3_err_name(enum dl3_err err)
{
	return find(err)->name;
}

const char *dl3_err_text(enum dl3_err err)
{
	return find(err)->text;
}

enum dl3_class dl3_err_class(enum dl3_err err)
{
	return find(err)->class;
}

static void put_came(struct dl3i_out *o, const struct dl3_fault *f)
{
	if (!f->came && !f->has_value)
		return;
	dl3i_put_z(o, ", came ");
	if (f->came)
		dl3i_put_z(o, f->came);
	if (!f->has_value)
		return;
	if (f->came)
		dl3i_put_char(o, ' ');
	if (f->is_code) {
		dl3i_put_z(o, "0x");
		dl3i_put_hex(o, f->value);
	} else {
		dl3i_put_unsigned(o, f->value);
	}
}

size_t dl3_fault_text(const struct dl3_fault *fault, char *buf, size_t cap)
{
	struct dl3i_out o = dl3i_out_to(buf, cap > 0 ? cap - 1 : 0);

	if (!fault->expected) {
		dl3i_put_z(&o, dl3_err_text(fault->err));
	} else {
		dl3i_put_z(&o, "expected ");
		dl3i_put_z(&o, fault->expected);
		put_came(&o, fault);
	}
	if (fault->has_offset) {
		dl3i_put_z(&o, ", at octet ");
		dl3i_put_unsigned(&o, fault->offset);
	}
	if (o.len > o.cap)
		o.len = o.cap;
	if (cap > 0)
		buf[o.len] = '\0';
	return o.len;
}
