/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one pointer through which proto/ and storage/ reach cryptography. */
#include "proto/base/crypto.h"

const struct crypto_ops *crypto;
