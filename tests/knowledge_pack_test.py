#!/usr/bin/env python3
"""knowledge/pack is what tools/make_knowledge makes of ../shared/data (exit 77 where that is not there).

With --services PROGRAM: of what needs no data, that the tables of protocols are those of knowledge/protocols.yaml, that
each built-in service of the program has its row, and that --check can fail.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PROGRAM = None


def make_knowledge(knowledge, *arguments):
    """Exit code and output of the tool, with its tables in `knowledge`."""
    loader = importlib.machinery.SourceFileLoader("make_knowledge", str(ROOT / "tools" / "make_knowledge"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_knowledge", loader))
    loader.exec_module(tool)
    tool.KNOWLEDGE, tool.PACK = knowledge, knowledge / "pack"
    said = io.StringIO()
    sys.argv = ["make_knowledge", *arguments]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = tool.main()
    return code, said.getvalue()


def rows(table):
    lines = (ROOT / "knowledge" / "pack" / f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    lines = [line.split("\t") for line in lines if not line.startswith("# ")]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


class Protocols(unittest.TestCase):
    def test_tables_are_those_of_the_yaml_file(self):
        self.assertEqual((0, ""), make_knowledge(ROOT / "knowledge", "--check"))

    def test_every_service_has_a_row(self):
        said = subprocess.run([PROGRAM, "services"], capture_output=True, text=True, check=True).stdout
        listed = said.split("Services\n")[1].split("\n\n")[0].splitlines()
        services = [line.split()[0] for line in listed]
        self.assertGreater(len(services), 50)
        self.assertEqual(sorted(services), sorted(row["service"] for row in rows("protocols")))

    def test_every_service_but_any_can_be_used_and_countered(self):
        services = {row["service"] for row in rows("protocols")} - {"any"}
        for table in ("protocol-uses", "protocol-countermeasures"):
            self.assertEqual(services, {row["service"] for row in rows(table)}, table)

    def test_a_difference_is_told_and_mended(self):
        with tempfile.TemporaryDirectory() as name:
            knowledge = Path(name)
            shutil.copy(ROOT / "knowledge" / "protocols.yaml", knowledge)
            self.assertEqual(1, make_knowledge(knowledge, "--check")[0])
            self.assertEqual(0, make_knowledge(knowledge)[0])
            self.assertEqual((0, ""), make_knowledge(knowledge, "--check"))
            table = knowledge / "pack" / "protocols.tsv"
            table.write_text(table.read_text(encoding="utf-8").replace("NTPNetwork", "NPTNetwork"), encoding="utf-8")
            code, said = make_knowledge(knowledge, "--check")
            self.assertEqual(1, code)
            self.assertIn("protocols.tsv", said)

    def test_a_folder_without_data_is_refused(self):
        with tempfile.TemporaryDirectory() as name:
            self.assertEqual(2, make_knowledge(ROOT / "knowledge", "--check", name)[0])


def main():
    global PROGRAM
    if len(sys.argv) == 3 and sys.argv[1] == "--services":
        PROGRAM = sys.argv[2]
        return 0 if unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful() else 1
    if not DATA.is_dir():
        print(f"skipped: {DATA} is not there")
        return 77
    code, said = make_knowledge(ROOT / "knowledge", "--check", str(DATA))
    print(said or "the pack is what the data give", end="" if said else "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
