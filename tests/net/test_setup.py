#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: fast
# limit: 120
"""The web door of a whole daemon: set-up documents, and requests that are meant to harm."""

import contextlib
import xml.etree.ElementTree as ET

from koko import lab

MAIL_DOMAIN = "kreis.example"


class Trial:
    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.site = self.stack.enter_context(
            lab.site_with(f'mail-domains = {{"{MAIL_DOMAIN}"}}\n'))

    # ---- tools ----

    def url(self, path, tls=False):
        return f"{'https' if tls else 'http'}://127.0.0.1:{self.site.ports['https' if tls else 'http']}{path}"

    def curl(self, *args):
        lab.need("curl")
        return lab.run("curl", "-sS", "--max-time", "20", "--cacert", self.site.ca, *args)

    def status(self, *args):
        return int(self.curl("-o", "/dev/null", "-w", "%{http_code}", *args))

    # ---- cases ----

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

    def autoconfig_addresses(self):
        """Domains count, people do not: nobody learns who has an account."""
        for address, want in (("anke", 200), ("nobody", 200), ("%C3%B6zlem", 200),
                              ("%00", 400), ("%22%3E%3Cscript%3E", 400), ("", 400)):
            url = self.url(f"/mail/config-v1.1.xml?emailaddress={address}%40{MAIL_DOMAIN}")
            assert self.status(url) == want, address
        assert self.status(self.url("/mail/config-v1.1.xml?emailaddress=a%40b.example")) == 404
        assert self.status(self.url("/mail/config-v1.1.xml")) == 200


if __name__ == "__main__":
    trial = Trial()
    with trial.stack:
        lab.run_cases([trial.autoconfig, trial.autoconfig_addresses])
