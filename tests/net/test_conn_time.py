#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 180
"""Time limits of connections; each case has a site of its own, with limits a test can wait for."""

import contextlib
import select
import time

from koko import lab
from koko.lab import closed_after, connect, rss_kb, site_with
from koko.site import wait_for

QUICK = """nntp {
	login = "2s"
	idle = "3s"
	stall = "2s"
}
"""


def readable(sock, limit=0):
    return bool(select.select([sock], [], [], limit)[0])


def drip():
    """Row 2: a byte now and then does not keep a connection alive that says nothing."""
    with site_with(QUICK) as here, connect(here) as sock:
        start = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < 8:
                sock.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - start < 6


def idle():
    with site_with(QUICK) as here:
        with here.reader("anke", lab.PASSWORD) as conn:
            assert closed_after(conn.sock, 8) > 1.5


def idle_mail_programs():
    """Each mail door has times of its own."""
    quick = "{\n	idle = \"3s\"\n	login = \"2s\"\n}\n"
    for door, block in (("imap", "imap"), ("submission", "submission")):
        with site_with(f"{block} {quick}") as here:
            with connect(here, door) as mute, connect(here) as other, here.reader() as reader:
                talk = (here.imap if door == "imap" else here.mailer)("anke", lab.PASSWORD)
                assert 1 < closed_after(mute, 6) < 4
                assert 0.5 < closed_after(talk.sock, 8) < 5
                reader.cmd("DATE", "111")  # idle at a door with other times
                assert other.recv(100).startswith(b"200 ") and not readable(other)
            assert here.ctl_json("status")["conns"]["late"] == 2


def stalled_reader():
    """Row 15: output waits within its bound, then the connection ends; others are served."""
    with site_with(QUICK) as here:
        lab.post_articles(here, 50)
        with here.reader("anke", lab.PASSWORD) as conn:
            conn.group(lab.GROUP)
            before = rss_kb(here.pid)
            conn.sock.settimeout(1)
            with contextlib.suppress(OSError):
                for _ in range(1000):
                    conn.send(b"OVER 1-\r\n" * 1000)
            assert rss_kb(here.pid) - before < 200000  # ten gigabytes were asked for
            wait_for("the end", lambda: "output stalled" in here.log_tail(50), 10)


def stalled_handshake():
    """Row 8: half a ClientHello."""
    with site_with(QUICK) as here, connect(here, "nntps") as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert 8 < closed_after(sock, 15) < 14


if __name__ == "__main__":
    lab.run_cases([drip, idle, idle_mail_programs, stalled_reader, stalled_handshake])
