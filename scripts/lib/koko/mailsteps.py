# SPDX-License-Identifier: GPL-3.0-or-later
"""
Steps of connections by chance, each with what its answers must be by koko.mailmodel.

A step is a generator: it yields commands and is sent their answers, so that whoever drives it may
do one after the other, or those of several connections at once.
"""

import re

from koko import lab
from koko.mailmodel import KEYWORDS, SYSTEM, Seen, changed, check
from koko.mailwire import ImapGone, Wire, as_set, in_order, numbers

PEOPLE = ("anke", "bert", "carl")
GROUP = "Gruppen/kk/test"
OWN = ("INBOX", "Archive", "Trash")
ASIDE = "Ablage/{}"  # another name of one of them, for a while
BIG = 40  # messages; in a mailbox with more, more are expunged
SUBJECT = re.compile(rb"Subject: (\S+)")


class Conn:
    """A connection: its wire, whose it is, what it has switched on and selected."""

    def __init__(self, trial, n):
        self.trial, self.n = trial, n
        self.person = PEOPLE[n % len(PEOPLE)]
        self.mode = ("plain", "condstore", "qresync")[trial.random.randrange(3)]
        self.wire = self.seen = None
        self.saved = {}  # mailbox name -> (validity, mod-sequence, tick, uids, known)

    def open(self):
        trial = self.trial
        self.wire = Wire(trial.site.ports["imap"])
        status = self.wire.cmd(f'LOGIN {self.person} {{{len(lab.PASSWORD.encode())}+}}\r\n'
                               .encode() + lab.PASSWORD.encode())[0]
        check(status == "OK", "LOGIN")
        if self.mode != "plain":
            check(self.wire.cmd(f"ENABLE {self.mode.upper()}")[0] == "OK", "ENABLE")
        self.seen = None

    def cut(self):
        """Close without a word; a client of QRESYNC remembers what it was told last."""
        self.remember()
        if self.wire:
            self.wire.close()
        self.wire = self.seen = None

    def remember(self):
        s = self.seen
        if s and s.synced and s.synced[0] and self.mode == "qresync":
            self.saved[s.box.name] = (s.box.validity, *s.synced)

    def note(self, tick, modseq):
        """All was told; up to this change the client knows it by a mod-sequence."""
        s = self.seen
        s.synced = (modseq, tick, list(s.uids), dict(s.known))


class Steps:
    """Needs random, model and users of its heir."""

    # ---- tools ----

    def some(self, items, most=6):
        """A few of them, often neighbours."""
        items = list(items)
        if not items:
            return []
        if self.random.random() < 0.3:
            at = self.random.randrange(len(items))
            return items[at:at + self.random.randint(1, most)]
        return sorted(self.random.sample(items, min(len(items), self.random.randint(1, most))))

    def flags(self, deleted=True):
        words = self.random.sample(KEYWORDS, 3)  # of many: each is new to all once
        pool = [f for f in (*SYSTEM, *words) if deleted or f != "\\Deleted"]
        return frozenset(self.random.sample(pool, self.random.randint(0, 3)))

    def mail(self, person, token, more=""):
        user = self.users[person]
        return (f"From: {user['name']} <{user['address']}>\r\nSubject: {token}\r\n{more}\r\n"
                f"Text {token}.\r\n").encode()

    def box_of(self, c):
        return c.seen.box

    def choose(self, c, most=6):
        """Messages of the view to name: ([uids that are alive], set text, "UID " or "")."""
        s = c.seen
        uids = self.some(s.uids, most)
        if self.random.random() < 0.6:
            text = as_set(uids) if uids else "1"
            if uids and self.random.random() < 0.2 and uids[-1] == s.uids[-1]:
                text = f"{uids[0]}:*"
                uids = [u for u in s.uids if u >= uids[0]]
            return [u for u in uids if u in s.box.msgs], text, "UID "
        places = [s.uids.index(u) + 1 for u in uids]
        return [u for u in uids if u in s.box.msgs], as_set(places) if places else "", ""

    # ---- reading and flags ----

    def synced(self, c, untagged, gone_ok, asked=False):
        c.seen.take(untagged, gone_ok, asked)
        c.seen.told_all(gone_ok)
        if gone_ok and c.mode != "plain":
            c.note(*c.seen.box.learned(c.seen.box.last_tick(c.person)))

    def noop(self, c):
        status, _, text, untagged = yield self.random.choice(("NOOP", "CHECK"))
        check(status == "OK", text)
        self.synced(c, untagged, True)

    def select(self, c, name=None):
        name = name or self.random.choice((*OWN, GROUP, GROUP))
        box = self.model.box(c.person, name)
        read_only = self.random.random() < 0.2
        c.remember()
        saved = c.saved.get(name) if self.random.random() < 0.8 else None
        more = f" (QRESYNC ({saved[0]} {saved[1]}))" if saved else ""
        c.seen = None
        status, code, text, untagged = yield \
            f'{"EXAMINE" if read_only else "SELECT"} "{name}"{more}'
        check(status == "OK", text)
        check(code == ("READ-ONLY" if read_only else "READ-WRITE"), text)
        c.seen = seen = Seen(box, c.person, c.mode, read_only)
        codes = {u[1]: u[2] for u in untagged if u[0] == "CODE"}
        box.validity = box.validity or int(codes["UIDVALIDITY"])
        check(int(codes["UIDVALIDITY"]) == box.validity, "UIDVALIDITY", codes)
        check(int(codes["UIDNEXT"]) == box.next, "UIDNEXT", codes["UIDNEXT"], "not", box.next)
        unseen = [i for i, m in enumerate(box.msgs.values(), 1)
                  if "\\Seen" not in m.has(c.person)]
        check(codes.get("UNSEEN") == (str(unseen[0]) if unseen else None), "UNSEEN", codes)
        seen.next = 1
        seen.take([u for u in untagged if u[0] in ("EXISTS", "RECENT")], False)
        seen.next = box.next
        if saved:
            self.resynced(c, saved, untagged)
        seen.take([u for u in untagged if u[0] not in ("EXISTS", "RECENT")], False, True)
        seen.told_all(True)
        c.note(box.last_tick(c.person), int(codes["HIGHESTMODSEQ"]))

    def resynced(self, c, saved, untagged):
        """What a client that comes back with this knowledge must be told."""
        _, _, tick, uids, known = saved
        box, gone, told = c.seen.box, set(), {}
        for u in untagged:
            if u[0] == "VANISHED":
                check(u[1], "VANISHED without (EARLIER)")
                gone |= u[2]
            elif u[0] == "FETCH":
                told[u[2]["UID"]] = u[2]["FLAGS"]
        missing = {u for u, t in box.dead.items() if t > tick} - gone
        check(not missing, "never told that", missing, "vanished since tick", tick)
        check(not {u for u in uids if u not in box.msgs} - gone, "still believed in:", uids)
        for uid, msg in box.msgs.items():
            if msg.tick(c.person) > tick:
                check(uid in told, uid, "has changed and was not told")
            if uid in told or uid in known:
                check(told.get(uid, known.get(uid)) == msg.has(c.person), "flags of", uid)

    def unselect(self, c):
        s = c.seen
        close = self.random.random() < 0.5
        if close and not s.read_only:
            self.expunged(c, [u for u in s.box.msgs if u < s.next], None)
        status, _, text, untagged = yield "CLOSE" if close else "UNSELECT"
        check(status == "OK" and not untagged, text, untagged)
        c.remember()
        c.seen = None

    def fetch(self, c):
        uids, text, uid = self.choose(c, 12)
        if not text:
            return
        items = ["FLAGS"]
        if self.random.random() < 0.5:
            items.append("UID")
        if c.mode != "plain" and self.random.random() < 0.5:
            items.append("MODSEQ")
        if self.random.random() < 0.5:
            items.append("BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
        status, _, text, untagged = yield f"{uid}FETCH {text} ({' '.join(items)})"
        check(status == "OK", text)
        self.fetched(c, untagged, uids, uid, items)
        self.synced(c, untagged, bool(uid), True)

    def fetched(self, c, untagged, uids, uid, items):
        """Each message asked for was told once, with what was asked, before the updates."""
        got = [u for u in untagged if u[0] == "FETCH"][:len(uids)]
        check([c.seen.uids[u[1] - 1] for u in got] == uids, "asked for", uids, "got", got)
        for number, u in zip(uids, got):
            for item in items:
                check(item.replace(".PEEK", "") in u[2], item, "is missing in", u)
            check(not uid or "UID" in u[2], "no UID in", u)
            subject = u[2].get("BODY[HEADER.FIELDS (SUBJECT)]")
            if subject is not None:
                token = self.box_of(c).msgs[number].token.encode()
                check(SUBJECT.match(subject or b"")[1] == token, number, "is", subject, "not", token)

    def read(self, c):
        """A message is read, and seen with it."""
        uids, text, uid = self.choose(c, 2)
        if not text:
            return
        status, _, text, untagged = yield f"{uid}FETCH {text} BODY[HEADER.FIELDS (SUBJECT)]"
        check(status == "OK", text)
        self.fetched(c, untagged, uids, uid, ["BODY.PEEK[HEADER.FIELDS (SUBJECT)]"])
        if not c.seen.read_only:
            self.model.mark(c.seen.box, c.person, {
                u: c.seen.flags_now(u) | {"\\Seen"} for u in uids})
        self.synced(c, untagged, bool(uid), True)

    def changes(self, c):
        """What has changed since some moment, with what vanished."""
        if c.mode == "plain" or not c.seen.synced or not c.seen.synced[0]:
            return
        modseq, tick = c.seen.synced[:2]
        box = c.seen.box
        vanished = c.mode == "qresync" and self.random.random() < 0.7
        expect = {u for u in c.seen.alive() if box.msgs[u].tick(c.person) > tick}
        gone = {u for u, t in box.dead.items() if t > tick} - set(c.seen.uids)
        status, _, text, untagged = yield \
            f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq}{' VANISHED' if vanished else ''})"
        check(status == "OK", text)
        told = {u[2]["UID"] for u in untagged if u[0] == "FETCH" and "UID" in u[2]}
        check(expect <= told, "changed since", modseq, "are", expect, "told", told)
        earlier = set().union(*(u[2] for u in untagged if u[0] == "VANISHED" and u[1]))
        gone = {u for u in gone if u < c.seen.next}
        check(not vanished or gone <= earlier, "vanished are", gone, "told", earlier)
        self.synced(c, untagged, True, True)

    def store(self, c):
        uids, text, uid = self.choose(c)
        if not text or c.seen.read_only:
            return
        box = c.seen.box
        op = self.random.choice("+-=")
        flags = self.flags(box.owner is not None or self.random.random() < 0.3)
        silent = self.random.random() < 0.4
        since = None
        if c.mode != "plain" and c.seen.synced and c.seen.synced[0] and \
                self.random.random() < 0.3:
            since = c.seen.synced[:2]
        words = [f"{uid}STORE {text}"]
        if since:
            words.append(f"(UNCHANGEDSINCE {since[0]})")
        words.append(f"{op if op != '=' else ''}FLAGS{'.SILENT' if silent else ''}")
        words.append(f"({' '.join(sorted(flags))})")
        foreign = box.owner is None and op != "-" and "\\Deleted" in flags and \
            any(box.msgs[u].author != c.person for u in uids)
        failed = {u for u in uids if since and box.msgs[u].tick(c.person) > since[1]}
        status, code, answer, untagged = yield " ".join(words)
        if foreign:
            check(status == "NO" and code == "NOPERM", "not refused:", answer)
            self.synced(c, untagged, bool(uid))
            return
        check(status == "OK", answer)
        self.stored(c, uid, code, failed)
        given = [u for u in uids if u not in failed]
        real = self.model.mark(box, c.person, {
            u: changed(op, c.seen.flags_now(u), flags) for u in given})
        if silent:
            for u in given:
                c.seen.known[u] = changed(op, c.seen.known[u], flags)
        told = {c.seen.uids[u[1] - 1]: u[2] for u in untagged if u[0] == "FETCH"}
        for u in given:
            check(silent or "FLAGS" in told.get(u, {}), "no flags of", u, "after STORE")
            check(c.mode == "plain" or u not in real or "MODSEQ" in told.get(u, {}),
                  "no MODSEQ of", u, "after STORE")
        self.synced(c, untagged, bool(uid), True)

    def stored(self, c, uid, code, failed):
        said = set()
        if code.startswith("MODIFIED "):
            said = numbers(code.split()[1])
            if not uid:
                said = {c.seen.uids[n - 1] for n in said}
        said &= set(c.seen.box.msgs)
        check(said == failed, "MODIFIED says", said, "not", failed)

    # ---- messages that come and go ----

    def append(self, c, name=None):
        name = name or self.random.choice((*OWN, GROUP))
        box, token = self.model.box(c.person, name), self.model.token()
        flags = self.flags(box.owner is not None)
        data = self.mail(c.person, token)
        status, code, text, untagged = yield (
            f'APPEND "{name}" ({" ".join(sorted(flags))}) {{{len(data)}+}}\r\n'.encode() + data)
        check(status == "OK", text)
        if box.owner is None:
            msg = self.model.arrive(box, token, c.person)
            self.model.mark(box, c.person, {msg.uid: flags})
        else:
            msg = self.model.arrive(box, token, c.person, c.person, flags)
        self.uid_told(box, code, "APPENDUID", [msg.uid])
        if c.seen:
            self.synced(c, untagged, True)

    def uid_told(self, box, code, word, uids):
        parts = code.split()
        check(parts and parts[0] == word, "no", word, "but", code)
        box.validity = box.validity or int(parts[1])
        check(int(parts[1]) == box.validity, word, "of", parts[1], "not", box.validity)
        check(in_order(parts[-1]) == uids, word, "says", parts[-1], "not", uids)

    def copy(self, c):
        move = self.random.random() < 0.4
        uids, text, uid = self.choose(c)
        if not text or (move and c.seen.read_only):
            return
        box, name = c.seen.box, self.random.choice((*OWN, OWN[0], GROUP))
        to = self.model.box(c.person, name)
        foreign = any(box.msgs[u].author != c.person for u in uids)
        if foreign and to.owner is None:
            return  # what comes before the first foreign one stays: no matter of the model
        status, code, answer, untagged = yield \
            f'{uid}{"MOVE" if move else "COPY"} {text} "{name}"'
        if foreign and move and box.owner is None:
            check(status == "NO" and code == "NOPERM", "not refused:", answer)
            self.synced(c, untagged, True)
            return
        check(status == "OK", answer)
        new = self.copied(c, box, to, uids, move)
        if uids:
            if move:
                code = next((" ".join(u[1:]) for u in untagged
                             if u[0] == "CODE" and u[1] == "COPYUID"), "")
            check(in_order(code.split()[2]) == uids, "COPYUID", code, "of", uids)
            self.uid_told(to, code, "COPYUID", new)
        self.synced(c, untagged, True)

    def copied(self, c, box, to, uids, move):
        new, each = [], move and box.owner is not None and to.owner is not None
        for uid in uids:
            msg = box.msgs[uid]
            flags = msg.has(c.person) if to.owner is not None else frozenset()
            new.append(self.model.arrive(to, msg.token, msg.author, c.person, flags).uid)
            if each:
                self.model.remove(box, uid)
        for uid in uids if move and not each else ():
            self.model.remove(box, uid)
        return new

    def expunged(self, c, uids, modseq):
        box = c.seen.box
        for uid in sorted(u for u in uids if u in box.msgs):
            if "\\Deleted" in box.msgs[uid].has(c.person):
                self.model.remove(box, uid)
        if modseq:
            box.learn(box.last_tick(c.person), modseq)

    def expunge(self, c):
        if c.seen.read_only:
            return
        s = c.seen
        if len(s.box.msgs) > BIG and s.box.owner is not None:
            yield from self.thin(c)
        if self.random.random() < 0.5:
            uids, command = [u for u in s.uids], "EXPUNGE"
        else:
            uids = self.some(s.uids, 12)
            command = f"UID EXPUNGE {as_set(uids) if uids else '1'}"
        status, code, text, untagged = yield command
        check(status == "OK", text)
        modseq = int(code.split()[1]) if code.startswith("HIGHESTMODSEQ") else None
        self.expunged(c, uids, modseq)
        self.synced(c, untagged, True)

    def thin(self, c):
        """Half of a big mailbox is to go."""
        s = c.seen
        uids = self.random.sample(s.alive(), len(s.alive()) // 2)
        if not uids:
            return
        status, _, text, untagged = yield f"UID STORE {as_set(uids)} +FLAGS (\\Deleted)"
        check(status == "OK", text)
        self.model.mark(s.box, c.person, {u: s.flags_now(u) | {"\\Deleted"} for u in uids})
        self.synced(c, untagged, True, True)

    # ---- names ----

    def rename(self, c):
        """A mailbox gets another name, with all that is in it, and then its old one again."""
        name = self.random.choice(OWN[1:])
        box, aside = self.model.box(c.person, name), ASIDE.format(name)
        for old, new in ((name, aside), (aside, name)):
            status, _, text, untagged = yield f'RENAME "{old}" "{new}"'
            check(status == "OK", text)
            if c.seen:
                self.synced(c, untagged, True)
            self.left(box, c)
            status, code, text, untagged = yield f'STATUS "{old}" (MESSAGES)'
            check(status == "NO" and code == "NONEXISTENT", old, "is there still:", text)
            status, _, text, untagged = yield f'STATUS "{new}" (MESSAGES UIDNEXT UIDVALIDITY)'
            check(status == "OK", text)
            told = next(u[2] for u in untagged if u[0] == "STATUS")
            box.validity = box.validity or told["UIDVALIDITY"]
            check(told == {"MESSAGES": len(box.msgs), "UIDNEXT": box.next,
                           "UIDVALIDITY": box.validity}, "STATUS of", new, told)

    def left(self, box, mover):
        """Who else has it open is told that it is gone, and comes back."""
        for c in self.conns:
            if c is mover or not c.seen or c.seen.box is not box:
                continue
            try:
                check(False, "no BYE but", c.wire.cmd("NOOP"))
            except ImapGone:
                c.cut()

    # ---- questions ----

    def key(self, c, depth=0):
        """A search key and what says whether a message has it."""
        s = c.seen
        kind = self.random.randrange(9 if depth < 2 else 6)
        if kind == 0:
            flag = self.random.choice(("Seen", "Answered", "Flagged", "Deleted", "Draft"))
            if self.random.random() < 0.5:
                return flag.upper(), lambda m: f"\\{flag}" in m.has(c.person)
            return f"UN{flag.upper()}", lambda m: f"\\{flag}" not in m.has(c.person)
        if kind == 1:
            word = self.random.choice(KEYWORDS)
            return f"KEYWORD {word}", lambda m: word in m.has(c.person)
        if kind == 2 and s.uids:
            uids = set(self.some(s.uids))
            return f"UID {as_set(uids)}", lambda m: m.uid in uids
        if kind == 3 and s.uids:
            places = self.some(range(1, len(s.uids) + 1))
            uids = {s.uids[n - 1] for n in places}
            return as_set(places), lambda m: m.uid in uids
        if kind == 4:
            token = f"t{self.random.randrange(1, self.model.tokens + 2)}"
            return f"SUBJECT {token}", lambda m: token in m.token
        if kind == 5 or kind < 6:
            return "ALL", lambda m: True
        a, b = self.key(c, depth + 1), self.key(c, depth + 1)
        if kind == 6:
            return f"NOT {a[0]}", lambda m: not a[1](m)
        if kind == 7:
            return f"OR {a[0]} {b[0]}", lambda m: a[1](m) or b[1](m)
        return f"({a[0]} {b[0]})", lambda m: a[1](m) and b[1](m)

    def search(self, c):
        s, uid = c.seen, self.random.choice(("UID ", ""))
        key, fits = self.key(c)
        found = [u for u in s.alive() if fits(s.box.msgs[u])]
        names = found if uid else [s.uids.index(u) + 1 for u in found]
        wants = self.random.sample(("MIN", "MAX", "ALL", "COUNT"), self.random.randint(0, 3))
        more = f"RETURN ({' '.join(wants)}) " if wants else ""
        status, _, text, untagged = yield f"{uid}SEARCH {more}{key}"
        check(status == "OK", text)
        got = [u for u in untagged if u[0] in ("SEARCH", "ESEARCH")]
        check(len(got) == 1, "answers", got)
        if not wants:
            check(got[0][1] == names, key, "finds", got[0][1], "not", names)
        else:
            should = {"COUNT": str(len(names))}
            if names:
                should.update(MIN=str(names[0]), MAX=str(names[-1]), ALL=as_set(names))
            should = {k: v for k, v in should.items() if k in wants}
            told = dict(got[0][1])
            if "ALL" in told:
                told["ALL"] = as_set(numbers(told["ALL"]))
            if uid and "ALL" in should:
                should["ALL"] = as_set(names)
            check(told == should, key, "finds", told, "not", should)
        self.synced(c, untagged, bool(uid))

    def status(self, c):
        name = self.random.choice((*OWN, GROUP))
        box = self.model.box(c.person, name)
        items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT"
        if c.mode != "plain":
            items += " HIGHESTMODSEQ"
        status, _, text, untagged = yield f'STATUS "{name}" ({items})'
        check(status == "OK", text)
        told = next(u[2] for u in untagged if u[0] == "STATUS")
        box.validity = box.validity or told["UIDVALIDITY"]
        unseen = sum("\\Seen" not in m.has(c.person) for m in box.msgs.values())
        modseq = told.pop("HIGHESTMODSEQ", None)
        check(told == {"MESSAGES": len(box.msgs), "UIDNEXT": box.next, "UNSEEN": unseen,
                       "UIDVALIDITY": box.validity, "RECENT": 0}, "STATUS", told)
        if modseq:
            box.learn(box.last_tick(c.person), modseq)
        if c.seen:
            self.synced(c, untagged, True)
