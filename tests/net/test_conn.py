#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 180
"""
Connections under pressure: floods, lost descriptors, a log that cannot be written, the end in the
middle of work; time limits are in test_conn_time.py.  Each case has a site of its own, with limits a test can wait for.
"""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

from koko import lab
from koko.lab import connect, cpu_s, log_in, rss_kb, site_with
from koko.nntp import Nntp, NntpError
from koko.site import wait_for



# ---- doors ----

def plain_logins():
    """Passwords in the clear are a setting of each door."""
    doors = {"nntp": ("CAPABILITIES", "AUTHINFO USER"), "imap": ("a CAPABILITY", "AUTH=PLAIN"),
             "submission": ("EHLO x", "AUTH PLAIN")}
    for closed in doors:
        with site_with(f"{closed} {{\n	plain-login = \"never\"\n}}\n") as here:
            for door, (command, offer) in doors.items():
                with connect(here, door) as sock, sock.makefile("rb") as lines:
                    lines.readline()
                    sock.sendall(f"{command}\r\nQUIT\r\nb LOGOUT\r\n".encode())
                    said = lines.read().decode()
                assert (offer in said) == (door != closed), (closed, door, said)


def starttls():
    with site_with() as here, connect(here) as sock:
        sock.recv(1000)
        sock.sendall(b"STARTTLS\r\n")
        assert sock.recv(1000).startswith(b"382")
        context = ssl.create_default_context(cafile=here.ca)
        with context.wrap_socket(sock, server_hostname="localhost") as tls:
            tls.sendall(b"AUTHINFO USER anke\r\n")
            assert tls.recv(1000).startswith(b"381")
            tls.sendall(f"AUTHINFO PASS {lab.PASSWORD}\r\n".encode())
            assert tls.recv(1000).startswith(b"281")
            tls.sendall(b"QUIT\r\n")
            assert tls.recv(1000).startswith(b"205")
            assert tls.recv(1000) == b""


# ---- floods ----

def many_from_one_source():
    with site_with("limits {\n\tconns-per-source = 10\n}\n") as here, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(here)) for _ in range(20)]
        said = [s.recv(1000)[:3] for s in socks]
        assert said.count(b"200") + said.count(b"201") == 10, said
        assert said.count(b"400") == 10, said
        with connect(here, source="127.0.0.9") as other:
            assert other.recv(1000)[:1] == b"2"


def silent_flood():
    """Row 3: near the limit new ones are refused at random; who is in stays in."""
    with site_with("limits {\n\tconns = 100\n\tconns-per-source = 1000\n}\n") as here:
        with contextlib.ExitStack() as stack:
            conn = stack.enter_context(here.reader("anke", lab.PASSWORD))
            socks = [stack.enter_context(connect(here)) for _ in range(400)]
            refused = sum(s.recv(1000)[:3] == b"400" for s in socks)
            assert 300 <= refused < 330, refused
            conn.group(lab.GROUP)
        wait_for("room", lambda: log_in(here)[0] == "281", 10)


def wrong_passwords():
    """Row 33: a source that fails too often waits; others do not, nor who is known."""
    with site_with("limits {\n\tlogin-tries = 5\n}\n") as here:
        for _ in range(5):
            code, took = log_in(here, "127.0.0.2", "falsch")
            assert code == "481" and took < 1, (code, took)
        assert log_in(here, "127.0.0.2", "falsch")[1] > 0.9
        assert log_in(here, "127.0.0.2", "falsch")[1] > 1.9
        code, took = log_in(here, "127.0.0.3")
        assert code == "281" and took < 1, (code, took)
        code, took = log_in(here, "127.0.0.2")
        assert code == "281" and took < 0.5, (code, took)


def no_descriptors():
    """Row 64: accepting pauses without a busy loop and goes on when there is room."""
    with site_with(wrapper=("prlimit", "--nofile=80:80")) as here:
        with contextlib.ExitStack() as stack:
            for _ in range(95):
                stack.enter_context(connect(here))
            wait_for("the pause", lambda: "listen.pause" in here.log_tail(200), 10)
            before = cpu_s(here.pid)
            time.sleep(1)
            assert cpu_s(here.pid) - before < 0.3
        wait_for("room", lambda: log_in(here)[0] == "281", 10)


# ---- log ----

def log_that_cannot_be_written():
    """Row 74: a full disk, no system log, a closed standard error, a pipe nobody reads."""
    for target in ("/dev/full", "syslog"):
        with site_with(f'log {{\n\ttarget = "{target}"\n\tlevel = "debug"\n}}\n') as here:
            assert log_in(here)[0] == "281"
    with site_with(wrapper=("sh", "-c", 'exec "$@" 2>&-', "sh")) as here:
        assert log_in(here)[0] == "281"
    with site_with('log {\n\tlevel = "debug"\n}\n') as here:
        here.stop()
        here.process = subprocess.Popen([os.path.join(here.build, "kokod"), "-f", "-c", here.conf],
                                        stderr=subprocess.PIPE, start_new_session=True)
        here.pid = here.process.pid
        here.wait_ready()
        for _ in range(300):
            connect(here).close()
        wait_for("room", lambda: log_in(here)[0] == "281", 10)
        here.stop()
        here.process.stderr.close()


# ---- the end ----

def sigterm_in_the_middle():
    """Row 75: all are told, it ends in time, what was acknowledged is there again."""
    inside, kept, told = [], [], []

    def work(here, n):
        sender = f"Anke Beispiel <anke@{here.domain}>"
        with contextlib.suppress(OSError):
            with here.reader("anke", lab.PASSWORD) as conn:
                inside.append(n)
                try:
                    for i in range(100000):
                        mid = f"<end.{n}.{i}@{here.domain}>"
                        reply = conn.post(lab.article(mid, sender=sender))
                        if reply.startswith("240"):
                            kept.append(mid)
                        if reply.startswith("400"):
                            raise NntpError(reply)
                except NntpError as e:
                    told.append("400" in str(e))

    with site_with("limits {\n\tconns-per-source = 200\n}\n") as here:
        threads = [threading.Thread(target=work, args=(here, n)) for n in range(100)]
        for t in threads:
            t.start()
        wait_for("all, and some posts", lambda: len(inside) == 100 and len(kept) > 200, 30)
        start = time.monotonic()
        here.stop()
        took = time.monotonic() - start
        for t in threads:
            t.join()
        assert took < 5, took
        assert sum(told) > 90, (sum(told), len(told))
        here.start()
        here.wait_ready()
        with here.reader("anke", lab.PASSWORD) as conn:
            assert all(conn.has(mid) for mid in kept)


def systemd_is_told():
    """READY, WATCHDOG while all loops answer, RELOADING, STOPPING; who does not listen blocks nothing."""
    folder = lab.scratch()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(os.path.join(folder, "notify"))
        sock.settimeout(10)
        env = {**os.environ, "NOTIFY_SOCKET": os.path.join(folder, "notify"),
               "WATCHDOG_USEC": "300000"}

        def hear(what):
            end = time.monotonic() + 20
            while sock.recv(1000) != what:
                assert time.monotonic() < end, what

        def hear_all():
            """What waits: of ten messages more are lost."""
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while sock.recv(1000):
                    pass
            sock.settimeout(10)

        with site_with(env=env) as here:
            hear(b"READY=1")
            hear(b"WATCHDOG=1")
            hear(b"WATCHDOG=1")
            hear_all()
            os.kill(here.pid, signal.SIGHUP)
            hear(b"RELOADING=1")
            hear(b"READY=1")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as full, \
                    contextlib.suppress(BlockingIOError):
                full.setblocking(False)
                while full.sendto(b"x", sock.getsockname()):
                    pass
            end = time.monotonic() + 1  # ten times as long as from WATCHDOG to WATCHDOG
            while time.monotonic() < end:
                here.ctl("status")
            hear_all()
            here.stop()
            hear(b"STOPPING=1")


def memory_for_articles():
    """Many unfinished posts share a bound; who goes over it is cut off, the rest is served."""
    with site_with("nntp {\n\tmax-article = 4M\n}\nlimits {\n\treceive-memory = 8M\n}\n") as here:
        with contextlib.ExitStack() as stack:
            conns = [stack.enter_context(here.reader("anke", lab.PASSWORD)) for _ in range(20)]
            line = b"x" * 98 + b"\r\n"
            for conn in conns:
                conn.cmd("POST", "340")
                with contextlib.suppress(OSError):
                    conn.send(b"Subject: big\r\n\r\n" + line * 20000)
            wait_for("the bound", lambda: "received is full" in here.log_tail(50), 10)
            assert rss_kb(here.pid) < 400000
            assert log_in(here)[0] == "281"
        lab.post_articles(here, 3)


def reload_with_a_bad_certificate():
    """The old one stays, and the fault is in the log."""
    with site_with() as here:
        with open(here.conf, encoding="utf-8") as f:
            good = f.read()
        with open(here.conf, "w", encoding="utf-8") as f:
            f.write(good.replace("certificate = ", 'certificate = "/nowhere" #'))
        os.kill(here.pid, signal.SIGHUP)
        wait_for("the fault", lambda: "/nowhere" in here.log_tail(), 10)
        with Nntp(here.ports["nntps"], ca=here.ca) as conn:
            conn.cmd("DATE", "111")


def refuses_to_start():
    """Exit codes: 78 for the configuration, 75 for a store in use, 2 for the command line."""
    with site_with() as here:
        def code(*args):
            return subprocess.run([os.path.join(here.build, "kokod"), *args],
                                  capture_output=True, text=True, timeout=20)

        assert code("-t", "-c", here.conf).returncode == 0
        assert code("-x").returncode == 2
        bad = os.path.join(here.dir, "bad.conf")
        with open(bad, "w", encoding="utf-8") as f:
            f.write('name = "a.example"\nnntp {\n\tidle = "never"\n}\n')
        done = code("-t", "-c", bad)
        assert done.returncode == 78 and f"{bad}:3: " in done.stderr, done
        assert code("-t", "-c", "/nowhere").returncode == 78
        assert code("-f", "-c", here.conf).returncode == 75
        assert here.alive()


if __name__ == "__main__":
    lab.run_cases([
        plain_logins, starttls, many_from_one_source,
        silent_flood, wrong_passwords, no_descriptors, log_that_cannot_be_written,
        sigterm_in_the_middle, systemd_is_told, memory_for_articles,
        reload_with_a_bad_certificate, refuses_to_start])
