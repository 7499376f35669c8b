#!/usr/bin/env python3
"""Random architectures, changed in ways whose effect on the verdicts is known.

  more-allowed    one more allow rule never turns a broken claim better
  more-stated     one more hardening statement never turns a kept claim worse
  renamed         other names and another order of zones, hosts and claims change nothing but names
  split           a zone cut in two with free traffic between its halves changes no verdict
  conditions      what a conditional verdict asks for, written into the model, turns it to kept
  threads         the same bytes whatever the number of threads

VAUBAN and VAUBAN_EXPLORE name the programs; arguments: --count N (per kind), --seed S.
"""

import argparse
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

RANK = {"kept": 0, "conditional": 1, "broken": 2}
HARDENING = [("anti-spoofing", "host"), ("families", ["ipv4", "ipv6"]), ("uncovered", "drop"), ("unmatched", "drop")]
ROOM = Path(tempfile.mkdtemp(prefix="vauban-metamorphic-"))


def generated(seed):
    text = subprocess.run([os.environ["VAUBAN_EXPLORE"], "--dump", str(seed)], check=True, capture_output=True,
                          text=True).stdout
    return yaml.load(text, Loader=yaml.BaseLoader)


def verify(model, *extra):
    """The answer as JSON; raises with the diagnostics where the model is refused."""
    path = ROOM / "model.yaml"
    path.write_text(json.dumps(model))  # JSON is YAML
    run = subprocess.run([os.environ["VAUBAN"], "verify", str(path), "--format", "json", "--today", "2026-01-01", *extra],
                         capture_output=True, text=True)
    if run.returncode == 2:
        raise ValueError(run.stderr + path.read_text())
    return json.loads(run.stdout), run.stdout


def verdicts(model):
    return {claim["id"]: claim for claim in verify(model)[0]["claims"]}


def fit(value):
    """Texts of the generator as the reader wants them: numbers and booleans are no texts."""
    if isinstance(value, dict):
        return {key: fit(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [fit(inner) for inner in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


def worse(before, after, better):
    """Claims whose verdict moved the wrong way: up (better=False) or down (better=True)."""
    found = []
    for name, claim in before.items():
        one, other = RANK.get(claim["verdict"]), RANK.get(after[name]["verdict"])
        if one is None or other is None:
            continue
        if (other < one) if better else (other > one):
            found.append(f"{name}: {claim['verdict']} became {after[name]['verdict']}")
    return found


def negative(model):
    """Only claims that say what must not be: allowing more never helps them."""
    kept = [claim for claim in model["claims"] if "always" not in claim]
    return {**model, "claims": kept} if kept else None


def more_allowed(model, draw):
    model = negative(model)
    if model is None:
        return None
    changed = copy.deepcopy(model)
    places = [*model["zones"], *model["hosts"]]
    rule = {"allow": {"from": draw.choice(places), "to": draw.choice(places),
                      "service": draw.choice(["any", "dns", "http", "tcp/22", "udp/123", "icmp/echo"])}}
    flows = changed.setdefault("flows", [])
    flows.insert(draw.randrange(len(flows) + 1), rule)
    return worse(verdicts(model), verdicts(changed), better=True)


def more_stated(model, draw):
    model = negative(model)
    if model is None:
        return None
    changed = copy.deepcopy(model)
    enforcement = changed.setdefault("enforcement", {})
    options = [("enforcement", key, value) for key, value in HARDENING if key not in enforcement]
    for name, host in model["hosts"].items():
        if "services" not in host:
            options.append(("host", name, ("services", {})))
        elif not host["services"] and "client" not in host:
            options.append(("host", name, ("client", "isolated")))
    if not options:
        return None
    kind, key, value = draw.choice(options)
    if kind == "enforcement":
        enforcement[key] = value
    else:
        changed["hosts"][key][value[0]] = value[1]
    return worse(verdicts(model), verdicts(changed), better=False)


def renamed(model, draw):
    """Zones, hosts, services, links and claims in another order, zones and hosts under other names."""
    names = {name: "n" + str(draw.randrange(10 ** 6)) + name for name in [*model["zones"], *model["hosts"]]}

    def change(value, keys=False):
        if isinstance(value, dict):
            return {(names.get(key, key) if keys else key): change(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [change(inner) for inner in value]
        if isinstance(value, str):
            return " - ".join(names.get(word, word) for word in value.split(" - "))
        return value

    changed = {key: change(value, keys=key in ("zones", "hosts")) for key, value in model.items()}
    for key in ("zones", "hosts"):
        order = list(changed[key])
        draw.shuffle(order)
        changed[key] = {name: changed[key][name] for name in order}
    for host in changed["hosts"].values():
        if host.get("services"):
            order = list(host["services"])
            draw.shuffle(order)
            host["services"] = {name: host["services"][name] for name in order}
    draw.shuffle(changed["claims"])
    before, after = verdicts(model), verdicts(changed)
    found = []
    for name, claim in before.items():
        if claim["verdict"] != after[name]["verdict"]:
            found.append(f"{name}: {claim['verdict']} became {after[name]['verdict']}")
        if len(claim.get("conditions", [])) != len(after[name].get("conditions", [])):
            found.append(f"{name}: another number of statements")
    return found


def split(model, draw):
    """A zone cut in two halves of its network; every key that tells zones from neighbours is stated."""
    if "links" in model or any("always" in claim or "reach" in str(claim) for claim in model["claims"]):
        return None
    candidates = []
    for name, zone in model["zones"].items():
        networks = zone["networks"]
        homes = [h for h in model["hosts"].values() if h["zone"] == name or name in h.get("also-in", [])]
        if zone.get("untrusted") or zone.get("isolated") or len(networks) != 1 or not networks[0].endswith(".0/24"):
            continue
        if all("address" in h and "also-in" not in h for h in homes) and homes:
            candidates.append(name)
    if not candidates:
        return None
    name = draw.choice(candidates)
    other = name + "b"
    base = copy.deepcopy(model)
    base["enforcement"] = {"anti-spoofing": "host", "families": ["ipv4", "ipv6"], "uncovered": "drop", "unmatched": "drop",
                           "stateful": {"established": True, "related": "none", "helpers": []}}
    changed = copy.deepcopy(base)
    network = changed["zones"][name]["networks"][0].split("/")[0]
    changed["zones"][name]["networks"] = [network + "/29"]
    rest = network.rsplit(".", 1)[0]
    changed["zones"][other] = {**changed["zones"][name],
                               "networks": [f"{rest}.8/29", f"{rest}.16/28", f"{rest}.32/27", f"{rest}.64/26", f"{rest}.128/25"]}
    for host in changed["hosts"].values():
        addresses = host.get("address")
        if host["zone"] != name:
            continue
        if isinstance(addresses, list):
            return None
        if int(addresses.rsplit(".", 1)[1]) >= 8:
            host["zone"] = other

    def both(value):
        if isinstance(value, dict):
            return {key: both(inner) for key, inner in value.items()}
        if isinstance(value, list):
            out = []
            for inner in value:
                out += [name, other] if inner == name else [both(inner)]
            return out
        return [name, other] if value == name else value

    for key in ("flows", "claims"):
        changed[key] = both(changed.get(key, []))
    for host in changed["hosts"].values():
        host["services"] = both(host["services"]) if "services" in host else None
        if host["services"] is None:
            del host["services"]
    changed["flows"] = [{"allow": {"from": name, "to": other, "service": "any"}},
                        {"allow": {"from": other, "to": name, "service": "any"}}] + changed["flows"]
    before, after = verdicts(base), verdicts(changed)
    return [f"{c}: {before[c]['verdict']} became {after[c]['verdict']}" for c in before
            if before[c]["verdict"] != after[c]["verdict"]]


def write_statement(model, where, line):
    """What a verdict says to write, written: `where` is a path of keys, `line` a piece of YAML."""
    target = model
    for key in where.split("."):
        target = target.setdefault(key, {})
    for key, value in yaml.safe_load(line).items():
        if isinstance(value, dict):
            target.setdefault(key, {}).update(value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key] = value
        else:
            target[key] = value


def conditions(model, _):
    before = verdicts(model)
    found, looked = [], False
    for name, claim in before.items():
        if claim["verdict"] != "conditional":
            continue
        sets = [claim["conditions"], *claim.get("other_conditions", [])]
        for statements in sets:
            looked = True
            changed = copy.deepcopy(model)
            for statement in statements:
                write_statement(changed, statement["where"], statement["line"])
            after = verdicts(changed)[name]["verdict"]
            if after != "kept":
                lines = "; ".join(f"{s['where']}: {s['line']}" for s in statements)
                found.append(f"{name}: with {lines} it is {after}")
            # Minimality: without any one of them it is not kept.
            for left_out in range(len(statements)):
                fewer = copy.deepcopy(model)
                for index, statement in enumerate(statements):
                    if index != left_out:
                        write_statement(fewer, statement["where"], statement["line"])
                if verdicts(fewer)[name]["verdict"] == "kept":
                    found.append(f"{name}: kept without {statements[left_out]['line']} too")
    return found if looked else None


def threads(model, _):
    model = {**model, "claims": [{**claim, "id": f"{claim['id']}-{n}"} for n in range(4) for claim in model["claims"]]}
    one, two = verify(model, "--jobs", "1")[1], verify(model, "--jobs", "3")[1]
    return [] if one == two else ["other bytes with three threads"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    failed = 0
    for change in (more_allowed, more_stated, renamed, split, conditions, threads):
        done, seed = 0, arguments.seed
        while done < arguments.count and seed < arguments.seed + 40 * arguments.count:
            model = fit(generated(seed))
            found = change(model, random.Random(seed))
            if found is not None:
                done += 1
                for line in found:
                    failed += 1
                    print(f"{change.__name__.replace('_', '-')}, seed {seed}: {line}")
            seed += 1
        print(f"{change.__name__.replace('_', '-')}: {done} architectures")
        if done == 0:
            failed += 1
            print(f"{change.__name__}: the generator made none that it applies to")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
