#!/usr/bin/env python3
"""The truth table of docs/semantics.md, section 6, observed: `vauban lab examples/multi-zone-dns` is run once, and its
record held against each of the 19 rows.

A row names scenarios, what is predicted of a claim there, the probes that must have brought all their bytes, and those
that must have been made and have brought none. VAUBAN names the program; exit 77 where no lab is possible.
`truth_table_test.py RECORD` looks at a record (made with --verbose) instead of making one.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
SKIPPED, INCONCLUSIVE = 77, 3
MODEL = "multi-zone-dns"
# Forged packets are sent once: a busy machine may lose some of those whose answers it has to count.
FORGED_SHARE = 0.9

# row: scenario, claims with their verdicts, what brought all, what brought none. "A & B": a probe in whose line of the
# record both are; there must be at least one.
ROWS = {
    1: [("01-flat", {"no-direct-dns": "broken"}, ["udp/53 from 198.51.100. & to 203.0.113.", "tcp/53 from 198.51.100. & to 203.0.113."], [])],
    2: [("02-matrix-alone", {"no-direct-dns": "kept"}, [],
         ["udp/53 from 198.51.100.", "tcp/53 from 198.51.100.", "udp/53 from 2001:db8:", "tcp/53 from 2001:db8:",
          "answer & opens over tcp/53", "udp/53 bearing"])],
    3: [("02-matrix-alone", {"no-dns-exfiltration": "broken"}, ["query name by dns on dns-int below & .test"], [])],
    4: [("03-deny-list", {"no-dns-exfiltration": "broken"}, ["query name by dns on dns-int below"], ["udp/53 from 198.51.100."])],
    5: [("04-allow-list", {"no-dns-exfiltration": "kept", "no-direct-dns": "kept"}, [],
         ["query name by dns on dns-int below", "udp/53 from 198.51.100.", "udp/53 bearing", "DNS reflection & dns-int"])],
    6: [("06-delegated", {"no-dns-exfiltration": "broken", "no-direct-dns": "kept"},
         ["query name by dns on dns-int below & sub.vendor.example"], ["query name by dns on dns-int below & .test"])],
    7: [("07-open-proxy", {"no-web-exfiltration": "broken", "no-dns-exfiltration": "broken"},
         ["HTTP body by web on proxy to www.", "HTTP CONNECT by web on proxy to www. & :443", "host name by web on proxy below"],
         ["query name by dns on dns-int below"])],
    8: [("08-proxy-by-address", {"no-web-exfiltration": "kept"}, [],
         ["HTTP body by web on proxy to www. & 403", "HTTP body by web on proxy to 203.0.113. & 403",
          "HTTP CONNECT by web on proxy to www. & :443 & 403", "HTTP CONNECT by web on proxy to 203.0.113. & :443 & 403"])],
    9: [("08-proxy-by-address", {"no-dns-exfiltration": "broken"}, ["host name by web on proxy below"],
         ["query name by dns on dns-int below"])],
    10: [(MODEL, {"no-dns-exfiltration": "kept", "no-web-exfiltration": "kept", "no-ntp-exfiltration": "kept",
                  "no-echo-exfiltration": "kept"}, [],
          ["host name by web on proxy below", "HTTP body by web on proxy to www.", "HTTP body by web on proxy to 203.0.113.",
           "HTTP CONNECT by web on proxy to www. & :443", "query name by dns on dns-int below"])],
    11: [("09-no-anti-spoofing", {"no-direct-dns": "broken"}, ["udp/53 bearing 198.51.100. & to 203.0.113."],
          ["udp/53 from 198.51.100."]),
         ("04-allow-list", {"no-direct-dns": "kept"}, [], ["udp/53 bearing 198.51.100. & to 203.0.113."])],
    12: [("10-ipv6-forgotten", {"no-direct-dns": "broken"},
          ["udp/53 from 2001:db8: & to 2001:db8:", "tcp/53 from 2001:db8: & to 2001:db8:"], ["udp/53 from 198.51.100."])],
    13: [("11-ntp-flat", {"no-ntp-exfiltration": "broken"}, ["udp/123 from 198.51.100. & to 203.0.113."], [])],
    14: [("12-ntp-hierarchy", {"no-ntp-exfiltration": "kept"}, [],
          ["NTP timestamp by ntp on ntp-int", "NTP extension by ntp on ntp-int", "udp/123 from 198.51.100."]),
         ("13-udp-relay", {"no-ntp-exfiltration": "broken"}, ["datagram by ntp on ntp-int"], [])],
    15: [("15-echo-flat", {"no-echo-exfiltration": "broken"}, ["icmp/8 from 198.51.100. & to 203.0.113."], [])],
    16: [("16-echo-monitor", {"no-echo-exfiltration": "kept", "no-icmp-exfiltration": "kept"}, [],
          ["icmp/8 from 198.51.100. & to 203.0.113.", "icmp/8 bearing 198.51.100. & to 203.0.113."])],
    17: [("17-related-everywhere", {"no-icmp-exfiltration": "broken", "no-echo-exfiltration": "kept"},
          ["ICMP error & quoting the flow"], ["icmp/8 from 198.51.100."]),
         ("16-echo-monitor", {"no-icmp-exfiltration": "kept"}, [], ["ICMP error & quoting the flow"])],
    18: [("14-ntp-no-anti-spoofing", {"no-ntp-exfiltration": "broken"}, ["NTP origin timestamp & ntp-int (198.51.100."], []),
         ("12-ntp-hierarchy", {"no-ntp-exfiltration": "kept"}, [], ["NTP origin timestamp & ntp-int (198.51.100."])],
    19: [("19-web-server-no-anti-spoofing", {"nothing-leaves": "broken"}, ["SYN-ACK number & www (198.51.100."], []),
         ("18-web-server", {"nothing-leaves": "kept"}, [], ["SYN-ACK number & www (198.51.100."])],
}
FORGED = ("NTP origin timestamp", "SYN-ACK number")


def scenario_name(scenario):
    return Path(scenario["name"]).name.removesuffix(".yaml")


def line(probe):
    return f'{probe["carrier"]} | {probe["probe"]} | {probe.get("note", "")}'


def probes(scenario, words):
    return [probe for probe in scenario["probes"] if all(word in line(probe) for word in words.split(" & "))]


def brought_all(probe):
    if probe["carrier"] in FORGED:
        return probe["arrived"] >= FORGED_SHARE * min(probe["bytes"], probe["sent"]) > 0
    return probe["whole"] and probe["arrived"] == probe["bytes"]


def tried(probe):
    """What must not arrive shows something only where somebody sent it, or asked and was denied."""
    return "failure" not in probe and (probe["sent"] > 0 or "note" in probe)


def wrong_in(scenarios, part):
    """What of a row's part does not hold, one line each."""
    name, claims, whole, none = part
    scenario = scenarios.get(name)
    if scenario is None:
        return [f"{name} did not run"]
    wrong = []
    if not scenario["agrees"] or scenario["inconclusive"]:
        wrong.append(f'{name}: agrees {scenario["agrees"]}, inconclusive {scenario["inconclusive"]} '
                     f'{scenario.get("why_inconclusive", "")}')
    for claim, verdict in claims.items():
        found = [it for it in scenario["claims"] if it["id"] == claim]
        if not found:
            wrong.append(f"{name} has no claim {claim}")
        for it in found:
            if (it["predicted"], it["status"]) != (verdict, "agrees"):
                wrong.append(f'{name}: {claim} is predicted {it["predicted"]} and {it["status"]}, not {verdict} and agrees')
            arrived = it.get("observed", {}).get("arrived", 0)
            if it["status"] == "agrees" and (arrived > 0) != (verdict != "kept"):
                wrong.append(f"{name}: {claim} is {verdict}, and {arrived} bytes arrived")
    for words in whole:
        found = probes(scenario, words)
        if not any(brought_all(probe) for probe in found):
            wrong.append(f"{name}: no '{words}' brought all: " + "; ".join(f'{line(p)}: {p["arrived"]} of {p["bytes"]}' for p in found))
    for words in none:
        found = probes(scenario, words)
        if not any(tried(probe) for probe in found):
            wrong.append(f"{name}: no '{words}' was made")
        wrong += [f'{name}: {line(p)} brought {p["arrived"]} bytes' for p in found if p["arrived"] > 0]
    return wrong


def make_record():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "record.json"
        result = subprocess.run([PROGRAM, "lab", f"examples/{MODEL}", "--record", str(path), "--format", "json", "--verbose"],
                                cwd=ROOT, capture_output=True, text=True)
        if result.returncode == INCONCLUSIVE and not path.exists():
            print(result.stderr.strip())
            sys.exit(SKIPPED)
        if not path.exists():
            sys.exit(f"exit {result.returncode}: {result.stderr}{result.stdout}")
        record = json.loads(path.read_text())
        if json.loads(result.stdout) != record:
            sys.exit("the record in the file is not the one on standard output")
        return record, result.returncode


def main():
    record, code = (json.loads(Path(sys.argv[1]).read_text()), 0) if len(sys.argv) > 1 else make_record()
    scenarios = {scenario_name(it): it for it in record["scenarios"]}
    right = 0
    for number, parts in ROWS.items():
        wrong = [text for part in parts for text in wrong_in(scenarios, part)]
        right += not wrong
        for text in wrong:
            print(f"row {number}: {text}")
    if code != 0:
        print(f"exit code {code}")
    said = f"{right} of {len(ROWS)} rows, {len(scenarios)} scenarios ran"
    print(said)
    if summary := os.environ.get("VAUBAN_SUMMARY"):
        Path(summary).write_text(f"lab, truth table: {said}\n")
    return 0 if right == len(ROWS) and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
