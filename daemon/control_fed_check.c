/* SPDX-License-Identifier: GPL-3.0-or-later */
/* federation.check: the self-check now.  docs/federation.md section 7.7 */
#include "daemon/control_fed.h"
#include "daemon/fed_mend.h"

static int check(struct errand *a)
{
	int rc;

	if (!errand_federation(a))
		return KERR_NOTFOUND;
	rc = fed_self_ask(a->f, a);
	if (rc == KERR_BUSY)
		return errand_refuse(a, rc,
			N_("it is being done already, or kokod is catching up: try again in a "
			   "few minutes"),
			NULL);
	return rc;
}

int control_federation_check(struct control_req *r)
{
	return errand_go(errand_new(r, check), 0);
}
