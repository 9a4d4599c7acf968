/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LIST and LSUB: a walk over the mailboxes in name order, some at a time, since each look at them
 * costs all that there are.  It can stop at any of them.  RFC 3501 section 6.3.8, 6.3.9; RFC 5258;
 * RFC 5819; RFC 6154
 */
#include "proto/base/mem.h"
#include "proto/imap/imap_session.h"
#include "proto/imap/imap_status.h"

enum {
	PATTERNS_MAX = 16,
	LOOK_MAX = 500, /* mailboxes looked at in one step */
	FOUND_MAX = 64, /* ... and of these found, before they are said */
};

enum list_options {
	LIST_SUBSCRIBED = 1, /* of selection: only these; of return: tell it */
	LIST_REMOTE = 2,
	LIST_RECURSIVE = 4,
	LIST_SPECIAL = 8,
	LIST_CHILDREN = 16,
	LIST_STATUS = 32,
};

struct list_ask {
	struct slice patterns[PATTERNS_MAX];
	unsigned n_patterns;
	unsigned select, show; /* enum list_options */
	unsigned status;
	bool lsub;
	bool named;             /* an empty pattern: the separator is asked for */
	struct mail_box *found; /* [FOUND_MAX], not yet said from `next` on */
	size_t n_found, next;
	bool all;   /* behind them there are no more */
	bool child; /* a mailbox below the one under way is subscribed */
	unsigned n_seen;
};

/* ---- patterns ---- */

/*
 * `*` matches all, `%` all but the separator.  Time is O(pattern * name): after a wildcard only the
 * last `*` and the last `%` behind it are tried again.
 */
static bool matches(struct slice pattern, struct slice name)
{
	size_t p = 0, n = 0, star_p = SIZE_MAX, star_n = 0, part_p = SIZE_MAX, part_n = 0;

	while (n < name.len || p < pattern.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star_p = ++p;
			star_n = n;
			part_p = SIZE_MAX;
		} else if (p < pattern.len && pattern.p[p] == '%') {
			part_p = ++p;
			part_n = n;
		} else if (p < pattern.len && n < name.len && pattern.p[p] == name.p[n]) {
			p++;
			n++;
		} else if (part_p != SIZE_MAX && part_n < name.len && name.p[part_n] != '/') {
			p = part_p;
			n = ++part_n;
		} else if (star_p != SIZE_MAX && star_n < name.len) {
			p = star_p;
			n = ++star_n;
			part_p = SIZE_MAX;
		} else {
			return false;
		}
	}
	return true;
}

static bool any_matches(const struct list_ask *ask, struct slice name)
{
	for (unsigned i = 0; i < ask->n_patterns; i++)
		if (matches(ask->patterns[i], name))
			return true;
	return false;
}

/* ---- arguments ---- */

static unsigned option(struct slice word)
{
	static const struct {
		const char *word;
		unsigned option;
	} options[] = {
		{"SUBSCRIBED",     LIST_SUBSCRIBED},
		{"REMOTE",         LIST_REMOTE    },
		{"RECURSIVEMATCH", LIST_RECURSIVE },
		{"SPECIAL-USE",    LIST_SPECIAL   },
		{"CHILDREN",       LIST_CHILDREN  },
		{"STATUS",         LIST_STATUS    },
	};

	for (size_t i = 0; i < array_len(options); i++)
		if (slice_eq_ci(word, slice_str(options[i].word)))
			return options[i].option;
	return 0;
}

/* "(SUBSCRIBED SPECIAL-USE)"; STATUS has its items behind it, in RETURN only. */
static bool read_options(struct cursor *c, unsigned *out, unsigned *status)
{
	struct slice word;

	if (!cursor_take(c, '('))
		return false;
	if (cursor_take(c, ')'))
		return true;
	do {
		unsigned o = imap_read_atom(c, &word) ? option(word) : 0;

		if (o == 0 || (o == LIST_STATUS && !status))
			return false;
		if (o == LIST_STATUS && !(imap_read_sp(c) && imap_read_status_items(c, status)))
			return false;
		*out |= o;
	} while (cursor_take(c, ' '));
	return cursor_take(c, ')');
}

/* The reference stands before the pattern.  RFC 3501 section 6.3.8 */
static bool read_pattern(
	struct imap_session *s, struct cursor *c, struct list_ask *ask, struct slice reference)
{
	struct slice raw, *out = &ask->patterns[ask->n_patterns];
	struct buf both;
	bool ok;

	if (ask->n_patterns == PATTERNS_MAX || !imap_read_pattern(c, &s->arena, &raw))
		return false;
	ask->named |= raw.len == 0;
	buf_init(&both, 8 * MAIL_NAME_MAX);
	buf_add(&both, reference);
	buf_add(&both, raw);
	ok = !both.bad && imap_mailbox_decode(s, buf_slice(&both), out);
	*out = arena_dup(&s->arena, *out);
	buf_fini(&both);
	ask->n_patterns++;
	return ok;
}

static bool read_patterns(struct imap_session *s, struct cursor *c, struct list_ask *ask)
{
	struct slice reference;

	if (!imap_read_astring(c, &s->arena, &reference) || !imap_read_sp(c))
		return false;
	if (ask->lsub || !cursor_take(c, '('))
		return read_pattern(s, c, ask, reference);
	do {
		if (!read_pattern(s, c, ask, reference))
			return false;
	} while (cursor_take(c, ' '));
	return cursor_take(c, ')');
}

static bool read_ask(struct imap_session *s, struct slice args, struct list_ask *ask)
{
	struct cursor c = cursor_of(args);

	if (!ask->lsub && cursor_peek(&c) == '(' &&
		(!read_options(&c, &ask->select, NULL) || !imap_read_sp(&c)))
		return false;
	if (!read_patterns(s, &c, ask))
		return false;
	if (!ask->lsub && cursor_take_ci(&c, lit(" RETURN ")) &&
		!read_options(&c, &ask->show, &ask->status))
		return false;
	/* RFC 5258 section 3.1: RECURSIVEMATCH says how, not what */
	if ((ask->select & LIST_RECURSIVE) && !(ask->select & LIST_SUBSCRIBED))
		return false;
	return imap_read_end(&c);
}

/* ---- the walk ---- */

static bool wanted(const struct list_ask *ask, const struct mail_box *b)
{
	if ((ask->select & LIST_SUBSCRIBED) && !b->subscribed)
		return false;
	return !(ask->select & LIST_SPECIAL) || b->use != USE_NONE;
}

static bool on_box(void *arg, const struct mail_box *b)
{
	struct imap_session *s = arg;
	struct list_ask *ask = s->cur.own;

	memcpy(s->cur.after, b->name, sizeof s->cur.after);
	if (any_matches(ask, slice_str(b->name)) &&
		(wanted(ask, b) || (ask->select & LIST_RECURSIVE)))
		ask->found[ask->n_found++] = *b;
	ask->all = ++ask->n_seen < LOOK_MAX && ask->n_found < FOUND_MAX;
	return ask->all;
}

static bool on_below(void *arg, const struct mail_box *b)
{
	struct imap_session *s = arg;
	struct list_ask *ask = s->cur.own;
	struct slice top = slice_str(ask->found[ask->next].name), name = slice_str(b->name);

	if (!slice_starts(name, top))
		return false;
	ask->child = name.p[top.len] == '/' && b->subscribed;
	return !ask->child;
}

static void add_attributes(const struct list_ask *ask, const struct mail_box *b, struct buf *out)
{
	static const char *const uses[] = {
		[USE_NONE] = "",
		[USE_DRAFTS] = " \\Drafts",
		[USE_SENT] = " \\Sent",
		[USE_TRASH] = " \\Trash",
		[USE_JUNK] = " \\Junk",
		[USE_ARCHIVE] = " \\Archive",
	};

	buf_addz(out, b->has_children ? "\\HasChildren" : "\\HasNoChildren");
	if (b->id == 0 || (ask->lsub && !b->subscribed))
		buf_addz(out, " \\Noselect");
	if (!ask->lsub && ((ask->select | ask->show) & LIST_SUBSCRIBED) && b->subscribed)
		buf_addz(out, " \\Subscribed");
	buf_addz(out, uses[b->use]);
}

static int say_box(struct imap_session *s, const struct list_ask *ask, const struct mail_box *b)
{
	if ((ask->show & LIST_STATUS) && b->id != 0) {
		/* asked first, so that the line can be asked for again; clients take both orders */
		int rc = imap_say_status(s, b, ask->status);

		if (rc < 0)
			return rc == KERR_NOTFOUND ? 0 : rc; /* it went away meanwhile */
	}
	buf_addf(&s->talk.out, "* %s (", ask->lsub ? "LSUB" : "LIST");
	add_attributes(ask, b, &s->talk.out);
	buf_addz(&s->talk.out, ") \"/\" ");
	imap_add_mailbox(s, &s->talk.out, slice_str(b->name));
	if (ask->child && !ask->lsub)
		buf_addz(&s->talk.out, " (CHILDINFO (\"SUBSCRIBED\"))");
	buf_addz(&s->talk.out, "\r\n");
	return 0;
}

/* Is a look at what stands below it needed? */
static bool looks_below(const struct list_ask *ask, const struct mail_box *b)
{
	return (ask->select & LIST_RECURSIVE) && b->has_children;
}

/* What is found: said when it is wanted, or when something below is. */
static int take_box(struct imap_session *s, struct list_ask *ask, const struct mail_box *b)
{
	int rc = 0;

	ask->child = false;
	if (looks_below(ask, b))
		rc = mail_boxes(s->mail, slice_str(b->name), on_below, s);
	if (rc == 0 && (wanted(ask, b) || ask->child))
		rc = say_box(s, ask, b);
	return rc;
}

/* The next ones that are found. */
static int find_boxes(struct imap_session *s, struct list_ask *ask)
{
	ask->n_found = ask->next = ask->n_seen = 0;
	ask->all = true;
	int rc = mail_boxes(s->mail, slice_str(s->cur.after), on_box, s);

	ask->all &= rc == 0;
	return rc;
}

/* One look at the mailboxes in a step, and then what was found. */
static enum cmd_step walk(struct imap_session *s, struct list_ask *ask)
{
	bool looked = ask->next == ask->n_found;
	int rc = looked ? find_boxes(s, ask) : 0;

	while (rc == 0 && ask->next < ask->n_found) {
		const struct mail_box *b = &ask->found[ask->next];

		if (talk_full(&s->talk) || (looked && looks_below(ask, b)))
			return CMD_MORE;
		looked |= looks_below(ask, b);
		rc = take_box(s, ask, b);
		ask->next += rc == 0;
	}
	if (rc < 0)
		return imap_fail(s, rc);
	return ask->all ? imap_ok(s, "these are all") : CMD_MORE;
}

static enum cmd_step list(struct imap_session *s, const struct imap_line *a, bool lsub)
{
	struct list_ask *ask = s->cur.own;

	if (!ask) {
		ask = arena_new(&s->arena, struct list_ask);
		ask->lsub = lsub;
		ask->found = arena_alloc(&s->arena, FOUND_MAX * sizeof *ask->found);
		ask->select = lsub ? LIST_SUBSCRIBED | LIST_RECURSIVE : 0;
		if (!read_ask(s, a->args, ask))
			return imap_bad(s, "expected a reference and a pattern");
		s->cur.own = ask;
	}
	if (ask->named && ask->n_patterns == 1) {
		imap_sayf(s, "%s (\\Noselect) \"/\" \"\"", lsub ? "LSUB" : "LIST");
		return imap_ok(s, "this is the separator");
	}
	return walk(s, ask);
}

enum cmd_step imap_cmd_list(struct imap_session *s, const struct imap_line *a)
{
	return list(s, a, false);
}

enum cmd_step imap_cmd_lsub(struct imap_session *s, const struct imap_line *a)
{
	return list(s, a, true);
}
