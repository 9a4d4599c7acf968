/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part trees that libetpan sees: messages come on standard input, each behind its length and an
 * LF; a line per message goes out, "multipart/mixed(text/plain:12 message/rfc822(text/plain:3))".
 * libetpan and this walk recurse: only for messages of our own making.
 */
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/attr.h"

enum { MESSAGE_MAX = 64 * 1024 * 1024 };

static const char *discrete_name(const struct mailmime_discrete_type *t)
{
	static const char *const names[] = {
		[MAILMIME_DISCRETE_TYPE_TEXT] = "text",
		[MAILMIME_DISCRETE_TYPE_IMAGE] = "image",
		[MAILMIME_DISCRETE_TYPE_AUDIO] = "audio",
		[MAILMIME_DISCRETE_TYPE_VIDEO] = "video",
		[MAILMIME_DISCRETE_TYPE_APPLICATION] = "application",
	};

	if (t->dt_type > 0 && (size_t)t->dt_type < array_len(names))
		return names[t->dt_type];
	return t->dt_extension;
}

static void say_type(const struct mailmime_content *c)
{
	if (!c) {
		fputs("text/plain", stdout);
	} else if (c->ct_type->tp_type == MAILMIME_TYPE_DISCRETE_TYPE) {
		printf("%s/%s", discrete_name(c->ct_type->tp_data.tp_discrete_type), c->ct_subtype);
	} else {
		int kind = c->ct_type->tp_data.tp_composite_type->ct_type;

		printf("%s/%s", kind == MAILMIME_COMPOSITE_TYPE_MULTIPART ? "multipart" : "message",
			c->ct_subtype);
	}
}

static void say_tree(const struct mailmime *m);

static void say_parts(clist *parts)
{
	putchar('(');
	for (clistiter *i = clist_begin(parts); i; i = clist_next(i)) {
		say_tree(clist_content(i));
		if (clist_next(i))
			putchar(' ');
	}
	putchar(')');
}

static void say_tree(const struct mailmime *m)
{
	const struct mailmime_data *data = m->mm_data.mm_single;

	say_type(m->mm_content_type);
	if (m->mm_type == MAILMIME_MULTIPLE) {
		say_parts(m->mm_data.mm_multipart.mm_mp_list);
	} else if (m->mm_type == MAILMIME_MESSAGE) {
		putchar('(');
		if (m->mm_data.mm_message.mm_msg_mime)
			say_tree(m->mm_data.mm_message.mm_msg_mime);
		putchar(')');
	} else if (data && data->dt_type == MAILMIME_DATA_TEXT) {
		printf(":%zu", data->dt_data.dt_text.dt_length);
	}
}

static void say_message(const char *bytes, size_t len)
{
	struct mailmime *m;
	size_t at = 0;

	if (mailmime_parse(bytes, len, &at, &m) != MAILIMF_NO_ERROR) {
		fputs("none", stdout);
		return;
	}
	if (m->mm_type == MAILMIME_MESSAGE && m->mm_data.mm_message.mm_msg_mime)
		say_tree(m->mm_data.mm_message.mm_msg_mime);
	mailmime_free(m);
}

int main(void)
{
	size_t len;

	while (scanf("%zu", &len) == 1 && len <= MESSAGE_MAX && getchar() == '\n') {
		char *bytes = malloc(len + 1);

		if (!bytes || fread(bytes, 1, len, stdin) != len)
			return 1;
		bytes[len] = '\0';
		say_message(bytes, len);
		putchar('\n');
		free(bytes);
	}
	return 0;
}
