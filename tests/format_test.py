#!/usr/bin/env python3
"""All C++ files are as clang-format-19 would write them; `tools/format` makes them so. Exit 77: it is not installed."""

import shutil
import subprocess
import sys
from pathlib import Path


def main():
    root = Path(__file__).parent.parent
    if not shutil.which("clang-format-19"):
        print("skipped: clang-format-19 is not installed")
        return 77
    files = sorted(
        str(p.relative_to(root))
        for folder in ("src", "apps", "tests", "bench", "fuzz")
        for p in (root / folder).rglob("*")
        if p.suffix in (".h", ".cc") and p.is_file()
    )
    failed = False
    for start in range(0, len(files), 100):
        done = subprocess.run(
            ["clang-format-19", "--style=file", "--dry-run", "-Werror", *files[start:start + 100]], cwd=root, check=False
        )
        failed = failed or done.returncode != 0
    print("run tools/format" if failed else f"{len(files)} files are in format")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
