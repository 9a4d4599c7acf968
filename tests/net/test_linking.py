#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 240
"""Two admins link their daemons with the commands of README; each mistake is one sentence."""

import base64
import hashlib
import os
import re
import signal
import time

from koko import lab
from koko.fednet import fake_clock
from koko.site import free_ports, wait_for

MINUTE = 60


def with_checksum(text):
    """A token with its checksum, which is not secret."""
    digest = hashlib.sha256(b"kokod-token-v1\n" + text.encode()).digest()
    return f"{text}:{base64.b32encode(digest[:5]).decode().lower()}"


class Trial:
    def __init__(self):
        folder = lab.scratch()
        self.a, self.b, self.c = (lab.start_site(n, groups=(), folder=folder) for n in "abc")
        self.sites = (self.a, self.b, self.c)
        self.group = "koko.a.rat"
        self.codes = {}

    def says(self, site, *words, stdin=None):
        """The one sentence with which a command fails."""
        done = site.ctl(*words, stdin=stdin, check=False)
        assert done.returncode != 0, (words, done)
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("kokoctl: "), done
        self._keep_code(site, done.stdout)
        return lines[0]

    def _keep_code(self, site, said):
        code = re.search(r"^ +((?:[a-z2-7]{4}-){6}[a-z2-7]{4})$", said, re.M)
        if code:
            self.codes[site] = code[1]

    def token(self, host, guest):
        return host.ctl_json("peer", "invite", guest.domain)["token"]

    # ---- before there is a federation

    def nothing_yet(self):
        for words in (("federation", "show"), ("peer", "invite", "x.example"),
                      ("group", "share", "koko.a.x")):
            assert "is in no federation yet: kokoctl federation found" in self.says(self.a, *words)
        assert "no peers" in self.a.ctl("peer", "status").stdout

    # ---- the way it goes

    def linked_in_a_minute(self):
        start = time.monotonic()
        a, b = self.a, self.b
        said = a.ctl("federation", "found", "Kreise").stdout
        self._keep_code(a, said)
        assert "next: kokoctl peer invite NAME" in said, said
        said = a.ctl("peer", "invite", b.domain).stdout
        token = re.search(r"^ +(kokod1:\S+)$", said, re.M)[1]
        said = b.ctl("peer", "accept", token).stdout
        self._keep_code(b, said)
        numbers = re.search(r"the numbers: (\d{5} \d{5})$", said, re.M)[1]
        assert f"kokoctl peer confirm {b.domain}" in said, said
        said = a.ctl("peer", "confirm", b.domain, stdin="ja\n").stdout
        assert numbers in said and "is in the federation" in said, said
        a.ctl("group", "add", self.group, "--title", "Rat")
        a.ctl("group", "share", self.group)
        wait_for("b in the federation", lambda: self._state(b) == "active", 20)
        a.ctl("group", "invite", self.group, b.domain)
        wait_for("the group at b", lambda: self._has_group(b), 20)
        for site in (a, b):
            site.ctl("member", "add", self.group, "anke", "writer")
        mid = self._post(a)
        with b.reader("anke", lab.PASSWORD) as conn:
            wait_for("the post at b", lambda: conn.has(mid), 20)
        assert time.monotonic() - start < MINUTE

    def _state(self, site):
        rows = [r for r in site.ctl_json("peer", "status") if r["kind"] == "federation"]
        return rows[0]["state"] if rows else None

    def _has_group(self, site):
        return self.group in {g["name"] for g in site.ctl_json("group", "list")}

    def _post(self, site, stem="first"):
        mid = f"<{stem}@{site.domain}>"
        with site.reader("anke", lab.PASSWORD) as conn:
            conn.post(f"From: Anke <anke@{site.domain}>\r\nNewsgroups: {self.group}\r\n"
                      f"Subject: Guten Tag\r\nMessage-ID: {mid}\r\n\r\nText\r\n".encode())
        return mid

    def status_and_show(self):
        for site, other in ((self.a, self.b), (self.b, self.a)):
            wait_for("the link", lambda s=site: self._state(s) == "active", 20)
            line = site.ctl("peer", "status").stdout.splitlines()[1]
            assert line.startswith(other.domain) and line.endswith("nothing"), line
            shown = site.ctl("federation", "show").stdout
            assert "Kreise" in shown and other.domain in shown, shown
        daemons = {d["name"]: d for d in self.b.ctl_json("federation", "show")["daemons"]}
        assert daemons[self.a.domain]["admin"] and not daemons[self.b.domain]["admin"]
        assert daemons[self.b.domain]["prefix"] == "koko.b"

    # ---- mistakes, one sentence each

    def token_is_misspelt(self):
        token = self.token(self.a, self.c)
        changed = token[:60] + ("a" if token[60] != "a" else "b") + token[61:]
        assert "spelling error" in self.says(self.c, "peer", "accept", changed)
        assert "is not whole" in self.says(self.c, "peer", "accept", token[:-20])
        assert "is no token" in self.says(self.c, "peer", "accept", "Guten Tag")
        assert "made here" in self.says(self.a, "peer", "accept", token)
        assert "in that federation already" in self.says(self.b, "peer", "accept", token)
        assert not self.codes.get(self.c)  # nothing was begun at c

    def daemon_is_away(self):
        token = self.token(self.a, self.c)
        self.a.stop()
        assert "refuses the connection" in self.says(self.c, "peer", "accept", token)
        assert self.codes[self.c]  # shown all the same: it comes once
        self.a.start()
        self.a.wait_ready()

    def clock_is_wrong(self):
        """An hour apart: said before the token is used."""
        env = fake_clock(self.c)
        token = self.token(self.a, self.c)
        with open(os.path.join(self.c.dir, "clock"), "w", encoding="ascii") as f:
            f.write("+1h\n")
        self.c.stop()
        self.c.start(env=env)
        self.c.wait_ready()
        assert "seconds apart" in self.says(self.c, "peer", "accept", token)
        self.c.stop()
        self.c.start()
        self.c.wait_ready()

    def address_is_wrong(self):
        """Our own, one where no kokod is, another kokod's, a name that DNS does not know."""
        _, _, port, oid, fid, secret, _ = self.token(self.a, self.c).split(":")

        def to(host, p):
            return with_checksum(f"kokod1:{host}:{p}:{oid}:{fid}:{secret}")

        for token, why in (
                (to("127.0.0.1", self.c.ports["peer"]), "this daemon itself answers"),
                (to("127.0.0.1", self.b.ports["peer"]), "another daemon answers"),
                (to("127.0.0.1", self.a.ports["nntps"]), "is no kokod"),
                (to("127.0.0.1", free_ports(1)[0]), "refuses the connection"),
                (to("no.such.host.invalid", port), "DNS")):
            assert why in self.says(self.c, "peer", "accept", token), why

    def name_is_wrong(self):
        """Who was invited under another name is told so, and so is the admin who invited."""
        token = self.a.ctl_json("peer", "invite", "d.koko.example")["token"]
        assert "of another name" in self.says(self.c, "peer", "accept", token)
        assert f"kokoctl peer invite {self.c.domain}" in self.a.ctl("peer", "status").stdout
        assert f"{self.c.domain} came with the token" in self.says(
            self.a, "peer", "confirm", "d.koko.example", stdin="yes\n")
        self.a.ctl("peer", "confirm", "d.koko.example", "--answer", "no")
        assert "this daemon itself" in self.says(self.a, "peer", "invite", self.a.domain)
        assert "is in the federation already" in self.says(self.a, "peer", "invite", self.b.domain)
        assert "is no name" in self.says(self.a, "peer", "invite", "Forum")
        assert "choose another prefix" in self.says(
            self.a, "peer", "invite", "x.example", "--prefix", "koko.b")
        assert "only an admin" in self.says(self.b, "peer", "invite", self.c.domain)

    def numbers_differ(self):
        """On the telephone other numbers are heard: nothing is linked, the token is void."""
        token = self.token(self.a, self.c)
        assert "has not used its token yet" in self.says(self.a, "peer", "confirm", self.c.domain,
                                                         stdin="yes\n")
        numbers = self.c.ctl_json("peer", "accept", token)["numbers"]
        other = numbers[:-1] + str((int(numbers[-1]) + 1) % 10)
        assert "the numbers differ" in self.says(self.a, "peer", "confirm", self.c.domain,
                                                 "--numbers", other)
        assert "there is no invitation" in self.says(self.a, "peer", "confirm", self.c.domain,
                                                     "--numbers", numbers)
        names = {d["name"] for d in self.a.ctl_json("federation", "show")["daemons"]}
        assert self.c.domain not in names, names

    def token_was_used(self):
        token = self.token(self.a, self.c)
        numbers = self.c.ctl_json("peer", "accept", token)["numbers"]
        assert "does not accept the token" in self.says(self.c, "peer", "accept", token)
        self.c.kill()  # what was agreed outlives a crash, on either side
        self.a.kill()
        for site in (self.a, self.c):
            site.start()
            site.wait_ready()
        shown = self.c.ctl_json("peer", "numbers", self.a.domain)["numbers"]
        assert shown == numbers, (shown, numbers)
        self.a.ctl("peer", "confirm", self.c.domain, "--numbers", numbers.replace(" ", ""))
        wait_for("c in the federation", lambda: self._state(self.c) == "active", 40)

    # ---- later

    def pause_and_block(self):
        self.a.ctl("peer", "pause", self.b.domain)
        assert f"kokoctl peer resume {self.b.domain}" in self.a.ctl("peer", "status").stdout
        self.a.kill()
        self.a.start()
        self.a.wait_ready()
        assert f"kokoctl peer resume {self.b.domain}" in self.a.ctl("peer", "status").stdout
        self.a.ctl("peer", "resume", self.b.domain)
        self.a.ctl("peer", "block", self.b.domain)
        assert f"kokoctl peer unblock {self.b.domain}" in self.a.ctl("peer", "status").stdout
        self.a.ctl("peer", "unblock", self.b.domain)
        wait_for("the link again", lambda: self._states(self.a)[self.b.domain] == "active", 40)
        assert "no peer x.example" in self.says(self.a, "peer", "block", "x.example")

    def _states(self, site):
        return {r["name"]: r["state"] for r in site.ctl_json("peer", "status")
                if r["kind"] == "federation"}

    def _all_active(self, *sites):
        return all(set(self._states(s).values()) == {"active"} for s in sites)

    def keys_are_changed(self):
        """Rotation in one step and in two; revocation; each by the recovery code alone."""
        a, code = self.a, self.codes[self.a]
        wrong = self.codes[self.c]
        assert "not the recovery code" in self.says(
            a, "federation", "rotate-key", "--code-stdin", stdin=wrong + "\n")
        assert "spelling error" in self.says(
            a, "federation", "rotate-key", "--code-stdin", stdin=code[:-1] + "\n")
        wait_for("all links", lambda: self._all_active(*self.sites), 40)
        before = a.ctl_json("federation", "show")["federation"]["key"]
        a.ctl("federation", "rotate-key", "--code-stdin", stdin=code.upper() + "\n")
        after = a.ctl_json("federation", "show")["federation"]["key"]
        assert before != after
        a.ctl("federation", "rotate-key", "--tls", "--code-stdin", stdin=code + "\n")
        wait_for("all links", lambda: self._all_active(*self.sites), 40)
        a.ctl("federation", "rotate-key", "--tls", "--code-stdin", stdin=code + "\n")
        a.kill()
        a.start()
        a.wait_ready()
        assert a.ctl_json("federation", "show")["federation"]["key"] == after
        wait_for("links with the new key", lambda: self._all_active(*self.sites), 60)

    def key_changes_in_absence(self):
        """Two records came and went while c was away, and b, who could tell it, is away now."""
        code = self.codes[self.a]
        self.c.stop()
        self.b.stop()
        for _ in range(2):
            self.a.ctl("federation", "rotate-key", "--tls", "--code-stdin", stdin=code + "\n")
        self.c.start()
        self.c.wait_ready()
        wait_for("c knows the new key", lambda: self._states(self.c)[self.a.domain] == "active", 60)
        self.b.start()
        self.b.wait_ready()

    def key_is_stolen(self):
        """Revoked: the next post is signed with another key and counts at the others."""
        a, b, code = self.a, self.b, self.codes[self.a]
        before = a.ctl_json("federation", "show")["federation"]["key"]
        said = a.ctl("federation", "revoke-key", "--code-stdin", stdin=code + "\n").stdout
        assert "group confirm-entries GROUP" in said, said
        assert a.ctl_json("federation", "show")["federation"]["key"] != before
        a.ctl("group", "confirm-entries", self.group, a.domain)
        mid = self._post(a, "after")
        with b.reader("anke", lab.PASSWORD) as conn:
            wait_for("the post at b", lambda: conn.has(mid), 30)
            assert conn.has(f"<first@{a.domain}>")

    def key_of_a_guest_is_stolen(self):
        """It asks the owner itself; nobody posts there until it is granted, and nothing is lost."""
        a, b = self.a, self.b
        before = self._post(b, "guest-before")
        with a.reader("anke", lab.PASSWORD) as conn:
            wait_for("the post at a", lambda: conn.has(before), 30)
        said = b.ctl("federation", "revoke-key", "--code-stdin",
                     stdin=self.codes[b] + "\n").stdout
        assert "the owners are asked, groups: 1" in said, said
        wait_for("the request", lambda: self._open(a))
        assert "wrote before its key was stolen" in a.ctl("group", "requests").stdout
        with b.reader("anke", lab.PASSWORD) as conn:
            assert "has to confirm first" in conn.post(
                lab.article(f"<early@{b.domain}>", self.group, f"Anke <anke@{b.domain}>"))
        a.ctl("group", "grant", self._open(a)[0])
        wait_for("the answer", lambda: "granted" in b.ctl("group", "requests").stdout)
        after = self._post(b, "guest-after")
        with a.reader("anke", lab.PASSWORD) as conn:
            wait_for("the post at a", lambda: conn.has(after), 30)
            assert conn.has(before)
        assert "counts already" in self.says(b, "group", "confirm-entries", self.group, b.domain)

    @staticmethod
    def _open(site):
        return [r["number"] for r in site.ctl_json("group", "requests") if r["state"] == "open"]

    def groups_are_changed(self):
        a, b = self.a, self.b
        user = f"anke@{b.domain}"
        a.ctl("group", "moderator", self.group, user)
        assert "moderator already" in self.says(a, "group", "moderator", self.group, user)
        a.ctl("group", "moderator", self.group, user, "--remove")
        said = b.ctl("group", "invite", self.group, self.c.domain).stdout
        assert f"belongs to {a.domain}: the request was sent" in said, said
        assert "under koko.a" in self.says(a, "group", "share", "koko.b.x")
        assert "is shared already" in self.says(a, "group", "share", self.group)
        assert "no daemon of the federation is called" in self.says(
            a, "group", "invite", self.group, "x.example")
        a.ctl("group", "invite", self.group, self.c.domain, "--ro")
        wait_for("the group at c", lambda: self._has_group(self.c), 20)
        self.c.ctl("member", "add", self.group, "anke", "reader")
        with self.c.reader("anke", lab.PASSWORD) as conn:
            for stem, site in (("guest-before", b), ("guest-after", b), ("after", a)):
                wait_for(stem, lambda m=f"<{stem}@{site.domain}>": conn.has(m), 30)
        wait_for("nothing to get", lambda: not any(
            r.get("behind") for r in self.c.ctl_json("peer", "status")), 30)
        a.ctl("group", "remove-member", self.group, b.domain)
        assert "not in the group" in self.says(a, "group", "remove-member", self.group, b.domain)

    def daemons_are_suspended(self):
        a, c = self.a, self.c
        assert "no daemon of the federation" in self.says(a, "federation", "suspend", "x.example")
        assert "of itself" in self.says(a, "federation", "suspend", a.domain)
        assert "ask " in self.says(c, "federation", "suspend", self.b.domain)
        a.ctl("federation", "suspend", c.domain)
        assert "suspended already" in self.says(a, "federation", "suspend", c.domain)
        assert self._shown(a)[c.domain]["state"] == "suspended"
        a.ctl("federation", "resume", c.domain)
        wait_for("c again", lambda: self._states(a).get(c.domain) == "active", 60)
        assert "cannot be taken back" in self.says(a, "federation", "gone", self.b.domain)
        a.ctl("federation", "admin", c.domain)
        assert self._shown(a)[c.domain]["admin"]
        wait_for("the record at c", lambda: self._shown(c)[c.domain]["admin"], 30)
        c.ctl("federation", "gone", self.b.domain, "--for-ever")
        wait_for("the record at a", lambda: self._shown(a)[self.b.domain]["state"] == "gone", 30)

    @staticmethod
    def _shown(site):
        return {d["name"]: d for d in site.ctl_json("federation", "show")["daemons"]}

    def german(self):
        env = {**lab.german(lab.scratch()), "ASAN_OPTIONS": "detect_leaks=0"}  # of libc's locales
        said = self.a.ctl("peer", "invite", "x.example", env=env).stdout
        assert "Einladung für x.example, gültig 7 Tage" in said, said
        assert "GRUPPEN UNTER" in self.a.ctl("federation", "show", env=env).stdout
        assert "eingeladen" in self.a.ctl("peer", "status", env=env).stdout
        failed = self.a.ctl("peer", "confirm", "x.example", "--answer", "yes", env=env, check=False)
        assert "hat sein Token noch nicht benutzt" in failed.stderr, failed

    def checks_are_clean(self):
        for site in self.sites:
            site.ctl("check")

    def stop(self):
        for site in self.sites:
            if site.alive():
                os.kill(site.pid, signal.SIGCONT)
            site.stop()


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([
            trial.nothing_yet, trial.linked_in_a_minute, trial.status_and_show,
            trial.token_is_misspelt, trial.daemon_is_away, trial.clock_is_wrong,
            trial.address_is_wrong, trial.name_is_wrong, trial.numbers_differ,
            trial.token_was_used,
            trial.pause_and_block, trial.keys_are_changed,
            trial.key_changes_in_absence, trial.key_is_stolen,
            trial.key_of_a_guest_is_stolen, trial.groups_are_changed,
            trial.german, trial.daemons_are_suspended, trial.checks_are_clean])
    finally:
        trial.stop()
