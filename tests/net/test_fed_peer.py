#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 300
"""
A peer that lies, floods, stalls or is a stranger: rows 7 to 9, 39 to 44 and 52 of the faults.  Two
real daemons; a third one is spoken for by the test, with its keys.
"""

import contextlib
import itertools
import os
import signal
import socket
import ssl
import time

from koko import fed, lab
from koko.fedpeer import Client, Entry, Keys, Server
from koko.site import wait_for

A, B, LIAR = None, None, None
KEYS = {}
GID = None
SOME = "B" * 42 + "A"  # a hash of nothing that is
EPOCHS = itertools.count(int(time.time()))


def start():
    global A, B, LIAR, GID
    A, B, LIAR = fed.federation(3, "1+1", mute=1)
    KEYS["a"], KEYS["b"], KEYS["liar"] = (fed.keys(s) for s in (A, B, LIAR))
    GID = fed.gid_of(A, KEYS["liar"])


def liar(entries, heads=None, **more):
    """The third daemon serves these entries."""
    held = {(e.gid, e.oid, e.epoch, e.n): e for e in entries}
    heads = [e.head_line() for e in entries] if heads is None else heads
    return Server(LIAR.ports["peer"], KEYS["liar"], heads, held, **more)


def entry(n=1, **how):
    how.setdefault("epoch", next(EPOCHS))
    how.setdefault("r", 2)
    return Entry(KEYS["liar"], GID, fed.GROUP, n, **how)


def pull_again(server):
    """A is told not to wait until it would dial again by itself."""
    def dialled():
        A.ctl("peer", "resume", LIAR.domain)
        return len(server.asked("KHELLO")) > 1
    wait_for("A to dial", dialled, pause=0.3)


def served(server, bad, limit=40):
    """A has asked for all of `bad`, and takes a good entry of another epoch; bad ones are not there."""
    good = entry()
    server.articles[(good.gid, good.oid, good.epoch, 1)] = good
    server.tell(good.head_line())
    pull_again(server)
    for e in bad:
        place = f"KART {e.gid} {e.oid} {e.epoch} {e.n}"
        wait_for(place, lambda p=place: p in server.seen, limit)
    wait_for("the good one", lambda: fed.has(A, good.mid), limit)
    for e in bad:
        assert not fed.has(A, e.mid), e.line


# ---- the port ----

def old_tls_and_no_certificate():
    """Row 7: the handshake fails; not a byte is said."""
    port = A.ports["peer"]
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.load_cert_chain(KEYS["liar"].pem)
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname, bare.verify_mode = False, ssl.CERT_NONE
    bare.set_alpn_protocols(["kokod"])
    other = KEYS["liar"].context(ssl.PROTOCOL_TLS_CLIENT)
    other.set_alpn_protocols(["h2"])
    for context in (old, bare, other):
        with socket.create_connection(("127.0.0.1", port), 20) as raw:
            try:
                with context.wrap_socket(raw) as tls:
                    said = tls.recv(100)
            except (ssl.SSLError, OSError):
                continue
            assert said == b"", said  # TLS 1.3 tells a client of its certificate afterwards
    with socket.create_connection(("127.0.0.1", port), 20) as raw:
        raw.sendall(b"KHELLO a b 1 1\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"200" not in raw.recv(100)


def stalled_handshake():
    """Row 8: closed within ten seconds or so."""
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # the beginning of a ClientHello
    with socket.create_connection(("127.0.0.1", A.ports["peer"]), 20) as raw:
        raw.sendall(hello)
        assert lab.closed_after(raw, 15) < 13


def wrong_names():
    """Row 9: 494 for another's oid on either side, and the end."""
    a, b, own = KEYS["a"].oid, KEYS["b"].oid, KEYS["liar"].oid
    for line in (f"KHELLO {own} {b} 1 1", f"KHELLO {b} {a} 1 1"):
        with Client(A.ports["peer"], KEYS["liar"]) as peer:
            assert peer.cmd(line).startswith("494 "), line
            assert peer.line() == ""


def strangers():
    """One with a key that nobody knows may read who this is, and no more; 8 KiB, 20 lines, 10 s."""
    folder = lab.scratch()
    pem = f"{folder}/x.pem"
    lab.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=x", "-keyout", pem, "-out", f"{folder}/c.pem")
    with open(pem, "ab") as out, open(f"{folder}/c.pem", "rb") as cert:
        out.write(cert.read())
    who = Keys(LIAR, folder)
    who.pem = pem
    with Client(A.ports["peer"], who) as peer:
        first, text = peer.ask(f"KREC daemon {KEYS['a'].oid} *")
        assert first == "294 1" and f"oid: {KEYS['a'].oid}" in text
    for line in ("KREC list", "KREC federation *", f"KREC group {GID} *", "KHEADS * 0",
                 f"KREC daemon {KEYS['b'].oid} *", f"KHELLO {who.oid} {KEYS['a'].oid} 1 1"):
        with Client(A.ports["peer"], who) as peer:
            assert peer.cmd(line)[:3] in ("492", "494"), line
    with Client(A.ports["peer"], who) as peer:
        begun = time.monotonic()
        assert lab.closed_after(peer.sock, 20) < 16 and time.monotonic() - begun > 5
    with Client(A.ports["peer"], who) as peer:
        for _ in range(19):
            assert peer.cmd("X") == "500 unknown command"
        peer.send("X"), peer.send("X"), peer.send("X")
        assert lab.closed_after(peer.sock, 5) < 5


def refused():
    return A.ctl_json("status")["federation"]["refused"]


def many_connections():
    """Six of one daemon, and as many of all as is set; what is over is closed and counted."""
    before = refused()
    with contextlib.ExitStack() as stack:
        some = [stack.enter_context(Client(A.ports["peer"], KEYS["liar"])) for _ in range(6)]
        assert all(c.greeting.startswith("200") for c in some)
        with contextlib.suppress(OSError):
            assert Client(A.ports["peer"], KEYS["liar"]).greeting == ""
        wait_for("one refused", lambda: refused() == before + 1)
    fed.settings(A, "peer {\n\tconns = 1\n}\n")
    os.kill(A.pid, signal.SIGHUP)

    def turned_away():
        with contextlib.suppress(OSError), Client(A.ports["peer"], KEYS["liar"]) as peer:
            return peer.greeting == ""
        return True
    wait_for("the door to be full", turned_away)
    assert refused() > before + 1
    fed.settings(A, "")
    os.kill(A.pid, signal.SIGHUP)
    wait_for("the door to open", lambda: not turned_away())


# ---- cancels ----

def cancel(site, mid):
    """Anke cancels at her site; the answer."""
    user = lab.person(site)
    with site.reader(user["login"], user["password"]) as conn:
        return conn.post(lab.article(f"<c.{os.urandom(6).hex()}@{site.domain}>", fed.GROUP,
                                     f"{user['name']} <{user['address']}>",
                                     more=f"Control: cancel {mid}\r\n"))


def shown(site):
    return set(fed.overview(site))


def cancels_travel():
    """Who wrote it cancels it everywhere; another town's writer does not, nor does a forged one."""
    own, others = fed.post(A), fed.post(A)
    fed.wait_all([B], [own, others])
    assert cancel(A, own).startswith("240")
    wait_for("it gone at both", lambda: own not in shown(A) | shown(B))
    assert not cancel(B, others).startswith("240")
    forged = entry(extra=f"Control: cancel {others}")
    server = liar([forged])
    try:
        served(server, [])
        wait_for("the forged one", lambda: server.asked("KART"))
        mid = fed.post(A)
        fed.wait_all([B], [mid])
        assert others in shown(A) and others in shown(B)
    finally:
        server.close()


# ---- entries ----

def tags_out_of_form():
    """Row 39: a tag missing, doubled, in another order, in another spelling."""
    def spoil(change):
        e = entry()
        sign, _, rest = e.wire.partition(b"Path:")
        e.wire = change(sign) + b"Path:" + rest
        return e

    bad = [spoil(lambda s: s.replace(b"; n=1;", b";")),
           spoil(lambda s: s.replace(b"; n=1;", b"; n=1; n=1;")),
           spoil(lambda s: s.replace(b"; n=1;", b"; n=01;")),
           spoil(lambda s: s.replace(b"v=1; o=", b"o=").replace(b"; g=", b"; v=1; g=")),
           spoil(lambda s: s.replace(b"; n=1;", b";n=1;")),
           spoil(lambda s: s.replace(b"; n=1;", b"; n=1; x=2;"))]
    server = liar(bad)
    try:
        served(server, bad)
    finally:
        server.close()


def changed_on_the_way():
    """Row 40: body, head, group or number changed; what was added goes."""
    def spoil(old, new, **how):
        e = entry(**how)
        assert old in e.wire
        e.wire = e.wire.replace(old, new)
        return e

    bad = [spoil("Straße".encode(), "Gasse!".encode()),
           spoil(b"Content-Type: text/plain", b"Content-Type: text/html "),
           spoil(b"Newsgroups: p0.g0001", b"Newsgroups: p0.g0002"),
           spoil(b"Kokod-Actor: test@", b"Kokod-Actor: toast@")]
    added = entry()
    added.wire = added.wire.replace(b"From:", b"Control: cancel <x@y.example>\r\nX-More: 1\r\nFrom:")
    server = liar(bad + [added])
    try:
        served(server, bad)
        wait_for("the one with more", lambda: fed.has(A, added.mid))
        with A.reader("anke", lab.PASSWORD) as conn:
            text = conn.article(added.mid)
        assert b"X-More" not in text and b"Control" not in text, text
    finally:
        server.close()


def out_of_bounds():
    """Row 41: far ahead of what is here, or signed in the far future."""
    late = entry(t=4102444800)
    far = entry(100002)
    server = liar([late, far], [late.head_line(), far.head_line(100002)])
    try:
        served(server, [late])
        assert not fed.has(A, far.mid)
        assert lab.rss_kb(A.pid) < 200000
    finally:
        server.close()


def floods_of_heads():
    """Row 42: heads of feeds without end, of a member and of nobody; ranges without end."""
    before = lab.rss_kb(A.pid)
    nobody = "a" * 52
    many = [f"{GID} {KEYS['liar'].oid} {e} 1 1 {SOME}" for e in range(1, 20001)]
    many += [f"{GID} {nobody} 1 1 1 {SOME}"] * 20000
    ranges = ",".join(f"{3 + 2 * i}-{3 + 2 * i}" for i in range(900))
    many.append(f"{GID} {KEYS['liar'].oid} 99999 1 1 {SOME} +{ranges}")
    server = liar([], many)
    try:
        pull_again(server)
        wait_for("the first of them", lambda: len(server.asked("KART")) >= 900, 60)
        mid = fed.post(B)
        fed.wait_all([A], [mid])
        assert lab.rss_kb(A.pid) - before < 64 * 1024, (before, lab.rss_kb(A.pid))
    finally:
        server.close()
    server = liar([], [f"{GID} {KEYS['liar'].oid} 5 1 1 {SOME} " + "x" * 80000])
    try:
        pull_again(server)
        wait_for("a head that is too long", lambda: server.asked("KHEADS"))
        mid = fed.post(B)
        fed.wait_all([A], [mid])
    finally:
        server.close()


def heads_without_articles():
    """Row 43: announced and not given, or broken off: B, who has it, is asked; no half article."""
    e = entry()
    half = f"292 {e.mid}\r\n".encode() + e.wire[:len(e.wire) // 2]
    server = liar([e])
    try:
        pull_again(server)
        wait_for("one real copy at B", lambda: fed.has(B, e.mid), 40)
        fed.wait_all([A], [e.mid])
    finally:
        server.close()
    e = entry()
    server = liar([], [e.head_line()], )
    server.articles = {(e.gid, e.oid, e.epoch, 1): half + b"\r\nfrom here on garbage \x00\r\n.\r\n"}
    try:
        pull_again(server)
        wait_for("half of one", lambda: server.asked("KART"), 40)
        mid = fed.post(B)
        fed.wait_all([A], [mid])
        assert not fed.has(A, e.mid)
    finally:
        server.close()


def groups_of_others():
    """Row 44: entries of a group that the peer is not in are dropped, and the admin is told."""
    closed = fed.gid_of(B, KEYS["a"], fed.CLOSED)
    with Client(A.ports["peer"], KEYS["liar"], KEYS["a"].oid) as peer:
        assert closed not in "".join(peer.ask("KREC list")[1] + peer.ask("KHEADS * 0")[1])
        assert peer.cmd(f"KREC group {closed} *").startswith("492")
        assert peer.cmd(f"KHEADS * 0 {closed}").startswith("291") and peer.block() == []
        absent = peer.cmd(f"KART {'a' * 26} {KEYS['a'].oid} 1 1")
        assert peer.cmd(f"KART {closed} {KEYS['a'].oid} 1 1") == absent
        assert absent.startswith("492")
    e = Entry(KEYS["liar"], closed, fed.CLOSED, 1, r=1, epoch=next(EPOCHS))
    before = fed.alarms(A)
    server = liar([e])
    try:
        served(server, [])
        assert fed.alarms(A) > before
        assert not server.asked(f"KART {closed}")
    finally:
        server.close()


def flood_of_entries():
    """Row 52: a thousand tiny entries an hour, then no more; others are not held up."""
    epoch, entries, p = next(EPOCHS), [], None
    for n in range(1, 1301):
        entries.append(entry(n, epoch=epoch, **({"p": p} if p else {}), text="x\r\n"))
        p = entries[-1].hash
    server = liar(entries, [entries[-1].head_line()])
    try:
        pull_again(server)
        wait_for("the quota", lambda: fed.has(A, entries[900].mid), 60)
        mids = [fed.post(B) for _ in range(5)]
        fed.wait_all([A], mids)
        taken = sum(fed.has(A, e.mid) for e in entries[900:])
        assert taken < 150, taken
        cpu, begun = lab.cpu_s(A.pid), time.monotonic()
        mid = fed.post(B)
        fed.wait_all([A], [mid])
        wait_for("three seconds", lambda: time.monotonic() - begun > 3)
        assert lab.cpu_s(A.pid) - cpu < 1.5, "it asks again without a pause"
    finally:
        server.close()


if __name__ == "__main__":
    start()
    try:
        lab.run_cases([
            old_tls_and_no_certificate, stalled_handshake, wrong_names, strangers, many_connections,
            cancels_travel, tags_out_of_form, changed_on_the_way, out_of_bounds, floods_of_heads, heads_without_articles,
            groups_of_others, flood_of_entries])
    finally:
        A.stop()
        B.stop()
