#!/usr/bin/env python3
"""`vauban verify MODEL --watch` while the model is edited. VAUBAN names the program."""

import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
SECONDS = 60
RULE = "  - allow: {from: clients, to: internet, service: udp/3478}"


class Watch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.model = self.folder / "model.yaml"

    def start(self, *words):
        self.process = subprocess.Popen(
            [PROGRAM, "verify", *words, "--watch"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)

    def round(self):
        """What one verification prints."""
        text, end = "", time.monotonic() + SECONDS
        while "Ctrl-C ends" not in text:
            try:
                text += self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                self.fail(f"nothing more within {SECONDS} s after:\n{text}")
        return text

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS)

    def replace(self, path, text):
        """As editors save: another file takes the name."""
        other = path.with_name("." + path.name + ".swp")
        other.write_text(text)
        other.rename(path)

    def test_edits(self):
        text = (ROOT / "examples" / "multi-zone-dns" / "model.yaml").read_text()
        mended = "\n".join(line for line in text.splitlines() if not line.startswith(RULE)) + "\n"
        self.model.write_text(text)
        self.start("model.yaml")
        first = self.round()
        self.assertIn("9 kept, 1 broken", first)
        self.assertNotIn("<-", first)
        self.model.write_text(mended)
        second = self.round()
        self.assertIn("== model.yaml changed", second)
        self.assertIn("10 kept", second)
        self.assertEqual(["kept         web-only-by-proxy  <- was broken"],
                         [line for line in second.splitlines() if "<-" in line])
        self.replace(self.model, mended + "  - {id: more, never: {reach: {from: internet, to: ws, service: any}}}\n")
        third = self.round()
        self.assertEqual(["kept         more  <- new"], [line for line in third.splitlines() if "<-" in line])
        self.replace(self.model, mended.replace("zones:", "zonez:"))
        wrong = self.round()
        self.assertIn("zonez", wrong)
        self.assertIn("error", wrong)
        self.replace(self.model, text)
        fourth = self.round()
        self.assertIn("broken       web-only-by-proxy     direct, 100 Mbit/s  <- was kept", fourth)
        self.assertIn("removed      more  <- was kept", fourth)
        self.assertEqual(1, self.stop())

    def test_includes_and_rule_files(self):
        shutil.copytree(ROOT / "examples" / "imported-firewall", self.folder / "fw")
        model = self.folder / "fw" / "model.yaml"
        model.write_text(model.read_text() + "include: [more.yaml]\n")
        self.start("fw/model.yaml")
        self.assertIn("'more.yaml' does not exist", self.round())
        (self.folder / "fw" / "more.yaml").write_text("vauban: 1\n")
        self.assertIn("== fw/more.yaml changed", self.round())
        rules = next((self.folder / "fw" / "rules").iterdir())
        self.replace(rules, rules.read_text() + "# no more\n")
        self.assertIn(f"== fw/rules/{rules.name} changed", self.round())
        (self.folder / "fw" / "notes.txt").write_text("not of the model")
        with self.assertRaises(queue.Empty):
            self.lines.get(timeout=1)
        self.stop()

    def test_a_folder_takes_new_files_in(self):
        folder = self.folder / "model"
        folder.mkdir()
        (folder / "a.yaml").write_text("vauban: 1\nenforcement: {families: [ipv4, ipv6]}\nzones: {a: {networks: [10.0.0.0/24]}, "
                                       "net: {networks: [0.0.0.0/0], untrusted: true}}\n")
        self.start("model")
        self.assertIn("shut", self.round())
        (folder / ".b.yaml.swp").write_text("an editor's own")
        with self.assertRaises(queue.Empty):
            self.lines.get(timeout=1)
        (folder / "b.yaml").write_text("claims: [{id: c, never: {reach: {from: net, to: a, service: any}}}]\n")
        second = self.round()
        self.assertIn("== model/b.yaml changed", second)
        self.assertRegex(second, "kept +c")
        self.assertEqual(0, self.stop(signal.SIGTERM))

    def test_only_text(self):
        done = subprocess.run([PROGRAM, "verify", "x.yaml", "--watch", "--format", "json"], capture_output=True,
                              check=False)
        self.assertEqual(2, done.returncode)


if __name__ == "__main__":
    unittest.main()
