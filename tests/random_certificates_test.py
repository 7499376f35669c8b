#!/usr/bin/env python3
"""Certificates of random architectures: each is as the schema says, and accepted by the checker.

  random_certificates_test.py [--count N] [--seed S]

VAUBAN and VAUBAN_EXPLORE name the programs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=50_000)
    arguments = parser.parse_args()
    vauban, explore = os.environ["VAUBAN"], os.environ["VAUBAN_EXPLORE"]
    try:
        import jsonschema
        schema = jsonschema.Draft202012Validator(
            json.loads((ROOT / "docs/formats/certificate.schema.json").read_text()))
    except (ImportError, AttributeError):
        schema = None
        print("skipped: the JSON Schema (no python3-jsonschema)")
    failed = made = 0
    with tempfile.TemporaryDirectory(prefix="vauban-certificates-") as name:
        room, batch = Path(name), []
        for seed in range(arguments.seed, arguments.seed + arguments.count):
            folder = room / str(seed)
            folder.mkdir()
            model = folder / "model.yaml"
            model.write_bytes(subprocess.run([explore, "--dump", str(seed)], check=True, capture_output=True).stdout)
            run = subprocess.run([vauban, "verify", str(model), "--certificates", str(folder / "out"), "--format", "json",
                                  "--today", "2026-01-01"], capture_output=True, text=True)
            if run.returncode == 2:
                failed += 1
                print(f"seed {seed}: {run.stderr}")
                continue
            kept = sum(claim["verdict"] == "kept" for claim in json.loads(run.stdout)["claims"])
            files = sorted((folder / "out").glob("*.json"))
            if len(files) + run.stderr.count("no certificate for") != kept:
                failed += 1
                print(f"seed {seed}: {kept} claims kept, {len(files)} certificates")
            for file in files:
                made += 1
                batch.append(f"{file}\t{model}")
                if schema is not None:
                    for error in schema.iter_errors(json.loads(file.read_text())):
                        failed += 1
                        print(f"seed {seed}, {file.name}: {error.json_path}: {error.message[:200]}")
        listing = room / "batch"
        listing.write_text("\n".join(batch) + "\n")
        run = subprocess.run([vauban, "check", "--batch"], input=listing.read_text(), capture_output=True, text=True)
        answers = run.stdout.splitlines()
        accepted = sum(line.startswith("accepted") for line in answers)
        for line, pair in zip(answers, batch):
            if not line.startswith("accepted"):
                print(f"{Path(pair.split(chr(9))[0]).parent.parent.name} {Path(pair.split(chr(9))[0]).name}: {line[:300]}")
        if accepted < made:
            failed += 1
        print(f"{arguments.count} architectures, {made} certificates, {accepted} accepted")
        if run.returncode not in (0, 1):
            print(run.stderr[:2000])
    return 1 if failed or made == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
