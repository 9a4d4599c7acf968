# SPDX-License-Identifier: GPL-3.0-or-later
"""A program in a terminal of its own (tmux), driven by what stands on its screen."""

import os
import re
import subprocess
import tempfile

from koko.site import SiteError, wait_for

COLUMNS, ROWS = 110, 36


class Terminal:
    """Start `command`; `wait` for text on the screen before `keys`, never for a time."""

    def __init__(self, command):
        self.dir = tempfile.mkdtemp(prefix="koko-term-")
        self.socket = os.path.join(self.dir, "tmux")
        self._tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS),
                   f"TERM=screen LC_ALL=C.UTF-8 {command}")

    def _tmux(self, *args, check=True):
        env = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        env.pop("TMUX", None)
        return subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *args], check=check,
                              env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._tmux("kill-server", check=False)

    def screen(self):
        return self._tmux("capture-pane", "-p", check=False).stdout

    def wait(self, pattern, limit=15):
        """The screen, once it shows something that matches pattern."""
        def look():
            shown = self.screen()
            return shown if re.search(pattern, shown) else None
        try:
            return wait_for(f"{pattern!r} on the screen", look, limit, 0.05)
        except SiteError as e:
            raise SiteError(f"{e}\n{self.screen()}") from None

    def keys(self, *keys):
        """Type keys (names of tmux send-keys)."""
        self._tmux("send-keys", *keys)

    def text(self, text):
        self._tmux("send-keys", "-l", text)

    def ended(self, limit=15):
        """Wait until the program has ended by itself."""
        wait_for("the program to end",
                 lambda: self._tmux("has-session", check=False).returncode != 0, limit, 0.05)
