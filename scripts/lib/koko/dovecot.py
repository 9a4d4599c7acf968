# SPDX-License-Identifier: GPL-3.0-or-later
"""
Dovecot 2.3 beside us: unpacked into a folder, never installed, because Debian's mail servers
exclude each other as packages.  It is the second opinion on IMAP, and what load is compared with.

It knows its own paths by heart, so it runs in a mount namespace in which its files lie over
Debian's /usr; nobody else sees them.  Needs root for that; the daemon itself runs as `nobody`.
"""

import glob
import imaplib
import os
import shutil
import signal
import subprocess

from koko.site import SiteError, free_ports, wait_for

PACKAGES = ("dovecot-core", "dovecot-imapd", "libexttextcat-2.0-0", "libexttextcat-data",
            "liblua5.4-0", "libunwind8", "libwrap0", "libtirpc3", "libsodium23", "libstemmer0d")
PASSWORD = "geheim"
NOBODY = 65534  # uid of nobody and gid of nogroup in Debian's base-passwd

# mail_fsync = optimized is the default: the OK of an APPEND is durable.
CONF = """base_dir = {dir}/run
state_dir = {dir}/state
instance_name = beside-{port}
import_environment = TZ TMPDIR
log_path = {dir}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
disable_plaintext_auth = no
auth_mechanisms = plain login
ssl = {ssl}
{certificates}
mail_location = {format}:{dir}/mail/%u
mail_fsync = optimized
mail_max_userip_connections = 100000
first_valid_uid = 1
first_valid_gid = 1
passdb {{
	driver = static
	args = password={password}
}}
userdb {{
	driver = static
	args = uid=nobody gid=nogroup home={dir}/home/%u
}}
default_process_limit = 4000
default_client_limit = 16000
service imap-login {{
	chroot =
	inet_listener imap {{
		port = {port}
	}}
	inet_listener imaps {{
		port = {tls_port}
	}}
}}
service anvil {{
	chroot =
}}
service imap {{
	process_limit = 4000
}}
service stats {{
	chroot =
}}
"""


def unpack(cache, folder):
    """
    Unpack Dovecot into folder from packages that are downloaded into cache once.  Returns folder;
    SiteError when it cannot be had.
    """
    os.makedirs(cache, exist_ok=True)
    if not glob.glob(os.path.join(cache, "dovecot-imapd_*.deb")):
        fetched = subprocess.run(["apt-get", "download", *PACKAGES], cwd=cache, text=True,
                                 stdin=subprocess.DEVNULL, capture_output=True)
        if fetched.returncode != 0:
            raise SiteError("cannot download Dovecot: " + fetched.stderr.strip())
    for package in glob.glob(os.path.join(cache, "*.deb")):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    return folder


class Dovecot:
    """
    root         where it was unpacked
    folder       its files
    certificate  (certificate, key) for the TLS port, or None
    storage      "mdbox", "sdbox" or "maildir"

    Every name logs in with PASSWORD and has mailboxes of its own.
    """

    def __init__(self, root, folder, certificate=None, storage="mdbox"):
        self.root, self.dir = os.path.abspath(root), os.path.abspath(folder)
        self.conf = os.path.join(self.dir, "dovecot.conf")
        self.certificate, self.storage = certificate, storage
        self.port, self.tls_port = free_ports(2)
        self.process = None

    def prepare(self):
        for sub in ("run", "state", "mail", "home"):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        values = {"dir": self.dir, "password": PASSWORD, "port": self.port,
                  "format": self.storage, "ssl": "no", "certificates": "", "tls_port": 0}
        if self.certificate:
            values |= {"ssl": "yes", "tls_port": self.tls_port, "certificates": "\n".join(
                f"ssl_{name} = <{shutil.copy(path, self.dir)}"
                for name, path in zip(("cert", "key"), self.certificate))}
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(CONF.format(**values))
        self._give_away()

    def _give_away(self):
        """Everything below belongs to nobody, who may walk down to it."""
        for base, _, files in os.walk(self.dir):
            for path in (base, *(os.path.join(base, f) for f in files)):
                os.chown(path, NOBODY, NOBODY)
        for start in (self.dir, self.root):
            up = os.path.dirname(start)
            while not os.stat(up).st_mode & 0o001:
                os.chmod(up, os.stat(up).st_mode | 0o011)
                up = os.path.dirname(up)

    def start(self):
        """Returns when it greets."""
        overlay = f"lowerdir={self.root}/usr:/usr"
        as_nobody = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
        with open(os.path.join(self.dir, "output"), "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", 'mount -t overlay overlay -o "$1" /usr && '
                 f'exec {as_nobody} dovecot -F -c "$2"', "dovecot", overlay, self.conf],
                cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        wait_for("dovecot", self._greets)

    @property
    def pid(self):
        return self.process.pid

    def _greets(self):
        if self.process.poll() is not None:
            raise SiteError(f"dovecot ended:\n{self.said()}")
        try:
            self.imap("probe").logout()
        except (OSError, imaplib.IMAP4.error):  # not there yet
            return False
        return True

    def said(self):
        lines = []
        for name in ("output", "log"):
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    lines += f.readlines()[-20:]
        return "".join(lines)

    def imap(self, user):
        conn = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        conn.login(user, PASSWORD)
        return conn

    def stop(self):
        """A clean stop; it ends its helpers."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(30)
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
