#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
Damage on the disk of a daemon: row 69 of the faults, and section 7.7 of docs/federation.md.  Nobody
is shown a wrong byte, the admin is told, and what others have comes back as the article that it was.
"""

import mmap
import os
import shutil
import subprocess

from koko import fed, lab
from koko.fednet import Net, heads, run_trial
from koko.site import wait_for

CONFIG = 78  # EX_CONFIG: systemd does not try again


class Trial:
    def __init__(self):
        self.net = Net(3)
        self.site = self.net.sites[2]
        self.others = self.net.sites[:2]
        self.mids = [fed.post(s, body=f"Text {i} von {s.name}\r\n" * (1 + 3000 * (i == 3)))
                     for i in range(5) for s in self.net.sites]
        self.net.settled(self.mids)

    # ---- what readers see ----

    def read(self, mids=None, site=None):
        """Message-ID -> (number, the bytes of the article), or None."""
        site, out = site or self.site, {}
        with site.reader("anke", lab.PASSWORD) as conn:
            _, low, high = conn.group(fed.GROUP)
            numbers = {row[4]: int(row[0]) for row in (
                line.split("\t") for line in conn.lines(f"OVER {low}-{high}"))}
            for mid in mids or self.mids:
                reply = conn.cmd(f"ARTICLE {mid}")
                assert reply[:3] in ("220", "430"), reply
                out[mid] = (numbers.get(mid), conn.block()) if reply.startswith("220") else None
        return out

    def fetched(self, site=None):
        """UID -> (size, bytes) by IMAP; what cannot be read is left out."""
        with (site or self.site).imap("anke", lab.PASSWORD) as box:
            kind, why = box.select("Gruppen/" + fed.GROUP.replace(".", "/"), readonly=True)
            assert kind == "OK", why
            out = {}
            for uid in box.uid("SEARCH", None, "ALL")[1][0].split():
                kind, rows = box.uid("FETCH", uid, "(RFC822.SIZE BODY.PEEK[])")
                assert kind == "OK" or "UNAVAILABLE" in str(rows), (kind, rows)
                if kind == "OK":
                    out[int(uid)] = rows[0]
            return out

    def figures(self, site=None):
        return (site or self.site).ctl_json("status")["federation"]

    def alarms(self, site=None):
        return [row for row in (site or self.site).ctl_json("peer", "status")
                if row["kind"] == "alarm"]

    # ---- damage ----

    def spoil(self, site, how):
        """how: Message-ID -> what happens to it while its daemon is at rest."""
        site.stop()
        subprocess.run([os.path.join(site.build, "tests/net/spoil"), site.data,
                        *[word for mid, what in how.items() for word in (what, mid)]], check=True)
        self.net.start([site])
        wait_for("the group", lambda: site.ctl_json("status")["uptime_s"] >= 0)

    def alone(self):
        """The last daemon reaches nobody, and nobody reaches it."""
        for wire in self.net.around(2):
            wire.cut()

    def self_check(self, site=None):
        return (site or self.site).ctl_json("federation", "check")

    def mended(self, before, uids):
        wait_for("what was lost", lambda: self.figures()["lost"] == 0, 60, 0.2)
        assert self.read() == before
        assert self.fetched() == uids
        self.site.ctl("check")

    # ---- cases ----

    def all_kinds(self):
        """Bits, keys, rows: own articles and others', under their numbers, byte for byte."""
        before, uids = self.read(), self.fetched()
        kinds = ["bits", "chunk", "key", "row", "wrong"]
        how = {mid: kinds[i % len(kinds)] for i, mid in enumerate(self.mids[:13])}
        self.alone()
        self.spoil(self.site, how)
        # what lies there sealed as it should be is found by the check alone
        for mid, article in self.read([m for m in self.mids if how.get(m) != "wrong"]).items():
            assert mid not in how or article is None, (mid, article)
        done = self.self_check()
        assert done["damaged"] == str(len(how)), done
        seen = self.read()
        assert all(seen[mid] is None for mid in how), seen
        assert all(seen[mid] == before[mid] for mid in set(self.mids) - set(how))
        self.fetched()
        told = self.figures()
        assert told["damaged"] == told["lost"] == len(how) and told["checked"] >= 15, told
        rows = self.alarms()
        assert any(row.get("lost") == row.get("alone") == len(how) for row in rows), rows
        assert self.site.ctl("check", check=False).returncode != 0
        said = self.site.ctl("peer", "status", env={"LC_ALL": "de_DE.UTF-8"}).stdout
        assert fed.GROUP in said and ("beschädigt" in said or "damaged" in said), said
        self.net.heal()
        self.net.connect()
        self.mended(before, uids)
        assert self.figures()["mended"] == len(how)
        assert not any("lost" in row for row in self.alarms())
        self.net.settled(self.mids)

    def entries(self):
        """What feeds have of articles, own and others', first and last: readers see nothing of it."""
        before, uids = self.read(), self.fetched()
        how = {mid: "entry" for mid in self.mids[:3] + self.mids[7:9] + self.mids[-3:]}
        self.alone()
        self.spoil(self.site, how)
        assert self.read() == before and self.fetched() == uids
        wait_for("the count", lambda: self.figures()["lost"] == len(how), 10, 0.2)
        assert self.self_check()["damaged"] == "0"  # it is known since the start
        assert any(row.get("lost") == len(how) for row in self.alarms())
        assert self.site.ctl("check", check=False).returncode != 0
        self.mids.append(fed.post(self.site))
        mid = fed.post(self.others[0])
        self.net.heal()
        self.net.connect()
        fed.wait_all(self.net.sites, [mid, self.mids[-1]])
        wait_for("what was lost", lambda: self.figures()["lost"] == 0, 60, 0.2)
        self.mids.append(mid)
        assert {m: a for m, a in self.read().items() if m in before} == before
        assert {uid: row for uid, row in self.fetched().items() if uid in uids} == uids
        assert self.figures()["mended"] == len(how)
        self.site.ctl("check")
        self.net.same_heads(self.net.sites)

    def own_feed(self):
        """
        What is said of a feed of our own is damaged: it is made anew and goes on in another epoch.
        That is no backup, so drafts are signed as before.
        """
        self.net.settled(self.mids)
        before, uids, epochs = self.read(), self.fetched(), self.epochs()
        (mine,) = [m for m in self.mids if f"@{self.site.domain}" in m][-1:]
        from_here = os.path.getsize(self.site.log)
        self.spoil(self.site, {mine: "feed"})
        with open(self.site.log, "rb") as f:
            f.seek(from_here)
            said = f.read()
        assert b"a damaged feed was made anew" in said and b"put back" not in said, said
        assert b"fed.catch-up" in said, said
        assert self.site.ctl("federation", "drafts").stdout == "no drafts\n"
        self.mids.append(fed.post(self.site))
        self.net.connect()
        self.net.settled(self.mids)
        assert {m: a for m, a in self.read().items() if m in before} == before
        assert {uid: row for uid, row in self.fetched().items() if uid in uids} == uids
        assert len(self.epochs() - epochs) == 1 and "~" not in "".join(self.epochs())
        self.site.ctl("check")

    def epochs(self):
        """Those of the last daemon in the group, as another one tells them."""
        lines = heads(self.others[0], fed.keys(self.others[1]), self.net.gid())
        return {line.split(" ")[2] for line in lines
                if line.split(" ")[1] == fed.keys(self.site).oid}

    def entry_while_it_runs(self):
        """The self-check finds it, and it comes back at once."""
        before, uids = self.read(), self.fetched()
        with open(os.path.join(self.site.data, "data.mdb"), "r+b") as data:
            pages = mmap.mmap(data.fileno(), 0)
            wanted, n = b"m=" + self.mids[5].encode(), 0
            while (at := pages.find(wanted)) >= 0:  # pages that are free have it too
                pages[at] ^= 1
                n += 1
            assert n > 0
        mended = self.figures()["mended"]
        assert self.self_check()["damaged"] == "1"
        self.mended(before, uids)
        assert self.figures()["mended"] == mended + 1
        self.net.same_heads(self.net.sites)

    def by_itself(self):
        """Nobody types anything: a restart with other keys, or a day later, begins it."""
        before, uids = self.read(), self.fetched()
        self.spoil(self.site, {self.mids[4]: "bits"})
        os.unlink(os.path.join(self.site.data, "self-check")) if os.path.exists(
            os.path.join(self.site.data, "self-check")) else None
        self.site.stop()
        with open(os.path.join(self.site.data, "self-check"), "w", encoding="ascii") as f:
            f.write("koko-self-check 1 2 3 4 5 1\n")  # of another store: it counts for nothing
        self.net.start([self.site])
        wait_for("the pass", lambda: self.figures()["self_checks"] == 1, 30, 0.2)
        wait_for("the damage", lambda: self.figures()["mended"] == 1, 60, 0.2)
        self.mended(before, uids)

    def goes_on_after_a_restart(self):
        """What is lost stays lost over a restart, is not served to others, and comes back."""
        before, uids = self.read(), self.fetched()
        self.alone()
        self.spoil(self.site, {self.mids[0]: "key"})
        self.self_check()
        self.site.stop()
        self.net.start([self.site])
        wait_for("the count", lambda: self.figures()["lost"] == 1, 10, 0.2)
        assert self.read()[self.mids[0]] is None
        assert self.self_check()["damaged"] == "0"  # it is known
        self.net.heal()
        self.net.connect()
        self.mended(before, uids)

    def groups_that_are_not_shared(self):
        """Nobody else has it: the admin is told, and readers get 430."""
        self.site.ctl("group", "add", "koko.hier", "--kind", "forum", "--class", "closed")
        self.site.ctl("member", "add", "koko.hier", "anke", "writer")
        mids = [fed.post(self.site, "koko.hier") for _ in range(3)]
        self.spoil(self.site, {mids[1]: "bits"})
        done = self.self_check()
        assert done["damaged"] == "0" and done["damaged_local"] == "1", done
        assert self.figures()["damaged_local"] == 1 and self.figures()["lost"] == 0
        assert {row["about"] for row in self.alarms()} - {fed.GROUP} == {"koko.hier"}, self.alarms()
        assert self.site.ctl("check", check=False).returncode != 0
        assert [fed.has(self.site, mid, "koko.hier") for mid in mids] == [True] * 3
        with self.site.reader("anke", lab.PASSWORD) as conn:
            conn.group("koko.hier")
            assert [conn.cmd(f"ARTICLE {mids[1]}")[:3], conn.cmd("ARTICLE 2")[:3]] == ["430", "423"]
            assert conn.cmd("ARTICLE 3").startswith("220")

    def nobody_has_it(self):
        """An own article that no other daemon has yet: it stays lost, and that is said."""
        self.alone()
        mid = fed.post(self.site)
        self.spoil(self.site, {mid: "key"})
        self.self_check()
        self.net.heal()
        self.net.connect()
        fed.wait_all(self.others, [fed.post(self.site)])
        assert self.read([mid])[mid] is None
        wait_for("the count", lambda: self.figures()["lost"] == 1, 10, 0.2)
        assert any(row.get("lost") == row.get("alone") == 1 for row in self.alarms())
        assert not any(fed.has(s, mid) for s in self.others)
        self.net.same_heads(self.net.sites)

    def keys_are_gone(self):
        """It does not start; with the admin's word it does, and all that is shared comes back."""
        site, keys = self.others[1], os.path.join(self.others[1].data, "keys")
        before = self.read(site=site)
        site.stop()
        shutil.move(keys, keys + ".away")
        refused = self.kokod(site, "-f")
        assert refused.returncode == CONFIG and "keys is missing" in refused.stderr, refused
        assert "kokod -L" in refused.stderr and not os.path.exists(keys), refused
        done = self.kokod(site, "-L")
        assert done.returncode == 0, done
        assert self.kokod(site, "-L").returncode != 0  # once
        self.net.start([site])
        self.net.connect()
        wait_for("a pass by itself", lambda: self.figures(site)["self_checks"] > 0, 60, 0.2)
        wait_for("all articles", lambda: self.figures(site)["mended"] >= len(self.mids), 60, 0.2)
        assert self.read(site=site) == before

    @staticmethod
    def kokod(site, option):
        return subprocess.run([os.path.join(site.build, "kokod"), option, "-c", site.conf],
                              capture_output=True, text=True, timeout=20, check=False)


if __name__ == "__main__":
    run_trial(Trial, "all_kinds", "entries", "own_feed", "entry_while_it_runs",
              "by_itself", "goes_on_after_a_restart", "groups_that_are_not_shared", "nobody_has_it",
              "keys_are_gone")
