# SPDX-License-Identifier: GPL-3.0-or-later
"""
A daemon of a federation that does what a test wants: entries signed with the keys of a real one,
the peer port's conversation as the one that dials and as the one that is dialled.
docs/federation.md section 4, 5
"""

import base64
import contextlib
import copy
import hashlib
import os
import socket
import ssl
import threading
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NONE = "A" * 43
LF = "\n"
LIMIT = 20  # seconds for one answer


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def b32(data):
    return base64.b32encode(data).decode().rstrip("=").lower()


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Keys:
    """The keys of a daemon, from the folder where it keeps them; it must have stopped."""

    def __init__(self, site, folder):
        with open(os.path.join(site.data, "fed", "keys"), encoding="ascii") as f:
            lines = dict(line.split(" ", 1) for line in f.read().splitlines()[1:])
        self.name = site.domain
        self.oid = b32(digest(b"kokod-id-v1\n", unb64(lines["root"])))
        self.data = site.data
        self._take(unb64(lines["sign"]))
        self.pem = os.path.join(folder, f"{site.name}-peer.pem")
        key = serialization.load_der_private_key(unb64(lines["tls"]), None)
        with open(self.pem, "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM,
                                      serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
            f.write(ssl.DER_cert_to_PEM_cert(unb64(lines["cert"])).encode())

    def _take(self, seed):
        self.sign_key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self.sign_key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.keyid = b32(digest(b"kokod-key-v1\n", public))[:16]

    def root(self):
        """What signs with the root key (fedseed)."""
        made = copy.copy(self)
        with open(os.path.join(self.data, "fed", "root"), "rb") as f:
            made._take(f.read())
        return made

    def sign(self, text):
        return b64(self.sign_key.sign(text))

    def context(self, side):
        context = ssl.SSLContext(side)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # any certificate is taken here
        context.set_alpn_protocols(["kokod"])
        context.load_cert_chain(self.pem)
        return context


class Entry:
    """
    One entry of a feed.  Everything of T may be given another value; head and body are made of
    `subject` and `text`; `actor` is a login, or None.  With `control` it is a control entry.
    """

    def __init__(self, keys, gid, group, n, p=NONE, epoch=1, r=1, t=None, subject="Gruß",
                 text="Straße.\r\n", actor="test", mid=None, extra="", control=None):
        self.gid, self.oid, self.epoch, self.n = gid, keys.oid, epoch, n
        self.mid = mid or f"<e{epoch}.{n}.{os.urandom(6).hex()}@{keys.name}>"
        salt = os.urandom(16)
        subject = "=?utf-8?B?" + base64.b64encode(subject.encode()).decode() + "?="
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(t))
        fields = [("From", f"Test <{actor or 'admin'}@{keys.name}>"), ("Date", date),
                  ("Newsgroups", group), ("Subject", subject), ("Message-ID", self.mid),
                  ("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8"),
                  ("Content-Transfer-Encoding", "8bit"),
                  ("Kokod-Salt", b64(salt))]
        if actor:
            fields.append(("Kokod-Actor", f"{actor}@{keys.name}"))
        if control:
            fields.append(("Control", f"kokod {control}"))
        if extra:
            fields.append(tuple(extra.split(": ", 1)))
        names = [name.lower() for name, _ in fields] + ["kokod-fields"]
        fields.append(("Kokod-Fields", ",".join(names)))
        body = text.encode()
        head_hash = digest(b"kokod-head-v1\n", salt,
                           *(f"{name.lower()}:{value}\n".encode() for name, value in fields))
        self.t = int(t or time.time())
        self.tags = [("v", "1"), ("o", keys.oid), ("g", gid), ("e", epoch), ("n", n), ("p", p),
                     ("t", self.t), ("r", r), ("y", "c" if control else "a"), ("m", self.mid), ("z", len(body)),
                     ("h", b64(head_hash)),
                     ("b", b64(digest(b"kokod-body-v1\n", salt, body))), ("k", keys.keyid)]
        tagged = "; ".join(f"{k}={v}" for k, v in self.tags)
        self.hash = b64(digest(b"kokod-entry-v1\n", tagged.encode()))
        self.line = tagged + "; s=" + keys.sign(b"kokod-entry-v1\n" + tagged.encode())
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        self.wire = (f"Kokod-Sign: {self.line}\r\n".encode()
                     .replace(b"; y=", b";\r\n y=") + b"Path: " + keys.name.encode() +
                     b"!.POSTED\r\n" + head.encode() + b"\r\n" + body)

    def head_line(self, low=1):
        return f"{self.gid} {self.oid} {self.epoch} {low} {self.n} {self.hash}"


class Record:
    """A record, as text with its signatures."""

    def __init__(self, text):
        words = dict(line.split(": ", 1) for line in text.splitlines())
        self.text = text
        self.kind, self.serial = words["record"], int(words["serial"])
        self.key = words[{"group": "gid", "daemon": "oid", "federation": "fid"}[self.kind]]
        self.hash = b64(digest(text.encode()))
        self.line = f"{self.kind} {self.key} {self.serial} {self.hash}"

    @staticmethod
    def signed(lines, *signers):
        """Of its lines but the signatures; signers: Keys, or what their root() is."""
        text = "".join(line + "\n" for line in lines)
        return Record(text + "".join(
            f"sig: {s.keyid} {s.sign(f'kokod-rec-v1{LF}{text}'.encode())}\n" for s in signers))

    def next(self, *signers, **edits):
        """The one upon it, with other values of these keys."""
        edits = {"serial": self.serial + 1, "prev": self.hash, **edits}
        keys = [line.split(": ", 1) for line in self.text.splitlines()]
        return Record.signed([f"{key}: {edits.get(key, value)}" for key, value in keys
                              if key != "sig"], *signers)


def first_group(keys, name, members):
    """The first record of a closed group of this owner; `members`: oids."""
    salt = b64(b"\0" * 16)
    gid = b32(digest(f"kokod-gid-v1\n{keys.oid}\n{name}\n{salt}".encode()))[:26]
    return Record.signed(
        ["record: group", "v: 1", f"gid: {gid}", f"founder: {keys.oid}", f"salt: {salt}",
         f"group: {name}", "serial: 1", f"prev: {NONE}", f"title: {name}", f"owner: {keys.oid}",
         "quorum: 1", "class: closed", "post: members", "wiki: no", "inn: no", "retain: 0",
         "max-size: 1000000", "history: all", *(f"member: {oid} rw 1" for oid in members),
         "state: active"], keys)


def stuffed(data):
    lines = data.split(b"\r\n")
    return b"\r\n".join(b"." + x if x.startswith(b".") else x for x in lines) + b".\r\n"


class Client:
    """A connection to a peer port; keys None: without a certificate."""

    def __init__(self, port, keys, hello=None):
        context = keys.context(ssl.PROTOCOL_TLS_CLIENT)
        raw = socket.create_connection(("127.0.0.1", port), LIMIT)
        self.sock = context.wrap_socket(raw)
        self.keys = keys
        self.file = self.sock.makefile("rb")
        self.greeting = self.line()
        if hello:
            self.reply = self.cmd(f"KHELLO {keys.oid} {hello} {int(time.time())} 1")

    def line(self):
        return self.file.readline().decode("utf-8", "replace").rstrip("\r\n")

    def send(self, text):
        self.sock.sendall(text.encode() + b"\r\n")

    def cmd(self, text):
        self.send(text)
        return self.line()

    def block(self):
        lines = []
        while True:
            line = self.file.readline()
            if line in (b".\r\n", b""):
                return lines
            lines.append(line[1:] if line.startswith(b".") else line)

    def ask(self, text):
        """(first line, block as text lines); the block is [] behind codes without one."""
        first = self.cmd(text)
        if first[:3] in ("291", "292", "293", "294"):
            return first, [x.decode("utf-8", "replace").rstrip("\r\n") for x in self.block()]
        return first, []

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Server:
    """
    Answers at a peer port as the daemon of `keys` until it is closed.

    heads     head lines that it tells
    articles  {(gid, oid, epoch, n): Entry or bytes or code line}
    records   what it has of records (Record), which it tells
    """

    def __init__(self, port, keys, heads=(), articles=None, records=()):
        self.keys, self.heads = keys, list(heads)
        self.articles, self.records = articles or {}, list(records)
        self.seen = []  # command lines of all connections
        self.changed = threading.Condition()
        self.serial = 1
        self.context = keys.context(ssl.PROTOCOL_TLS_SERVER)
        self.context.verify_mode = ssl.CERT_NONE
        self.listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self.conns = []
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for conn in self.conns:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)  # a thread still reads from it
                conn.close()
        self.tell()

    def tell(self, *heads):
        """Further heads; those that wait hear of them."""
        with self.changed:
            self.heads += heads
            self.serial += 1
            self.changed.notify_all()

    def tell_records(self, *records):
        with self.changed:
            self.records += records
        self.tell()

    def asked(self, word):
        return [line for line in self.seen if line.startswith(word)]

    def _accept(self):
        while not self.closing:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        with contextlib.suppress(OSError):
            sock = self.context.wrap_socket(raw, server_side=True)
            self.conns.append(sock)
            sock.sendall(b"200 kokod peer port\r\n")
            lines = sock.makefile("rb")
            while line := lines.readline():
                text = line.decode().rstrip("\r\n")
                self.seen.append(text)
                words = text.split(" ")
                if words[0] == "KTURN":
                    self.turn(sock, lines, words)
                    return
                sock.sendall(self.answer(words))

    def turn(self, sock, lines, words):
        """Who has dialled wants to be asked."""
        sock.sendall(b"490 not now\r\n")

    def answer(self, words):
        verb = words[0].upper()
        if verb == "KHELLO":
            return f"290 {self.keys.oid} {int(time.time())} 1\r\n".encode()
        if verb == "KREC":
            return self.krec(words)
        if verb == "KHEADS":
            return self.kheads(words)
        if verb == "KENT":
            return self.kent(*words[1:])
        if verb == "KART":
            return self.kart(tuple(words[1:4]) + (int(words[4]),))
        return b"500 unknown command\r\n"

    def krec(self, words):
        if words[1] == "list":
            lines = "".join(r.line + "\r\n" for r in self.records)
            return f"294 0\r\n{lines}.\r\n".encode()
        if words[1] == "federation":  # there is one
            words.insert(2, None)
        serial, wanted = words[3], words[4] if len(words) > 4 else ""
        for r in reversed(self.records):
            if (r.kind == words[1] and words[2] in (r.key, None) and serial in ("*", str(r.serial))
                    and wanted in ("", r.hash)):
                return f"294 {r.serial}\r\n".encode() + stuffed(
                    r.text.replace("\n", "\r\n").encode())
        return b"491 not held here\r\n"

    def kent(self, gid, oid, epoch, first, last):
        lines = [e.line for (g, o, x, n), e in sorted(self.articles.items(), key=lambda x: x[0][3])
                 if (g, o, str(x)) == (gid, oid, epoch) and int(first) <= n <= int(last)]
        if not lines:
            return b"493 outside of what is held\r\n"
        return ("293\r\n" + "".join(x + "\r\n" for x in lines) + ".\r\n").encode()

    def kheads(self, words):
        with self.changed:
            if words[1] == str(self.serial) and not self.closing:
                self.changed.wait(int(words[2]))
            heads = [h for h in self.heads if len(words) < 4 or h.startswith(words[3])]
            heads += [r.line for r in self.records] if len(words) < 4 else []
            return (f"291 {self.serial}\r\n" + "".join(h + "\r\n" for h in heads)
                    + ".\r\n").encode()

    def kart(self, place):
        gid, oid, epoch, n = place
        held = self.articles.get((gid, oid, int(epoch) if epoch.isdigit() else epoch, n))
        if held is None:
            return b"491 not held here\r\n"
        if isinstance(held, bytes):
            return held
        return f"292 {held.mid}\r\n".encode() + stuffed(held.wire)
