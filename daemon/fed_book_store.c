/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The book in the store, as records of peers.  A text that takes another's place has the next
 * serial: so the one before is there until the new one is on disk.
 */
#include <stdio.h>

#include "daemon/fed_book.h"
#include "daemon/fed_priv.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static void on_stored(void *arg, const struct store_result *res)
{
	(void)arg;
	if (res->rc < 0 && res->rc != KERR_NOTFOUND) /* dropped, and was not there */
		log_error("fed.book", "why=%s", kerr_name(res->rc));
}

static struct store_call call_of(struct fed *f)
{
	return (struct store_call){
		.home = f->loop, .done = on_stored, .arg = f, .actor = "federation"};
}

static void keep(void *arg, const char *key, uint64_t serial, struct slice text)
{
	struct fed *f = arg;
	const struct store_call call = call_of(f);
	int rc = store_record(f->d->store, RECORD_PEER, slice_str(key), serial, text, &call);

	if (rc < 0)
		log_error("fed.book", "key=%s why=%s", key, kerr_name(rc));
}

static void drop(void *arg, const char *key)
{
	struct fed *f = arg;
	const struct store_call call = call_of(f);
	int rc = store_record_del(f->d->store, RECORD_PEER, slice_str(key), &call);

	if (rc < 0)
		log_error("fed.book", "key=%s why=%s", key, kerr_name(rc));
}

static int64_t clock_at(void *arg)
{
	(void)arg;
	return loop_now_at();
}

static const struct fed_book_ops ops = {.keep = keep, .drop = drop, .now_at = clock_at};

static bool on_record(
	void *arg, enum record_type type, struct slice key, uint64_t serial, struct slice text)
{
	struct esc e;

	if (type == RECORD_PEER && !fed_book_load(arg, key, serial, text))
		log_warn("fed.book", "key=%s why=damaged", esc(&e, key));
	return true;
}

int fed_book_open(struct fed *f, struct fed_book **out, struct err *err)
{
	struct fed_book *b = fed_book_new(&ops, f);
	struct view *v;
	int rc = view_open(f->d->store, &v);

	*out = b;
	if (rc == 0) {
		rc = view_records(v, on_record, b);
		view_close(v);
	}
	if (rc < 0)
		return err_set(err, rc, "federation: the book of peers cannot be read");
	f->sponsor.set = fed_book_sponsored(b, &f->sponsor.token, f->sponsor.numbers);
	return 0;
}
