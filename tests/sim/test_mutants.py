#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# level: plain
# limit: 900
"""Does the simulation bite?  Each case switches one rule off, in a copy of one source file, and the
seeds must break a promise.  A case whose lines are not in the source any more fails too.
"""

import os
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(TOP, "scripts/lib"))

from koko import lab  # noqa: E402

BUILD = os.environ.get("KOKO_BUILD", ".")
SEEDS = 1000

BOTH = ("equivocate=20", "restore=10")
RARE = ("equivocate=20", "restore=6", "rot=0", "forkrecord=0")
PASSES = ("equivocate=20", "restore=10", "rot=0", "forkrecord=0")
FORKS = ("restore=0", "equivocate=0", "membership=0", "forkrecord=6")
MORE_FORKS = (*FORKS[:3], "forkrecord=15")
FORKS_AND_MEMBERS = (*FORKS[:2], "forkrecord=10", "membership=25")

# name, what it breaks, file, lines, what stands there instead, kinds of steps to have more of; from=N:
# the seeds before N do not see it
MUTANTS = [
    ("signature", "who signed is not looked at", "proto/fed/fed_check.c",
     "if (is_vouched(c, &key) || fed_sign_verify(s, &key))", "if (true)"),
    ("content", "the body's hash is not looked at", "proto/fed/fed_entry.c",
     "a->body.len != en->sign.z || !fed_hash_eq(&b, &en->sign.b)", "false"),
    ("self_check", "what is on disk is not compared with what was signed", "proto/fed/fed_entry.c",
     "bool holds = check_head(&en, salt) == 0 && check_body(&en, salt) == 0;", "bool holds = true;"),
    ("lost", "what is damaged is not told of as a stub", "proto/fed/fed_feed.c",
     "\tfed_spans_add(&f->stubs, n, n);\n\tfed_spans_add(&f->lost, n, n);",
     "\tfed_spans_add(&f->lost, n, n);"),
    ("gap", "what lies beyond a gap counts as complete", "proto/fed/fed_feed.c",
     "\tif (n > f->high)\n\t\tfed_spans_add(&f->ahead, n, n);",
     "\tif (n > f->high)\n\t\tf->high = n;"),
    ("cut", "the line that a group record draws is not drawn", "proto/fed/fed_node_cut.c",
     "if (end == f->end)", "if (true)"),
    ("scope_heads", "heads are told to everybody", "proto/fed/fed_serve.c",
     "r->answer = fed_reg_reads(r->n->o.reg, r->who, gid);", "r->answer = true;"),
    ("scope_records", "group records are told to everybody", "proto/fed/fed_reg_see.c",
     "return fed_reg_reads(r, who, &gid) ? upto : serial_out(r, who, &gid, key, upto);",
     "return upto;"),
    ("removed_untold", "who is taken out is not told", "proto/fed/fed_reg_see.c",
     "return g && g->closed && has_cut(g, who) && fed_reg_active(r, who);", "return false;",
     "membership=40"),
    ("removed_further", "who was taken out is told of later records too",
     "proto/fed/fed_reg_see.c",
     "\t\tserial--;", "\t\treturn upto;", "membership=40"),
    ("scope_asking", "one who was put out is asked on", "proto/fed/fed_node_record.c",
     "\t\t\tforget_strangers(n, f);", "\t\t\t(void)forget_strangers;",
     "membership=40", "partition=2"),
    ("before_joining", "who joins later is given what was before", "proto/fed/fed_serve.c",
     "if (begin <= f->low)", "if (true)", "membership=30"),
    ("begins_later", "who joins later waits for what was before", "proto/fed/fed_node_begin.c",
     "if (begin > 1 && begin < UINT64_MAX)", "if (false)", "membership=30"),
    ("new_member", "heads are not told anew to who comes later", "proto/fed/fed_node_record.c",
     "\t\trenew_heads(n, &gid);", "\t\t(void)renew_heads;"),
    ("serials", "a record may follow upon any other", "proto/fed/fed_rules.c",
     ("if (rec->serial > last + 1)", "return is_prev(chain->last, rec) ? chain->last : NULL;"),
     ("if (false)", "return chain->last;"), "membership=20", "liars=60"),
    ("rivals", "of two records with one serial the first holds", "proto/fed/fed_reg.c",
     "c->serials.n - (c->rivals.n > 0 ? 1 : 0)", "c->serials.n", *FORKS),
    ("healed_untold", "who is out by a record that had a rival is not told that it holds",
     "proto/fed/fed_reg_see.c", "fed_reg_heals(r, key, serial + 1)", "false", *FORKS),
    ("stray_untold", "whom a void record took in is not told that it is out",
     "proto/fed/fed_reg_see.c", "fed_reg_active(r, who) ? fed_reg_stray(r, key, who) : 0", "0", *FORKS),
    ("misled", "whom a rival took in is called an intruder", "proto/fed/fed_node_head.c",
     "if (fed_reg_misled(n->o.reg, &p->oid, &name->gid))", "if (false)", *FORKS),
    ("misled_void", "... or a record that is void", "proto/fed/fed_reg_see.c",
     "|| fed_reg_stray(r, &key, who) > 0)", ")", *FORKS[:3], "forkrecord=20", "crash=0", "rot=0",
     "from=466"),
    ("misled_out", "... or who was taken out of the group", "proto/fed/fed_reg_see.c",
     "if (was_member(r, who, gid) || fed_reg_stray", "if (fed_reg_stray"),
    ("first_cut", "of two cuts in one epoch the last holds", "proto/fed/fed_node_cut.c",
     "name->epoch.n == c->at.epoch && c->at.n < end", "name->epoch.n == c->at.epoch", *MORE_FORKS,
     "from=901"),
    ("ignorant", "an epoch that was begun in ignorance of a cut counts", "proto/fed/fed_node_cut.c",
     "if (first && is_ignorant(", "if (false && is_ignorant(", *MORE_FORKS),
    ("judged_anew", "what another record of the serial let in stays", "proto/fed/fed_node_cut.c",
     "for (; g->closed && num > 0", "for (; false && num > 0", *MORE_FORKS, "from=401"),
    ("carried", "who heals does not draw what a rival has drawn", "proto/fed/fed_draft_group.c",
     "\t\tcarry(d, &rival.group.cut[i]);", "\t\t(void)carry;", *MORE_FORKS, "from=451"),
    ("carried_void", "... nor what followed it", "proto/fed/fed_draft_group.c",
     "\t\tcarry_void(d, reg);", "\t\t(void)carry_void;", *FORKS_AND_MEMBERS, "from=551"),
    ("shut_out", "whom a void record took in is not cut", "proto/fed/fed_draft_group.c",
     "if (g->closed && !fed_group_member(g, oid)", "if (false && !fed_group_member(g, oid)", *FORKS_AND_MEMBERS,
     "from=1151"),
    ("strays_again", "of a stray the record that decided first is told", "proto/fed/fed_stray.c",
     "one->parted = parted; /* again", "(void)parted; /* again", *MORE_FORKS, "from=501"),
    ("begins_earlier", "who was taken in by a void record waits for nothing of before", "proto/fed/fed_node_begin.c",
     "begin == f->low ||", "begin <= f->low ||", "from=7451"),
    ("not_drawn", "a line stays where nothing was that it was drawn through", "proto/fed/fed_node_cut.c",
     "if (end > f->end && (f->drawn || f->forked))", "if (end > f->end)", "from=41945"),
    ("control_first", "content is asked for before the control pass is over",
     "proto/fed/fed_node.c", "\tif (n->catching)\n", "\tif (false)\n"),
    ("control_all", "the tags of what is missing are not looked at", "proto/fed/fed_node_catch.c",
     "if (s->y != FED_CONTROL || fed_feed_has(f, s->n))", "if (true)"),
    ("control_ahead", "control entries signed in the future are given up", "proto/fed/fed_node_catch.c",
     "\tif (wait == 0)\n\t\tc->tries++;", "\tif (true)\n\t\tc->tries = TRIES_MAX;", "clock=30"),
    ("cancel", "everybody may cancel", "proto/fed/fed_node_control.c",
     "fed_group_moderates(at_r, now, &claim);", "true;"),
    ("lists", "an old list of people takes the place of a later one", "proto/fed/fed_people.c",
     "return at->n > old->n;", "return true;"),
    ("again", "control entries are not looked at again after a start",
     "proto/fed/fed_node_control.c", "\tif (!held.content ||", "\tif (true ||"),
    ("epoch", "a restored daemon goes on in its old epoch", "tests/sim/sim_daemon.c",
     "if (d->epochs[g] < d->floor)", "if (false)"),
    ("epoch_after_crash", "that it was restored is forgotten in a crash", "tests/sim/sim_daemon.c",
     "\tif (d->restored)\n\t\td->floor = d->last_epoch + 1;",
     "\td->floor = d->restored ? d->last_epoch + 1 : 0;", "restore=20", "crash=40", "steps=250"),
    ("retry", "what one neighbour did not have is not asked of another", "proto/fed/fed_pull.c",
     "\t\tin_vain(w, a, peer, now_at, FED_RETRY_S);\n\t\tbreak;", "\t\ta->at = INT64_MAX;\n\t\tbreak;"),
    ("branches", "what an origin signed twice is held once", "proto/fed/fed_node_probe.c",
     "p->known ? node_fork_found(n, p->peer, f, &p->theirs)", "p->known ? 0", "equivocate=20"),
    ("mixed", "what comes of two continuations is put into one gap", "proto/fed/fed_node.c",
     "\t\t!fed_pull_trusts(n->pull, f, peer, num)) {", "\t\tfalse) {", "equivocate=20"),
    ("cannot_tell", "who has nothing of what lies beyond our gap is asked to fill it",
     "proto/fed/fed_pull_lead.c", "fed_spans_next(&f->ahead, n) == UINT64_MAX || h->parted ||",
     "true ||", *PASSES, "membership=8", "from=2251"),
    ("its_own_gap", "what lies beyond a gap at a neighbour counts as of the rest",
     "proto/fed/fed_pull_lead.c", "is_joined(&h->h, n));", "true);", *PASSES, "from=1251"),
    ("same_numbers", "what two have beyond one gap is not compared", "proto/fed/fed_node_head.c",
     "if (!pull(n, peer, f, h))", "if (!pull(n, peer, f, h) && false)", *RARE, "from=4151"),
    ("beside", "a branch takes nothing apart of which it follows nothing",
     "proto/fed/fed_node_fork.c", "p = p ? p : beside(n, f);", "", *RARE, "from=4151"),
    ("nothing_before", "a branch is not asked for while what it follows is nowhere",
     "proto/fed/fed_node_head.c", "else if (!next && !unsure && node_may_guess(n, any))",
     "else if (false)", *RARE, "from=4151"),
    ("lead_waits", "all wait for who leads while it may not be asked", "proto/fed/fed_pull_lead.c",
     "return n == UINT64_MAX || !want_may_ask(w, holder_at(w, i), n);", "return n == UINT64_MAX;",
     *RARE, "from=2551"),
    ("later_gap", "a branch that begins in the midst of a gap is not placed there",
     "proto/fed/fed_node_head.c", "\tif (rc == KERR_NOTFOUND)\n\t\treturn kinship_in_gap",
     "\tif (rc == KERR_NOTFOUND && low == part->high + 1)\n\t\treturn kinship_in_gap", *RARE,
     "from=2501"),
    ("beside_a_gap", "such a branch is held beside another before anybody could tell",
     "proto/fed/fed_node_head.c",
     ("fed_pull_any_sure(part, h->low) ||", "!node_may_guess(n, part))"),
     ("(next && (fed_pull_any_sure(part, h->low) ||", "!node_may_guess(n, part))))"), *RARE, "from=1051"),
    ("behind_all", "what a branch begins with is put behind all there is, whatever came beyond since",
     "proto/fed/fed_pull_lead.c", " && (!h->next || fed_feed_gapless(f));", ";", *PASSES, "membership=8",
     "from=2001"),
    ("proven", "of a branch that is proven the heads are not asked for again",
     "proto/fed/fed_node_fork.c", "\task_all(n, &name->gid); /* of what", "\t/* of what", *RARE, "from=51"),
    ("told_no_more", "a branch that nobody tells of any more keeps its fork from being seen",
     "proto/fed/fed_node_fork.c", "if (branch && branch->unproven && !branch->want) {", "if (false) {",
     *RARE, "from=6351"),
    ("renamed", "who has taken its own feed apart since it was asked counts as one that cannot tell",
     "proto/fed/fed_node_probe.c", " && !p->renamed", "", *PASSES, "membership=8", "from=5301"),
    ("guess", "who could tell of a gap is not waited for", "proto/fed/fed_node_head.c",
     "n->steady_s + FED_GUESS_S", "n->steady_s + AGAIN_S", *BOTH),
    ("tried", "who was asked in vain stays so, whoever has its number", "proto/fed/fed_pull.c",
     "\t\tif (now_at >= a->until)\n\t\t\ta->tried = 0;", "", "liars=80"),
    ("turned", "who cannot be dialled is asked by nobody", "proto/fed/peer_session.c",
     "\tif (s->o.turn)\n", "\tif (false)\n", "hidden=60"),
    ("meets", "two that cannot be dialled are each other's only neighbours",
     "proto/fed/fed_node_nb.c", " || !fed_node_meets(n, oid);", ";", "hidden=85", "daemons=24"),
    ("turned_checks", "what comes over a turned connection is not looked at",
     "proto/fed/fed_check.c", "if (is_vouched(c, &key) || fed_sign_verify(s, &key))", "if (true)",
     "hidden=100", "liars=50"),
]


def build(name, path, old, new):
    """sim_run with that file changed."""
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        source = f.read()
    if isinstance(old, str):
        old, new = (old,), (new,)
    for one in old:
        assert source.count(one) == 1, f"{path}: {one!r} stands there {source.count(one)} times"
    folder = lab.scratch()
    changed = os.path.join(folder, os.path.basename(path))
    with open(changed, "w", encoding="utf-8") as f:
        for one, by in zip(old, new):
            source = source.replace(one, by)
        f.write(source)
    objects = [os.path.join(BUILD, "tests/sim", f) for f in
               sorted(os.listdir(os.path.join(BUILD, "tests/sim"))) if f.endswith(".o")]
    objects = [o for o in objects if not o.endswith("/" + os.path.basename(path)[:-1] + "o")]
    program = os.path.join(folder, name)
    archives = [os.path.join(BUILD, a) for a in ("libproto.a", "libkcrypto.a", "libproto.a")]
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-w", "-include",
                    os.path.join(BUILD, "config.h"), "-I", TOP, changed, *objects, *archives,
                    "-lssl", "-lcrypto", "-lsodium", "-lcrypt", "-pthread", "-o", program], check=True)
    return program


def caught(name, why, path, old, new, *more):
    program = build(name, path, old, new)
    begin = next((int(word[5:]) for word in more if word.startswith("from=")), 1)
    more = [word for word in more if not word.startswith("from=")]
    for first in range(begin, begin + SEEDS, 50):
        options = [word for more_of in more for word in
                   (("-s", more_of[6:]) if more_of.startswith("steps=") else
                    ("-d", more_of[8:]) if more_of.startswith("daemons=") else ("-o", more_of))]
        done = subprocess.run([program, *options, str(first), "50"], stdout=subprocess.PIPE, text=True,
                              timeout=600)
        if done.returncode != 0:
            print(f"{why}: {done.stdout.splitlines()[0] if done.stdout else done.returncode}")
            return
    raise AssertionError(f"{why}: none of {SEEDS} seeds sees it")


def case(mutant):
    def run():
        caught(*mutant)
    run.__name__ = mutant[0]
    return run


if __name__ == "__main__":
    lab.run_cases([case(m) for m in MUTANTS])
