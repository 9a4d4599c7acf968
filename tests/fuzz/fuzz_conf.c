/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a configuration file: an answer, a complete message, no crash. */
#include <assert.h>

#include "conf/conf.h"
#include "conf/conf_parse.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c = conf_default();
	struct err err = {{0}};
	int rc = conf_parse_text("f", slice_of(data, size), c, &err);

	assert(rc == 0 || strncmp(err.text, "f:", 2) == 0);
	conf_free(c);
	return 0;
}
