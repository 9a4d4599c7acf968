#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
Three linked municipalities on loopback, with people, groups and threads; scripts/demo calls this.

    demo.py start [--dir DIR] [--port-base N] [--bench] [--json]
    demo.py stop|status [--dir DIR]

DIR/env.json says what is there; a start in a DIR that exists goes on with it.  Set-up steps that are
done are noted as files DIR/SITE/done.STEP, so an interrupted first start is taken up again.
"""

import argparse
import concurrent.futures
import datetime
import glob
import json
import os
import shlex
import sys
import time

from koko import readers, sample
from koko.nntp import NntpError
from koko.site import Site, SiteError, wait_for

STATE_SITES = ("gib", "viersen", "krefeld")
DOMAINS = {name: f"{name}.koko.example" for name in (*STATE_SITES, "bench")}
FEDERATION = "Kommunale Koordinierung NRW"
PREFIXES = {"gib": "nrw", "viersen": "viersen", "krefeld": "krefeld"}
PORT_BASE = 12000
# beside the site's hundred
PORTS = {"nntp": 19, "nntps": 63, "imap": 43, "imaps": 93, "submission": 87, "submissions": 65,
         "http": 80, "https": 81, "peer": 33}
TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
DATA = os.path.join(TOP, "scripts", "demo-data")
CARRY_LIMIT = 60

PASSWORD = "koko-demo"
# The hashes are given, so that 400 accounts cost no 400 password hashes; yescrypt, crypt(5).
HASHES = {
    "koko-demo": "$y$j9T$kokodemo$db2kh9KsU3o46WBmWw8Y/RpsEJ2n3Jaqev2Z0I2sc.1",
    "bench": "$y$j9T$kokobenc$yBwPxwjzywOkpVjbO0YjBIutMn95D/WquC4fFfR8h0D",
    "secret": "$y$j9T$kokosecr$tyG6NaUcpPA5Dz7WlaN84iLdpGEHteKGNnbDIhGlgk9",
}

BENCH_CONF = """
transit {
	open-loopback = on
}

limits {
	conns-per-source = 10000
	login-tries = 100000
	login-queue = 10000
}
"""
BENCH_GROUPS = [f"kk.g{i:04}" for i in range(1, 319)]
BENCH_USERS = [f"user{i:03}" for i in range(400)]


def say(text):
    print(text, file=sys.stderr, flush=True)


def load_people():
    return [sample.Person(row, DOMAINS) for row in sample.rows(os.path.join(DATA, "people.txt"))]


def load_groups():
    """Rows of groups.txt: name, kind, home, sites, title."""
    keys = ("name", "kind", "home", "sites", "title")
    rows = [dict(zip(keys, (c.strip() for c in row.split("|"))))
            for row in sample.rows(os.path.join(DATA, "groups.txt"))]
    for row in rows:
        row["sites"] = row["sites"].split()
    return rows


def quoted(*words):
    """A line for kokoctl batch."""
    return shlex.join(words)


class Demo:
    def __init__(self, folder, port_base=None, bench=False):
        self.dir = os.path.abspath(folder)
        self.env_file = os.path.join(self.dir, "env.json")
        self.env = self._load()
        known = {s["name"]: s for s in self.env.get("sites", [])}
        names = [*STATE_SITES, *(["bench"] if bench or "bench" in known else [])]
        base = port_base or self.env.get("port_base") or PORT_BASE
        self.env["port_base"] = base
        self.sites = {}
        for i, name in enumerate(names, 1):
            ports = {door: base + 100 * i + n for door, n in PORTS.items()}
            site = Site(name, self.dir, DOMAINS[name], ports,
                        BENCH_CONF if name == "bench" else "")
            if name in known:
                site.pid = known[name]["pid"]
            self.sites[name] = site
        self.people = load_people()
        self.groups = load_groups()

    def _load(self):
        try:
            with open(self.env_file, encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    # ---- start ----

    def start(self):
        begin = time.monotonic()
        for site in self.sites.values():
            if not site.alive():
                site.prepare()
                site.start()
        for site in self.sites.values():
            site.wait_ready()
        self._save()
        with concurrent.futures.ThreadPoolExecutor() as crew:
            list(crew.map(lambda s: self._once(s, "accounts", self._set_up), self.sites.values()))
        self._once(self.sites["gib"], "federation", self._federate)
        self._once(self.sites["gib"], f"ports.{self.env['port_base']}", self._tell_ports)
        self._once(self.sites["gib"], "articles", self._post_all)
        say(f"{len(self.sites)} sites are ready after {time.monotonic() - begin:.1f} s")

    @staticmethod
    def _once(site, step, work):
        mark = os.path.join(site.dir, "done." + step)
        if os.path.exists(mark):
            return
        work(site)
        with open(mark, "w", encoding="ascii"):
            pass

    def _set_up(self, site):
        """People, groups and roles of one site, in one go."""
        lines = self.bench_lines() if site.name == "bench" else list(self._state_lines(site))
        existing = {g["name"] for g in site.ctl_json("group", "list")}
        if not existing:
            site.batch(lines)

    def _state_lines(self, site):
        here = [p for p in self.people if p.site == site.name]
        own = {g["name"] for g in self.groups if g["home"] == site.name}
        for g in (g for g in self.groups if g["name"] in own):
            posting = "moderators" if g["kind"] == "board" else "members"
            yield quoted("group", "add", g["name"], "--kind", g["kind"], "--posting", posting,
                         "--title", g["title"])
        for p in here:
            yield quoted("user", "add", p.login, "--name", p.name, "--address", p.address,
                         "--hash", HASHES[PASSWORD])
            yield from self._member_lines(p, own)

    def _member_lines(self, person, groups):
        for group, role in self._roles(person):
            if group in groups:
                yield quoted("member", "add", group, person.login, role)

    def _roles(self, person):
        """(group, role) of everything a person is a member of."""
        for g in self.groups:
            if g["name"] in person.local:
                yield g["name"], "moderator" if person.role == "moderator" else "writer"
            elif len(g["sites"]) > 1:
                yield g["name"], person.role

    @staticmethod
    def bench_lines():
        lines = [quoted("group", "add", name, "--kind", "forum", "--class", "public",
                        "--title", "Lasttest") for name in BENCH_GROUPS]
        lines.append(quoted("user", "add", "bench", "--name", "Bench", "--address",
                            "bench@bench.koko.example", "--hash", HASHES["bench"],
                            "--right", "post-as-any"))
        lines += [quoted("member", "add", name, "bench", "writer") for name in BENCH_GROUPS]
        lines += [quoted("user", "add", login, "--name", login, "--address",
                         f"{login}@bench.koko.example", "--hash", HASHES["secret"])
                  for login in BENCH_USERS]
        return lines

    # ---- the federation, by the commands of README ----

    def _federate(self, gib):
        others = [self.sites[name] for name in STATE_SITES if name != "gib"]
        self._found(gib)
        for site in others:
            self._join(gib, site)
        shared = [g for g in self.groups if len(g["sites"]) > 1]
        for g in shared:
            self._share(gib, g)
        for site in others:
            for g in shared:
                wait_for(f"{g['name']} at {site.name}",
                         lambda n=g["name"], s=site: n in self._groups_of(s), CARRY_LIMIT)
            site.batch([line for p in self.people if p.site == site.name
                        for line in self._member_lines(p, {g["name"] for g in shared})])

    @staticmethod
    def _groups_of(site):
        return {g["name"] for g in site.ctl_json("group", "list")}

    @staticmethod
    def _names(site):
        """The daemons that a site finds in its federation."""
        done = site.ctl("federation", "show", "--json", check=False)
        return {d["name"] for d in json.loads(done.stdout)["daemons"]} if not done.returncode else set()

    def _keep_code(self, site, said):
        """The recovery code is shown once; an admin writes it down, the demo into its folder."""
        if said.get("recovery"):
            with open(os.path.join(site.dir, "recovery-code"), "w", encoding="ascii") as f:
                f.write(said["recovery"] + "\n")

    def _found(self, gib):
        if not self._names(gib):
            self._keep_code(gib, gib.ctl_json("federation", "found", FEDERATION,
                                              "--prefix", PREFIXES["gib"]))

    def _join(self, gib, site):
        if site.domain not in self._names(gib):
            token = gib.ctl_json("peer", "invite", site.domain,
                                 "--prefix", PREFIXES[site.name])["token"]
            said = site.ctl_json("peer", "accept", token)
            self._keep_code(site, said)
            gib.ctl("peer", "confirm", site.domain, "--numbers", said["numbers"])
        wait_for(f"{site.name} in the federation", lambda: site.domain in self._names(site),
                 CARRY_LIMIT)

    def _share(self, gib, group):
        """Share a group with all three; who has done so already is told, and that is fine."""
        gib.ctl("group", "share", group["name"], check=False)
        for name in STATE_SITES:
            if name != "gib":
                gib.ctl("group", "invite", group["name"], DOMAINS[name], check=False)
        if group["kind"] == "board":
            for p in self.people:
                if p.role == "moderator":
                    gib.ctl("group", "moderator", group["name"], f"{p.login}@{DOMAINS[p.site]}",
                            check=False)

    def _tell_ports(self, gib):
        """Who moves tells the others where it is now: its record is signed anew."""
        if not any(name.startswith("done.ports.") for name in os.listdir(gib.dir)):
            return  # the ports that they were founded with
        for name in STATE_SITES:
            site = self.sites[name]
            site.ctl("federation", "address", "--code-file",
                     os.path.join(site.dir, "recovery-code"))

    # ---- articles ----

    def _post_all(self, _site):
        """Everybody posts at home; done when all state articles are at all sites."""
        now = datetime.datetime.now().astimezone()
        people = {f"{p.login}@{p.site}": p for p in self.people}
        articles = []
        for path in sorted(glob.glob(os.path.join(DATA, "threads", "*.txt"))):
            language, thread = sample.load(path, people, now)
            articles += [(a, a.bytes(language)) for a in thread]
        articles.sort(key=lambda pair: pair[0].date)
        conns = {}
        try:
            for article, wire in articles:
                self._post(conns, article, wire)
        finally:
            for conn in conns.values():
                conn.close()
        self._wait_carried([a for a, _ in articles])
        say(f"{len(articles)} articles are posted and carried")

    def _post(self, conns, article, wire):
        author = article.author
        key = author.address
        if key not in conns:
            conns[key] = self.sites[author.site].reader(author.login, PASSWORD)
        reply = conns[key].post(wire)
        if not reply.startswith("240") and not conns[key].has(article.message_id):
            raise SiteError(f"{article.message_id} by {key} in {article.group}: {reply}")

    def _wait_carried(self, articles):
        for name in STATE_SITES:
            member = next(p for p in self.people if p.site == name and p.role == "moderator")
            wanted = [a.message_id for a in articles if a.group.startswith("nrw.")]
            with self.sites[name].reader(member.login, PASSWORD) as conn:
                for message_id in wanted:
                    wait_for(f"{message_id} at {name}", lambda m=message_id: conn.has(m),
                             CARRY_LIMIT)

    # ---- env.json ----

    def _save(self):
        self.env["sites"] = [self._describe(site) for site in self.sites.values()]
        self.env["groups"] = [{k: g[k] for k in ("name", "kind", "home", "title")}
                              for g in self.groups]
        if "bench" in self.sites:
            self.env["groups"] += [{"name": name, "kind": "forum", "home": "bench",
                                    "title": "Lasttest"} for name in BENCH_GROUPS]
        temporary = self.env_file + ".new"
        with open(temporary, "w", encoding="utf-8") as f:
            json.dump(self.env, f, ensure_ascii=False, indent=1)
            f.write("\n")
        os.replace(temporary, self.env_file)

    def _describe(self, site):
        return {"name": site.name, "host": "127.0.0.1", "domain": site.domain,
                "ports": site.ports, "control": site.control, "pid": site.pid,
                "data": site.data, "conf": site.conf, "log": site.log, "ca": site.ca,
                "users": self.users(site.name)}

    def users(self, site):
        if site == "bench":
            rows = [("bench", "bench", "Bench"), *((u, "secret", u) for u in BENCH_USERS)]
            return [{"login": login, "password": password, "name": name,
                     "address": f"{login}@bench.koko.example"} for login, password, name in rows]
        return [{"login": p.login, "password": PASSWORD, "name": p.name, "address": p.address,
                 "role": p.role} for p in self.people if p.site == site]

    # ---- stop, status ----

    def stop(self):
        for site in self.sites.values():
            site.stop()

    def status(self):
        """A line a site; True when all run."""
        up = True
        for site in self.sites.values():
            alive = site.alive()
            up = up and alive
            print(f"{site.name:8} {'running' if alive else 'stopped':8} pid {site.pid or '-':>7}  "
                  + "  ".join(f"{door} {port}" for door, port in site.ports.items()))
        return up

    # ---- how to read ----

    def print_guide(self):
        print(f"\nSites on 127.0.0.1 (all passwords: {PASSWORD})\n")
        for name in STATE_SITES:
            site = self.sites[name]
            people = ", ".join(f"{p.login} ({p.role})" for p in self.people if p.site == name)
            print(f"  {name:8} nntp {site.ports['nntp']}  nntps {site.ports['nntps']}  {people}")
        print("\nRead and write, each in a terminal of its own:\n")
        for name, command, reader in (("viersen", readers.tin_command, "tin"),
                                      ("krefeld", readers.slrn_command, "slrn")):
            user = self.users(name)[0]
            groups = [g["name"] for g in self.groups if name in g["sites"]]
            home = readers.make_home(os.path.join(self.dir, "readers", f"{name}-{user['login']}"),
                                     user, groups)
            print(f"  {reader + ' in ' + name + ':':16} {command(home, self.sites[name].ports['nntp'])}")
        gib = self.sites["gib"]
        print(f"""
Thunderbird: import the authority {gib.ca}
(Settings, Privacy & Security, Manage Certificates), and in the Config Editor set mailnews.auto_config_url to
http://127.0.0.1:{gib.ports['http']}/mail/config-v1.1.xml?emailaddress=a@{{{{domain}}}}
Then a new Email account: {self.users('gib')[0]['name']}, {self.users('gib')[0]['address']}; the rest it finds.
As news: Newsgroup Account, server 127.0.0.1; then in its settings port {gib.ports['nntps']}, SSL/TLS and
"always request authentication"; login doerte.

In a mail program: incoming server (IMAP) 127.0.0.1, port {gib.ports['imap']} (STARTTLS, or none) or {gib.ports['imaps']} (SSL/TLS);
the groups stand below Gruppen.

By mail: send to a group as to a person, nrw.koko.forum@{gib.domain}, from the person's own address;
outgoing server 127.0.0.1, port {gib.ports['submission']} (STARTTLS, or none) or {gib.ports['submissions']} (SSL/TLS), login and password as above.

Setting up any mail program, in German and English: http://127.0.0.1:{gib.ports['http']}/setup

Everything a program needs to know: {self.env_file}
Stop: scripts/demo stop --dir {self.dir}""")


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("verb", choices=("start", "stop", "status"))
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port-base", type=int)
    parser.add_argument("--bench", action="store_true")
    parser.add_argument("--json", action="store_true", help="print env.json instead of the guide")
    args = parser.parse_args()

    os.makedirs(args.dir, exist_ok=True)
    demo = Demo(args.dir, args.port_base, args.bench)
    if args.verb == "stop":
        demo.stop()
        say(f"stopped: {', '.join(demo.sites)}")
    elif args.verb == "status":
        return 0 if demo.status() else 1
    else:
        demo.start()
        if args.json:
            print(json.dumps(demo.env, ensure_ascii=False, indent=1))
        else:
            demo.print_guide()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (SiteError, NntpError, OSError) as e:
        say(f"scripts/demo: {e}")
        sys.exit(1)
