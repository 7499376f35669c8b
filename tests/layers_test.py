#!/usr/bin/env python3
"""Holds the source against the house's arrows: a room includes itself and what its arrows lead to, nothing else.

Also: the rooms named in a room's CMakeLists.txt, the size of files, and names that say nothing. Prints every
violation with its place; exit 1 if there is one.
"""

import re
import sys
from pathlib import Path

# A room -> the rooms it may know; theirs come with them.
ARROWS = {
    "base": [],
    "os": ["base"],
    "space": ["base"],
    "rdf": ["base"],
    "catalog": ["base"],
    "model": ["space", "os"],
    "import": ["model"],
    "reach": ["model"],
    "channel": ["reach"],
    "check": ["model"],
    "compile": ["reach"],
    "attack": ["channel", "catalog"],
    "measure": ["attack"],
    "plan": ["measure"],
    "lab": ["compile", "channel", "os"],
    "conform": ["channel"],
    "report": ["import", "check", "rdf", "plan", "lab", "conform"],
    "serve": ["report"],
}
# What a room must not include although its arrows lead there: an independent checker that used the engine's sets
# would repeat the engine's mistakes.
WITHOUT = {"check": ["space"]}

MOST_LINES = 600
# "helper" alone is a word of the field: what connection tracking calls the code that reads FTP or SIP.
EMPTY_NAMES = ("utils", "util", "helpers", "common", "manager", "managers", "misc")
DECLARED = re.compile(r"\b(?:class|struct|union|enum|enum class|namespace)\s+(\w*(?:Utils?|Helpers|Common|Managers?))\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
ROOM_CALL = re.compile(r"vauban_room\s*\(([^)]*)\)")


def reachable(arrows, room):
    """The room itself and all rooms its arrows lead to."""
    found, todo = set(), [room]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += arrows[here]
    return found


def allowed(room):
    return reachable(ARROWS, room) - set(WITHOUT.get(room, []))


def source_files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc") and p.is_file())


def check_includes(root, path, rooms):
    where = path.relative_to(root)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        if where.parts[0] == "apps" and "/" not in target:
            continue  # a program's own files
        if ".." in target.split("/") or "/" not in target:
            yield f'{where}:{number}: "{target}": write it as "room/file.h"'
            continue
        room = target.split("/")[0]
        if room == "tests" and path.stem.endswith("_test"):
            continue
        if room not in ARROWS:
            yield f'{where}:{number}: "{target}": there is no room "{room}"'
        elif room not in rooms:
            yield f'{where}:{number}: "{target}": no arrow leads from {where.parts[1]} to {room}'


def check_cmake(root, path, room):
    where = path.relative_to(root)
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    for call in ROOM_CALL.findall(text):
        words = call.split()
        if words and words[0] != room:
            yield f"{where}: the room of src/{room} is called {words[0]}"
        if "DEPENDS" in words:
            for other in words[words.index("DEPENDS") + 1:]:
                if other.isupper() or "_" in other and other.upper() == other:
                    break
                if other not in reachable(ARROWS, room):
                    yield f"{where}: no arrow leads from {room} to {other}"


def check_names(root, path):
    where = path.relative_to(root)
    if set(re.split(r"[_\-.]", path.stem.lower())) & set(EMPTY_NAMES):
        yield f"{where}: name it after the concept it holds"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = DECLARED.search(line)
        if match and not line.lstrip().startswith("//"):
            yield f"{where}:{number}: {match.group(1)}: name it after the concept it holds"


def violations(root):
    found = []
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        room = folder.name
        if room not in ARROWS:
            found.append(f"src/{room}: the table of arrows does not know this room")
            continue
        for path in source_files(folder):
            found += check_includes(root, path, allowed(room))
            found += check_names(root, path)
            lines = path.read_bytes().count(b"\n")
            if lines > MOST_LINES:
                found.append(f"{path.relative_to(root)}: {lines} lines; at most {MOST_LINES}, one concept a file")
        for path in sorted(folder.rglob("CMakeLists.txt")):
            found += check_cmake(root, path, room)
    if (root / "apps").is_dir():
        for path in source_files(root / "apps"):
            found += check_includes(root, path, set(ARROWS))  # a program may use every room
            found += check_names(root, path)
    return found


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    found = violations(root)
    for line in found:
        print(line)
    print(f"{len(found)} violations" if found else "the arrows hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
