#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 120
"""The web door of a whole daemon: set-up documents, and requests that are meant to harm."""

import contextlib
import html.parser
import os
import plistlib
import signal
import socket
import time
import urllib.parse
import xml.etree.ElementTree as ET

from koko import lab
from koko.site import wait_for

MAIL_DOMAIN = "kreis.example"
SETTINGS = f"""mail-domains = {{"{MAIL_DOMAIN}"}}
http {{
	request = 1s
	idle = 2s
	stall = 1s
}}
"""
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
HOSTILE = ('"><script>alert(1)</script>', "'; DROP", "\0", "\r\nX-Injected: 1", "a" * 65536,
           "&lt;")


class Page(html.parser.HTMLParser):
    """What a page is made of: elements, where links lead, languages."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.lang, self.stack = set(), set(), None, []
        self.feed(text)
        self.close()
        assert not self.stack, self.stack

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.links |= {attrs[k] for k in ("href", "src", "action") if k in attrs}
        self.lang = attrs["lang"] if tag == "html" else self.lang
        assert not any(k.startswith("on") or k == "style" for k in attrs), attrs
        if tag not in ("meta", "link", "input"):
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag


class Trial:
    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.site = self.stack.enter_context(lab.site_with(SETTINGS))

    # ---- tools ----

    def url(self, path, tls=False):
        door = "https" if tls else "http"
        return f"{door}://127.0.0.1:{self.site.ports[door]}{path}"

    def curl(self, *args):
        lab.need("curl")
        return lab.run("curl", "-sS", "--max-time", "20", "--cacert", self.site.ca, *args)

    def status(self, *args):
        return int(self.curl("-o", "/dev/null", "-w", "%{http_code}", *args))

    def raw(self, *pieces):
        """All that is said to these bytes, until the other end closes or is silent."""
        with contextlib.closing(lab.connect(self.site, "http")) as sock:
            for piece in pieces:
                with contextlib.suppress(ConnectionError):
                    sock.sendall(piece)
            got = b""
            with contextlib.suppress(ConnectionError):
                while more := sock.recv(65536):
                    got += more
            return got

    def counts(self):
        return self.site.ctl_json("status")["http"]

    def post(self, body, path="/autodiscover/autodiscover.xml", tls=False):
        return ET.fromstring(self.curl("-H", "Content-Type: text/xml", "--data-binary", body,
                                       self.url(path, tls)).encode())

    @staticmethod
    def outlook_request(address):
        return (f'<?xml version="1.0"?><Autodiscover><Request><EMailAddress>{address}'
                f"</EMailAddress><AcceptableResponseSchema>{OUTLOOK}</AcceptableResponseSchema>"
                "</Request></Autodiscover>")

    # ---- documents ----

    def autoconfig(self):
        """Both places, both doors; IMAP, news and submission as this site has them."""
        address = f"emailaddress=anke%40{MAIL_DOMAIN}"
        texts = {self.curl(self.url(f"{path}?{address}", tls))
                 for path in ("/mail/config-v1.1.xml",
                              "/.well-known/autoconfig/mail/config-v1.1.xml")
                 for tls in (False, True)}
        assert len(texts) == 1, texts
        provider = ET.fromstring(texts.pop().encode()).find("emailProvider")
        assert [d.text for d in provider.findall("domain")] == [self.site.domain, MAIL_DOMAIN]
        servers = {s.get("type"): s for s in (*provider.findall("incomingServer"),
                                              *provider.findall("outgoingServer"))}
        assert list(servers) == ["imap", "nntp", "smtp"]
        for kind, door in (("imap", "imaps"), ("nntp", "nntps"), ("smtp", "submissions")):
            server = servers[kind]
            assert int(server.findtext("port")) == self.site.ports[door]
            assert server.findtext("hostname") == "127.0.0.1"
            assert server.findtext("socketType") == "SSL"
            assert server.findtext("username") == "%EMAILADDRESS%"

    def addresses(self):
        """Domains count, people do not: nobody learns who has an account."""
        for path, name in (("/mail/config-v1.1.xml", "emailaddress"),
                           ("/setup/apple.mobileconfig", "address")):
            def status(address):
                return self.status(self.url(f"{path}?{name}={urllib.parse.quote(address)}"))
            for address in ("anke", "nobody", "özlem", "o'neil"):
                assert status(f"{address}@{MAIL_DOMAIN}") == 200, address
            assert status("anke@else.example") == 404
            assert self.status(self.url(path)) == 200
            for text in HOSTILE:
                assert status(f"{text}@{MAIL_DOMAIN}") in (400, 414), text

    def login_with_the_address(self):
        """The user name that every document tells is one that the doors take."""
        with self.site.imap(self.site_user["address"], self.site_user["password"], tls=True):
            pass

    @property
    def site_user(self):
        return lab.person(self.site)

    def apple(self):
        def profile(address):
            got = self.curl(self.url("/setup/apple.mobileconfig?address="
                                     + urllib.parse.quote(address), tls=True))
            return plistlib.loads(got.encode())
        address = f"özlem.o'neil&co@{MAIL_DOMAIN}"
        got = profile(address)
        mail, = got["PayloadContent"]
        assert got["PayloadType"] == "Configuration"
        assert mail["PayloadType"] == "com.apple.mail.managed"
        assert mail["EmailAddress"] == mail["IncomingMailServerUsername"] == address
        assert mail["OutgoingMailServerUsername"] == address
        assert mail["IncomingMailServerPortNumber"] == self.site.ports["imaps"]
        assert mail["OutgoingMailServerPortNumber"] == self.site.ports["submissions"]
        assert mail["IncomingMailServerUseSSL"] and mail["OutgoingMailServerUseSSL"]
        assert profile(address) == got
        other = profile(f"anke@{MAIL_DOMAIN}")
        assert other["PayloadUUID"] != got["PayloadUUID"]

    def wrong_address(self):
        """Who mistypes the address in the form reads why, in German or English, and comes back."""
        for lang, word in (("de", "keine Adresse dieses Servers"), ("en", "no address of")):
            url = self.url(f"/setup/apple.mobileconfig?address=%3Cb%3E%40else.example&lang={lang}")
            text = self.curl(url)
            page = Page(text)
            assert page.lang == lang and word in text and "else.example" not in text, text
            assert f"/setup?lang={lang}#apple" in page.links

    def outlook(self):
        names = {"r": "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006",
                 "o": OUTLOOK}
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
            got = self.post(self.outlook_request(f"a&amp;b@{MAIL_DOMAIN}"), path, tls=True)
            protocols = {p.findtext("o:Type", None, names): p
                         for p in got.iterfind("o:Response/o:Account/o:Protocol", names)}
            for kind, door in (("IMAP", "imaps"), ("SMTP", "submissions")):
                protocol = protocols[kind]
                assert int(protocol.findtext("o:Port", None, names)) == self.site.ports[door]
                assert protocol.findtext("o:LoginName", None, names) == f"a&b@{MAIL_DOMAIN}"
                assert protocol.findtext("o:SSL", None, names) == "on"
        for body, code in ((self.outlook_request("a@else.example"), "500"),
                           (self.outlook_request("nobody"), "600"), ("x", "600"),
                           ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
                            + self.outlook_request("&b;"), "600"),
                           (self.outlook_request(f"a@{MAIL_DOMAIN}").replace(OUTLOOK, "urn:x"),
                            "601")):
            assert self.post(body).findtext("r:Response/r:Error/r:ErrorCode", None, names) == code

    # ---- the page ----

    def page(self):
        """German and English, without script, and nothing from elsewhere."""
        for args, lang, word in (((), "de", "Alle Ordner auf neue Nachrichten prüfen"),
                                 (("-H", "Accept-Language: en-GB,de;q=0.8"), "en",
                                  "Check all folders for new messages")):
            text = self.curl(*args, self.url("/setup"))
            page = Page(text)
            assert page.lang == lang and word in text, text
            assert not page.tags & {"script", "img", "iframe", "style", "object"}, page.tags
            assert all(link.startswith("/") for link in page.links), page.links
            for door in ("imaps", "submissions", "nntps"):
                assert f"<td>{self.site.ports[door]}</td>" in text
            for link in page.links:
                assert self.status(self.url(link)) == 200, link
        assert Page(self.curl(self.url("/setup?lang=en"))).lang == "en"
        assert Page(self.curl("-L", self.url("/"))).lang == "de"

    def safety(self):
        """The fields that keep a browser from harm stand on every answer, refusals too."""
        for path in ("/setup", "/setup/koko.css", "/absent", "/mail/config-v1.1.xml"):
            head = self.curl("-I", self.url(path)).lower()
            assert "default-src 'none'" in head and "frame-ancestors 'none'" in head, head
            assert "x-content-type-options: nosniff\r\n" in head or \
                "x-content-type-options: nosniff\n" in head, head
            assert "referrer-policy: no-referrer" in head and "no-store" in head, head
            assert "server:" not in head and "set-cookie" not in head, head

    def nothing_comes_back(self):
        """What a visitor sends stands in no page."""
        for text in HOSTILE[:2]:
            quoted = urllib.parse.quote(text)
            for path in (f"/setup?lang={quoted}", f"/{quoted}", f"/setup?x={quoted}"):
                got = self.curl(self.url(path), "-H", f"Accept-Language: {text}")
                assert "alert(1)" not in got and "DROP" not in got, got

    # ---- HTTP ----

    def versions(self):
        """HTTP/1.0 ends behind the answer, 1.1 goes on until it is told."""
        assert self.status("--http1.0", self.url("/setup")) == 200
        got = self.raw(b"GET /setup/koko.css HTTP/1.0\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nConnection: close\r\n" in got
        got = self.raw(b"HEAD /setup HTTP/1.1\r\nHost: a\r\n\r\n",
                       b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert got.count(b"HTTP/1.1 ") == 2 and b"Location: /setup\r\n" in got, got

    def waiting_body(self):
        """A program that asks before it sends its body is told to go on, and then answered."""
        with contextlib.closing(lab.connect(self.site, "http")) as sock:
            sock.sendall(b"POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: a\r\n"
                         b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
            assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(b"<a/>")
            assert sock.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")

    def pipelined(self):
        """Fifty at once; the answers are whole and in order."""
        one = b"GET /setup/koko.css HTTP/1.1\r\nHost: a\r\n\r\n"
        got = self.raw(one * 49 + b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 49, got[-500:]
        assert got.endswith(b"404 Not Found: there is no such document\r\n"), got[-500:]

    def refused(self):
        """Each of these is answered, and is the last on its connection.  First of the cases."""
        for request, code in (
                (b"GARBAGE\r\n", 400),
                (b"GET / HTTP/1.1\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
                (b"GET / HTTP/1.1\nHost: a\n\n", 400),
                (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                (b"GET /setup HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
                (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /setup HTTP/1.1\r\n", 400),
                (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
                (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
                (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
                (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 65536 + b"\r\n\r\n", 431),
                (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 100 + b"\r\n", 431),
                (b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", 501),
                (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400)):
            got = self.raw(request)
            assert got.startswith(f"HTTP/1.1 {code} ".encode()), (request[:80], got[:80])
            assert b"\r\nConnection: close\r\n" in got and got.count(b"\r\nDate: ") == 1, got
        want = {"requests": 17, "documents": 0, "refused": 17, "bad": 13, "heads_long": 3,
                "bodies_big": 1}
        wait_for("the counters", lambda: self.counts() == want)

    def climbing(self):
        """Nothing but the documents: no way of writing a path leads to a file."""
        for path in ("/../etc/passwd", "/setup/../../etc/passwd", "//etc/passwd",
                     "/setup/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/setup/..\\x"):
            got = self.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            assert got.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), (path, got)
            assert b"root:" not in got

    def slow(self):
        """A request that trickles in, and a connection without one, end in time."""
        with contextlib.closing(lab.connect(self.site, "http")) as sock:
            start = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() < start + 15:
                    sock.sendall(b"GET /setup HTTP/1.1\r\n" if time.monotonic() - start < .1
                                 else b"X: a\r\n")
                    time.sleep(.1)
            assert time.monotonic() - start < 10
        with contextlib.closing(lab.connect(self.site, "http")) as sock:
            assert lab.closed_after(sock, 10) < 8
        with contextlib.closing(lab.connect(self.site, "http")) as sock:
            sock.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert 1 < lab.closed_after(sock, 10) < 8

    def takes_nothing(self):
        """
        Who asks and takes nothing is cut off, and others are served meanwhile.  The kernel holds
        all that a connection may ask for, so as a rule it is http.idle that ends it.
        """
        late = self.site.ctl_json("status")["conns"]["late"]
        asks = [lab.connect(self.site, "http") for _ in range(20)]
        with contextlib.ExitStack() as stack:
            for sock in asks:
                stack.enter_context(contextlib.closing(sock))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                sock.sendall(b"GET /setup HTTP/1.1\r\nHost: a\r\n\r\n" * 99)
            assert self.status(self.url("/setup")) == 200
            wait_for("their end", lambda: self.site.ctl_json("status")["conns"]["late"]
                     >= late + len(asks))

    def discreet(self):
        """No address of a person stands in the log."""
        with open(self.site.log, encoding="utf-8") as f:
            log = f.read()
        assert "http" in log and MAIL_DOMAIN not in log, log[-2000:]

    # ---- settings ----

    def configure(self, text):
        with open(os.path.join(self.site.dir, "conf.d", "test.conf"), "w",
                  encoding="utf-8") as f:
            f.write(text)

    def exposed(self):
        """From another machine the page is had with TLS alone; from this one as it is."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                sock.connect(("198.51.100.1", 9))  # sends nothing: which address is ours?
            except OSError as e:
                raise lab.Skip(f"no network: {e}") from e
            address = sock.getsockname()[0]
        port = self.site.ports["http"]
        self.configure(f'http {{\n\tlisten = {{"0.0.0.0:{port}"}}\n}}\n')
        self.site.stop()
        self.site.start()
        self.site.wait_ready()
        head = self.curl("-I", f"http://{address}:{port}/setup")
        assert f"Location: https://127.0.0.1:{self.site.ports['https']}/setup" in head, head
        assert self.status(f"http://{address}:{port}/mail/config-v1.1.xml") == 200
        assert self.status(self.url("/setup")) == 200

    def reload(self):
        """Host, domains and doors follow the configuration without a restart."""
        self.configure('mail-domains = {"neu.example"}\n'
                       'http {\n\tsetup-host = "mail.neu.example"\n}\n'
                       'imap {\n\tlisten-tls = {"0.0.0.0:993"}\n}\n'
                       'submission {\n\tlisten = {"127.0.0.1:587", "192.0.2.1:588"}\n}\n')
        os.kill(self.site.pid, signal.SIGHUP)
        wait_for("the new host", lambda: "mail.neu.example" in self.curl(
            self.url("/mail/config-v1.1.xml")))
        text = self.curl(self.url("/mail/config-v1.1.xml"))
        provider = ET.fromstring(text.encode()).find("emailProvider")
        assert "neu.example" in [d.text for d in provider.findall("domain")]
        server, = provider.findall("incomingServer")  # news is on loopback alone
        assert server.findtext("port") == "993" and server.findtext("socketType") == "SSL"
        server, = provider.findall("outgoingServer")
        assert server.findtext("port") == "588" and server.findtext("socketType") == "STARTTLS"


if __name__ == "__main__":
    trial = Trial()
    with trial.stack:
        lab.run_cases([trial.refused, trial.autoconfig, trial.addresses,
                       trial.login_with_the_address, trial.apple, trial.wrong_address,
                       trial.outlook, trial.page, trial.safety, trial.nothing_comes_back,
                       trial.versions, trial.waiting_body, trial.pipelined, trial.climbing,
                       trial.slow, trial.takes_nothing, trial.discreet, trial.reload,
                       trial.exposed])
