/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates that nobody vouches for.  P-256 with SHA-256 is what every TLS 1.3 must know (RFC
 * 8446 section 9.1), so it is taken without being asked for.
 */
#include "daemon/fed_cert.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { COMMON_NAME_MAX = 64, SERIAL_BITS = 126 }; /* RFC 5280, upper bounds; section 4.1.2.2 */

static bool set_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	bool ok = n && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
		  BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return ok;
}

/* From ever to "no well-defined expiration date": RFC 5280 section 4.1.2.5 */
static bool set_dates(X509 *x)
{
	return ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20000101000000Z") == 1 &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "99991231235959Z") == 1;
}

/* Subject and issuer are the daemon's name, as far as it fits; all of it is a subjectAltName. */
static bool set_names(X509 *x, struct slice name)
{
	struct slice common = slice_head(name, COMMON_NAME_MAX);
	X509_NAME *subject = X509_get_subject_name(x);
	char alt[FED_NAME_MAX + sizeof "DNS:"];
	bool ok;

	if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)common.p,
		    (int)common.len, -1, 0) != 1 ||
		X509_set_issuer_name(x, subject) != 1)
		return false;
	snprintf(alt, sizeof alt, "DNS:%.*s", SLICE_ARG(slice_head(name, FED_NAME_MAX)));
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool hash_spki(const X509 *x, struct fed_hash *out)
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);

	if (len <= 0)
		return false;
	fed_hash_of(&(struct slice){(const char *)der, (size_t)len}, 1, out);
	OPENSSL_free(der);
	return true;
}

int fed_cert_make(struct slice name, struct fed_cert *out, struct err *err)
{
	struct fed_cert c = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};

	if (c.key && c.cert && X509_set_version(c.cert, X509_VERSION_3) == 1 &&
		set_serial(c.cert) && set_dates(c.cert) && set_names(c.cert, name) &&
		X509_set_pubkey(c.cert, c.key) == 1 && X509_sign(c.cert, c.key, EVP_sha256()) > 0 &&
		hash_spki(c.cert, &c.spki)) {
		*out = c;
		return 0;
	}
	fed_cert_fini(&c);
	return err_set(err, KERR_IO, "OpenSSL cannot make a TLS key");
}

/* Append what an i2d function has made, and wipe it. */
static void add_der(struct buf *b, uint8_t *der, int len)
{
	if (len <= 0)
		b->bad = true;
	else
		buf_add(b, slice_of(der, (size_t)len));
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
}

void fed_cert_write(const struct fed_cert *c, struct buf *key, struct buf *cert)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(c->key);
	uint8_t *der = NULL;
	int len = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : 0;

	add_der(key, der, len);
	PKCS8_PRIV_KEY_INFO_free(p8);
	der = NULL;
	len = i2d_X509(c->cert, &der);
	add_der(cert, der, len);
}

bool fed_cert_read(struct slice key, struct slice cert, struct fed_cert *out)
{
	const uint8_t *k = (const uint8_t *)key.p, *x = (const uint8_t *)cert.p;
	struct fed_cert c = {
		.key = d2i_AutoPrivateKey(NULL, &k, (long)key.len),
		.cert = d2i_X509(NULL, &x, (long)cert.len),
	};

	if (c.key && c.cert && k == (const uint8_t *)key.p + key.len &&
		x == (const uint8_t *)cert.p + cert.len &&
		X509_check_private_key(c.cert, c.key) == 1 && hash_spki(c.cert, &c.spki)) {
		*out = c;
		return true;
	}
	fed_cert_fini(&c);
	return false;
}

void fed_cert_fini(struct fed_cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->cert);
	*c = (struct fed_cert){.key = NULL};
}
