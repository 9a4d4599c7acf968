#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
More than 500 odd messages: the part tree that kokod tells (BODYSTRUCTURE: types and sizes) and the
one that libetpan sees in the same bytes.  Each difference is a row of ACCEPTED that says why ours
stands; a row that explains nothing any more is a fault too.
"""

import os
import re
import subprocess

from koko import lab, oddmail
from koko.imapwire import Literal, Wire
from koko.site import build_dir

BOX = b"Odd"
SHOWN = 20

def reuses_boundary(name, message, _ours):
    """Random messages with a boundary within itself."""
    found = re.findall(rb'boundary="?([^"\r\n;]+)', message)
    return name.startswith("seed-") and len(found) > len(set(found))


def has_empty_multipart(name, _message, ours):
    return name.startswith("seed-") and "(text/plain:0)" in ours


# (message, why ours is right or equally allowed)
ACCEPTED = [
    (r"head-(one-byte|no-final-newline|no-colons|line-without|continuation|mbox|empty-name|name-)",
     "the head goes to the empty line, RFC 5322 section 2.1; libetpan ends it at what is no field"),
    (r"type-(text-alone|8bit-type)|part-type-text-alone|multi-digest-bad-type",
     "a Content-Type that cannot be read is text/plain: RFC 2045 section 5.2"),
    (r"type-comment-first", "a comment may stand before the type: RFC 2045 section 5.1"),
    (r"(part-)?type-multipart|multi-boundary-2231",
     "a multipart without a boundary is text, whose parts could not be told; a boundary in sections "
     "is one: RFC 2231 section 3.  libetpan makes a leaf of type multipart"),
    (r"multi-(none|only-close|no-delim|inner-without|delimiter-(space-first|case))",
     "what stands before the first delimiter is no part: RFC 2046 section 5.1.1.  libetpan makes "
     "one of it"),
    (r"multi-unclosed|seed-20261124-(49|85|143)$",
     "the last part goes to the end, its line end too: nothing follows it"),
    (r"multi-epilogue-delimiter", "behind the last delimiter nothing is a part: RFC 2046 5.1.1"),
    (r"multi-(empty-part|part-without|part-head|delimiters-together|delimiter-in-head|outer-in|"
     r"digest-empty|message-(no-empty|in-head))|seed-20261124-(29|74)$",
     "a part may be without fields and without body; a delimiter ends a head, too"),
    (r"multi-delimiter-(text|dashes|one-dash)|multi-boundary-blank-end",
     "a delimiter is the whole line but for blanks at its end: RFC 2046 section 5.1.1"),
    (r"multi-boundary-(specials|8bit|unquoted)",
     "all of bchars are read (RFC 2046 section 5.1.1), and what programs write beside them"),
    (r"multi-boundary-1000", "of a boundary 200 bytes are read: limits.md"),
    (r"multi-(same-boundary|message-with-same)",
     "of two boundaries that are the same the inner one counts until it is closed"),
    (r"multi-message-base64",
     "message/rfc822 has no encoding: RFC 2046 section 5.2.1.  Both find no text in it"),
    (r"(nested|messages|parts)-", "beyond the limits one leaf is left: limits.md"),
    (r"seed-20261124-159$", "a last line of text that looks like a delimiter is text"),
    (reuses_boundary, "the same, by chance"),
    (has_empty_multipart, "a multipart without a part, which is told as one without content"),
]


def tree(values):
    """ "multipart/mixed(text/plain:12 message/rfc822(text/plain:3))" of a BODYSTRUCTURE."""
    if isinstance(values[0], list):
        parts = [v for v in values if isinstance(v, list) and isinstance(v[0], (list, bytes))]
        n = next(i for i, v in enumerate(values) if not isinstance(v, list))
        return f"multipart/{text(values[n])}({' '.join(map(tree, parts[:n]))})"
    kind = f"{text(values[0])}/{text(values[1])}"
    if kind == "message/rfc822":
        return f"{kind}({tree(values[8])})"
    return f"{kind}:{int(values[6])}"


def text(value):
    return value.decode("utf-8", "replace").lower()


class Trial:
    def __init__(self):
        self.messages = oddmail.all_messages()
        self.site = lab.start_site()
        with Wire(self.site.ports["imap"], "anke", lab.PASSWORD) as wire:
            wire.cmd(b"CREATE " + BOX)
            for _, message in self.messages:
                wire.cmd(b"APPEND " + BOX + b" ", Literal(message))
            wire.cmd(b"SELECT " + BOX)
            rows = wire.fetch("1:*", "BODYSTRUCTURE")
        self.ours = [tree(rows[i]["BODYSTRUCTURE"]) for i in range(1, len(self.messages) + 1)]

    def trees(self):
        """The same parts of the same size."""
        program = os.path.join(build_dir(), "tests", "clients", "etpan_tree")
        done = subprocess.run(
            [program], input=b"".join(b"%d\n" % len(m) + m for _, m in self.messages),
            capture_output=True, timeout=60, check=True)
        theirs = done.stdout.decode("utf-8", "replace").lower().splitlines()
        assert len(theirs) == len(self.messages), "a line for each message"
        used, bad = set(), []
        for (name, message), a, b in zip(self.messages, self.ours, theirs):
            rows = [i for i, (which, _) in enumerate(ACCEPTED) if (
                which(name, message, a) if callable(which) else re.match(which, name))]
            if a != b and not rows:
                bad.append(f"{name} {message[:200]!r}\n    ours   {a:.300}\n    theirs {b:.300}")
            if a != b:
                used.update(rows)
        assert not bad, f"{len(bad)} differences\n" + "\n".join(bad[:SHOWN])
        idle = [row[0] for i, row in enumerate(ACCEPTED) if i not in used]
        assert not idle, f"nothing differs any more: {idle}"


if __name__ == "__main__":
    trial = Trial()
    try:
        lab.run_cases([trial.trees])
    finally:
        trial.site.stop()
