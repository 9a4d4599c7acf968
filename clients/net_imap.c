/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libetpan's mailimap behind our types.  Groups are the mailboxes of the server's shared namespace
 * (RFC 2342); a newsgroup's name is that of its mailbox without the prefix, with dots.
 */
#include <stdio.h>

#include "clients/net_priv.h"
#include "proto/base/mem.h"
#include "proto/base/wildmat.h"
#include "proto/msg/article.h"

enum { NAME_MAX_BYTES = 1000, FIELDS_MAX = 64 * 1024 };

struct imap {
	struct net net;
	mailimap *imap;
	struct buf prefix; /* "Gruppen/"; empty: there is no shared namespace */
	char delimiter;
	struct buf name; /* of the selected mailbox */
};

static struct imap *imap_of(struct net *n)
{
	return container_of(n, struct imap, net);
}

static const char *imap_answer(const struct net *n)
{
	const struct imap *h = container_of(n, const struct imap, net);

	return h->imap->imap_response ? h->imap->imap_response : "";
}

/* libetpan's code as ours; what says what was asked. */
static int failed(const struct imap *n, int code, const char *what, struct err *err)
{
	const char *said = imap_answer(&n->net);

	if (code == MAILIMAP_ERROR_STREAM || code == MAILIMAP_ERROR_PARSE)
		return err_set(err, KERR_IO, "%s: the connection is lost", what);
	return err_set(err, code == MAILIMAP_ERROR_EXAMINE ? KERR_NOTFOUND : KERR_DENIED, "%s: %s",
		what, said);
}

static bool is_ok(int code)
{
	return code == MAILIMAP_NO_ERROR || code == MAILIMAP_NO_ERROR_AUTHENTICATED ||
	       code == MAILIMAP_NO_ERROR_NON_AUTHENTICATED;
}

/* ---- names ---- */

static void add_swapped(struct buf *b, struct slice s, char from, char to)
{
	for (size_t i = 0; i < s.len; i++)
		buf_addc(b, s.p[i] == from ? to : s.p[i]);
}

/* The mailbox that is meant: by its own name, or by that of a newsgroup. */
static void add_mailbox(const struct imap *n, struct buf *b, const char *name)
{
	struct slice s = slice_str(name);
	bool own = slice_chr(s, n->delimiter) < s.len || slice_chr(s, '.') == s.len;

	if (own) {
		buf_add(b, s);
		return;
	}
	buf_add(b, buf_slice(&n->prefix));
	add_swapped(b, s, '.', n->delimiter);
}

/* A mailbox of the shared namespace as a newsgroup's name; false: it is none. */
static bool add_newsgroup(const struct imap *n, struct buf *b, struct slice mailbox)
{
	struct slice prefix = buf_slice(&n->prefix);

	if (prefix.len == 0 || !slice_starts(mailbox, prefix) || mailbox.len == prefix.len)
		return false;
	add_swapped(b, slice_from(mailbox, prefix.len), n->delimiter, '.');
	return true;
}

static int imap_newsgroup(struct net *net, const char *name, struct buf *out)
{
	struct imap *n = imap_of(net);
	struct buf mailbox;

	buf_init(&mailbox, NAME_MAX_BYTES);
	add_mailbox(n, &mailbox, name);
	bool found = add_newsgroup(n, out, buf_slice(&mailbox));
	buf_fini(&mailbox);
	return found ? 0 : KERR_NOTFOUND;
}

static void find_prefix(struct imap *n)
{
	struct mailimap_namespace_data *data;

	n->delimiter = '/';
	if (mailimap_namespace(n->imap, &data) != MAILIMAP_NO_ERROR)
		return;
	clistiter *first = data->ns_shared ? clist_begin(data->ns_shared->ns_data_list) : NULL;
	const struct mailimap_namespace_info *info = first ? clist_content(first) : NULL;
	if (info && info->ns_delimiter != '\0') {
		buf_addz(&n->prefix, info->ns_prefix);
		n->delimiter = info->ns_delimiter;
	}
	mailimap_namespace_data_free(data);
}

/* ---- groups ---- */

static int imap_group(struct net *net, const char *name, struct net_group *out, struct err *err)
{
	struct imap *n = imap_of(net);
	int rc = net_argument(name, err);

	if (rc < 0)
		return rc;
	buf_reset(&n->name);
	add_mailbox(n, &n->name, name);
	int code = mailimap_examine(n->imap, buf_cstr(&n->name));
	if (!is_ok(code))
		return failed(n, code, name, err);
	const struct mailimap_selection_info *info = n->imap->imap_selection_info;
	*out = (struct net_group){
		.name = buf_cstr(&n->name),
		.low = 1,
		.high = info->sel_uidnext > 0 ? info->sel_uidnext - 1 : 0,
		.count = info->sel_exists,
		.title = "",
	};
	return 0;
}

/* Messages of a mailbox; 0 when the server does not say. */
static uint32_t count_of(struct imap *n, const char *mailbox)
{
	struct mailimap_status_att_list *wanted = mailimap_status_att_list_new_empty();
	struct mailimap_mailbox_data_status *status;
	uint32_t count = 0;

	mailimap_status_att_list_add(wanted, MAILIMAP_STATUS_ATT_MESSAGES);
	if (is_ok(mailimap_status(n->imap, mailbox, wanted, &status))) {
		for (clistiter *i = clist_begin(status->st_info_list); i; i = clist_next(i)) {
			const struct mailimap_status_info *info = clist_content(i);

			if (info->st_att == MAILIMAP_STATUS_ATT_MESSAGES)
				count = info->st_value;
		}
		mailimap_mailbox_data_status_free(status);
	}
	mailimap_status_att_list_free(wanted);
	return count;
}

static bool can_select(const struct mailimap_mailbox_list *m)
{
	return !m->mb_flag || m->mb_flag->mbf_type != MAILIMAP_MBX_LIST_FLAGS_SFLAG ||
	       m->mb_flag->mbf_sflag != MAILIMAP_MBX_LIST_SFLAG_NOSELECT;
}

static void give_group(
	struct imap *n, const char *mailbox, const char *pattern, net_group_fn fn, void *arg)
{
	struct buf shown;

	buf_init(&shown, NAME_MAX_BYTES);
	if (!add_newsgroup(n, &shown, slice_str(mailbox)))
		buf_addz(&shown, mailbox);
	if (!pattern || wildmat_match(slice_str(pattern), buf_slice(&shown)))
		fn(arg, &(struct net_group){.name = buf_cstr(&shown),
				.low = 1,
				.high = count_of(n, mailbox),
				.title = ""});
	buf_fini(&shown);
}

static int imap_groups(
	struct net *net, const char *pattern, net_group_fn fn, void *arg, struct err *err)
{
	struct imap *n = imap_of(net);
	clist *list;
	int code = mailimap_list(n->imap, "", "*", &list);

	if (!is_ok(code))
		return failed(n, code, "LIST", err);
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		const struct mailimap_mailbox_list *m = clist_content(i);

		if (can_select(m))
			give_group(n, m->mb_name, pattern, fn, arg);
	}
	mailimap_list_result_free(list);
	return 0;
}

/* ---- messages ---- */

/* BODY.PEEK of the fields of an overview. */
static struct mailimap_section *overview_section(void)
{
	static const char *const names[] = {
		"Subject", "From", "Date", "Message-ID", "References", "In-Reply-To"};
	clist *list = clist_new();

	for (size_t i = 0; i < array_len(names); i++)
		clist_append(list, mem_dup(slice_str(names[i])));
	return mailimap_section_new_header_fields(mailimap_header_list_new(list));
}

/* UID FETCH low:high of a section; the section is taken. */
static int fetch(
	struct imap *n, uint32_t low, uint32_t high, struct mailimap_section *section, clist **out)
{
	struct mailimap_fetch_type *what = mailimap_fetch_type_new_fetch_att_list_empty();
	struct mailimap_set *set = mailimap_set_new_interval(low, high);

	mailimap_fetch_type_new_fetch_att_list_add(what, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(
		what, mailimap_fetch_att_new_body_peek_section(section));
	int code = mailimap_uid_fetch(n->imap, set, what, out);
	mailimap_fetch_type_free(what);
	mailimap_set_free(set);
	return code;
}

/* Number and bytes of what was fetched of one message; false: something is missing. */
static bool read_att(const struct mailimap_msg_att *att, uint32_t *num_out, struct slice *out)
{
	bool has_text = false;

	*num_out = 0;
	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i)) {
		const struct mailimap_msg_att_item *item = clist_content(i);

		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		const struct mailimap_msg_att_static *a = item->att_data.att_static;
		if (a->att_type == MAILIMAP_MSG_ATT_UID) {
			*num_out = a->att_data.att_uid;
		} else if (a->att_type == MAILIMAP_MSG_ATT_BODY_SECTION) {
			*out = slice_of(a->att_data.att_body_section->sec_body_part,
				a->att_data.att_body_section->sec_length);
			has_text = out->p != NULL;
		}
	}
	return has_text && *num_out > 0;
}

static void give_overview(uint32_t num, struct slice head, net_over_fn fn, void *arg)
{
	static const struct msg_limits none = {0};

	static const enum article_field fields[] = {
		ART_SUBJECT, ART_FROM, ART_DATE, ART_MESSAGE_ID, ART_REFERENCES};
	struct buf flat[array_len(fields)];
	struct article a;

	if (article_parse(&a, head, &none) < 0)
		a = (struct article){.why = NULL};
	if (!article_has(&a, ART_REFERENCES))
		a.value[ART_REFERENCES] = a.value[ART_IN_REPLY_TO];
	for (size_t i = 0; i < array_len(fields); i++) {
		buf_init(&flat[i], FIELDS_MAX);
		header_add_flat(&flat[i], a.value[fields[i]]);
	}
	fn(arg, &(struct net_over){
			.num = num,
			.subject = buf_cstr(&flat[0]),
			.from = buf_cstr(&flat[1]),
			.date = buf_cstr(&flat[2]),
			.msgid = buf_cstr(&flat[3]),
			.references = buf_cstr(&flat[4]),
		});
	for (size_t i = 0; i < array_len(fields); i++)
		buf_fini(&flat[i]);
}

static int imap_overview(
	struct net *net, uint32_t low, uint32_t high, net_over_fn fn, void *arg, struct err *err)
{
	struct imap *n = imap_of(net);
	clist *list;
	int code = fetch(n, low, high, overview_section(), &list);

	if (!is_ok(code))
		return failed(n, code, "FETCH", err);
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		struct slice head;
		uint32_t num;

		if (read_att(clist_content(i), &num, &head))
			give_overview(num, head, fn, arg);
	}
	mailimap_fetch_list_free(list);
	return 0;
}

static int imap_article(struct net *net, uint32_t num, struct buf *out, struct err *err)
{
	struct imap *n = imap_of(net);
	char what[32];
	clist *list;

	snprintf(what, sizeof what, "article %u", num);
	int code = fetch(n, num, num, mailimap_section_new(NULL), &list);
	if (!is_ok(code))
		return failed(n, code, what, err);
	bool found = false;
	for (clistiter *i = clist_begin(list); i; i = clist_next(i)) {
		struct slice text;
		uint32_t uid;

		if (!read_att(clist_content(i), &uid, &text) || uid != num)
			continue;
		buf_add(out, text);
		found = true;
	}
	mailimap_fetch_list_free(list);
	if (!found)
		return err_set(err, KERR_NOTFOUND, "%s: there is none", what);
	return out->bad ? err_set(err, KERR_TOOBIG, "%s: too big", what) : 0;
}

static int imap_post(struct net *net, const char *group, struct slice article, struct err *err)
{
	struct imap *n = imap_of(net);
	struct buf mailbox;

	buf_init(&mailbox, NAME_MAX_BYTES);
	add_mailbox(n, &mailbox, group);
	int code = mailimap_append(n->imap, buf_cstr(&mailbox), NULL, NULL, article.p, article.len);
	buf_fini(&mailbox);
	return is_ok(code) ? 0 : failed(n, code, "posting", err);
}

/* ---- connection ---- */

static void imap_close(struct net *net)
{
	struct imap *n = imap_of(net);

	if (n->imap->imap_stream)
		(void)mailimap_logout(n->imap);
	mailimap_free(n->imap);
	buf_fini(&n->prefix);
	buf_fini(&n->name);
	free(n);
}

static const struct net_ops imap_ops = {
	.close = imap_close,
	.group = imap_group,
	.groups = imap_groups,
	.newsgroup = imap_newsgroup,
	.overview = imap_overview,
	.article = imap_article,
	.post = imap_post,
	.answer = imap_answer,
};

static int log_in(struct imap *n, const struct net_opts *o, struct err *err)
{
	int rc = o->user ? net_argument(o->user, err)
			 : err_set(err, KERR_LOGIN, "the server wants a login");

	if (rc == 0)
		rc = net_argument(o->password, err);
	if (rc < 0)
		return rc;
	int code = mailimap_login(n->imap, o->user, o->password);
	return is_ok(code) ? 0 : failed(n, code, "login", err);
}

int net_imap_open(const struct net_opts *o, mailstream *stream, struct net **out, struct err *err)
{
	struct imap *n = mem_new(struct imap);
	int rc = 0;

	n->net.ops = &imap_ops;
	buf_init(&n->prefix, NAME_MAX_BYTES);
	buf_init(&n->name, NAME_MAX_BYTES);
	n->imap = mailimap_new(0, NULL);
	int code = mailimap_connect(n->imap, stream);
	if (!is_ok(code))
		rc = failed(n, code, "greeting", err);
	if (rc == 0)
		rc = log_in(n, o, err);
	if (rc < 0) {
		imap_close(&n->net);
		return rc;
	}
	find_prefix(n);
	*out = &n->net;
	return 0;
}
