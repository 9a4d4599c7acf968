/* SPDX-License-Identifier: GPL-3.0-or-later */
/* koko groups [PATTERN]: the groups one may see, with how much is in them. */
#include <stdio.h>

#include "clients/i18n.h"
#include "clients/koko.h"
#include "clients/mime_etpan.h"

static void show(void *arg, const struct net_group *g)
{
	uint32_t n = g->high >= g->low && g->high > 0 ? g->high - g->low + 1 : 0;
	struct buf *out = arg;

	mime_add_clean(out, slice_str(g->name));
	buf_addf(out, "\t%u\t", n);
	mime_add_clean(out, slice_str(g->title));
	buf_addc(out, '\n');
}

int koko_groups(struct koko_opts *o, char **args, int n_args, struct err *err)
{
	struct net *net;
	struct buf out;

	if (n_args > 1)
		return err_set(err, KERR_INVALID, _("too many arguments: %s"), args[1]);
	int rc = koko_connect(o, &net, err);
	if (rc < 0)
		return rc;
	buf_init(&out, 64 * 1024 * 1024);
	rc = net_groups(net, n_args ? args[0] : NULL, show, &out, err);
	fputs(buf_cstr(&out), stdout);
	buf_fini(&out);
	net_close(net);
	return rc;
}
