#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
The owner of a group signs two records with one serial and shows one to these and the other to those
(row 47 of the faults).  Three real daemons, the first the admin of the federation; the owner is
spoken for by the test, with two faces.
"""

import os
import re

from koko import fed
from koko.fednet import Faces, Net, run_trial
from koko.fedpeer import Client, Record, b32, first_group, unb64
from koko.site import wait_for

GROUP = "p3.rat"


def alarms(site):
    """What the admin is shown of records with one serial."""
    return [row for row in site.ctl_json("peer", "status")
            if row["kind"] == "alarm" and "one serial" in row["say"]]


def code(record):
    """The word in front of a record in what `group settle` says."""
    return b32(unb64(record.hash)[:5])


def refused(site, why, *words):
    """One sentence, which says what to do."""
    done = site.ctl(*words, check=False)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1 and why in lines[0], done


class Trial:
    def __init__(self):
        self.net = Net(4, mute=(3,))
        self.sites = self.net.running
        self.keys = fed.keys(self.net.sites[3])
        self.first = first_group(self.keys, GROUP, [fed.keys(s).oid for s in self.net.sites])
        self.early = self.first.next(self.keys, title="Rat A")
        self.frozen = self.first.next(self.keys, state="frozen")
        self.mids, self.waits = [], []

    def wait_title(self, wanted, *sites):
        for site in sites or self.sites:
            wait_for(f"{wanted} at {site.name}", lambda s=site: s.ctl_json(
                "group", "show", GROUP)["group"]["title"] == wanted)

    def wait_alarms(self, wanted):
        for site in self.sites:
            wait_for(f"alarms {wanted} of {site.name}", lambda s=site: bool(alarms(s)) == wanted)

    def shows(self, a, b):
        """The owner's faces: to the first daemon, to the others."""
        faces = Faces(self.net, 3, ((0,), (1, 2)), records=[self.first])
        faces.servers[0].tell_records(*a)
        faces.servers[1].tell_records(*b)
        faces.dialled()
        return faces

    def each_by_its_own(self):
        """Out of each other's reach, each side goes by the record that it is shown."""
        self.net.split([(0, 3), (1, 2)])
        for i in (1, 2):
            self.net.wires[i, 3].join()
        owner = self.shows([self.early], [self.frozen])
        for site in self.sites:
            fed.wait_group(site, GROUP)
            site.ctl("member", "add", GROUP, "anke", "writer")
        self.wait_title("Rat A", self.sites[0])
        for site in self.sites[1:]:
            wait_for(f"{site.name} to be frozen", lambda s=site: self.refused(s))
        self.waits.append(fed.post(self.sites[0], GROUP))
        assert not any(alarms(s) for s in self.sites)
        owner.close()

    @staticmethod
    def refused(site, group=GROUP):
        try:
            fed.post(site, group)
        except AssertionError as e:
            assert str(e).startswith("441"), e
            return True
        return False

    def as_before(self):
        """They meet: alarm at all, and the record before is in force: titles, who may post."""
        self.net.connect()
        self.wait_alarms(True)
        self.wait_title(GROUP)
        for site in self.sites[1:]:
            self.mids.append(fed.post(site, GROUP))
        fed.wait_all(self.sites, self.mids)
        for site in self.sites[1:]:
            assert not fed.has(site, self.waits[0], GROUP)  # nobody knows what it was made under


    def settled(self):
        """An admin of the federation decides: all go by that record, what waited comes, no alarm."""
        admin, other = self.sites[:2]
        for word in (code(self.early), "none"):
            assert other.ctl("group", "settle", GROUP, word, check=False).returncode != 0
        said = admin.ctl("group", "settle", GROUP).stdout
        assert all(code(r) in said for r in (self.early, self.frozen)), said
        assert "+ title: Rat A" in said and "+ state: frozen; - state: active" in said, said
        admin.ctl("group", "settle", GROUP, code(self.early))
        self.goes_on("Rat A", self.waits)
        assert admin.ctl("group", "settle", GROUP, check=False).returncode != 0  # nothing is left

    def goes_on(self, wanted, mids=(), alarmed=False):
        """All have this title and no alarm, and hear each other."""
        self.wait_title(wanted)
        self.wait_alarms(alarmed)
        self.mids += [*mids, *(fed.post(s, GROUP) for s in self.sites)]
        self.net.settled(self.mids, group=GROUP)

    def after_a_start(self):
        """The fork is history on their disks too."""
        for site in self.sites:
            site.stop()
        self.net.start(self.sites)
        self.net.connect()
        self.goes_on("Rat A")

    def in_force(self, site, what, keys=None):
        """The record that a daemon goes by, as it gives it to the owner, or to another."""
        with Client(site.ports["peer"], keys or self.keys, fed.keys(site).oid) as peer:
            return Record("".join(x + "\n" for x in peer.ask(f"KREC {what} *")[1]))

    def owner_goes_on(self):
        """Upon its other record: in vain, and no alarm.  Upon the one that is in force."""
        stubborn = self.frozen.next(self.keys, title="Rat C")
        owner = self.shows([self.frozen, stubborn], [self.frozen, stubborn])
        for server in owner.servers:
            wait_for("the question", lambda s=server: s.asked(f"KREC group {self.first.key} 3"))
        self.goes_on("Rat A")
        settled = self.in_force(self.sites[0], f"group {self.first.key}")
        assert settled.serial == 3, settled.line
        owner.servers[0].tell_records(settled, settled.next(self.keys, title="Rat D"))
        self.goes_on("Rat D")
        owner.close()

    def daemon_record(self):
        """Two of its own: the one before holds until root key and admin sign the next together."""
        what, root = f"daemon {self.keys.oid}", self.keys.root()
        first = self.in_force(self.sites[0], what)
        one, other = (first.next(root, title=t) for t in ("Kreis A", "Kreis B"))
        owner = self.shows([first, one], [first, other])
        self.wait_alarms(True)
        for site in self.sites:
            wait_for(f"the first at {site.name}", lambda s=site: self.in_force(s, what).serial == 1)
        owner.servers[0].tell_records(one.next(root, title="Kreis C"))  # alone it cannot
        wait_for("the question", lambda: owner.servers[0].asked(f"KREC {what} 3"))
        self.goes_on("Rat D", alarmed=True)
        assert {self.in_force(s, what).serial for s in self.sites} == {1}
        both = one.next(root, fed.keys(self.sites[0]), title="Kreis D")
        owner.servers[1].tell_records(both)
        self.goes_on("Rat D")
        assert {self.in_force(s, what).hash for s in self.sites} == {both.hash}
        owner.close()

    def rival(self, record):
        """All hear of another record with a serial that they have."""
        face = self.shows([record], [record])
        self.wait_alarms(True)
        return face

    @staticmethod
    def told(site, keys, key):
        """The serials of a record that a daemon tells of."""
        with Client(site.ports["peer"], keys, fed.keys(site).oid) as peer:
            return [int(line.split(" ")[2]) for line in peer.ask("KREC list")[1]
                    if line.split(" ")[1] == key]

    def no_third(self):
        """The owner's own commands sign no third record of that serial: they say what to do."""
        admin, owner, other = self.sites
        group, person = "p1.kreis", f"anke@{owner.domain}"
        owner.ctl("group", "share", group)
        for site in (admin, other):
            owner.ctl("group", "invite", group, site.domain)
            fed.wait_group(site, group)
        gid = fed.gid_of(owner, fed.keys(admin), group)
        first = self.in_force(owner, f"group {gid}", fed.keys(admin))
        owner.ctl("group", "freeze", group)
        other.ctl("group", "moderator", group, f"anke@{other.domain}")
        face = self.rival(first.next(fed.keys(owner), title="Kreis B"))
        for words in (("freeze", group), ("moderator", group, person), ("owner", group, other.domain),
                      ("remove-member", group, other.domain)):
            refused(owner, f"kokoctl group settle {group}", "group", *words)
        refused(admin, f"kokoctl group settle {group}", "group", "freeze", group, "--by-quorum")
        wait_for("the request", lambda: owner.ctl_json("group", "requests"))
        number = owner.ctl_json("group", "requests")[0]["number"]
        refused(owner, f"kokoctl group settle {group}", "group", "grant", number)
        for site in (admin, owner):
            assert self.told(site, fed.keys(other), gid) == [first.serial + 1] * 2
        admin.ctl("group", "settle", group, code(face.servers[0].records[-1]))
        self.wait_alarms(False)
        owner.ctl("group", "grant", number)
        record = self.in_force(owner, f"group {gid}", fed.keys(admin))
        assert record.serial == first.serial + 3 and "title: Kreis B" in record.text, record.text
        face.close()

    def federation_record(self):
        """Two of the federation: an admin who changes it is told to choose one of them."""
        admin, second, other = self.sites
        first = self.in_force(admin, "federation")
        admin.ctl("federation", "admin", second.domain)
        chosen = self.in_force(admin, "federation")
        face = self.rival(first.next(fed.keys(admin), title="Kreise"))
        assert all("kokoctl federation settle" in alarms(s)[0]["say"] for s in self.sites)
        for words in (("admin", other.domain), ("suspend", other.domain)):
            refused(admin, "kokoctl federation settle", "federation", *words)
        refused(other, "only an admin", "federation", "settle", code(chosen))
        refused(admin, "is no record", "federation", "settle", "none")
        said = other.ctl("federation", "settle").stdout
        assert all(f"{code(r)}: record" in said for r in (chosen, *face.servers[0].records[1:])), said
        assert "+ title: Kreise" in said and f"+ admin: {second.domain}" in said, said
        admin.ctl("federation", "settle", code(chosen))
        self.wait_alarms(False)
        for site in self.sites:
            wait_for(f"the admins at {site.name}", lambda s=site: {
                d["name"] for d in s.ctl_json("federation", "show")["daemons"] if d["admin"]} == {
                    admin.domain, second.domain})
        refused(admin, "nothing to settle", "federation", "settle")
        face.close()

    def own_record(self):
        """A daemon's own: it chooses with its recovery code, and an admin signs that."""
        admin, _, own = self.sites
        what, opts = f"daemon {fed.keys(own).oid}", ("--code-file", self.code_file(own))
        other = self.in_force(admin, what).next(fed.keys(own).root(), title="Kreis C")
        own.ctl("federation", "rotate-key", *opts)
        face = self.rival(other)
        refused(own, "kokoctl federation settle", "federation", "rotate-key", *opts)
        refused(own, "kokoctl federation settle", "federation", "address", *opts)
        said = own.ctl("federation", "settle").stdout
        assert f"{code(other)}: record 2 of {own.domain}, made at" in said, said
        assert "+ title: Kreis C" in said and "settle-own" in said, said
        assert f"the admin of {own.domain} types there" in admin.ctl("federation", "settle").stdout
        refused(own, "none of the records", "federation", "settle-own", "none", *opts)
        refused(admin, "nothing to settle", "federation", "settle-own", code(other),
                "--code-file", self.code_file(admin))
        said = own.ctl("federation", "settle-own", code(other), *opts).stdout
        number = re.search(r"kept as draft (\d+)", said)[1]
        mail = own.ctl("federation", "draft", "show", number).stdout
        said = admin.ctl("federation", "draft", "add", stdin=mail).stdout
        assert f"record 3 of {own.domain}" in said and "title: Kreis C" in said, said
        assert "it signs with the key" in said, said
        assert {self.in_force(s, what).serial for s in self.sites} == {1}
        back = admin.ctl("federation", "draft", "sign", number, "--answer", "yes").stdout
        said = own.ctl("federation", "draft", "add", stdin=back).stdout
        assert "is in force" in said, said
        self.goes_on("Rat D")  # it is heard, with the key that it has made meanwhile
        assert {self.in_force(s, what).serial for s in self.sites} == {3}
        own.ctl("federation", "rotate-key", *opts)
        face.close()

    def own_record_of_admin(self):
        """Where the daemon is an admin itself, and one is enough, that is one command."""
        admin = self.sites[0]
        what, opts = f"daemon {fed.keys(admin).oid}", ("--code-file", self.code_file(admin))
        other = self.in_force(admin, what).next(fed.keys(admin).root(), title="Kreis D")
        admin.ctl("federation", "rotate-key", "--tls", *opts)
        face = self.rival(other)
        said = admin.ctl("federation", "settle-own", code(other), *opts).stdout
        assert "it is settled" in said, said
        self.goes_on("Rat D")
        assert all("title: Kreis D" in self.in_force(s, what).text for s in self.sites)
        face.close()

    def only_admin_with_new_keys(self):
        """
        It has changed its signing key twice when a rival of the first change comes: it goes on with
        the key that is in force again, and settles with that.
        """
        admin = self.sites[0]
        what, opts = f"daemon {fed.keys(admin).oid}", ("--code-file", self.code_file(admin))
        admin.ctl("federation", "admin", self.sites[1].domain, "--remove")
        wait_for("one admin", lambda: sum(d["admin"] for d in self.sites[1].ctl_json(
            "federation", "show")["daemons"]) == 1)
        before = self.in_force(admin, what)
        other = before.next(fed.keys(admin).root(), title="Kreis E")
        for _ in range(2):
            admin.ctl("federation", "rotate-key", *opts)
        assert self.old_keys(admin) == 2
        face = self.rival(other)
        for site in self.sites:
            wait_for("the one before", lambda s=site: self.in_force(s, what).hash == before.hash)
        self.goes_on("Rat D", alarmed=True)
        admin.stop()  # it has them on disk
        self.net.start([admin])
        self.net.connect()
        said = admin.ctl("federation", "settle-own", code(other), *opts).stdout
        assert "it is settled" in said, said
        self.goes_on("Rat D")
        assert all("title: Kreis E" in self.in_force(s, what).text for s in self.sites)
        assert self.old_keys(admin) == 0
        face.close()

    @staticmethod
    def old_keys(site):
        path = os.path.join(site.data, "fed", "keys")
        assert os.stat(path).st_mode & 0o777 == 0o600
        with open(path, encoding="ascii") as f:
            return f.read().count("\nold-sign ")

    def taken_in(self):
        """A record takes one in, and a quorum's has its place: it is told that, and no more."""
        admin, second, guest = self.sites
        first = first_group(self.keys, "p3.neu", [self.keys.oid, *(
            fed.keys(s).oid for s in (admin, second))])
        member = f"member: {fed.keys(guest).oid} rw 2\nstate: active"
        one = first.next(self.keys, state="active")
        taking = Record.signed(one.text.split("sig:")[0].rstrip("\n").replace(
            "state: active", member).split("\n"), self.keys)
        self.net.split([(0, 3), (1, 2)])
        for i in (1, 2):
            self.net.wires[i, 3].join()
        owner = Faces(self.net, 3, ((0,), (1, 2)), records=[first])
        owner.servers[1].tell_records(taking)
        owner.dialled()
        for site in self.sites:
            fed.wait_group(site, "p3.neu")
        guest.ctl("member", "add", "p3.neu", "anke", "writer")
        fed.post(guest, "p3.neu")
        owner.close()
        admin.ctl("group", "freeze", "p3.neu", "--by-quorum")
        self.net.heal()
        self.net.connect()
        wait_for("the guest to know", lambda: self.refused(guest, "p3.neu"))
        admin.ctl("group", "freeze", "p3.neu", "--end", "--by-quorum")
        second.ctl("member", "add", "p3.neu", "anke", "writer")
        fed.post(second, "p3.neu", limit=30)
        second.stop()  # it knows that from its disk
        self.net.start([second])
        assert self.told(second, fed.keys(guest), first.key) == [2]
        assert self.told(second, fed.keys(admin), first.key) == [3]
        assert self.told(guest, fed.keys(second), first.key) == [2]

    def taken_in_by_one_of_two(self):
        """As long as two stand it is told nothing, and goes on: nobody calls it an intruder."""
        admin, second, guest = self.sites
        group = "p3.zwei"
        first = first_group(self.keys, group, [self.keys.oid, *(
            fed.keys(s).oid for s in (admin, second))])
        member = f"member: {fed.keys(guest).oid} rw 2\nstate: active"
        taking = Record.signed(first.next(self.keys).text.split("sig:")[0].rstrip("\n").replace(
            "state: active", member).split("\n"), self.keys)
        titled = first.next(self.keys, title="Rat Z")
        self.net.split([(0, 3), (1, 2)])
        for i in (1, 2):
            self.net.wires[i, 3].join()
        owner = Faces(self.net, 3, ((0,), (1, 2)), records=[first])
        owner.servers[0].tell_records(titled)
        owner.servers[1].tell_records(taking)
        owner.dialled()
        for site in self.sites:
            fed.wait_group(site, group)
        guest.ctl("member", "add", group, "anke", "writer")
        owner.close()
        self.net.heal()
        self.net.connect()
        for site in (admin, second):
            wait_for("the alarm", lambda s=site: alarms(s))
        for _ in range(2):
            fed.post(guest, group)
            self.mids.append(fed.post(guest, GROUP))  # told behind it
            fed.wait_all(self.sites, self.mids[-1:])
        assert not self.intruders()
        admin.ctl("group", "settle", group, code(titled))
        wait_for("the guest to know", lambda: self.refused(guest, group))
        assert not self.intruders()

    def intruders(self):
        return [row for s in self.sites for row in s.ctl_json("peer", "status")
                if row["kind"] == "alarm" and "holds entries of a group" in row["say"]]

    @staticmethod
    def code_file(site):
        return os.path.join(site.data, "fed", "code")


if __name__ == "__main__":
    run_trial(Trial, "each_by_its_own", "as_before", "settled", "after_a_start", "owner_goes_on",
              "daemon_record", "no_third", "federation_record", "own_record", "own_record_of_admin",
              "only_admin_with_new_keys", "taken_in", "taken_in_by_one_of_two")
