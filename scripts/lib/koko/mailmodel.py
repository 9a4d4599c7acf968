# SPDX-License-Identifier: GPL-3.0-or-later
"""
What mailboxes must hold, and what a client that has one open must have been told.

A tick is the model's own time: each change the server should make is one, in its order.  The server
tells mod-sequences; within a mailbox they must ascend as the ticks do, and the same tick must always
have the same one.  RFC 7162 section 3.1
"""

import bisect

SYSTEM = ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
KEYWORDS = ("$Wichtig", "Projekt", "$Forwarded", *(f"Wort{i}" for i in range(30)))


class Fault(AssertionError):
    """The server did not do what the model says."""


def check(ok, *what):
    if not ok:
        raise Fault(" ".join(str(w) for w in what))


class Msg:
    def __init__(self, uid, token, author, tick):
        self.uid, self.token, self.author, self.arrived = uid, token, author, tick
        self.flags = {}  # person -> frozenset
        self.ticks = {}  # person -> tick of the last change of flags

    def has(self, person):
        return self.flags.get(person, frozenset())

    def tick(self, person):
        return max(self.arrived, self.ticks.get(person, 0))


class Box:
    def __init__(self, name, owner):
        self.name, self.owner = name, owner  # owner None: a group
        self.validity = None
        self.next = 1
        self.msgs = {}     # uid -> Msg, ascending
        self.dead = {}     # uid -> tick
        self.shared_tick = 0
        self.own_ticks = {}
        self._ticks, self._modseqs = [], []

    def last_tick(self, person):
        return max(self.shared_tick, self.own_ticks.get(person, 0))

    def learned(self, tick):
        """The last change up to `tick` of which the mod-sequence is known, and that; or (0, 0)."""
        i = bisect.bisect_right(self._ticks, tick)
        return (self._ticks[i - 1], self._modseqs[i - 1]) if i else (0, 0)

    def learn(self, tick, modseq):
        """The server says that the change at `tick` has this mod-sequence."""
        i = bisect.bisect_left(self._ticks, tick)
        if i < len(self._ticks) and self._ticks[i] == tick:
            check(self._modseqs[i] == modseq, self.name, "tick", tick, "had", self._modseqs[i],
                  "has", modseq)
            return
        check(i == 0 or self._modseqs[i - 1] < modseq, self.name, "tick", tick, "mod-sequence",
              modseq, "is not above", self._modseqs[i - 1:i], "of", self._ticks[i - 1:i])
        check(i == len(self._ticks) or modseq < self._modseqs[i], self.name, "tick", tick,
              "mod-sequence", modseq, "is not below", self._modseqs[i:i + 1])
        self._ticks.insert(i, tick)
        self._modseqs.insert(i, modseq)


    def adopt(self, person, rows, top, following, now):
        """Be as the server says it is: {uid: (token, flags, modseq)}, HIGHESTMODSEQ, UIDNEXT."""
        self._modseqs = sorted({r[2] for r in rows.values()} | {top})
        self._ticks = [now + i for i in range(1, len(self._modseqs) + 1)]
        at = dict(zip(self._modseqs, self._ticks))
        self.dead.update((u, now) for u in range(1, following) if u not in rows)
        authors = {u: m.author for u, m in self.msgs.items()}
        self.msgs, self.next = {}, following
        for uid, (token, flags, modseq) in sorted(rows.items()):
            msg = self.msgs[uid] = Msg(uid, token, authors.get(uid, person), 0)
            msg.flags[person], msg.ticks[person] = flags, at[modseq]
        self.shared_tick = self.own_ticks[person] = at[top]
        return self._ticks[-1]


class Model:
    def __init__(self):
        self.now = 0
        self.tokens = 0
        self.boxes = {}  # (owner or None, name) -> Box

    def box(self, person, name):
        return self.boxes.get((person, name)) or self.boxes[(None, name)]

    def token(self):
        self.tokens += 1
        return f"t{self.tokens}"

    def _tick(self):
        self.now += 1
        return self.now

    def arrive(self, box, token, author, person=None, flags=frozenset()):
        box.shared_tick = self._tick()
        msg = box.msgs[box.next] = Msg(box.next, token, author, box.shared_tick)
        if flags:
            msg.flags[person] = frozenset(flags)
        box.next += 1
        return msg

    def remove(self, box, uid):
        box.shared_tick = self._tick()
        box.dead[uid] = box.shared_tick
        return box.msgs.pop(uid)

    def mark(self, box, person, changes):
        """{uid: flags}: one change; those that really changed."""
        real = {u: f for u, f in changes.items() if box.msgs[u].has(person) != f}
        if real:
            tick = box.own_ticks[person] = self._tick()
            for uid, flags in real.items():
                box.msgs[uid].flags[person] = frozenset(flags)
                box.msgs[uid].ticks[person] = tick
        return set(real)


def changed(op, old, flags):
    if op == "+":
        return old | flags
    return old - flags if op == "-" else frozenset(flags)


class Light:
    """A view that is followed without the model: places with their UID and flags, None: not known."""

    def __init__(self, seen):
        self.places = [[u, seen.known[u]] for u in seen.uids]

    def store(self, uids, op, flags):
        for place in self.places:
            if place[0] in uids:
                place[1] = changed(op, place[1], flags)

    def take(self, untagged, gone_ok):
        for u in untagged:
            if u[0] == "EXISTS":
                check(u[1] >= len(self.places), "EXISTS", u[1], "of", len(self.places))
                self.places += [[None, None] for _ in range(u[1] - len(self.places))]
            elif u[0] == "EXPUNGE":
                check(gone_ok and 1 <= u[1] <= len(self.places), "EXPUNGE", u[1])
                del self.places[u[1] - 1]
            elif u[0] == "VANISHED":
                check(gone_ok, "VANISHED where none may be")
                self._vanished(u[2])
            elif u[0] == "FETCH":
                self._fetch(self.places[u[1] - 1], u[2])

    def _vanished(self, uids):
        """Those whose UID is not known stand at the end, in order, so their number is enough."""
        known = {p[0] for p in self.places} & uids
        self.places = [p for p in self.places if p[0] not in known or p[0] is None]
        check(known == uids, "VANISHED of what was not known to be there", uids - known)

    @staticmethod
    def _fetch(place, items):
        uid = items.get("UID")
        check(None in (uid, place[0]) or uid == place[0], "FETCH of", uid, "at", place[0])
        place[0] = place[0] or uid
        place[1] = items.get("FLAGS", place[1])

    def compare(self, rows):
        check(len(self.places) == len(rows), "the client sees", len(self.places), "of", len(rows))
        for (uid, flags), (real, row) in zip(self.places, sorted(rows.items())):
            check(uid in (None, real), "the client has", uid, "where", real, "is")
            check(flags is None or flags == row[1], "of", real, "the client believes", flags,
                  "and it has", row[1])


class Seen:
    """A mailbox as one connection has been told it is."""

    def __init__(self, box, person, mode, read_only):
        self.box, self.person, self.mode, self.read_only = box, person, mode, read_only
        self.uids = []
        self.known = {}   # uid -> flags the client must believe in
        self.next = 1
        self.words = set()  # flags of the last FLAGS
        self.synced = None  # (mod-sequence, tick) up to which all was told

    def flags_now(self, uid):
        return self.box.msgs[uid].has(self.person)

    def alive(self):
        return [u for u in self.uids if u in self.box.msgs]

    # ---- what is told ----

    def take(self, untagged, gone_ok, asked=False):
        """Apply untagged answers; `asked`: FETCH answers are what a command wanted."""
        for u in untagged:
            if u[0] == "EXISTS":
                self._exists(u[1])
            elif u[0] == "EXPUNGE":
                self._expunge(u[1], gone_ok)
            elif u[0] == "VANISHED":
                self._vanished(u[1], u[2], gone_ok)
            elif u[0] == "FETCH":
                self._fetch(u[1], u[2], asked)
            elif u[0] == "RECENT":
                check(u[1] == 0, "RECENT", u[1])
            elif u[0] == "OTHER" and u[1].startswith("FLAGS ("):
                self.words = set(u[1][7:].rstrip(")").split())
            elif u[0] == "CODE" and u[1] == "HIGHESTMODSEQ":
                self.box.learn(self.box.last_tick(self.person), int(u[2]))

    def _exists(self, n):
        if n == len(self.uids):
            return  # said again, as IDLE may
        new = [u for u in self.box.msgs if u >= self.next]
        check(n == len(self.uids) + len(new), "EXISTS", n, "with", len(self.uids), "and new", new)
        self.uids += new
        self.known.update((u, self.flags_now(u)) for u in new)
        self.next = self.box.next

    def _expunge(self, n, gone_ok):
        check(gone_ok, "EXPUNGE where none may be")
        check(self.mode != "qresync", "EXPUNGE with QRESYNC")
        check(1 <= n <= len(self.uids), "EXPUNGE", n, "of", len(self.uids))
        uid = self.uids.pop(n - 1)
        check(uid not in self.box.msgs, "EXPUNGE of", uid, "that is there")

    def _vanished(self, earlier, uids, gone_ok):
        check(self.mode == "qresync", "VANISHED without QRESYNC")
        living = uids & set(self.box.msgs)
        check(not living, "VANISHED of", living)
        check(max(uids) < self.box.next, "VANISHED of numbers not given", uids)
        if earlier:
            check(not uids & set(self.uids), "VANISHED (EARLIER) of what is in the view", uids)
            return
        check(gone_ok, "VANISHED where none may be")
        check(uids <= set(self.uids), "VANISHED of what was not there", uids - set(self.uids))
        self.uids = [u for u in self.uids if u not in uids]

    def _fetch(self, n, items, asked):
        check(1 <= n <= len(self.uids), "FETCH", n, "of", len(self.uids))
        uid = self.uids[n - 1]
        check(items.get("UID", uid) == uid, "FETCH", n, "has UID", items.get("UID"), "not", uid)
        check(uid in self.box.msgs, "FETCH of", uid, "that is gone")
        if "FLAGS" in items:
            told, now = items["FLAGS"] - {"\\Recent"}, self.flags_now(uid)
            if asked:  # keywords that another has made are told with the updates
                now = {f for f in now if f in told or f in self.words}
            check(told == now, "flags of", uid, "are told as", sorted(told), "and are",
                  sorted(self.flags_now(uid)))
            self.known[uid] = told
        if "MODSEQ" in items:
            check(self.mode != "plain", "MODSEQ for one who does not know it")
            self.box.learn(self.box.msgs[uid].tick(self.person), items["MODSEQ"])
        elif not asked:
            check(self.mode == "plain", "flags of", uid, "are told without MODSEQ")
        if not asked and self.mode == "qresync":
            check("UID" in items, "flags of", uid, "are told without UID")

    # ---- what must have been told ----

    def told_all(self, gone_ok):
        """All that has happened was told, but removals when they may not be."""
        should = list(self.box.msgs) if gone_ok else \
            [u for u in self.uids if u < self.next]
        check(self.uids == should, "the client has", self.uids, "and there are", should)
        missing = [u for u in self.box.msgs if u >= self.next]
        check(not missing, "never told of", missing)
        self.next = self.box.next
        for uid in self.alive():
            check(self.known[uid] == self.flags_now(uid), "of", uid, "the client believes",
                  sorted(self.known[uid]), "and it has", sorted(self.flags_now(uid)))
