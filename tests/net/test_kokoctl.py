#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
"""kokoctl against a daemon: each command as text and JSON, exit codes, batch, bad requests."""

import json
import socket
import subprocess

from koko import lab
from koko.demo import HASHES
from koko.nntp import NntpError
from koko.site import Site, wait_for

HASH = HASHES["secret"]


class Trial:
    def __init__(self):
        self.site = lab.start_site("ctl")

    def fails(self, code, *words, stdin=None):
        """The command ends with this code; what it says on standard error."""
        done = self.site.ctl(*words, stdin=stdin, check=False)
        assert done.returncode == code, (words, done)
        return done.stderr

    def status(self):
        got = self.site.ctl_json("status")
        assert got["ok"] and got["name"] == self.site.domain, got
        assert {"articles", "bytes_used", "last_seq"} <= got["store"].keys()
        assert self.site.domain in self.site.ctl("status").stdout

    def users(self):
        site = self.site
        site.ctl("user", "add", "joerg", "--name", "Jörg Müßig", "--address",
                 "joerg@ctl.koko.example", "--address", "jm@ctl.koko.example", "--lang", "de",
                 "--right", "post-as-any", "--password-stdin", stdin="eins\n")
        user = site.ctl_json("user", "show", "joerg")["user"]
        assert user["name"] == "Jörg Müßig" and user["state"] == "active", user
        assert user["addresses"] == ["joerg@ctl.koko.example", "jm@ctl.koko.example"]
        assert user["rights"] == ["post-as-any"] and user["password"] is True
        assert {"anke", "joerg"} <= {u["login"] for u in site.ctl_json("user", "list")}
        assert "Jörg Müßig" in site.ctl("user", "list").stdout
        assert site.ctl_json("user", "show", "JM@ctl.koko.example")["user"]["login"] == "joerg"
        assert "no user" in self.fails(1, "user", "show", "nobody")
        assert "taken" in self.fails(1, "user", "add", "joerg", "--hash", HASH)
        assert "taken" in self.fails(1, "user", "add", "other", "--hash", HASH, "--address",
                                     "jm@ctl.koko.example")
        for bad in (("Upper",), ("a b",), ("x" * 65,), ("ok", "--address", "no address"),
                    ("ok", "--right", "fly"), ("ok", "--name", "a\nb")):
            self.fails(1, "user", "add", *bad, "--hash", HASH)
        self.fails(1, "user", "add", "ok", "--hash", "plain")
        self.fails(2, "user", "add", "ok")  # no password and no terminal

    def passwords(self):
        """A new password holds at once, a disabled account does not come in."""
        site = self.site
        site.ctl("user", "add", "paula", "--password-stdin", stdin="alt\n")
        self._may("paula", "alt")
        site.ctl("user", "passwd", "paula", "--password-stdin", stdin="neu\n")
        self._may_not("paula", "alt")
        self._may("paula", "neu")
        site.ctl("user", "disable", "paula")
        assert site.ctl_json("user", "show", "paula")["user"]["state"] == "disabled"
        self._may_not("paula", "neu")
        site.ctl("user", "enable", "paula")
        self._may("paula", "neu")

    def _may(self, login, password):
        self.site.reader(login, password).close()

    def _may_not(self, login, password):
        try:
            self.site.reader(login, password).close()
        except NntpError:
            return
        raise AssertionError(f"{login} came in")

    def groups(self):
        site = self.site
        site.ctl("group", "add", "kk.brett", "--title", "Brett für alle", "--kind", "board",
                 "--class", "public", "--posting", "moderators")
        group = site.ctl_json("group", "show", "kk.brett")["group"]
        assert group["title"] == "Brett für alle" and group["kind"] == "board", group
        assert group["class"] == "public" and group["posting"] == "moderators", group
        assert {"kk.brett", lab.GROUP} <= {g["name"] for g in site.ctl_json("group", "list")}
        assert group["reply"] == "author", group
        site.ctl("group", "set", "kk.brett", "--reply", "group")
        changed = site.ctl_json("group", "show", "kk.brett")["group"]
        assert changed == {**group, "reply": "group"}, changed
        assert "allowed: author, group" in self.fails(1, "group", "set", "kk.brett")
        assert "no group" in self.fails(1, "group", "set", "no.such", "--reply", "group")
        assert "taken" in self.fails(1, "group", "add", "kk.brett")
        assert "allowed: forum, board" in self.fails(1, "group", "add", "x.y", "--kind", "wiki")
        for bad in ("Upper.x", "a..b", ".a", "a b", "x" * 201):
            self.fails(1, "group", "add", bad)

    def members(self):
        site = self.site
        site.ctl("user", "add", "mia", "--hash", HASH)
        site.ctl("member", "add", lab.GROUP, "mia", "reader")
        site.ctl("member", "add", lab.GROUP, "mia", "moderator")
        roles = {m["login"]: m["role"] for m in site.ctl_json("member", "list", lab.GROUP)}
        assert roles["mia"] == "moderator" and roles["anke"] == "writer", roles
        assert f"{lab.GROUP} (moderator)" in site.ctl("user", "show", "mia").stdout
        site.ctl("member", "remove", lab.GROUP, "mia")
        assert "no member" in self.fails(1, "member", "remove", lab.GROUP, "mia")
        self.fails(1, "member", "add", lab.GROUP, "mia", "king")
        self.fails(1, "member", "add", "no.group", "mia")
        self.fails(1, "member", "list", "no.group")

    def peers(self):
        site = self.site
        site.ctl("peer", "add", "west.example", "--host", "127.0.0.1", "--port", "1", "--no-tls",
                 "--groups", "kk.*,!kk.brett")
        peer = next(p for p in site.ctl_json("peer", "list") if p["name"] == "west.example")
        assert peer["port"] == 1 and peer["tls"] is False and not peer["paused"], peer
        status = site.ctl_json("peer", "status")
        assert [s["name"] for s in status] == ["west.example"], status
        assert "west.example" in site.ctl("peer", "status").stdout
        self.fails(1, "peer", "add", "west.example")
        self.fails(1, "peer", "add", "bad.example", "--groups", "[a]")
        site.ctl("peer", "pause", "west.example")
        assert site.ctl_json("peer", "list")[0]["paused"] is True
        assert "peer resume west.example" in site.ctl("peer", "status").stdout
        site.ctl("peer", "resume", "west.example")
        site.ctl("peer", "remove", "west.example")
        assert site.ctl_json("peer", "list") == []
        assert "no peer" in self.fails(1, "peer", "remove", "west.example")

    def check_and_conf(self):
        report = self.site.ctl_json("check")["report"]
        assert report["faults"] == 0 and report["groups"] > 0, report
        rows = {r["key"]: r for r in self.site.ctl_json("conf")}
        assert rows["name"]["value"] == f'"{self.site.domain}"' and not rows["name"]["default"]
        assert rows["nntp.max-article"]["value"] == "10M"
        assert "max-article" not in self.site.ctl("conf", "--diff").stdout

    def usage(self):
        assert "usage" in self.fails(2, "user", "add")
        self.fails(2, "fly")
        self.fails(2)
        assert "--loud" in self.fails(2, "status", "--loud")
        assert "--loud" in self.fails(2, "--loud", "status")
        assert "--socket" in self.fails(2, "--socket")
        for words in (("--help",), ("user", "add", "--help"), ("--version",)):
            assert self.site.ctl(*words).stdout
        nobody = Site("nobody", self.site.dir)
        assert nobody.ctl("status", check=False).returncode == 69
        failed = self.site.ctl("user", "show", "nobody", "--json", check=False)
        assert json.loads(failed.stdout)["code"] == "notfound" and failed.returncode == 1

    def languages(self):
        """Words for people by locale; what programs read stays as it is."""
        locale = lab.german(lab.scratch())
        english = {**locale, "LC_ALL": "C.UTF-8"}
        for words, german_text, english_text in (
                (("fly",), "unbekannter Befehl: fly", "unknown command: fly"),
                (("user", "show", "nobody"), "nicht gefunden", "not found"),
                (("user", "list"), "ADRESSEN", "ADDRESSES"),
                (("--help",), "Endwerte: 0 getan", "exit codes: 0 done")):
            for env, text, other in ((locale, german_text, english_text),
                                     (english, english_text, german_text)):
                done = self.site.ctl(*words, check=False, env=env)
                said = done.stdout + done.stderr
                assert text in said and other not in said, (env["LC_ALL"], said)
        failed = self.site.ctl("user", "show", "nobody", "--json", check=False, env=locale)
        assert json.loads(failed.stdout)["code"] == "notfound", failed

    def batch(self):
        """Hundreds of things in seconds; a bad line is named and the rest goes on."""
        lines = [f"group add big.g{i:03} --title 'Gruppe {i}'" for i in range(300)]
        lines += [f"user add big{i:03} --hash '{HASH}'" for i in range(300)]
        lines += [f"member add big.g{i:03} big{i:03}" for i in range(300)]
        self.site.batch(["# set-up", "", *lines])
        assert sum(g["name"].startswith("big.") for g in self.site.ctl_json("group", "list")) == 300
        assert sum(u["login"].startswith("big") for u in self.site.ctl_json("user", "list")) == 300
        bad = self.fails(1, "batch", stdin="user show nobody\nfly\ngroup add after.bad\n")
        assert "line 1:" in bad and "line 2:" in bad, bad
        self.site.ctl("group", "show", "after.bad")

    def bad_requests(self):
        """What kokoctl would not send is answered, and hurts nobody."""
        for request, code in ((b"no json\n", "invalid"), (b'{"cmd":"fly"}\n', "invalid"),
                              (b"[]\n", "invalid"), (b'{"cmd":"user.show","args":3}\n', "invalid"),
                              (b'{"cmd":"user.show"}\n', "invalid"), (b"x" * 300000, "invalid"),
                              (b'{"cmd":"user.show","args":{"login":"\\u0000"}}\n', "invalid")):
            with self._connect() as s:
                s.sendall(request)
                answer = json.loads(s.makefile().readline())
                assert answer["ok"] is False and answer["code"] == code, (request[:40], answer)
        many = [self._connect() for _ in range(16)]
        with self._connect() as s:
            assert json.loads(s.makefile().readline())["code"] == "busy"
        for s in many:
            s.close()
        self.site.ctl("status")

    def sudden_ends(self):
        """Who hangs up with requests out takes nothing down; what was asked for is done."""
        add = [json.dumps({"cmd": "user.add", "args": {"login": f"gone{i}", "password": "x"}})
               for i in range(5)]
        for lines in (add, ['{"cmd":"user.list"}'] * 50, ['{"cmd":"check"}'] * 3,
                      ['{"cmd":"peer.add","args":{"name":"gone.example"}}']):
            with self._connect() as s:
                s.sendall("".join(line + "\n" for line in lines).encode())
        wait_for("the users", lambda: sum(
            u["login"].startswith("gone") for u in self.site.ctl_json("user", "list")) >= 1)
        self.site.ctl("status")

    def _connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.site.control)
        return s

    def config_check(self):
        """kokod -t names file, line, key and what is allowed."""
        path = self.site.conf + ".bad"
        with open(self.site.conf, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text + "log {\n	level = loud\n}\n")
        line = text.count("\n") + 2
        done = subprocess.run([f"{self.site.build}/kokod", "-t", "-c", path], text=True,
                              capture_output=True, check=False)
        assert done.returncode == 78, done
        assert f"{path}:{line}: log.level: " in done.stderr, done.stderr
        assert "allowed: error, warn, info or debug" in done.stderr
        subprocess.run([f"{self.site.build}/kokod", "-t", "-c", self.site.conf], check=True)


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([
            trial.status, trial.users, trial.passwords, trial.groups, trial.members, trial.peers,
            trial.check_and_conf, trial.usage, trial.languages, trial.batch, trial.bad_requests,
            trial.sudden_ends, trial.config_check])
    finally:
        trial.site.stop()
