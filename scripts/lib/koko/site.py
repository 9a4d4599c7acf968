# SPDX-License-Identifier: GPL-3.0-or-later
"""
One kokod on loopback in a folder of its own: configuration, start, stop, kill, kokoctl.

A site outlives the program that started it: the demo comes back to it through its folder.
"""

import base64
import contextlib
import http.client
import imaplib
import json
import os
import random
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time

from koko import certs
from koko.nntp import Nntp, NntpError

READY_LIMIT = 30
STOP_LIMIT = 30
DOORS = ("nntp", "nntps", "imap", "imaps", "submission", "submissions", "http",
         "https", "peer")
GERMAN = os.path.join(os.path.dirname(__file__), "..", "..", "..", "po", "de.po")
SOCKET_PATH_MAX = 100  # sun_path holds 108

CONF = """# Written by the demo; see kokod.conf(5)
name = "{domain}"
data = "{data}"
control = "{control}"

nntp {{
	listen = {{"127.0.0.1:{nntp}"}}
	listen-tls = {{"127.0.0.1:{nntps}"}}
	plain-login = "loopback"
}}

imap {{
	listen = {{"127.0.0.1:{imap}"}}
	listen-tls = {{"127.0.0.1:{imaps}"}}
	plain-login = "loopback"
}}

submission {{
	listen = {{"127.0.0.1:{submission}"}}
	listen-tls = {{"127.0.0.1:{submissions}"}}
	plain-login = "loopback"
}}

http {{
	listen = {{"127.0.0.1:{http}"}}
	listen-tls = {{"127.0.0.1:{https}"}}
	setup-host = "127.0.0.1"
}}

peer {{
	listen = {{"127.0.0.1:{peer}"}}
	address = "127.0.0.1:{peer}"
}}

tls {{
	certificate = "{certificate}"
	key = "{key}"
	ca = "{ca}"
}}
{more}"""


class SiteError(Exception):
    """A daemon or its tool did not do what was asked."""


def build_dir():
    """Where the programs under test were built: $KOKO_BUILD, or the working folder."""
    return os.path.abspath(os.environ.get("KOKO_BUILD", "."))


# Below what the kernel gives to outgoing connections (32768 up), so that a daemon that is started
# again finds its port as it left it.  Tests take them in blocks.
SITE_BLOCKS = range(20000, 28000, 10)
DEMO_BLOCKS = range(28000, 32000, 500)
held_blocks = []


def is_free(port):
    """Does nobody listen on this port of loopback?"""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def hold_block(first):
    """
    Keep other tests off this block of ports while this program lives: who looks for a free port and
    listens there later is not the only one who looks.  The sign is an abstract socket, which is
    seen wherever the port is and goes with the program.
    """
    sign = socket.socket(socket.AF_UNIX)
    try:
        sign.bind(f"\0koko-test-ports-{first}")
    except OSError:
        sign.close()
        return False
    held_blocks.append(sign)
    return True


def take_block(blocks, n):
    """The first port of a block that nobody else holds and whose n first ports are free."""
    def take():
        first = random.choice(blocks)
        return hold_block(first) and all(is_free(first + i) for i in range(n)) and first
    return wait_for(f"a block of {n} free ports", take)


def free_ports(n):
    """n ports of loopback, ours as long as this program lives."""
    assert n <= SITE_BLOCKS.step
    first = take_block(SITE_BLOCKS, n)
    return list(range(first, first + n))


def wait_for(what, probe, limit=READY_LIMIT, pause=0.02):
    """Call probe until it answers something true, which is returned; SiteError after limit s."""
    end = time.monotonic() + limit
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise SiteError(f"waited {limit} s in vain for {what}")
        time.sleep(pause)


def running(pid, mark):
    """
    Is pid a living process whose command line holds mark?  A zombie is not, once its threads,
    which may still hold files and locks, have ended too.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            if f.read().rsplit(")", 1)[1].split()[0] in "ZX":
                return len(os.listdir(f"/proc/{pid}/task")) > 1
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return mark.encode() in f.read()
    except OSError:
        return False


def catalogues(folder):
    """The German catalogue of this tree, where a program finds it; returns its LOCALEDIR."""
    there = os.path.join(folder, "locale", "de", "LC_MESSAGES")
    os.makedirs(there, exist_ok=True)
    subprocess.run(["msgfmt", "-o", os.path.join(there, "koko.mo"), GERMAN], check=True)
    return os.path.join(folder, "locale")


def log_in(mailer, user, password):
    """AUTH PLAIN; smtplib's own login takes ASCII alone."""
    mailer.ehlo_or_helo_if_needed()
    message = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, text = mailer.docmd("AUTH", f"PLAIN {message}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


class Site:
    """
    name     short name, also the folder under `folder`
    domain   its DNS name: path identity, mail domain, certificate
    ports    {door: N} for each of DOORS; free ones when not given
    more     further lines of configuration
    """

    def __init__(self, name, folder, domain=None, ports=None, more="", build=None):
        self.name = name
        self.dir = os.path.join(os.path.abspath(folder), name)
        self.pki = os.path.join(os.path.abspath(folder), "pki")
        self.domain = domain or f"{name}.koko.example"
        self.ports = ports or dict(zip(DOORS, free_ports(len(DOORS))))
        self.more = more
        self.build = build or build_dir()
        self.data = os.path.join(self.dir, "data")
        self.conf = os.path.join(self.dir, "kokod.conf")
        self.log = os.path.join(self.dir, "kokod.log")
        self.control = os.path.join(self.dir, "control")
        self.ca = os.path.join(self.pki, "ca.pem")
        self.pid = None
        self.process = None

    # ---- files ----

    def prepare(self):
        """Folder, certificates and configuration."""
        os.makedirs(self.data, mode=0o700, exist_ok=True)
        if len(self.control) > SOCKET_PATH_MAX:
            self.control = os.path.join(tempfile.mkdtemp(prefix="koko-"), "control")
        certs.make_ca(self.pki)
        certificate, key = certs.make_leaf(self.pki, self.domain)
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(CONF.format(
                domain=self.domain, data=self.data, control=self.control,
                certificate=certificate, key=key, ca=self.ca, more=self.more, **self.ports))

    # ---- life ----

    def start(self, wrapper=(), env=None):
        """Start kokod, apart from our terminal and output; `wrapper` goes before its command."""
        env = {**(os.environ if env is None else env), "KOKO_LOCALEDIR": catalogues(self.dir)}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, os.path.join(self.build, "kokod"), "-f", "-c", self.conf],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=env)
        self.pid = self.process.pid

    def wait_ready(self, limit=READY_LIMIT):
        """Every port greets and the control socket answers."""
        wait_for(f"{self.name} to be ready", self._ready, limit)

    def _ready(self):
        if self.process is not None and self.process.poll() is not None:
            raise SiteError(f"kokod of {self.name} ended with {self.process.returncode}:\n"
                            + self.log_tail())
        try:
            with Nntp(self.ports["nntp"], timeout=5), \
                    Nntp(self.ports["nntps"], ca=self.ca, timeout=5), \
                    self.mailer(), self.mailer(tls=True), self.imap(), self.imap(tls=True), \
                    self.web(), self.web(tls=True):
                return self.ctl("status", check=False).returncode == 0
        except (OSError, NntpError, smtplib.SMTPException, imaplib.IMAP4.error,
                http.client.HTTPException):
            return False

    def alive(self):
        return self.pid is not None and running(self.pid, self.conf)

    def stop(self, limit=STOP_LIMIT):
        """SIGTERM and wait; an error when it does not end well, and SIGKILL when not in time."""
        if not self.alive():
            return
        os.kill(self.pid, signal.SIGTERM)
        try:
            wait_for(f"{self.name} to stop", lambda: not self._reap(), limit)
        except SiteError:
            self.kill()
            raise
        code = self.process.returncode if self.process is not None else 0
        if code != 0:  # a sanitizer tells of leaks and races at the end
            raise SiteError(f"kokod of {self.name} ended with {code}:\n{self.log_tail(80)}")

    def kill(self):
        """SIGKILL and wait."""
        if self.alive():
            os.kill(self.pid, signal.SIGKILL)
            wait_for(f"{self.name} to die", lambda: not self._reap())

    def _reap(self):
        """True while it runs; a child of ours is waited for."""
        if self.process is not None:
            return self.process.poll() is None
        return self.alive()

    def log_tail(self, n=30):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-n:])

    # ---- tools ----

    def ctl(self, *args, stdin=None, check=True, env=None):
        """Run kokoctl; with `check` a failure is a SiteError with what it said."""
        done = subprocess.run(
            [os.path.join(self.build, "kokoctl"), "-s", self.control, *args],
            input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True, text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
        if check and done.returncode != 0:
            raise SiteError(f"kokoctl {' '.join(args)} at {self.name}: "
                            f"{done.stderr.strip() or done.stdout.strip()}")
        return done

    def ctl_json(self, *args):
        return json.loads(self.ctl(*args, "--json").stdout)

    def batch(self, lines):
        """Many kokoctl commands over one connection."""
        self.ctl("batch", stdin="\n".join(lines) + "\n")

    def imap(self, user=None, password=None, tls=False):
        """A connection that reads mail, logged in when a user is given."""
        if tls:
            context = ssl.create_default_context(cafile=self.ca)
            conn = imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], timeout=20,
                                     ssl_context=context)
        else:
            conn = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=20)
        if user:
            conn.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        return conn

    def mailer(self, user=None, password=None, tls=False):
        """A connection that takes mail, logged in when a user is given."""
        if tls:
            context = ssl.create_default_context(cafile=self.ca)
            conn = smtplib.SMTP_SSL("127.0.0.1", self.ports["submissions"], timeout=20,
                                    context=context)
        else:
            conn = smtplib.SMTP("127.0.0.1", self.ports["submission"], timeout=20)
        if user:
            log_in(conn, user, password)
        return conn

    @contextlib.contextmanager
    def web(self, tls=False):
        """A connection to the web door that stands."""
        if tls:
            context = ssl.create_default_context(cafile=self.ca)
            conn = http.client.HTTPSConnection("127.0.0.1", self.ports["https"], timeout=20,
                                               context=context)
        else:
            conn = http.client.HTTPConnection("127.0.0.1", self.ports["http"], timeout=20)
        with contextlib.closing(conn):
            conn.connect()
            yield conn

    def reader(self, user=None, password=None, tls=False):
        """An NNTP connection, logged in when a user is given."""
        port = self.ports["nntps" if tls else "nntp"]
        conn = Nntp(port, ca=self.ca if tls else None)
        conn.cmd("MODE READER", ("200", "201"))
        if user:
            conn.login(user, password)
        return conn


def link(a, b, groups):
    """Make a and b streaming neighbours of each other over TLS with client certificates."""
    for here, there in ((a, b), (b, a)):
        if there.domain in {p["name"] for p in here.ctl_json("peer", "list")}:
            here.ctl("peer", "remove", there.domain)
        here.ctl("peer", "add", there.domain, "--host", "127.0.0.1",
                 "--port", str(there.ports["nntps"]), "--tls", "--groups", groups)
