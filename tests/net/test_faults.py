#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# limit: 180
"""
The rows of the table of faults that need time, many connections, root or strace: floods, full disks
and maps, failing calls, a second daemon, the end in the middle of transfers.  Rows that are quick
to try are in test_abuse.py, floods on small limits in test_conn.py, time limits in test_conn_time.py.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

from koko import lab
from koko.lab import Skip, closed_after, connect, cpu_s, log_in, rss_kb, site_with
from koko.nntp import Nntp, NntpError, stuffed
from koko.site import Site, wait_for

SOURCES = int(os.environ.get("KOKO_SOURCES", "100"))
MIB = 1 << 20
OPEN = "transit {\n\topen-loopback = on\n}\n"


# ---- tools ----

def status(here):
    return here.ctl_json("status")


def counter(here, *path):
    value = status(here)
    for key in path:
        value = value[key]
    return value


def rises(here, *path, above=0):
    """Wait until a counter is above a value; sessions' counters may be a second old."""
    wait_for(".".join(path), lambda: counter(here, *path) > above, 5)


def sender(here):
    return f"Anke Beispiel <anke@{here.domain}>"


def post(here, stem, body="Straße.\r\n", more=""):
    """POST one article by Anke: (reply, Message-ID)."""
    message_id = f"<{stem}@{here.domain}>"
    with here.reader("anke", lab.PASSWORD) as conn:
        wire = lab.article(message_id, sender=sender(here), body=body, more=more)
        return conn.post(wire), message_id


def readable(here, message_id):
    with here.reader("anke", lab.PASSWORD) as conn:
        return conn.has(message_id) and b"Message-ID" in conn.article(message_id)


def noise(n):
    """Text that does not compress: about n bytes of lines."""
    text = os.urandom(n * 3 // 8).hex()
    return "\r\n".join(text[i:i + 70] for i in range(0, len(text), 70)) + "\r\n"


@contextlib.contextmanager
def tmpfs(size, folder=None):
    """A file system of that many bytes in memory; needs root."""
    if os.geteuid() != 0:
        raise Skip("only root may mount a file system")
    folder = folder or lab.scratch()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "koko-test", folder],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def fill(folder, leave=0):
    """Write a file until that many bytes are left; its name."""
    path = os.path.join(folder, "ballast")
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize - leave
    with open(path, "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while free > 0:
                free -= f.write(bytes(min(free, MIB)))
    return path


# ---- rows 1 to 3: strangers ----

def endless_line():
    """Row 1: 2,048 bytes without an end are answered and closed, of 100 MB none is kept."""
    with site_with() as here:
        with connect(here) as sock, sock.makefile("rb") as lines:
            lines.readline()
            sock.sendall(b"x" * 2046 + b"\r\nDATE\r\n")
            assert lines.readline().startswith(b"500")
            assert lines.readline().startswith(b"111")
            sock.sendall(b"x" * 2048)
            assert lines.readline().startswith(b"501")
            assert lines.read() == b""
        before = rss_kb(here.pid)
        with connect(here) as sock, sock.makefile("rb") as lines:
            lines.readline()
            with contextlib.suppress(OSError):
                for _ in range(1000):
                    sock.sendall(b"x" * 100000)
            with contextlib.suppress(OSError):
                assert lines.readline().startswith(b"501")
        assert rss_kb(here.pid) - before < 4096
        rises(here, "nntp", "lines_long", above=1)


def byte_by_byte():
    """Row 2: a stranger's bytes count for nothing; ten seconds, before a command and within one."""
    with site_with() as here, connect(here) as mute, connect(here) as begun:
        begun.sendall(b"DATE\r\n")
        start, ends = time.monotonic(), {}
        while len(ends) < 2 and time.monotonic() - start < 15:
            for name, sock in (("mute", mute), ("begun", begun)):
                if name in ends:
                    continue
                try:
                    sock.sendall(b"x")
                    sock.settimeout(0.25)
                    if sock.recv(1000) == b"":
                        ends[name] = time.monotonic() - start
                except socket.timeout:
                    pass
                except ConnectionError:
                    ends[name] = time.monotonic() - start
        assert len(ends) == 2 and all(9 < s < 12 for s in ends.values()), ends
        rises(here, "conns", "late", above=1)


def ten_thousand_mute():
    """Row 3: near the limit some are refused at random; who is in works, who tries gets in."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12000:
        raise Skip(f"only {hard} open files are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    slowest, socks = 0.0, []
    with site_with() as here, here.reader("anke", lab.PASSWORD) as conn:
        conn.group(lab.GROUP)
        try:
            for i in range(10000):
                socks.append(connect(here, source=f"127.0.1.{i % 200 + 1}"))
                if i % 500 == 0:
                    start = time.monotonic()
                    conn.cmd("DATE", "111")
                    conn.group(lab.GROUP)
                    slowest = max(slowest, time.monotonic() - start)
            state = status(here)["conns"]
            assert state["refused_early"] > 100 and state["refused_full"] == 0, state
            assert 7500 < state["open"] < 10000, state
            wait_for("a login", lambda: log_in(here, "127.0.2.1")[0] == "281", 10)
        finally:
            for sock in socks:
                sock.close()
        print(f"{state}; the slowest answer took {slowest * 1000:.0f} ms")
        assert slowest < 1, slowest
        wait_for("room", lambda: counter(here, "conns", "open") < 10, 10)


# ---- rows 20, 23 to 26: articles ----

def endless_article():
    """Row 20: of 1 GiB as much is read as two articles have, then it ends; no memory is kept."""
    with site_with() as here, here.reader("anke", lab.PASSWORD) as conn:
        before = rss_kb(here.pid)
        conn.cmd("POST", "340")
        sent, block = 0, b"x" * 70 + b"\r\n"
        conn.send(b"Subject: x\r\n\r\n")
        with contextlib.suppress(OSError):
            while sent < 1 << 30:
                conn.send(block * 1000)
                sent += 72000
        with contextlib.suppress(OSError):
            assert conn.line().startswith("441")
        taken = wait_for("the end", lambda: re.search(
            r"conn\.end .* in=(\d{8,}) ", here.log_tail()))
        assert 10 * MIB < int(taken.group(1)) < 32 * MIB, taken
        assert rss_kb(here.pid) - before < 100000  # with room for a sanitizer
        rises(here, "nntp", "posts_refused")


def receive_memory():
    """What articles on their way may hold together is bounded; small ones always pass."""
    bounds = "nntp {\n\tmax-article = 1M\n}\nlimits {\n\treceive-memory = 1M\n}\n"
    with site_with(bounds) as here, contextlib.ExitStack() as stack:
        conns = [stack.enter_context(here.reader("anke", lab.PASSWORD)) for _ in range(2)]
        for conn in conns:
            conn.cmd("POST", "340")
            conn.send(b"Subject: x\r\n\r\n" + (b"x" * 70 + b"\r\n") * 12000)
        rises(here, "receiving", "cut")
        assert post(here, "small")[0].startswith("240")
        for conn in conns:
            with contextlib.suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
        wait_for("all to be free", lambda: counter(here, "receiving", "bytes") == 0, 5)


def head_of(message_id, size):
    """An article whose head has exactly that many bytes."""
    wire = lab.article(message_id, sender="Probe <probe@far.example>", path="far.example!x")
    head = wire.index(b"\r\n\r\n") + 2
    more = "".join(f"X-F{i}: {'x' * 900}\r\n" for i in range((size - head - 200) // 908))
    more = more[:(size - head - 200)] if not more.endswith("\r\n") else more
    rest = size - head - len(more)
    more += "X-Rest: " + "x" * (rest - 10) + "\r\n"
    return lab.article(message_id, sender="Probe <probe@far.example>", path="far.example!x",
                       more=more)


def relayed_articles():
    """Rows 23 to 26 for peers: 439, nothing stored, the next is taken; what just fits is taken."""
    def wire(message_id, body="Straße.\r\n", more="", subject="x"):
        return lab.article(message_id, sender="Probe <probe@far.example>", path="far.example!x",
                           body=body, more=more, subject=subject)

    n_fields = wire("<n@far.example>").split(b"\r\n\r\n")[0].count(b"\r\n") + 1
    bad = {
        "nul in the head": lambda i: wire(i, subject="a\0b"),
        "nul in the body": lambda i: wire(i, body="a\0b\r\n"),
        "bare LF": lambda i: wire(i, body="a\nb\r\n"),
        "bare CR": lambda i: wire(i, body="a\rb\r\n"),
        "bare LF in the head": lambda i: wire(i, subject="a\nb"),
        "head of 64 KiB + 1": lambda i: head_of(i, 65537),
        "line of 999": lambda i: wire(i, more="X-L: " + "x" * 994 + "\r\n"),
        "line of 2,000": lambda i: wire(i, more="X-L: " + "x" * 1995 + "\r\n"),
        "201 fields": lambda i: wire(
            i, more="".join(f"X-{k}: x\r\n" for k in range(201 - n_fields))),
        "two From": lambda i: wire(i, more="From: a@b.example\r\n"),
        "two Message-ID": lambda i: wire(i, more=f"Message-ID: {i}\r\n"),
        "two Newsgroups": lambda i: wire(i, more="Newsgroups: kk.test\r\n"),
        "two Date": lambda i: wire(i, more="Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"),
    }
    good = {
        "head of 64 KiB": lambda i: head_of(i, 65536),
        "line of 998": lambda i: wire(i, more="X-L: " + "x" * 993 + "\r\n"),
        "200 fields": lambda i: wire(
            i, more="".join(f"X-{k}: x\r\n" for k in range(200 - n_fields))),
    }
    with site_with(OPEN) as here, Nntp(here.ports["nntp"]) as conn:
        conn.cmd("MODE STREAM", "203")
        for code, cases in (("439", bad), ("239", good)):
            for n, (name, make) in enumerate(cases.items()):
                message_id = f"<{code}.{n}@far.example>"
                reply = conn.takethis(message_id, make(message_id))
                assert reply.startswith(code), (name, reply)
                conn.cmd("DATE", "111")
        with here.reader("anke", lab.PASSWORD) as reader:
            assert reader.group(lab.GROUP)[0] == len(good)
            assert not any(reader.has(f"<439.{n}@far.example>") for n in range(len(bad)))
        rises(here, "nntp", "taken_refused", above=len(bad) - 1)


# ---- row 33: passwords ----

def five_hundred_wrong_passwords():
    """One wrong password from each of many sources delays nobody; 500 from one delay only that."""
    def guess(source):
        sock = connect(here, source=source)
        sock.sendall(b"AUTHINFO USER anke\r\nAUTHINFO PASS falsch\r\n")
        return sock

    def code(sock):
        with sock, sock.makefile("rb") as lines:
            return [lines.readline()[:3] for _ in range(3)][-1]

    with site_with("limits {\n\tconns-per-source = 1000\n}\n") as here:
        for first in range(0, SOURCES, 100):
            socks = [guess(f"127.0.{3 + first // 100}.{i + 1}") for i in range(100)]
            assert {code(sock) for sock in socks} == {b"481"}
        assert counter(here, "logins", "failed") == SOURCES
        assert counter(here, "logins", "delayed") == 0
        for _ in range(20):
            assert code(guess("127.0.2.1")) == b"481"
        with contextlib.ExitStack() as stack:
            for i in range(480):
                stack.enter_context(guess("127.0.2.1"))
                if i % 120 == 0:
                    answer, took = log_in(here, "127.0.2.2")
                    assert answer == "281" and took < 2, (answer, took)
            rises(here, "logins", "delayed")
            rises(here, "logins", "busy", above=400)


# ---- row 64: no descriptors ----

def accept_fails():
    """ENFILE and ENOBUFS: accepting pauses, costs nothing, and goes on."""
    for error in ("ENFILE", "ENOBUFS"):
        wrapper = lab.failing(f"accept4:error={error}:when=40..80")
        with site_with(wrapper=wrapper) as here, contextlib.ExitStack() as stack:
            for _ in range(60):
                stack.enter_context(connect(here))
            wait_for("the pause", lambda: "listen.pause" in here.log_tail(200), 10)
            before = cpu_s(here.pid)
            time.sleep(1)
            assert cpu_s(here.pid) - before < 0.3
            wait_for("room", lambda: log_in(here)[0] == "281", 20)
            assert counter(here, "conns", "pauses") >= 5


def control_without_descriptors():
    """Row 64 for kokoctl: it waits without a busy loop, and is answered when there is room."""
    with site_with(wrapper=("prlimit", "--nofile=80:80")) as here:
        with contextlib.ExitStack() as stack:
            for _ in range(95):
                stack.enter_context(connect(here))
            wait_for("the pause", lambda: "listen.pause" in here.log_tail(200), 10)
            admin = stack.enter_context(socket.socket(socket.AF_UNIX))
            admin.connect(here.control)
            before = cpu_s(here.pid)
            time.sleep(1)
            assert cpu_s(here.pid) - before < 0.3
        wait_for("an answer", lambda: here.ctl("status", check=False).returncode == 0, 10)


# ---- rows 65 and 66: full ----

ROOM = """store {
	reserve = "16M"
	free-for-peers = "80M"
	free-for-posts = "64M"
}
""" + OPEN


def takethis(here):
    """TAKETHIS a new article; the reply."""
    with Nntp(here.ports["nntp"]) as conn:
        message_id = f"<{time.monotonic_ns()}@far.example>"
        return conn.takethis(message_id, lab.article(
            message_id, sender="Probe <probe@far.example>", path="far.example!x"))


def full_disk():
    """Row 65: posts 4xx, reading and cancels go on, and all of it by itself when there is room."""
    def cancel(here, message_id, stem):
        return post(here, stem, more=f"Control: cancel {message_id}\r\n")[0]

    with tmpfs(128 * MIB) as folder, site_with(ROOM, folder=folder) as here:
        assert post(here, "a")[0].startswith("240") and post(here, "b")[0].startswith("240")
        assert post(here, "c")[0].startswith("240") and takethis(here).startswith("239")
        ballast = fill(folder, 72 * MIB)
        wait_for("peers to wait", lambda: takethis(here).startswith("400"), 5, 0.2)
        assert post(here, "d")[0].startswith("240")
        for leave in (40 * MIB, 0):
            os.unlink(ballast)
            ballast = fill(folder, leave)
            wait_for("posts to stop", lambda: counter(here, "store", "paused"), 5)
            reply, _ = post(here, f"no{leave}")
            assert reply.startswith("441") and "room" in reply, reply
            assert takethis(here).startswith("400")
            victim = f"<{'a' if leave else 'b'}@{here.domain}>"
            assert readable(here, victim)
            reply = cancel(here, victim, f"cancel{leave}")
            assert reply.startswith("240"), reply
            assert not readable(here, victim) and readable(here, f"<c@{here.domain}>")
        assert counter(here, "store", "full") >= 4 and here.alive()
        os.unlink(ballast)
        wait_for("posts to go on", lambda: post(here, "e")[0].startswith("240"), 5, 0.2)
        wait_for("peers to go on", lambda: takethis(here).startswith("239"), 5, 0.2)
        assert not counter(here, "store", "paused")
        here.ctl("check")


def full_map():
    """Row 66: posts and peers 4xx, reading goes on, also after a start; a larger map takes all."""
    small = OPEN + "store {\n\tmap-size = \"16M\"\n\tfree-for-peers = 0\n\tfree-for-posts = 0\n}\n"
    with site_with(small) as here:
        kept, n = [], 0
        while True:
            reply, message_id = post(here, f"m{n}", noise(400000))
            if not reply.startswith("240"):
                break
            kept.append(message_id)
            n += 1
            assert n < 100
        assert reply.startswith("441"), reply
        assert len(kept) > 10 and all(readable(here, m) for m in kept)
        for _ in range(3):
            assert post(here, f"m{n}", noise(400000))[0].startswith("441")
        assert not counter(here, "store", "stopped") and counter(here, "store", "refused") >= 4
        here.ctl("check")
        here.stop()
        with open(os.path.join(here.dir, "conf.d", "test.conf"), "w", encoding="utf-8") as f:
            f.write(small.replace("16M", "64M"))
        here.start()
        here.wait_ready()
        assert all(readable(here, m) for m in kept)
        assert post(here, f"m{n}", noise(400000))[0].startswith("240")


# ---- row 72: two on one store ----

def second_daemon():
    """It ends with 75 and one sentence; the first does not notice."""
    with site_with() as here:
        other = Site("other", lab.scratch())
        other.data = here.data
        os.makedirs(other.dir)
        other.prepare()
        done = subprocess.run([os.path.join(here.build, "kokod"), "-f", "-c", other.conf],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 75, done
        said = [line for line in done.stderr.splitlines() if line.startswith("<3>")]
        assert len(said) == 1 and "in use by another process" in said[0], done.stderr
        assert here.data in said[0]
        reply, message_id = post(here, "first")
        assert reply.startswith("240") and readable(here, message_id)
        here.ctl("check")


# ---- row 74: log ----

def lost_lines(log):
    """The lines that the log says it lost."""
    with open(log, encoding="utf-8", errors="replace") as f:
        return sum(map(int, re.findall(r"log\.lost lines=(\d+)", f.read())))


def log_on_a_full_disk():
    """Lines are lost and counted, work goes on, and the next line that fits tells how many."""
    with tmpfs(64 * 1024) as folder:
        log = os.path.join(folder, "kokod.log")
        with site_with(f'log {{\n\ttarget = "{log}"\n\tlevel = "debug"\n}}\n') as here:
            fill(folder)
            for _ in range(20):
                assert log_in(here)[0] == "281"
            assert counter(here, "log_lost") > 0
            assert post(here, "a")[0].startswith("240")
            os.unlink(os.path.join(folder, "ballast"))
            assert log_in(here)[0] == "281"
            wait_for("the count of lost lines", lambda: lost_lines(log) > 0)


# ---- row 75: the end ----

def sigterm_in_transfers():
    """50 that post and 50 in the middle of an article: 400 to all, under 5 s, all 240s kept."""
    greeted, kept, told, half = [], [], [], []

    def work(here, n):
        try:
            with here.reader() as conn:
                greeted.append(n)  # before that, only a closed port may be what it sees
                conn.login("anke", lab.PASSWORD)
                for i in range(100000):
                    mid = f"<end.{n}.{i}@{here.domain}>"
                    reply = conn.post(lab.article(mid, sender=sender(here)))
                    if reply.startswith("240"):
                        kept.append(mid)
                    elif reply.startswith("400"):
                        raise NntpError(reply)
        except (OSError, NntpError) as e:
            told.append(str(e))

    with site_with("limits {\n\tconns-per-source = 200\n}\n") as here, \
            contextlib.ExitStack() as stack:
        for n in range(50):
            conn = stack.enter_context(here.reader("anke", lab.PASSWORD))
            conn.cmd("POST", "340")
            conn.send(stuffed(lab.article(f"<half.{n}@{here.domain}>", sender=sender(here)))[:99])
            half.append(conn)
        threads = [threading.Thread(target=work, args=(here, n)) for n in range(50)]
        for t in threads:
            t.start()
        wait_for("some posts", lambda: len(greeted) == 50 and len(kept) > 5)
        start = time.monotonic()
        os.kill(here.pid, signal.SIGTERM)
        for conn in half:
            assert conn.line().startswith("400")
            conn.sock.shutdown(socket.SHUT_RDWR)
        here.stop()
        took = time.monotonic() - start
        for t in threads:
            t.join()
        assert took < 5, took
        assert len(told) == 50 and all("400" in t for t in told), told
        here.start()
        here.wait_ready()
        with here.reader("anke", lab.PASSWORD) as conn:
            assert all(conn.has(mid) for mid in kept)
            assert not any(conn.has(f"<half.{n}@{here.domain}>") for n in range(50))


if __name__ == "__main__":
    lab.run_cases([
        endless_line, byte_by_byte, ten_thousand_mute, endless_article, receive_memory,
        relayed_articles, five_hundred_wrong_passwords, accept_fails, control_without_descriptors,
        full_disk, full_map, second_daemon, log_on_a_full_disk, sigterm_in_transfers])
