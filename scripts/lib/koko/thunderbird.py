# SPDX-License-Identifier: GPL-3.0-or-later
"""
Thunderbird without a screen: a fresh profile, start, calls of functions inside it, pictures, stop.

Seen with Debian's 153 ESR.  Its inner interfaces change between ESR releases; all that depends on
them is in here and in the library of functions that a test gives it.
"""

import os
import subprocess

from koko.marionette import Marionette, MarionetteError
from koko.site import SiteError, free_ports, wait_for

START_LIMIT = 60
SCRIPT_LIMIT = 30

# Its clients of news and submission tell their lines on the output, passwords too.
TALKATIVE = {
    "devtools.console.stdout.chrome": True,
    "mailnews.nntp.loglevel": "All",
    "mailnews.smtp.loglevel": "All",
}

# What a first start would ask, show or fetch, and what would make a run depend on the time.
QUIET = {
    "app.donation.eoy.version.viewed": 999,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "calendar.timezone.useSystemTimezone": True,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "extensions.update.enabled": False,
    "intl.locale.requested": "en-US",
    "mail.inappnotifications.enabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mailnews.start_page_override.mstone": "ignore",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}


class Thunderbird:
    """
    folder    its home; `output` has its lines of news and submission, `wire` those of IMAP
    ca        file of the authority whose certificates it trusts
    library   file of functions in `window.koko`, run at each start
    prefs     further preferences, {name: bool, int or str}
    """

    def __init__(self, folder, ca, library, prefs=None):
        self.dir = folder
        self.library = library
        self.profile = os.path.join(folder, "profile")
        self.output = os.path.join(folder, "thunderbird.log")
        self.wire = os.path.join(folder, "wire.moz_log")
        self.port = free_ports(1)[0]
        self.process = self.remote = None
        os.makedirs(self.profile)
        self._write_prefs({**QUIET, **TALKATIVE, **(prefs or {}), "marionette.port": self.port})
        self._trust(ca)

    def _write_prefs(self, prefs):
        with open(os.path.join(self.profile, "user.js"), "w", encoding="utf-8") as f:
            for name, value in prefs.items():
                f.write(f"user_pref({literal(name)}, {literal(value)});\n")

    def _trust(self, ca):
        base = "sql:" + self.profile
        subprocess.run(["certutil", "-N", "-d", base, "--empty-password"], check=True)
        subprocess.run(["certutil", "-A", "-d", base, "-n", "demo", "-t", "C,,", "-i", ca],
                       check=True)

    # ---- life ----

    def start(self):
        env = {**os.environ, "HOME": self.dir, "LC_ALL": "C.UTF-8", "MOZ_HEADLESS": "1",
               "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900",
               "MOZ_DISABLE_AUTO_SAFE_MODE": "1", "MOZ_CRASHREPORTER_DISABLE": "1",
               "MOZ_LOG": "timestamp,sync,append,IMAP:5", "MOZ_LOG_FILE": self.wire}
        with open(self.output, "ab") as out:
            self.process = subprocess.Popen(
                ["thunderbird", "--marionette", "--remote-allow-system-access", "--no-remote",
                 "--profile", self.profile], env=env, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out)
        self.remote = wait_for("Thunderbird to be ready", self._connect, START_LIMIT)
        with open(self.library, encoding="utf-8") as f:
            self.remote.script(f.read())

    def _connect(self):
        if self.process.poll() is not None:
            raise SiteError(f"Thunderbird ended with {self.process.returncode}: {self.output}")
        try:
            return Marionette(self.port, SCRIPT_LIMIT)
        except (OSError, MarionetteError):
            return None

    def stop(self):
        if self.remote is not None:
            self.remote.close()
            self.remote = None
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(START_LIMIT)

    # ---- use ----

    def do(self, name, *args):
        """What the library's function answers."""
        return self.remote.script("return koko[arguments[0]](...[...arguments].slice(1));", name,
                                  *args)

    def picture(self, path):
        """Write the main window as PNG."""
        with open(path, "wb") as f:
            f.write(self.remote.screenshot())


def literal(value):
    """A JavaScript literal of a preference."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
