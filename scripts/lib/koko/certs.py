# SPDX-License-Identifier: GPL-3.0-or-later
"""A private certification authority and its leaf certificates, made with the openssl program."""

import os
import subprocess

DAYS = "3650"

CONF = """[req]
prompt = no
distinguished_name = dn
x509_extensions = ext
[dn]
CN = {cn}
[ext]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
{ext}
"""

CA_EXT = """basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
"""

LEAF_EXT = """basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {san}
"""


def _issue(stem, cn, ext, *signer):
    """Write stem.key and stem.pem, signed by `signer` (openssl options) or by itself."""
    conf = stem + ".cnf"
    with open(conf, "w", encoding="ascii") as f:
        f.write(CONF.format(cn=cn, ext=ext))
    old = os.umask(0o077)
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-noenc", "-days", DAYS, "-config", conf, "-keyout", stem + ".key",
             "-out", stem + ".pem", *signer],
            check=True, stdin=subprocess.DEVNULL, capture_output=True)
    finally:
        os.umask(old)
        os.unlink(conf)
    os.chmod(stem + ".pem", 0o644)


def make_ca(folder):
    """The authority folder/ca.pem (and its key), unless it is there already.  Returns the path."""
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, "ca")
    if not os.path.exists(stem + ".pem"):
        _issue(stem, "koko demo authority", CA_EXT)
    return stem + ".pem"


def make_leaf(folder, host):
    """A certificate for host, localhost and 127.0.0.1 under folder/ca.pem: (certificate, key)."""
    stem = os.path.join(folder, host)
    if not os.path.exists(stem + ".pem"):
        ca = os.path.join(folder, "ca")
        san = f"DNS:{host}, DNS:localhost, IP:127.0.0.1"
        _issue(stem, host, LEAF_EXT.format(san=san), "-CA", ca + ".pem", "-CAkey", ca + ".key")
    return stem + ".pem", stem + ".key"
