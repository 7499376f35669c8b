#!/usr/bin/env python3
"""Certificates of kept claims are accepted, and corrupted ones are not.

    certificate_corruption_test.py [--seed N] [--count N] [NAME...]

Makes the certificates of examples and scenarios with `vauban verify --certificates`, follows each with the independent
checker (`vauban check --batch`), corrupts them in 1,000 seeded ways, and demands that each corrupted one is rejected or
cannot be read. A corruption is one that changes what the certificate (or the model under it) says. VAUBAN names the
program; exit 77: there is none, or it writes no certificates.
"""

import argparse
import copy
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ("multi-zone-dns", "ntp-hierarchy", "bank", "water-utility")
SEED, COUNT = 20261124, 1000

# Edits of a model that change what it states; each in the cone of every claim that a point of it decides.
MODEL_EDITS = (
    (r"anti-spoofing: (zone|host)", "anti-spoofing: off"),
    (r"uncovered: drop", "uncovered: pass"),
    (r"families: \[ipv4, ipv6\]", "families: [ipv4]"),
    (r"related: (none|from-untrusted)", "related: all"),
    (r"helpers: \[\]", "helpers: [ftp]"),
    (r"unmatched: drop", "unmatched: reject"),
    (r"established: true", "established: false"),
)


class NoChange(Exception):
    """This corruption would change nothing here; another is tried."""


def pick(rng, items):
    items = list(items)
    if not items:
        raise NoChange
    return rng.choice(items)


def steps(certificate):
    return [(closure, step) for closure in certificate.get("closures", []) for step in closure["steps"]]


def lists_of_reasons(certificate):
    for closure in certificate.get("closures", []):
        yield from closure["steps"] + closure["hosts"] + closure["services"]
    yield from certificate.get("pairs", [])


def claim_closure(certificate):
    if not certificate.get("closures"):
        raise NoChange
    return certificate["closures"][-1]


def drop_step(rng, c):
    closure, step = pick(rng, steps(c))
    closure["steps"].remove(step)


def drop_shut(rng, c):
    _, step = pick(rng, steps(c))
    step["shut"].remove(pick(rng, step["shut"]))


def rename_shut(rng, c):
    _, step = pick(rng, steps(c))
    at = rng.randrange(len(step["shut"]))
    step["shut"][at] = step["shut"][at].removesuffix(" +over") if "+over" in step["shut"][at] else step["shut"][at] + " +over"


def turn_step(rng, c):
    _, step = pick(rng, steps(c))
    step["from"], step["to"] = step["to"], step["from"]


def drop_pair(rng, c):
    pair = pick(rng, c.get("pairs", []))
    c["pairs"].remove(pair)


def drop_because(rng, c):
    entry = pick(rng, (e for e in lists_of_reasons(c) if e["because"]))
    entry["because"].remove(pick(rng, entry["because"]))


def swap_because(rng, c):
    entry = pick(rng, (e for e in lists_of_reasons(c) if e["because"]))
    other = pick(rng, sorted(set(c["reasons"]) - set(entry["because"])))
    entry["because"][rng.randrange(len(entry["because"]))] = other
    entry["because"].sort()


def add_because(rng, c):
    entry = pick(rng, lists_of_reasons(c))
    entry["because"] = sorted(entry["because"] + [pick(rng, sorted(set(c["reasons"]) - set(entry["because"])))])


def move_reason(rng, c):
    pick(rng, c["reasons"].values())["place"][rng.choice(["line", "column"])] += rng.choice([1, 2, 7])


def other_file(rng, c):
    pick(rng, c["reasons"].values())["place"]["file"] += "x"


def reword_reason(rng, c):
    reason = pick(rng, c["reasons"].values())
    at = rng.randrange(len(reason["text"]))
    reason["text"] = reason["text"][:at] + rng.choice("xyz ") + reason["text"][at:]


def relayer_reason(rng, c):
    pick(rng, c["reasons"].values())["layer"] += " again"


def reattribute_reason(rng, c):
    reason = pick(rng, c["reasons"].values())
    key = next(k for k in ("point", "host", "service") if k in reason)
    reason[key] += "2"


def drop_reason(rng, c):
    del c["reasons"][pick(rng, sorted(c["reasons"]))]


def swap_reasons(rng, c):
    ids = sorted(c["reasons"])
    if len(ids) < 2:
        raise NoChange
    one, other = rng.sample(ids, 2)
    c["reasons"][one], c["reasons"][other] = c["reasons"][other], c["reasons"][one]


def spare_reason(rng, c):
    c["reasons"][f"r{len(c['reasons']) + 1}"] = copy.deepcopy(pick(rng, c["reasons"].values()))


def drop_state(rng, c):
    closure = pick(rng, c.get("closures", []))
    state = pick(rng, closure["states"])
    if sum(s["state"] == state["state"] for s in closure["states"]) > 1:
        raise NoChange  # another one of the same place may say all that this one does
    closure["states"].remove(state)
    if rng.random() < 0.5:  # tidily: no step from there, as if it were out of reach
        held = {s["state"].split(" ", 1)[1] for s in closure["states"]}
        closure["steps"] = [s for s in closure["steps"] if s["from"] in held or not state["state"].startswith("code")]


def narrow_names(rng, c):
    closure = pick(rng, c.get("closures", []))
    state = pick(rng, (s for s in closure["states"] if s["state"].startswith(("told", "readable"))))
    if sum(s["state"] == state["state"] for s in closure["states"]) > 1:
        raise NoChange
    before = state.get("names", [["", True]])
    marks = [i for i, (_, inside) in enumerate(before) if inside]
    at = pick(rng, marks)
    state["names"] = copy.deepcopy(before)
    if before[at][0] and rng.random() < 0.5:
        state["names"][at][0] = "fresh." + before[at][0]
        state["names"].sort()
    else:
        state["names"][at][1] = False


def flip_over(rng, c):
    # His end and claims over `any` do not tell `over` apart.
    closure = claim_closure(c)
    if c["claim"]["over"] == "any":
        raise NoChange
    # The other way round a closed set may stay one: it says more than is reached.
    state = pick(rng, (s for s in closure["states"] if s["over"]))
    if sum(s["state"] == state["state"] for s in closure["states"]) > 1:
        raise NoChange
    state["over"] = False


def drop_cut(rng, c):
    closure = claim_closure(c)
    cut = closure.get("cut", [])
    cut.remove(pick(rng, cut))


def narrow_cut(rng, c):
    pick(rng, claim_closure(c).get("cut", []))["bits-per-second"] *= rng.choice([0, 0.5, 0.999])


def move_cut(rng, c):
    closure = claim_closure(c)
    if not closure.get("cut"):
        raise NoChange
    state = pick(rng, closure["states"])
    state["far"] = not state.get("far", False)


def drop_his_end(rng, c):
    his = pick(rng, (x for x in c.get("closures", []) if x["role"] == "his-end"))
    c["closures"].remove(his)


def drop_claim_closure(_, c):
    closure = claim_closure(c)
    c["closures"].remove(closure)


def other_start(rng, c):
    closure = pick(rng, c.get("closures", []))
    if len(closure["from"]) > 1 and rng.random() < 0.5:
        closure["from"].remove(pick(rng, closure["from"]))
    else:
        closure["from"] = sorted(closure["from"] + ["host nobody"])


def turn_role(rng, c):
    closure = pick(rng, c.get("closures", []))
    closure["role"] = "claim" if closure["role"] == "his-end" else "his-end"


def backwards(_, c):
    closure = claim_closure(c)
    if closure.get("backwards"):
        del closure["backwards"]
    else:
        closure["backwards"] = True


def drop_host(rng, c):
    closure = pick(rng, (x for x in c.get("closures", []) if x["hosts"]))
    closure["hosts"].remove(pick(rng, closure["hosts"]))


def drop_service(rng, c):
    closure = pick(rng, (x for x in c.get("closures", []) if x["services"]))
    closure["services"].remove(pick(rng, closure["services"]))


def change_claim(rng, c):
    claim = c["claim"]
    key = rng.choice(["from", "to", "over", "direct", "both-ways", "id", "kind", "via", "held-by-adversary"])
    if key in ("direct", "both-ways"):
        claim[key] = not claim[key]
    elif key in ("id", "over"):
        claim[key] += "-x"
    elif key == "kind":
        claim[key] = pick(rng, [k for k in ("never", "only", "always", "only-via") if k != claim[key]])
    else:
        claim[key] = sorted(claim[key] + ["elsewhere"])


def change_hash(rng, c):
    text = c["cone"]["hash"]
    at = rng.randrange(len("sha256:"), len(text))
    c["cone"]["hash"] = text[:at] + pick(rng, [d for d in "0123456789abcdef" if d != text[at]]) + text[at + 1:]


def change_cone(rng, c):
    part = rng.choice(["zones", "hosts", "rules"])
    if part == "rules":
        point = pick(rng, sorted(c["cone"]["rules"]))
        c["cone"]["rules"][point] += 1
    else:
        c["cone"][part].remove(pick(rng, c["cone"][part]))


def other_model(_, c):
    c["model"] += " of somebody else"


def break_form(rng, c):
    which = rng.randrange(4)
    if which == 0:
        c["version"] = 2
    elif which == 1:
        del c[pick(rng, sorted(c))]
    elif which == 2:
        c["comment"] = "trust me"
    else:
        pick(rng, c["reasons"].values())["place"] = "line 5"


CORRUPTIONS = (
    drop_step, drop_shut, rename_shut, turn_step, drop_pair, drop_because, swap_because, add_because, move_reason,
    other_file, reword_reason, relayer_reason, reattribute_reason, drop_reason, swap_reasons, spare_reason, drop_state,
    narrow_names, flip_over, drop_cut, narrow_cut, move_cut, drop_his_end, drop_claim_closure, other_start, turn_role, backwards, drop_host, drop_service,
    change_claim, change_hash, change_cone, other_model, break_form,
)


def models(names):
    found = {}
    for folder in sorted((ROOT / "tests/scenarios").iterdir()):
        if not (folder / "args").exists():
            continue
        call = shlex.split((folder / "args").read_text())
        if call and call[0] == "verify":
            found.setdefault((folder / call[1]).resolve(), folder.name)
    for example in EXAMPLES:
        found.setdefault(ROOT / "examples" / example, example)
    return [(name, path) for path, name in found.items() if not names or name in names]


def batch(program, pairs):
    lines = "".join(f"{certificate}\t{model}\n" for certificate, model in pairs)
    done = subprocess.run([program, "check", "--batch"], input=lines, capture_output=True, text=True, check=False)
    answers = done.stdout.splitlines()
    if len(answers) != len(pairs):
        sys.exit(f"the checker answered {len(answers)} of {len(pairs)} and ended with {done.returncode}: {done.stderr[-500:]}")
    return answers


def edited_model(rng, source, folder):
    """A copy of the model in which one statement has changed."""
    shutil.copytree(source if source.is_dir() else source.parent, folder, dirs_exist_ok=True)
    path = folder / ("model.yaml" if source.is_dir() else source.name)
    text = path.read_text(encoding="utf-8")
    before, claims = text.split("\nclaims:", 1) if "\nclaims:" in text else (text, "")
    pattern, replacement = pick(rng, [e for e in MODEL_EDITS if re.search(e[0], before)])
    path.write_text(re.sub(pattern, replacement, before) + "\nclaims:" + claims, encoding="utf-8")
    return path, f"model: {replacement}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("names", nargs="*")
    call = parser.parse_args()
    program = os.environ.get("VAUBAN")
    if not program:
        program = next((str(p) for p in (ROOT / "build/dev/vauban", ROOT / "build/release/vauban") if p.exists()), None)
    if not program or not Path(program).exists():
        print("SKIPPED: there is no vauban to make certificates with (VAUBAN=path/to/vauban)")
        return 77
    rng = random.Random(call.seed)
    print(f"seed {call.seed}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        genuine = []
        for name, model in models(call.names):
            subprocess.run([program, "verify", str(model), "--certificates", str(scratch / "genuine" / name)],
                           capture_output=True, check=False)
            genuine += [(path, model) for path in sorted((scratch / "genuine" / name).glob("*.json"))]
        if not genuine:
            print("SKIPPED: this vauban writes no certificates")
            return 77
        answers = batch(program, genuine)
        accepted = [pair for pair, answer in zip(genuine, answers) if answer.startswith("accepted")]
        refused = [(pair, answer) for pair, answer in zip(genuine, answers) if not answer.startswith("accepted")]
        for (path, model), answer in refused:
            print(f"genuine, and not accepted: {path.parent.name} {path.stem}: {answer}")
        print(f"{len(accepted)} of {len(genuine)} genuine certificates are accepted")
        if not accepted:
            return 1

        corrupted, what, tries = [], [], 0
        while len(corrupted) < call.count and tries < 50 * call.count:
            tries += 1
            source, model = rng.choice(accepted)
            folder = scratch / "corrupt" / str(len(corrupted))
            path = scratch / f"{len(corrupted)}.json"
            try:
                if rng.random() < 0.05:
                    shutil.rmtree(folder, ignore_errors=True)
                    changed, how = edited_model(rng, model, folder)
                    shutil.copy(source, path)
                    corrupted.append((path, changed))
                else:
                    certificate = json.loads(source.read_text(encoding="utf-8"))
                    before = copy.deepcopy(certificate)
                    corruption = rng.choice(CORRUPTIONS)
                    corruption(rng, certificate)
                    if certificate == before:
                        continue
                    how = corruption.__name__
                    path.write_text(json.dumps(certificate), encoding="utf-8")
                    corrupted.append((path, model))
            except NoChange:
                continue
            what.append(f"{source.parent.name} {source.stem}: {how}")
        order = sorted(range(len(corrupted)), key=lambda i: str(corrupted[i][1]))
        answers = batch(program, [corrupted[i] for i in order])
        believed = [what[i] for i, answer in zip(order, answers) if answer.startswith("accepted")]
        for text in believed:
            print(f"corrupted, and accepted: {text}")
        print(f"{len(corrupted) - len(believed)} of {len(corrupted)} corrupted certificates are rejected")
        return 1 if believed or refused or len(corrupted) < call.count else 0


if __name__ == "__main__":
    sys.exit(main())
