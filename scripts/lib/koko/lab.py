# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of whole daemons share: cases, a site with a group and a person, articles."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from koko.site import DEMO_BLOCKS, Site, take_block

PASSWORD = "geheim-Grüße"
GROUP = "kk.test"
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))


class Skip(Exception):
    """A case that cannot be tried here; the text says why."""


def scratch():
    """A folder that the runner removes."""
    return tempfile.mkdtemp(prefix="lab-")


def need(*programs):
    """Skip unless all programs are installed."""
    for program in programs:
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")


def run_cases(cases):
    """Run functions; each is a case.  Prints `N passed, N failed, N skipped` last and exits."""
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    for case in cases:
        start = time.monotonic()
        word, why = "ok", ""
        try:
            case()
        except Skip as e:
            word, why = "skipped", f": {e}"
        except Exception:  # any fault of a case is its failure; the next is still tried
            word = "FAILED"
            traceback.print_exc(file=sys.stdout)
        counts[word] += 1
        print(f"{case.__name__:32} {word}{why} ({time.monotonic() - start:.2f} s)", flush=True)
    print("{ok} passed, {FAILED} failed, {skipped} skipped".format(**counts))
    sys.exit(1 if counts["FAILED"] else 0)


def run(*command, limit=60, stdin=None, env=None, check=True):
    """A client program that runs through by itself; its output as text."""
    done = subprocess.run(
        command, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit,
        env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout


def german(folder):
    """Environment of a German, with the catalogue of this tree; the locale is made in folder."""
    need("localedef", "msgfmt")
    if not os.path.exists("/usr/share/i18n/locales/de_DE"):
        raise Skip("the sources of the locales are not installed")
    messages = os.path.join(folder, "locale", "de", "LC_MESSAGES")
    os.makedirs(messages)
    run("localedef", "-i", "de_DE", "-f", "UTF-8", os.path.join(folder, "de_DE.UTF-8"))
    run("msgfmt", "-o", os.path.join(messages, "koko.mo"), os.path.join(TOP, "po", "de.po"))
    return {"LOCPATH": folder, "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "",
            "KOKO_LOCALEDIR": os.path.join(folder, "locale")}


def person(site, login="anke", name="Anke Beispiel"):
    return {"login": login, "password": PASSWORD, "name": name,
            "address": f"{login}@{site.domain}"}


def add_person(site, user, groups, role="writer", *more):
    site.ctl("user", "add", user["login"], "--name", user["name"], "--address", user["address"],
             "--password-stdin", *more, stdin=user["password"] + "\n")
    for group in groups:
        site.ctl("member", "add", group, user["login"], role)


def start_site(name="site", groups=(GROUP,), more="", folder=None, **start):
    """A running site with groups and Anke as a writer in them."""
    site = Site(name, folder or scratch(), more=more)
    site.prepare()
    site.start(**start)
    site.wait_ready()
    for group in groups:
        site.ctl("group", "add", group, "--kind", "forum", "--title", "Test")
    add_person(site, person(site), groups)
    return site


@contextlib.contextmanager
def site_with(settings="", folder=None, **start):
    """A running site; settings go to conf.d, where they win over what the lab writes."""
    folder = folder or scratch()
    extra = os.path.join(folder, "site", "conf.d")
    os.makedirs(extra)
    with open(os.path.join(extra, "test.conf"), "w", encoding="utf-8") as f:
        f.write(settings)
    here = start_site(folder=folder, **start)
    try:
        yield here
    finally:
        here.stop()


def connect(here, door="nntp", source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", here.ports[door]), 20, (source, 0))


def closed_after(sock, limit):
    """Seconds until the server closes; it must within limit."""
    start = time.monotonic()
    sock.settimeout(limit)
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - start


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def log_in(here, source="127.0.0.1", password=PASSWORD):
    """Try to log in from an address; (code, seconds), the code "" when there was no room."""
    with connect(here, source=source) as sock, sock.makefile("rb") as lines, \
            contextlib.suppress(ConnectionError):
        if not lines.readline().startswith(b"2"):
            return "", 0
        sock.sendall(b"AUTHINFO USER anke\r\n")
        lines.readline()
        start = time.monotonic()
        sock.sendall(f"AUTHINFO PASS {password}\r\n".encode())
        return lines.readline()[:3].decode(), time.monotonic() - start
    return "", 0


def failing(rule):
    """A start wrapper that lets system calls fail, "CALL:error=E:when=N"; the pid stays kokod's."""
    need("strace")
    return ("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={rule.split(':')[0]}",
            "-e", f"inject={rule}")


def free_base():
    """A port base for a demo of our own: all doors of its four hundreds are free."""
    return take_block(DEMO_BLOCKS, DEMO_BLOCKS.step)


def article(message_id, groups=GROUP, sender="Anke Beispiel <anke@site.koko.example>",
            subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", body="Straße.\r\n", path="not-for-mail", more=""):
    """A small article as bytes."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    return (f"Path: {path}\r\nFrom: {sender}\r\nNewsgroups: {groups}\r\nSubject: {subject}\r\n"
            f"Date: {date}\r\nMessage-ID: {message_id}\r\n{more}"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: 8bit\r\n\r\n{body}").encode()


def post_articles(site, n, group=GROUP, stem="lab"):
    """Post n articles by Anke, each after the first an answer to it; their Message-IDs."""
    user = person(site)
    sender = f"{user['name']} <{user['address']}>"
    ids = [f"<{stem}.{i}@{site.domain}>" for i in range(n)]
    with site.reader(user["login"], user["password"]) as conn:
        for i, message_id in enumerate(ids):
            head = f"References: {ids[0]}\r\n" if i else ""
            reply = conn.post(article(message_id, group, sender, more=head))
            assert reply.startswith("240"), reply
    return ids


def editor(folder, line="Antwort: Grüße, Straße."):
    """An editor that adds a line to the file it is given; newer, so that clients see a change."""
    path = os.path.join(folder, "editor")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\nfor f; do :; done\necho '{line}' >>\"$f\"\n"
                "touch -d '+2 sec' \"$f\"\n")
    os.chmod(path, 0o755)
    return path


def without(wire, *names):
    """An article without the named header fields (and their folded lines)."""
    head, _, body = wire.partition(b"\r\n\r\n")
    kept, keep = [], True
    for line in head.split(b"\r\n"):
        if not line.startswith((b" ", b"\t")):
            keep = line.split(b":")[0].decode().lower() not in names
        if keep:
            kept.append(line)
    return b"\r\n".join(kept) + b"\r\n\r\n" + body
