# SPDX-License-Identifier: GPL-3.0-or-later
"""Home folders with which tin and slrn come up logged in, and a post by tin."""

import os

from koko.term import Terminal

TINRC = """mail_address={name} <{address}>
use_color=OFF
confirm_choice=none
auto_reconnect=ON
mm_charset=UTF-8
mm_network_charset=UTF-8
post_mime_encoding=8bit
post_8bit_header=OFF
"""

SLRNRC = """set username "{user}"
set hostname "{domain}"
set realname "{name}"
charset display utf-8
charset outgoing utf-8
nnrpaccess "127.0.0.1" "{login}" "{password}"
set editor_command "{editor} '%s'"
set confirm_actions 0
set generate_message_id 0
set use_color 0
"""


def _write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w",
              encoding="utf-8") as f:
        f.write(text)


def make_home(folder, user, groups, editor="sensible-editor"):
    """
    Write a home for `user` (login, password, name, address) that is subscribed to `groups`.
    Returns the folder.
    """
    local, domain = user["address"].split("@")
    values = {**user, "user": local, "domain": domain, "editor": editor}
    newsrc = "".join(f"{g}:\n" for g in groups)
    _write(os.path.join(folder, ".newsrc"), newsrc)
    _write(os.path.join(folder, ".jnewsrc"), newsrc)
    _write(os.path.join(folder, ".newsauth"),
           f"127.0.0.1 {user['password']} {user['login']}\n", 0o600)
    _write(os.path.join(folder, ".tin", "tinrc"), TINRC.format(**values))
    _write(os.path.join(folder, ".cancelsecret"), f"{user['login']} of the demo\n", 0o600)
    _write(os.path.join(folder, ".slrnrc"), SLRNRC.format(**values))
    for name in ("News", "Mail"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    return folder


def tin_command(home, port):
    return f"env HOME={home} tin -r -A -g 127.0.0.1 -p {port}"


def slrn_command(home, port):
    return f"env HOME={home} slrn -n -h 127.0.0.1 -p {port} -f {home}/.jnewsrc"


def post_with_tin(home, port, seen, subject):
    """
    Start a thread in the first group of a home whose editor writes the text; `seen` stands in the
    group.
    """
    with Terminal(f"env VISUAL={home}/editor " + tin_command(home, port)) as t:
        t.wait("Group Selection")
        t.keys("Enter")
        t.wait(seen)
        t.keys("w")
        t.wait("Post subject")
        t.text(subject)
        t.keys("Enter")
        t.wait("p=post")
        t.keys("p")
        t.wait("Article posted|Artikel gepostet")
