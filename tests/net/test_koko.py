#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
"""koko against a daemon: groups, post, read, reply, threads, TLS, exit codes."""

import os
import subprocess

from koko import lab

TEXT = "Grüße aus Krefeld.\n.Punkt am Anfang\n\nStraße\n"


class Trial:
    def __init__(self):
        self.site = lab.start_site("koko")
        self.user = lab.person(self.site)

    def koko(self, *words, stdin=None, code=0, tls=False, env=None):
        """Run koko as Anke; what it prints, or on failure what it complains about."""
        door = ["--server", f"localhost:{self.site.ports['nntps']}", "--tls"] if tls else [
            "--server", f"127.0.0.1:{self.site.ports['nntp']}"]
        done = subprocess.run(
            [os.path.join(self.site.build, "koko"), *door, "--user", self.user["login"],
             "--from", f"{self.user['name']} <{self.user['address']}>", *words],
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, text=True,
            capture_output=True, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": self.site.dir,
                 "KOKO_PASSWORD": lab.PASSWORD, **(env or {})})
        assert done.returncode == code, (words, done)
        return done.stdout if code == 0 else done.stderr

    def post_and_read(self):
        assert lab.GROUP in self.koko("groups")
        assert self.koko("read", lab.GROUP) == ""
        self.koko("post", lab.GROUP, "-s", "Änderung der Straße", stdin=TEXT)
        assert "Änderung der Straße  (Anke Beispiel <anke@" in self.koko("read", lab.GROUP)
        shown = self.koko("read", lab.GROUP, "1")
        assert shown.endswith("\n\n" + TEXT), shown
        assert "Subject: =?UTF-8?" in self.koko("read", lab.GROUP, "1", "--raw")

    def reply(self):
        self.koko("reply", lab.GROUP, "1", "--quote", stdin="Danke.\n")
        shown = self.koko("read", lab.GROUP, "2")
        assert "Subject: Re: Änderung der Straße" in shown
        assert "Anke Beispiel wrote:\n> Grüße aus Krefeld.\n> .Punkt" in shown, shown
        threads = self.koko("read", lab.GROUP, "thread").splitlines()
        assert threads[0].startswith("      1  Änderung"), threads
        assert threads[1].startswith("      2    Re:"), threads
        assert len(self.koko("read", lab.GROUP, "last", "1").splitlines()) == 1

    def tls(self):
        """The certificate must be signed by somebody known and carry the host's name."""
        assert lab.GROUP in self.koko("groups", "--ca", self.site.ca, tls=True)
        assert lab.GROUP in self.koko(
            "groups", "--ca", self.site.ca, "--server",
            f"nntps://localhost:{self.site.ports['nntps']}")
        assert "certificate" in self.koko("groups", tls=True, code=1)
        assert "certificate" in self.koko(
            "groups", "--ca", self.site.ca, "--tls", "--server",
            f"127.1:{self.site.ports['nntps']}", tls=True, code=1)  # the same, by another name

    def config_file(self):
        folder = os.path.join(self.site.dir, ".config", "koko")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "config")
        with open(path, "w", encoding="utf-8") as f:
            f.write("# mine\nfrom = Otto <otto@elsewhere.example>\n\nfly = yes\n")
        assert f"{path}:4: allowed: server" in self.koko("groups", code=2)
        os.remove(path)

    def failures(self):
        self.koko(code=2)
        self.koko("fly", code=2)
        assert "no-such" in self.koko("read", "no-such.group", code=1)
        self.koko("read", lab.GROUP, "99", code=1)
        self.koko("read", lab.GROUP, "first", code=2)
        assert "login" in self.koko("groups", env={"KOKO_PASSWORD": "falsch"}, code=1)
        self.koko("groups", "--server", "127.0.0.1:1", code=69)
        self.koko("post", lab.GROUP, "-s", "leer", stdin="\n", code=2)
        refused = self.koko("post", lab.GROUP, "-s", "fremd", "--from", "Otto <otto@else.example>",
                            stdin="x\n", code=1)
        assert "posting" in refused, refused


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.post_and_read, trial.reply, trial.tls, trial.config_file,
                       trial.failures])
    finally:
        trial.site.stop()
