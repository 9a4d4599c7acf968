# SPDX-License-Identifier: GPL-3.0-or-later
"""
Marionette, the remote control that Mozilla's programs have built in: its client side.

The wire: frames `LENGTH:JSON` over TCP.  The server speaks first; a command is [0, id, name,
parameters], its answer [1, id, error, result].  Remote agent source: remote/marionette/server.sys.mjs
"""

import base64
import json
import socket

PRIVILEGED = "system"
SLACK = 5  # seconds in which it tells that a script took too long


class MarionetteError(Exception):
    """The program under control refused a command, or a script in it threw."""


class Marionette:
    """
    A session in the program's own (chrome) context, whose scripts may do what the program may.

    port     of loopback, as set in the program's marionette.port
    limit    seconds until a command that does not answer is an error
    """

    def __init__(self, port, limit):
        self.limit = limit
        self.id = 0
        self.sock = socket.create_connection(("127.0.0.1", port), limit + SLACK)
        try:
            self.stream = self.sock.makefile("rb")
            self._frame()  # the greeting
            self.call("WebDriver:NewSession", {})
            self.call("Marionette:SetContext", {"value": "chrome"})
        except (OSError, ValueError) as e:
            self.sock.close()
            raise MarionetteError(f"no session: {e}") from e

    def close(self):
        self.stream.close()
        self.sock.close()

    def _frame(self):
        digits = b""
        while not digits.endswith(b":"):
            byte = self.stream.read(1)
            if not byte:
                raise OSError("the program closed the connection")
            digits += byte
        return json.loads(self.stream.read(int(digits[:-1])))

    def call(self, name, parameters):
        """One command; its result, or MarionetteError."""
        self.id += 1
        wire = json.dumps([0, self.id, name, parameters]).encode()
        self.sock.sendall(b"%d:%s" % (len(wire), wire))
        _, _, error, result = self._frame()
        if error:
            raise MarionetteError(f"{error['error']}: {error['message']}\n{error['stacktrace']}")
        return result

    def script(self, body, *args):
        """
        Run the body of an async function in the main window; what it returns.  `args` are its
        arguments.  A script that is not done within the limit is an error.
        """
        wrapped = ("const done = arguments[arguments.length - 1];"
                   f"(async function () {{{body}}}).apply(null, arguments).then("
                   "value => done({value}), error => done({error: String(error) + error.stack}));")
        answer = self.call("WebDriver:ExecuteAsyncScript", {
            "script": wrapped, "args": list(args), "sandbox": PRIVILEGED, "newSandbox": False,
            "scriptTimeout": int(self.limit * 1000)})["value"]
        if answer is None:
            raise MarionetteError(f"a dialog came up: {self.dialog()}")
        if "error" in answer:
            raise MarionetteError(answer["error"])
        return answer.get("value")

    def dialog(self):
        """The text of a dialog that is open, which is then dismissed; None: there is none."""
        try:
            text = self.call("WebDriver:GetAlertText", {})["value"]
        except MarionetteError as e:
            if "no such alert" not in str(e):
                raise
            return None
        self.call("WebDriver:DismissAlert", {})
        return text

    def screenshot(self):
        """The main window as PNG."""
        shot = self.call("WebDriver:TakeScreenshot", {"full": False, "hash": False})
        return base64.b64decode(shot["value"])
