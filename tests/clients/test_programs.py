#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""Clients that run through by themselves: Python's nntplib, suck, slrnpull, Gnus in batch, koko."""

import os
import warnings

from koko import lab

N = 8


class Trial:
    def __init__(self):
        self.dir = lab.scratch()
        self.site = lab.start_site()
        self.user = lab.person(self.site)
        self.port = str(self.site.ports["nntp"])
        self.ids = lab.post_articles(self.site, N)

    def python_nntplib(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import nntplib
            except ImportError:
                raise lab.Skip("this Python has no nntplib") from None
        with nntplib.NNTP("127.0.0.1", int(self.port), self.user["login"],
                          self.user["password"], readermode=True) as conn:
            _, count, first, last, _ = conn.group(lab.GROUP)
            assert (count, last - first + 1) == (N, N), (count, first, last)
            _, overviews = conn.over((first, last))
            assert [o["message-id"] for _, o in overviews] == self.ids
            assert nntplib.decode_header(overviews[0][1]["subject"]) == "Grüße"
            _, info = conn.article(self.ids[0])
            assert "Straße." in [line.decode() for line in info.lines]
            wire = lab.article(f"<nntplib@{self.site.domain}>", sender=self.user["address"])
            conn.post(wire.split(b"\r\n", 1)[1].splitlines(keepends=True))
            assert conn.stat(f"<nntplib@{self.site.domain}>")[2]

    def suck(self):
        lab.need("suck")
        folder = os.path.join(self.dir, "suck")
        os.makedirs(os.path.join(folder, "msgs"))
        with open(os.path.join(folder, "sucknewsrc"), "w", encoding="ascii") as f:
            f.write(f"{lab.GROUP} -100\n")  # the last hundred
        lab.run("suck", "127.0.0.1", "-N", self.port, "-dt", folder, "-dd", folder,
                "-dm", os.path.join(folder, "msgs"), "-m", "-c", "-U", self.user["login"],
                "-P", self.user["password"], "-M")
        self._all_there(os.path.join(folder, "msgs"))

    def slrnpull(self):
        lab.need("slrnpull")
        folder = os.path.join(self.dir, "pull")
        os.makedirs(folder)
        for name, text in (("slrnpull.conf", f"{lab.GROUP} 100 14\n"),
                           ("authinfo", f"{self.user['login']}\n{self.user['password']}\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        os.chmod(os.path.join(folder, "authinfo"), 0o600)
        server = f"127.0.0.1:{self.port}"
        lab.run("slrnpull", "-d", folder, "-h", server, env={"NNTPSERVER": server})
        self._all_there(os.path.join(folder, "news", *lab.GROUP.split(".")))

    def _all_there(self, folder):
        texts = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as f:
                texts.append(f.read())
        for message_id in self.ids:
            held = [t for t in texts if b"Message-ID: " + message_id.encode() in t]
            assert len(held) == 1, f"{message_id}: {len(held)} times"
            assert "Straße.".encode() in held[0]

    def gnus(self):
        lab.need("emacs")
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gnus.el")
        os.makedirs(os.path.join(self.dir, ".emacs.d"))  # it keeps certificates there
        said = lab.run("emacs", "--batch", "-Q", "-l", script, env={
            "HOME": self.dir, "CA": self.site.ca, "PORT": self.port, "GROUP": lab.GROUP,
            "LOGIN": self.user["login"], "PASSWORD": self.user["password"],
            "SENDER": self.user["address"]})
        assert "posted" in said, said
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            _, low, high = conn.group(lab.GROUP)
            subjects = conn.lines(f"HDR Subject {low}-{high}", "225")
        assert any("Von Gnus" in s for s in subjects), subjects

    def koko(self):
        """Our own reader and poster."""
        tool = os.path.join(self.site.build, "koko")
        if not os.path.exists(tool):
            raise lab.Skip("koko is not built")
        env = {"KOKO_PASSWORD": self.user["password"], "HOME": self.dir}
        sender = f"{self.user['name']} <{self.user['address']}>"

        def koko(*words, stdin=None):
            return lab.run(tool, "--server", f"127.0.0.1:{self.port}", "--user",
                           self.user["login"], "--from", sender, *words, env=env, stdin=stdin)
        assert lab.GROUP in koko("groups")
        assert "Grüße" in koko("read", lab.GROUP)
        assert "Straße." in koko("read", lab.GROUP, "1")
        koko("post", lab.GROUP, "-s", "Von koko: Grüße", stdin="Hallo von koko.\n")
        assert "Von koko: Grüße" in koko("read", lab.GROUP)
        koko("reply", lab.GROUP, "1", stdin="Antwort von koko.\n")
        with self.site.reader(self.user["login"], self.user["password"]) as conn:
            _, _, high = conn.group(lab.GROUP)
            wire = conn.article(high).decode()
        assert f"References: {self.ids[0]}" in wire and "Antwort von koko." in wire, wire


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.python_nntplib, trial.suck, trial.slrnpull, trial.gnus, trial.koko])
    finally:
        trial.site.stop()
