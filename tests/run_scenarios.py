#!/usr/bin/env python3
"""Runs tests/scenarios: each folder is one case of user-visible behaviour (tests/scenarios/README.md has the format).

    run_scenarios.py [--update] [--folder FOLDER] [NAME...]

VAUBAN names the program; without it build/dev/vauban or build/release/vauban is taken. Each case runs twice and must
say the same both times; the second run has one processor only. All failures are reported. Exit 1 if there is one.
"""

import argparse
import difflib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
EXPECT_KEYS = {"exit", "claims", "stdout-contains", "stdout-lacks", "stderr-contains"}
CLAIM_KEYS = {"verdict", "direct", "bits-per-second", "hops", "contains-assumption", "lacks-assumption", "least-set"}
HOP_KEYS = {"from", "to", "service", "carrier", "how", "answer", "line", "file", "device"}
GOLDEN = ("expected.txt", "expected.json")
SECONDS = 120


class CaseError(Exception):
    """The case itself is wrong."""


class UniqueKeys(yaml.SafeLoader):
    """A key written twice would silently assert half of what it says."""


def unique_mapping(loader, node):
    seen = set()
    for key, _ in node.value:
        if key.value in seen:
            raise CaseError(f"expect.yaml:{key.start_mark.line + 1}: key twice: {key.value}")
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_mapping)


def words(value):
    return value if isinstance(value, list) else [value]


def only_keys(value, keys, where):
    if not isinstance(value, dict):
        raise CaseError(f"{where}: a mapping is expected")
    unknown = sorted(str(key) for key in value if key not in keys)
    if unknown:
        raise CaseError(f"{where}: unknown keys: {', '.join(unknown)}")
    return value


def read_expect(folder):
    path = folder / "expect.yaml"
    if not path.exists():
        raise CaseError("no expect.yaml")
    try:
        expect = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys)
    except yaml.YAMLError as error:
        raise CaseError(f"expect.yaml: {error}") from error
    only_keys(expect, EXPECT_KEYS, "expect.yaml")
    if not isinstance(expect.get("exit"), int):
        raise CaseError("expect.yaml: exit is missing")
    for name, claim in only_keys(expect.get("claims", {}), expect.get("claims", {}), "claims").items():
        only_keys(claim, CLAIM_KEYS, f"claims.{name}")
        if not claim:
            raise CaseError(f"claims.{name}: asserts nothing")
        for hop in claim.get("hops", []):
            only_keys(hop, HOP_KEYS, f"claims.{name}.hops")
    return expect


def run(program, folder, processors=None):
    """(exit code, stdout, stderr) of the case, in its folder, with nothing of the caller's surroundings."""
    path = folder / "args"
    if not path.exists():
        raise CaseError("no args")
    command = [program, *shlex.split(path.read_text(encoding="utf-8"), comments=True)]
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR") or k.endswith("SAN_OPTIONS")}
    env = {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1"}
    before = (lambda: os.sched_setaffinity(0, processors)) if processors else None
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
            preexec_fn=before,
        )
    except subprocess.TimeoutExpired:
        return None, b"", f"no answer within {SECONDS} s".encode()
    return done.returncode, done.stdout, done.stderr


def show(data, most=20):
    lines = data.decode("utf-8", "replace").splitlines()
    more = [f"... {len(lines) - most} more lines"] if len(lines) > most else []
    return "\n".join("      | " + line for line in lines[:most] + more)


def different(expected, got, name):
    lines = difflib.unified_diff(
        expected.decode("utf-8", "replace").splitlines(), got.decode("utf-8", "replace").splitlines(),
        name, "now", lineterm="", n=2,
    )
    return f"{name} differs (tools/update_expected.sh renews it):\n" + show("\n".join(lines).encode(), 60)


def hop_as_text(hop):
    rule = hop.get("rule") or {}
    return (f"{{from: {hop.get('from')}, to: {hop.get('to')}, service: {hop.get('service')}, "
            f"carrier: {hop.get('carrier')}, file: {rule.get('file')}, line: {rule.get('line')}}}")


def check_hops(expected, hops):
    said = "".join(f"\n      {number}: {hop_as_text(hop)}" for number, hop in enumerate(hops, 1))
    if len(expected) != len(hops):
        yield f"{len(hops)} hops, expected {len(expected)}:{said}"
        return
    for number, (want, hop) in enumerate(zip(expected, hops), 1):
        rule = hop.get("rule") or {}
        for key, value in want.items():
            got = (rule if key in ("line", "file", "device") else hop).get(key)
            if got != value:
                yield f"hop {number}: {key} is {got!r}, expected {value!r}:{said}"


def distinct_matching(texts, lines):
    """Whether each text can be given a line of its own that contains it (augmenting paths)."""
    owner = {}

    def place(text, tried):
        for i, line in enumerate(lines):
            if text in line and i not in tried:
                tried.add(i)
                if i not in owner or place(owner[i], tried):
                    owner[i] = text
                    return True
        return False

    return all(place(text, set()) for text in texts)


def check_claim(want, got):
    witness = got.get("witness") or {}
    if "verdict" in want and got.get("verdict") != want["verdict"]:
        yield f"verdict is {got.get('verdict')}, expected {want['verdict']}"
    for key, name in (("direct", "direct"), ("bits-per-second", "bits_per_second")):
        if key in want and witness.get(name) != want[key]:
            yield f"{key} is {witness.get(name)!r}, expected {want[key]!r}"
    if "hops" in want:
        yield from check_hops(want["hops"], witness.get("hops") or [])
    assumptions = [entry.get("text", "") for entry in got.get("assumptions") or []]
    listed = "".join(f"\n      {text}" for text in assumptions)
    for text in words(want.get("contains-assumption", [])):
        if not any(text in assumption for assumption in assumptions):
            yield f"no assumption contains {text!r}:{listed}"
    for text in words(want.get("lacks-assumption", [])):
        if any(text in assumption for assumption in assumptions):
            yield f"an assumption contains {text!r}:{listed}"
    if "least-set" in want:
        lines = [condition.get("line", "") for condition in got.get("conditions") or []]
        texts = words(want["least-set"])
        if len(lines) != len(texts) or not distinct_matching(texts, lines):
            yield f"the least set is {lines}, expected one line for each of {texts}"


def check_claims(expected, stdout):
    try:
        claims = {claim["id"]: claim for claim in json.loads(stdout)["claims"]}
    except (ValueError, KeyError, TypeError) as error:
        yield f"claims are asserted, but stdout is no verdict in JSON ({error}); does args say --format json?"
        return
    for name, want in expected.items():
        if name not in claims:
            yield f"no claim {name}; there are: {', '.join(claims) or 'none'}"
            continue
        for failure in check_claim(want, claims[name]):
            yield f"{name}: {failure}"


def check_case(program, folder):
    """All that is wrong with one case, as texts."""
    expect = read_expect(folder)
    first = code, stdout, stderr = run(program, folder)
    failures = []
    if code != expect["exit"]:
        failures.append(f"exit {code}, expected {expect['exit']}\n{show(stderr or stdout)}")
    if run(program, folder, {min(os.sched_getaffinity(0))}) != first:
        failures.append("two runs say different things")
    if expect.get("claims"):
        failures += check_claims(expect["claims"], stdout)
    for key, data in (("stdout-contains", stdout), ("stderr-contains", stderr)):
        for text in words(expect.get(key, [])):
            if text.encode() not in data:
                failures.append(f"{key[:6]} does not contain {text!r}:\n{show(data)}")
    for text in words(expect.get("stdout-lacks", [])):
        if text.encode() in stdout:
            failures.append(f"stdout contains {text!r}:\n{show(stdout)}")
    for name in GOLDEN:
        if (folder / name).exists() and (folder / name).read_bytes() != stdout:
            failures.append(different((folder / name).read_bytes(), stdout, name))
    return failures


def update_case(program, folder):
    golden = [folder / name for name in GOLDEN if (folder / name).exists()]
    if not golden:
        return []
    first = run(program, folder)
    if run(program, folder, {min(os.sched_getaffinity(0))}) != first:
        return ["two runs say different things; nothing written"]
    want = read_expect(folder)["exit"]
    if first[0] != want:
        return [f"exit {first[0]}, expected {want}; nothing written\n{show(first[2])}"]
    for path in golden:
        if path.read_bytes() != first[1]:
            path.write_bytes(first[1])
            print(f"renewed {path.relative_to(folder.parent)}")
    return []


def find_program():
    if os.environ.get("VAUBAN"):
        return str(Path(os.environ["VAUBAN"]).resolve())
    for preset in ("dev", "release"):
        path = ROOT / "build" / preset / "vauban"
        if path.exists():
            return str(path)
    return None


def main():
    parser = argparse.ArgumentParser(description="Runs the scenarios.")
    parser.add_argument("--update", action="store_true", help="renew the golden outputs")
    parser.add_argument("--folder", type=Path, default=ROOT / "tests" / "scenarios")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    program = find_program()
    if not program or not Path(program).exists():
        print("no program: build it, or let VAUBAN name it", file=sys.stderr)
        return 2
    there = sorted(p.name for p in options.folder.iterdir() if p.is_dir())
    unknown = [name for name in options.names if name not in there]
    if unknown:
        print(f"no such scenario: {', '.join(unknown)}", file=sys.stderr)
        return 2
    failed = 0
    names = options.names or there
    for name in names:
        try:
            failures = (update_case if options.update else check_case)(program, options.folder / name)
        except CaseError as error:
            failures = [str(error)]
        if failures:
            failed += 1
            print(f"FAILED {name}")
            for failure in failures:
                print(f"    {failure}")
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
