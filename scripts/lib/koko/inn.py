# SPDX-License-Identifier: GPL-3.0-or-later
"""
INN 2.7 beside us: unpacked into a folder, never installed, because Debian's news and mail servers
exclude each other as packages.  innd is the streaming neighbour, nnrpd a reader's server, innfeed
its way out to us.  Needs root (innd runs as the user news, which every Debian has).
"""

import glob
import os
import shutil
import signal
import subprocess

from koko.nntp import Nntp, NntpError
from koko.site import SiteError, free_ports, wait_for

PACKAGES = ("inn2", "inn2-inews", "libcanlock3", "libperl5.36", "libpython3.11")
AS_NEWS = ("setpriv", "--reuid=news", "--regid=news", "--clear-groups")
NEWS = 9  # uid and gid of news in Debian's base-passwd

INN_CONF = """mta: "/bin/true %s"
organization: "INN"
ovmethod: {overview}
hismethod: hisv6
pathhost: {name}
domain: {domain}
server: 127.0.0.1
bindaddress: 127.0.0.1
port: {port}
runasuser: news
runasgroup: news
pathnews: {prog}
pathbin: {prog}/bin
pathfilter: {root}/etc/news/filter
pathdb: {dir}/db
pathetc: {dir}/etc
pathrun: {dir}/run
pathlog: {dir}/log
pathhttp: {dir}/log
pathtmp: {dir}/tmp
pathspool: {dir}/spool
patharticles: {dir}/spool/articles
pathoverview: {dir}/spool/overview
pathoutgoing: {dir}/spool/outgoing
pathincoming: {dir}/spool/incoming
patharchive: {dir}/spool/archive
docancels: none
noreader: true
readertrack: false
nfsreader: false
nnrpdcheckart: false
hiscachesize: 16384
logartsize: false
"""

FILES = {
    "incoming.conf": 'streaming: true\nmax-connections: 100\npeer loop {{\n'
                     '	hostname: "127.0.0.1"\n	patterns: "*"\n}}\n',
    "storage.conf": "{storage}",
    "cycbuff.conf": "cycbuff:ONE:{dir}/spool/cycbuff:1048576\nmetacycbuff:META:ONE\n",
    "buffindexed.conf": "0:{dir}/spool/overview/buff:524288\n",
    "readers.conf": 'auth "all" {{\n	hosts: "*"\n	default: "anna"\n}}\n'
                    'access "all" {{\n	users: "*"\n	newsgroups: "*"\n	access: RPA\n}}\n',
    "newsfeeds": "ME:*::\n{feed}",
    "innfeed.conf": 'pid-file: innfeed.pid\nlog-file: innfeed.log\nstatus-file: innfeed.status\n'
                    'backlog-directory: innfeed\n'
                    'max-connections: 2\nclose-period: 6000\nhost-queue-highwater: 5000\n{peer}',
    "expire.ctl": "/remember/:11\n*:A:1:10:never\n",
    "control.ctl": "all:*:*:drop\n",
    "passwd.nntp": "",
    "localgroups": "",
    "distrib.pats": "",
    "moderators": "",
}

STORAGE = {
    "tradspool": "method tradspool {{\n	newsgroups: *\n	class: 0\n}}\n",
    "cnfs": "method cnfs {{\n	newsgroups: *\n	class: 0\n	options: META\n}}\n",
}


def unpack(cache, folder):
    """
    Unpack INN into folder, which must be where the user news may go, from packages that are
    downloaded into cache once.  Returns folder; SiteError when INN cannot be had.
    """
    os.makedirs(cache, exist_ok=True)
    if not glob.glob(os.path.join(cache, "inn2_*.deb")):
        fetched = subprocess.run(["apt-get", "download", *PACKAGES], cwd=cache, text=True,
                                 stdin=subprocess.DEVNULL, capture_output=True)
        if fetched.returncode != 0:
            raise SiteError("cannot download INN: " + fetched.stderr.strip())
    for package in glob.glob(os.path.join(cache, "*.deb")):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
    return folder


class Inn:
    """
    root     where it was unpacked
    folder   its files; belongs to news afterwards
    groups   names of its newsgroups
    feed_to  (path identity, port) of a neighbour it feeds through innfeed, or None
    storage  "tradspool" (with tradindexed) or "cnfs" (with buffindexed)
    """

    def __init__(self, root, folder, groups, name="inn.example", feed_to=None,
                 storage="tradspool"):
        self.root = os.path.abspath(root)
        self.dir = os.path.abspath(folder)
        self.prog = os.path.join(self.root, "usr/lib/news")
        self.name = name
        self.port, self.reader_port = free_ports(2)
        self.groups, self.feed_to, self.storage = groups, feed_to, storage
        self.processes = []
        self.env = {**os.environ, "INNCONF": os.path.join(self.dir, "etc/inn.conf"),
                    "LC_ALL": "C.UTF-8", "LD_LIBRARY_PATH": ":".join(
                        [self.prog, os.path.join(self.root, "usr/lib/x86_64-linux-gnu")])}

    def prepare(self):
        for sub in ("db", "etc", "run", "log", "tmp", "spool/articles", "spool/overview",
                    "spool/outgoing", "spool/incoming/bad", "spool/archive", "spool/innfeed"):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        self._write_files()
        if self.storage == "cnfs":
            for name, blocks in (("cycbuff", 1048576), ("overview/buff", 524288)):
                with open(os.path.join(self.dir, "spool", name), "wb") as f:
                    f.truncate(blocks * 1024)
        self._give_away()
        self._run("bin/makedbz", "-i", "-o")

    def _write_files(self):
        feed = peer = ""
        if self.feed_to:
            other, port = self.feed_to
            feed = (f"{other}:*:Tm:innfeed!\n"
                    f"innfeed!:!*:Tc,Wnm*:{self.prog}/bin/innfeed -y\n")
            peer = f"peer {other} {{\n	ip-name: 127.0.0.1\n	port-number: {port}\n}}\n"
        values = {"dir": self.dir, "feed": feed, "peer": peer, "storage": ""}
        values["storage"] = STORAGE[self.storage].format()
        for name, text in FILES.items():
            self._put("etc/" + name, text.format(**values))
        self._put("etc/inn.conf", INN_CONF.format(
            name=self.name, domain=self.name, port=self.port, prog=self.prog, root=self.root,
            dir=self.dir, overview="buffindexed" if self.storage == "cnfs" else "tradindexed"))
        self._put("db/active", "".join(f"{g} 0000000000 0000000001 y\n" for g in (
            "control", "control.cancel", "junk", *self.groups)))
        self._put("db/newsgroups", "".join(f"{g}\tTest\n" for g in self.groups))
        self._put("db/history", "")

    def _put(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def _give_away(self):
        """Everything below belongs to news, and news may walk down to it."""
        for base, _, files in os.walk(self.dir):
            for path in (base, *(os.path.join(base, f) for f in files)):
                os.chown(path, NEWS, NEWS)
        for start in (self.dir, self.root):
            up = os.path.dirname(start)
            while not os.stat(up).st_mode & 0o001:
                os.chmod(up, os.stat(up).st_mode | 0o011)
                up = os.path.dirname(up)

    def _run(self, program, *args):
        subprocess.run([*AS_NEWS, os.path.join(self.prog, program), *args], check=True,
                       cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL, capture_output=True)

    def _spawn(self, program, *args):
        with open(os.path.join(self.dir, "log", "output"), "ab") as log:
            self.processes.append(subprocess.Popen(
                [*AS_NEWS, os.path.join(self.prog, program), *args], cwd=self.dir, env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))

    def start(self):
        """innd for neighbours and nnrpd for readers; returns when both greet."""
        self._spawn("bin/innd", "-f", "-P", str(self.port))
        wait_for("innd", lambda: self._greets(self.port))
        self._spawn("bin/nnrpd", "-D", "-f", "-b", "127.0.0.1", "-p", str(self.reader_port))
        wait_for("nnrpd", lambda: self._greets(self.reader_port))

    @property
    def pid(self):
        return self.processes[0].pid

    @staticmethod
    def _greets(port):
        try:
            with Nntp(port, timeout=5) as conn:
                return conn.greeting.startswith("20")
        except (OSError, NntpError):  # not there yet
            return False

    def ctl(self, *args):
        self._run("bin/ctlinnd", *args)

    def stop(self):
        """A clean stop of innd; the other programs end with their sessions."""
        if self.processes and self.processes[0].poll() is None:
            self.ctl("-t", "30", "shutdown", "test")
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL if process is not self.processes[0]
                          else signal.SIGTERM)
            except ProcessLookupError:
                pass
            process.wait(30)
        self.processes = []

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
