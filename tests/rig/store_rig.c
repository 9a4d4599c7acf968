/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store run by hand. */
#include "tests/rig/store_rig.h"

#include "daemon/crypto_ossl.h"
#include "proto/base/mem.h"

static void open_it(struct store_rig *r)
{
	struct store_opts o = {.dir = r->dir[0] ? r->dir : NULL, .manual = true};
	struct err err;
	int rc = store_open(&o, &r->s, &err);

	if (rc < 0)
		fail_msg("store_open: %s", err.text);
	store_set_watermarks(r->s, 0, 0);
}

void rig_open_mem(struct store_rig *r)
{
	crypto_ossl_install();
	*r = (struct store_rig){.now_at = 1700000000};
	open_it(r);
}

void rig_open_dir(struct store_rig *r)
{
	crypto_ossl_install();
	*r = (struct store_rig){.now_at = 1700000000};
	tmpdir_make(r->dir);
	open_it(r);
}

void rig_reopen(struct store_rig *r)
{
	store_close(r->s);
	open_it(r);
}

void rig_close(struct store_rig *r)
{
	store_close(r->s);
	if (r->dir[0])
		tmpdir_remove(r->dir);
}

static struct store_rig fixture;

int rig_begin_mem(void **state)
{
	rig_open_mem(&fixture);
	*state = &fixture;
	return 0;
}

int rig_begin_dir(void **state)
{
	rig_open_dir(&fixture);
	*state = &fixture;
	return 0;
}

int rig_end(void **state)
{
	rig_close(*state);
	return 0;
}

static void answered(void *arg, const struct store_result *res)
{
	struct store_rig *r = arg;

	r->res = *res;
	r->n_answers++;
}

struct store_call rig_call(struct store_rig *r)
{
	return (struct store_call){.done = answered, .arg = r};
}

int rig_run(struct store_rig *r)
{
	while (store_run(r->s) > 0)
		;
	return r->res.rc;
}

uint32_t rig_group(struct store_rig *r, const char *name)
{
	struct group_rec g = {.kind = GROUP_FORUM, .cls = CLASS_PUBLIC, .posting = POSTING_MEMBERS};
	struct store_call c = rig_call(r);

	assert_true(slice_cstr(slice_str(name), g.name, sizeof g.name));
	g.created_at = r->now_at;
	assert_int_equal(store_group_put(r->s, &g, &c), 0);
	assert_int_equal(rig_run(r), 0);
	return r->res.id;
}

uint32_t rig_account(struct store_rig *r, const char *login, const char *address)
{
	struct account a = {.state = ACCOUNT_ACTIVE, .n_addresses = 1};
	struct store_call c = rig_call(r);

	assert_true(slice_cstr(slice_str(login), a.login, sizeof a.login));
	assert_true(slice_cstr(slice_str(address), a.addresses[0], sizeof a.addresses[0]));
	assert_int_equal(store_account_put(r->s, &a, &c), 0);
	assert_int_equal(rig_run(r), 0);
	return r->res.id;
}

int rig_post(struct store_rig *r, const char *mid, const uint32_t *groups)
{
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = slice_str(mid),
		.overview = lit("Gru\xc3\x9f\tanna@example.org\tdate\t<x@y>\t"),
		.lines = 1,
		.arrived_at = r->now_at,
		.groups = groups};
	struct buf text;

	while (groups && groups[p.n_groups] != 0)
		p.n_groups++;
	p.control = p.n_groups == 0;
	buf_init(&text, 4096);
	buf_addf(&text, "Message-ID: %s\r\n\r\nbody of %s\r\n", mid, mid);
	p.article = buf_slice(&text);
	int rc = store_post(r->s, &p, &c);
	buf_fini(&text);
	return rc < 0 ? rc : rig_run(r);
}

int rig_post1(struct store_rig *r, const char *mid, uint32_t group)
{
	return rig_post(r, mid, (const uint32_t[]){group, 0});
}

int rig_post_cancel(
	struct store_rig *r, const char *mid, const char *target, bool control, uint32_t group)
{
	struct store_call c = rig_call(r);
	struct store_post p = {.mid = slice_str(mid),
		.article = lit("Control: cancel\r\n\r\n"),
		.cancels = slice_str(target),
		.control = control,
		.groups = &group,
		.n_groups = control ? 0 : 1,
		.arrived_at = r->now_at};
	int rc = store_post(r->s, &p, &c);

	return rc < 0 ? rc : rig_run(r);
}

void rig_assert_clean(struct store_rig *r)
{
	struct check_report report;

	assert_int_equal(store_check(r->s, &report), 0);
	if (report.n_faults > 0)
		fail_msg("%s", buf_cstr(&report.lines));
	buf_fini(&report.lines);
}

struct view *rig_view(struct store_rig *r)
{
	struct view *v = NULL;

	assert_int_equal(view_open(r->s, &v), 0);
	return v;
}

struct group_state rig_state(struct store_rig *r, uint32_t group)
{
	struct view *v = rig_view(r);
	struct group_state st = {0};

	assert_int_equal(view_group_state(v, group, &st), 0);
	view_close(v);
	return st;
}
