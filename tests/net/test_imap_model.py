#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 4000
"""
Ten connections of three people do what comes to them by chance, on mailboxes and in a group, over
IMAP and NNTP, and a model (koko.mailmodel) says of every answer whether it is right.

Steps go one at a time, so the model knows what each answer must be.  In some rounds several
connections that have different mailboxes open send at once, or several that have the same one open,
which may get another name meanwhile (then answers cannot be foretold, but all must see the same in the
end); at the end of each round all is compared, and now and then the daemon is stopped, or killed with a
change under way.  The seed is printed; KOKO_SEED takes one, KOKO_SECONDS says how long (50, at night an hour).
"""

import contextlib
import os
import random
import re
import time

from koko import lab
from koko.mailmodel import Box, Fault, Light, Model, check
from koko.mailsteps import ASIDE, BIG, GROUP, OWN, PEOPLE, SUBJECT, Conn, Steps
from koko.mailwire import ImapGone, as_set

SEED = int(os.environ.get("KOKO_SEED", str(time.time_ns() % 1000000)))
NIGHT = os.environ.get("KOKO_LEVEL") == "nightly"
SECONDS = float(os.environ.get("KOKO_SECONDS", "3600" if NIGHT else "50"))
N_CONNS = 10
STEPS = 150   # in a round
WAIT = 10     # seconds in which IDLE must tell


class Trial(Steps):
    def __init__(self):
        self.random = random.Random(SEED)
        self.model = Model()
        self.site = lab.start_site()
        self.users = {}
        for login in PEOPLE:
            self.users[login] = lab.person(self.site, login, f"{login.title()} Beispiel")
            if login != "anke":
                lab.add_person(self.site, self.users[login], (lab.GROUP,))
        for person in PEOPLE:
            for name in OWN:
                self.model.boxes[(person, name)] = Box(name, person)
        self.model.boxes[(None, GROUP)] = Box(GROUP, None)
        self.conns = [Conn(self, n) for n in range(N_CONNS)]
        self.counts = {}
        self.restarts = 0

    # ---- what more than one connection takes part in ----

    def idle(self, c):
        """Others change the mailbox that this one idles in."""
        if not c.seen:
            return
        tag = c.wire.send("IDLE")
        line = c.wire.line()
        check(line.startswith(b"+"), line)
        self.until_told(c)
        for _ in range(self.random.randint(0, 3)):
            other = self.random.choice(self.conns)
            if other is not c and other.wire and other.seen and other.seen.box is c.seen.box:
                self.run(other, self.random.choice((self.store, self.expunge, self.read)), c)
            else:
                self.news(c.person)
                self.until_told(c)
        c.wire.raw(b"DONE\r\n")
        status, _, text, untagged = c.wire.answer(tag)
        check(status == "OK", text)
        self.synced(c, untagged, True)

    def until_told(self, c):
        c.wire.sock.settimeout(WAIT)
        while True:
            try:
                c.seen.told_all(True)
                break
            except Fault as e:
                try:
                    c.seen.take([c.wire.one()], True)
                except TimeoutError:
                    raise Fault(f"IDLE has not told: {e}") from e
        c.wire.sock.settimeout(20)

    def news(self, person=None):
        """A post by NNTP, or a cancel."""
        person = person or self.random.choice(PEOPLE)
        user, box = self.users[person], self.model.boxes[(None, GROUP)]
        own = [m for m in box.msgs.values() if m.author == person]
        with self.site.reader(user["login"], user["password"]) as conn:
            if own and (len(box.msgs) > BIG or self.random.random() < 0.4):
                self.cancel(conn, box, self.random.choice(own))
                return
            token = self.model.token()
            reply = conn.post(self.mail(person, token, f"Newsgroups: {lab.GROUP}\r\n"))
            check(reply.startswith("240"), reply)
            self.tell(f"post of {self.model.arrive(box, token, person).uid}")

    def tell(self, what):
        """Into all logs."""
        for c in self.conns:
            if c.wire:
                c.wire.log.append(b"M: " + what.encode())

    def cancel(self, conn, box, msg):
        user = self.users[msg.author]
        conn.group(lab.GROUP)
        found = re.search(rb"Message-ID: (\S+)", conn.article(str(msg.uid)))[1].decode()
        reply = conn.post((
            f"From: {user['name']} <{user['address']}>\r\nNewsgroups: {lab.GROUP}\r\n"
            f"Subject: cmsg cancel {found}\r\nControl: cancel {found}\r\n\r\nweg\r\n").encode())
        check(reply.startswith("240"), reply)
        self.model.remove(box, msg.uid)
        self.tell(f"cancel of {msg.uid}")

    # ---- the trial ----

    STEPS_OPEN = ("fetch", "fetch", "fetch", "read", "store", "store", "store", "store", "noop",
                  "search", "search", "append", "append", "copy", "copy", "expunge", "expunge",
                  "changes", "changes", "status", "idle", "idle", "select", "select", "unselect",
                  "cut", "news", "news", "rename")
    STEPS_CLOSED = ("select", "select", "select", "append", "status", "rename", "cut")
    STEPS_TOGETHER = ("fetch", "store", "store", "search", "expunge", "noop", "append_here")

    def append_here(self, c):
        return self.append(c, c.seen.box.name)

    def run(self, c, step, idler=None):
        """One step to its end; who idles is told of each of its changes before the next."""
        steps = step(c)
        if steps is None:
            return
        try:
            command = next(steps)
            while True:
                command = steps.send(c.wire.cmd(command))
                if idler:
                    self.until_told(idler)
        except StopIteration:
            pass
        if idler:
            self.until_told(idler)

    def step(self):
        c = self.random.choice(self.conns)
        if not c.wire:
            c.open()
        name = self.random.choice(self.STEPS_OPEN if c.seen else self.STEPS_CLOSED)
        self.counts[name] = self.counts.get(name, 0) + 1
        if name == "cut":
            c.cut()
        elif name == "news":
            self.news()
        else:
            self.last = (c, name)
            self.run(c, getattr(self, name))

    def together(self):
        """Connections that have different mailboxes open, all at once."""
        crew, boxes = [], set()
        for c in self.random.sample(self.conns, len(self.conns)):
            if c.wire and c.seen and id(c.seen.box) not in boxes:
                boxes.add(id(c.seen.box))
                crew.append(c)
        steps = []
        for c in crew:
            s = getattr(self, self.random.choice(self.STEPS_TOGETHER))(c)
            try:
                steps.append((c, s, c.wire.send(next(s))))
            except StopIteration:
                pass
        while steps:
            c, s, tag = steps.pop(self.random.randrange(len(steps)))
            self.last = (c, "together")
            try:
                steps.append((c, s, c.wire.send(s.send(c.wire.answer(tag)))))
            except StopIteration:
                pass
        self.counts["together"] = self.counts.get("together", 0) + len(crew)

    # ---- all at once on one mailbox: answers cannot be foretold, but the end can be compared ----

    def crew(self, names):
        """A person's connections, all with one mailbox open for writing; they know all of it."""
        person, name = self.random.choice(PEOPLE), self.random.choice(names)
        crew = [c for c in self.conns if c.person == person]
        for c in crew:
            if not c.wire:
                c.open()
            while not c.seen or c.seen.box.name != name or c.seen.read_only:
                self.run(c, lambda c: self.select(c, name))
            self.run(c, self.noop)
        return crew

    def storm(self):
        """Connections of a person change one mailbox at once; then all must see the same."""
        crew, sent = self.crew(OWN), []
        for _ in range(self.random.randint(2, 12)):
            for c in crew:
                sent.append((c, *self.gust(c)))
        lights, stored = {c: Light(c.seen) for c in crew}, []
        for c, tag, gone_ok, change in sent:
            self.last = (c, "storm")
            status, code, text, untagged = c.wire.answer(tag)
            check(status == "OK" or (status == "BAD" and not gone_ok), text)
            if change and status == "OK":
                lights[c].store(*change)
            if code.startswith("APPENDUID"):
                stored.append(int(code.split()[2]))
            lights[c].take(untagged, gone_ok)
        self.after_storm(crew, lights, stored)
        self.counts["storm"] = self.counts.get("storm", 0) + len(crew)

    def gust(self, c):
        """Send one command: (tag, may there be EXPUNGE, (UIDs, op, flags) of a silent STORE)."""
        s, kind = c.seen, self.random.randrange(8)
        if kind < 4 and s.uids:
            uids, op, flags = self.some(s.uids), self.random.choice("+-="), self.flags()
            silent = self.random.random() < 0.6
            tag = c.wire.send(f"UID STORE {as_set(uids)} {op.replace('=', '')}FLAGS"
                              f"{'.SILENT' if silent else ''} ({' '.join(sorted(flags))})")
            return tag, True, (set(uids), op, flags) if silent else None
        if kind == 4:
            data = self.mail(c.person, self.model.token())
            return c.wire.send(f'APPEND "{s.box.name}" {{{len(data)}+}}\r\n'.encode() + data), \
                True, None
        if kind == 5:
            return c.wire.send("EXPUNGE"), True, None
        if kind == 6:
            return c.wire.send("FETCH 1:* FLAGS"), False, None
        return c.wire.send("NOOP"), True, None

    def after_storm(self, crew, lights, stored):
        box, person = crew[0].seen.box, crew[0].person
        for c, light in lights.items():
            self.last = (c, "after storm")
            light.take(c.wire.cmd("NOOP")[3], True)
        rows, top, following = self.look(person, box)
        missing = [u for u in stored if u not in rows]
        check(not missing, "acknowledged and not there:", missing)
        for c, light in lights.items():
            self.last = (c, "after storm")
            light.compare(rows)
        self.model.now = box.adopt(person, rows, top, following, self.model.now)
        for c in self.conns:
            if c.person == person:
                c.saved.pop(box.name, None)
            if c.seen and c.seen.box is box:
                c.seen = None

    def squall(self):
        """A mailbox gets another name, and its old one again, while others change it."""
        crew = self.crew(OWN[1:])
        box, mover, stored = crew[0].seen.box, Conn(self, crew[0].n), []
        mover.open()
        self.last = (mover, "squall")
        aside = ASIDE.format(box.name)
        sent = [(c, self.gust(c)[0]) for c in crew for _ in range(self.random.randint(0, 4))]
        tags = [mover.wire.send(f'RENAME "{old}" "{new}"')
                for old, new in ((box.name, aside), (aside, box.name))]
        sent += [(c, self.gust(c)[0]) for c in crew for _ in range(self.random.randint(0, 4))]
        for c, tag in sent:
            with contextlib.suppress(ImapGone):  # who has met the other name has heard BYE
                code = c.wire.answer(tag)[1]
                if code.startswith("APPENDUID"):
                    stored.append(int(code.split()[2]))
        for tag in tags:
            status, _, text, _ = mover.wire.answer(tag)
            check(status == "OK", text)
        mover.wire.close()
        self.after_storm(crew, {}, stored)
        for c in crew:
            c.cut()
        self.counts["squall"] = self.counts.get("squall", 0) + len(crew)

    def look(self, person, box):
        """What the server says that the mailbox is."""
        eye = Conn(self, PEOPLE.index(person))
        eye.mode = "qresync"
        eye.open()
        codes = {u[1]: u[2] for u in eye.wire.cmd(f'EXAMINE "{box.name}"')[3] if u[0] == "CODE"}
        item = "BODY[HEADER.FIELDS (SUBJECT)]"
        rows = {}
        for u in eye.wire.cmd(f"UID FETCH 1:* (FLAGS MODSEQ {item.replace('[', '.PEEK[')})")[3]:
            if u[0] == "FETCH":
                rows[u[2]["UID"]] = (SUBJECT.match(u[2][item])[1].decode(), u[2]["FLAGS"],
                                     u[2]["MODSEQ"])
        eye.wire.close()
        return rows, int(codes["HIGHESTMODSEQ"]), int(codes["UIDNEXT"])

    def barrier(self):
        """Every mailbox is as the model says, seen by new eyes and by all that have it open."""
        for person in PEOPLE:
            eye = Conn(self, PEOPLE.index(person))
            eye.mode = "qresync"
            eye.open()
            self.last = (eye, "barrier")
            for name in (*OWN, GROUP):
                self.run(eye, lambda c, n=name: self.select(c, n))
                self.run(eye, self.compare)
            eye.wire.close()
        for c in self.conns:
            if c.wire and c.seen:
                self.last = (c, "barrier")
                self.run(c, self.noop)

    def compare(self, c):
        status, _, text, untagged = yield \
            "UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
        check(status == "OK", text)
        self.fetched(c, untagged, list(c.seen.box.msgs), "UID ",
                     ["UID", "FLAGS", "MODSEQ", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])
        self.synced(c, untagged, True, True)

    def clean(self):
        done = self.site.ctl("check", "--json", check=False)
        check(done.returncode == 0, "kokoctl check:", done.stdout, done.stderr)

    def end_of_daemon(self):
        """Stopped, or killed while an APPEND is under way, which may be there or not."""
        self.restarts += 1
        hard, token = self.random.random() < 0.6, None
        c = self.random.choice(self.conns)
        if hard and c.wire:
            token, box = self.model.token(), self.model.box(c.person, "INBOX")
            data = self.mail(c.person, token)
            c.wire.send(f"APPEND INBOX {{{len(data)}+}}\r\n".encode() + data)
            time.sleep(self.random.uniform(0, 0.01))  # the moment of the kill is the experiment
        for one in self.conns:
            if not token or one is not c:
                one.cut()
        if hard:
            self.site.kill()
        else:
            self.site.stop()
        c.cut()
        self.site.start()
        self.site.wait_ready()
        if token:
            with self.site.imap(c.person, lab.PASSWORD) as conn:
                conn.select("INBOX", True)
                if conn.uid("SEARCH", f"SUBJECT {token} UID {box.next}:*")[1][0] == \
                        str(box.next).encode():
                    self.model.arrive(box, token, c.person)

    def chance(self):
        print(f"seed {SEED}", flush=True)
        start = time.monotonic()
        rounds = 0
        while time.monotonic() - start < SECONDS:
            try:
                for _ in range(STEPS):
                    self.step()
                for _ in range(self.random.randrange(8)):
                    self.random.choice((self.together, self.storm, self.squall))()
                self.barrier()
                if self.random.random() < 0.3:
                    self.end_of_daemon()
                    self.barrier()
                self.clean()
            except Exception:  # whatever it is, how it came is told
                self.report(rounds)
                raise
            rounds += 1
        total = sum(self.counts.values())
        print(f"{rounds} rounds, {total} steps, {self.model.now} changes, "
              f"{self.restarts} restarts: {self.counts}")

    def report(self, rounds):
        c, name = self.last
        print(f"seed {SEED}, round {rounds}, {name} of connection {c.n} ({c.person}, {c.mode}, "
              f"{c.seen.box.name if c.seen else 'nothing open'})")
        for line in c.wire.log if c.wire else ():
            print("   ", line.decode("latin-1"))


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.chance])
    finally:
        trial.site.stop()
