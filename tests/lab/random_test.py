#!/usr/bin/env python3
"""Random small architectures in the lab: predicted equals observed in all of them.

By hand, more: random_test.py --seed 1 --count 40. VAUBAN names the program. Exit 77 where no lab is possible here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from random_architectures import write_folder

SECONDS_EACH = 60


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    call = parser.parse_args()
    program = os.environ["VAUBAN"]
    with tempfile.TemporaryDirectory() as place:
        folder, record = Path(place) / "models", Path(place) / "record.json"
        write_folder(folder, call.seed, call.count)
        played = subprocess.run([program, "lab", folder, "--bytes", "4096", "--jobs", "4", "--record", record, "--no-color"],
                                capture_output=True, text=True, timeout=SECONDS_EACH * call.count + 120)
        if "skipped:" in played.stderr:
            print(played.stderr.strip())
            return 77
        scenarios = json.loads(record.read_text())["scenarios"] if record.exists() else []
        print(played.stdout, played.stderr, sep="\n")
    agree = sum(1 for it in scenarios if it["agrees"] and not it["inconclusive"])
    claims = [claim for it in scenarios for claim in it["claims"]]
    said = (f"lab, random architectures from seed {call.seed}: {agree} of {call.count} agree, "
            f"{sum(1 for claim in claims if claim['status'] == 'agrees')} of {len(claims)} claims predicted as observed")
    print(said)
    if summary := os.environ.get("VAUBAN_SUMMARY"):
        Path(summary).write_text(said + "\n")
    return 0 if agree == call.count and played.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
