#!/usr/bin/env python3
"""`vauban attack` on the examples: the water utility before and after changes, an imported firewall, Attack Flows,
isolation, wrong calls, and all formats. VAUBAN names the program."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("VAUBAN") or str(ROOT / "build" / "dev" / "vauban")
WATER = ROOT / "examples" / "water-utility"
FLOWS = ROOT.parent / "shared" / "data" / "attack-flow"

# open, guarded, stopped, not-modelled, unknown, unnamed; and the first that does not go through today (from 1).
FLOW_ANSWERS = {
    "Black_Basta_Ransomware": ((12, 9, 0, 17, 0, 0), 1),
    "CISA_AA22-138B_VMWare_Workspace_(TA1)": ((6, 2, 1, 1, 0, 0), 2),
    "CISA_Iranian_APT": ((5, 10, 1, 6, 0, 1), 1),
    "Conti_CISA_Alert": ((2, 9, 0, 2, 0, 5), 1),
    "Conti_Ransomware": ((6, 8, 0, 4, 0, 1), 1),
    "Equifax_Breach": ((3, 1, 0, 8, 0, 0), 2),
    "FIN13_Case_1": ((4, 15, 1, 16, 0, 4), 3),
    "Gootloader": ((4, 17, 5, 10, 0, 0), 2),
    "Ivanti_Vulnerabilities": ((2, 5, 1, 10, 0, 5), 1),
    "MITRE_NERVE": ((9, 5, 1, 9, 0, 9), 1),
    "OpenClaw": ((0, 0, 0, 0, 18, 0), None),
}
STANDINGS = ("open", "guarded", "stopped", "not-modelled", "unknown", "unnamed")


def attack(model, *more, exits=0):
    words = [PROGRAM, "attack", str(model), "--today", "2026-01-01", *more]
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ran.returncode == exits, f"{words}: exit {ran.returncode}\n{ran.stderr}"
    return ran.stdout if exits == 0 else ran.stderr


@functools.cache
def answers(model, *more):
    return json.loads(attack(model, "--format", "json", *more))


def by_goal(answer):
    return {goal["goal"]: goal for goal in answer["goals"]}


def way(path):
    """[("T1190", "web"), ...] of a path."""
    return [((step["technique"] or {}).get("technique"), step["host"]) for step in path["steps"]]


def ways(goal):
    """The paths of a goal, whatever stands first of those that are equally long."""
    return sorted(way(path) for path in goal["paths"])


def hops(step, direction="in"):
    return [(hop["from"], hop["to"]) for hop in step[direction]]


class WaterUtility(unittest.TestCase):
    """The example, then without the rule that outlived its week and with what its jump host and its SCADA are said to
    keep, then without the way for drawings into the plant."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.models = {"before": WATER}
        edits = {
            "vendor": [
                ("flows.yaml", "  - allow: {from: vendor-station, to: pumping,", "  # - allow: {from: vendor-station, to: pumping,"),
                ("hosts.yaml", "rdp: {behaviour: rdp-server}", "rdp: {behaviour: rdp-server, port-forwarding: false, shell: false}"),
                ("hosts.yaml", "tele-master], calls-out: false}", "tele-master], calls-out: false, between-upstreams: false}"),
            ],
            "drawings": [("flows.yaml", "  - allow: {from: transfer-in, to: eng-store,", "  # - allow: {from: transfer-in, to: eng-store,")],
        }
        last = WATER
        for name, changes in edits.items():
            model = Path(folder.name) / name
            shutil.copytree(last, model)
            for file, old, new in changes:
                text = (model / file).read_text()
                assert old in text, (file, old)
                (model / file).write_text(text.replace(old, new))
            cls.models[name] = last = model
        cls.found = {name: answers(model) for name, model in cls.models.items()}

    def goal(self, stage, goal):
        return by_goal(self.found[stage])[goal]

    def test_goals_are_data_and_each_impact_of_each_asset(self):
        self.assertEqual(
            ["data:chlorine-dosing", "impact:chlorine-dosing:integrity", "impact:chlorine-dosing:availability",
             "data:safe-shutdown", "impact:safe-shutdown:integrity", "impact:safe-shutdown:availability"],
            [goal["goal"] for goal in self.found["before"]["goals"]])

    def test_before_dosing_is_open_through_the_vendor(self):
        goal = self.goal("before", "impact:chlorine-dosing:integrity")
        self.assertEqual(("open", 0, True), (goal["standing"], goal["depth"], goal["all_paths"]))
        self.assertEqual([[("T0843", "dosing-plc"), ("T0831", "dosing-plc")],
                          [("T0857", "dosing-plc"), ("T0831", "dosing-plc")],
                          [("T1565.001", "dosing-plc")]], ways(goal))
        first = goal["paths"][0]
        self.assertEqual(["vendor"], first["starts"])
        self.assertEqual([("vendor", "remote-access"), ("remote-access", "vendor-station"), ("vendor-station", "pump-plc"),
                          ("pump-plc", "scada-a"), ("scada-a", "dosing-plc")], hops(first["steps"][0]))
        # Every hop has the rule that lets it pass.
        lines = (WATER / "flows.yaml").read_text().splitlines()
        for hop in first["steps"][0]["in"]:
            self.assertIn(hop["rule"]["text"].removeprefix("allow: "), lines[hop["rule"]["line"] - 1])
        self.assertEqual({"port-forwarding: false", "between-upstreams: false"},
                         {gap["line"] for gap in first["steps"][0]["assumes"]})
        self.assertEqual([["eng-store", "remote-access"], ["eng-store", "vendor-station"],
                          ["remote-access", "transfer-in"], ["transfer-in", "vendor-station"]],
                         sorted(sorted(hosts) for hosts in goal["choke_points"]["sets"]))

    def test_then_the_way_for_drawings_is_left(self):
        goal = self.goal("vendor", "impact:chlorine-dosing:integrity")
        self.assertEqual(("open", 0), (goal["standing"], goal["depth"]))
        first = goal["paths"][0]
        self.assertEqual(["internet"], first["starts"])
        self.assertEqual([("internet", "edge-ntp"), ("edge-ntp", "office-pc"), ("office-pc", "transfer-in"),
                          ("transfer-in", "eng-store"), ("eng-store", "eng-ws"), ("eng-ws", "dosing-plc")],
                         hops(first["steps"][0]))
        for hosts in goal["choke_points"]["sets"]:
            self.assertEqual(1, len(hosts))
        self.assertIn(["transfer-in"], goal["choke_points"]["sets"])

    def test_then_something_must_fail(self):
        for kind in ("data:chlorine-dosing", "impact:chlorine-dosing:integrity", "impact:chlorine-dosing:availability"):
            goal = self.goal("drawings", kind)
            self.assertEqual(("guarded", 1, True), (goal["standing"], goal["depth"], goal["exact"]))
            single = {group[0]["name"] for group in goal["single_points"]}
            self.assertLessEqual({"property vendor-station.rdp port-forwarding",
                                  "software undeclared software of vendor-station"}, single)
            # What was stated is a layer; it names where.
            stated = next(group[0] for group in goal["single_points"] if "port-forwarding" in group[0]["name"])
            self.assertTrue(stated["place"]["file"].endswith("hosts.yaml"))
        goal = self.goal("drawings", "impact:chlorine-dosing:integrity")
        for path in goal["paths"]:
            failing = {layer["name"] for step in path["steps"] for layer in step["must_fail"]}
            self.assertEqual({layer["name"] for group in goal["failing"] for layer in group}, failing)
        self.assertEqual([[("T1190", "vendor-station"), ("T0843", "dosing-plc"), ("T0831", "dosing-plc")],
                          [("T1190", "vendor-station"), ("T0857", "dosing-plc"), ("T0831", "dosing-plc")],
                          [("T1190", "vendor-station"), ("T1565.001", "dosing-plc")]], ways(goal))

    def test_the_safety_system_is_guarded_throughout(self):
        for stage in self.models:
            for kind in ("data:safe-shutdown", "impact:safe-shutdown:integrity", "impact:safe-shutdown:availability"):
                goal = self.goal(stage, kind)
                self.assertEqual(("guarded", 1), (goal["standing"], goal["depth"]))
                single = {group[0]["name"] for group in goal["single_points"]}
                # Once nobody is in the plant by then, its one fibre is not enough.
                fibre = set() if stage == "drawings" else {"device sis-fibre"}
                self.assertEqual({"people sis", "premises sis"} | fibre, single)

    def test_each_path_holds_together(self):
        for stage in self.models:
            for goal in self.found[stage]["goals"]:
                for path in goal["paths"] + [goal["likely"]["path"]]:
                    for number, step in enumerate(path["steps"]):
                        self.assertTrue(all(before < number for before in step["after"]))
                        for one, next_ in zip(step["out"], step["out"][1:]):
                            self.assertEqual(one["to"], next_["from"])

    def test_two_runs_say_the_same(self):
        self.assertEqual(attack(WATER, "--format", "json"), attack(WATER, "--format", "json"))


class Isolation(unittest.TestCase):
    CHANGES = ("--what-if", "isolated:supervision", "--what-if", "isolated:office", "--what-if",
               "deploy:D3-BDI@supervision", "--paths", "0")

    @staticmethod
    def counts(lost):
        return tuple(lost[key] for key in ("before", "after", "removed", "new"))

    def test_isolating_a_zone_takes_steps_that_the_ontology_knows_nothing_of(self):
        change = answers(WATER, *self.CHANGES)["what_if"][0]
        self.assertEqual({"technique": "D3-BDI", "inferred_rows": 0}, change["d3fend"])
        self.assertEqual((180, 160, 20, 0), self.counts(change["today"]))
        self.assertEqual(
            {"alarms": 1, "opc": 3, "safety-view": 15}, Counter(at["host"] for at in change["today"]["at"]))
        self.assertEqual((251, 223, 28, 0), self.counts(change["inside"]))
        self.assertEqual({"T1071.002": 7, "T1071.003": 7, "T1071.004": 7, "T1095": 7},
                         Counter(at["technique"] for at in change["inside"]["at"]))
        self.assertIn({"technique": "T1095", "host": "safety-view"}, change["inside"]["at"])

    def test_the_countermeasure_alone_takes_nothing_today(self):
        """Deployed as D3FEND has it, it is one more layer against what it is catalogued to counter, and no wall."""
        change = answers(WATER, *self.CHANGES)["what_if"][2]
        self.assertEqual({"technique": "D3-BDI", "inferred_rows": 0}, change["d3fend"])
        self.assertEqual((180, 180, 0, 0), self.counts(change["today"]))
        self.assertGreater(change["ever"]["removed"], 0)
        self.assertIn("T1040", {at["technique"] for at in change["ever"]["at"]})

    def test_text_says_the_same(self):
        text = attack(WATER, "--what-if", "isolated:supervision", "--paths", "0")
        self.assertIn("with nothing failed: 160 steps of techniques, were 180; 20 removed", text)
        self.assertIn("D3FEND's own inference for D3-BDI: no technique", text)

    @unittest.skipUnless(FLOWS.is_dir(), f"no Attack Flow files at {FLOWS}")
    def test_beside_a_flow_the_goals_are_compared_all_the_same(self):
        answer = answers(WATER, "--flow", str(FLOWS / "Equifax_Breach.afb"), *self.CHANGES)
        self.assertEqual([], answer["goals"])
        self.assertEqual(answers(WATER, *self.CHANGES)["what_if"], answer["what_if"])

    def test_a_client_zone(self):
        inside = answers(WATER, *self.CHANGES)["what_if"][1]["inside"]
        self.assertEqual((210, 204, 6, 0), self.counts(inside))
        self.assertEqual({"T1071.003", "T1071.004", "T1095"}, {at["technique"] for at in inside["at"]})


class ImportedFirewall(unittest.TestCase):
    """A real ruleset of iptables as one more filter on every way."""

    def test_every_host_is_guarded_by_the_device_or_by_what_runs(self):
        answer = answers(ROOT / "examples" / "imported-firewall", "--paths", "1")
        goals = by_goal(answer)
        self.assertEqual({"ws", "badges", "dns", "ntp", "db", "mail", "files", "proxy", "site", "mx"},
                         {goal.removeprefix("controls:") for goal in goals})
        self.assertEqual({"guarded"}, {goal["standing"] for goal in goals.values()})
        self.assertEqual({"controls:db": 2}, {name: goal["depth"] for name, goal in goals.items() if goal["depth"] != 1})
        rules = [hop["rule"] for goal in goals.values() for path in goal["paths"] for step in path["steps"]
                 for hop in step["in"] if hop["rule"]]
        self.assertTrue(any("rules" in rule["file"] for rule in rules))


@unittest.skipUnless(FLOWS.is_dir(), f"no Attack Flow files at {FLOWS}")
class AttackFlows(unittest.TestCase):
    def test_each_action_of_each_file_is_classified(self):
        files = sorted(FLOWS.glob("*.afb"))
        self.assertEqual(sorted(FLOW_ANSWERS), [file.stem for file in files])
        for file in files:
            with self.subTest(file.stem):
                flow = answers(WATER, "--flow", str(file))["flow"]
                counts, first = FLOW_ANSWERS[file.stem]
                # None is left out: as many as the file has objects of that kind.
                content = json.loads(file.read_text())
                written = sum(1 for it in content["objects"] if it["id"] == "action")
                self.assertEqual(written, len(flow["actions"]))
                self.assertEqual(counts, tuple(flow["counts"][key] for key in STANDINGS))
                self.assertEqual(Counter(action["standing"] for action in flow["actions"]), +Counter(flow["counts"]))
                self.assertEqual(first, None if flow["first_stopped"] is None else flow["first_stopped"] + 1)
                for action in flow["actions"]:
                    self.assertEqual(action["standing"] == "guarded", "depth" in action)
                    self.assertEqual(action["standing"] == "stopped", "stopped_by" in action)
                    if action["standing"] == "open":
                        self.assertTrue(action["where"])
                    if action["standing"] == "guarded":
                        self.assertGreater(action["depth"], 0)


class Formats(unittest.TestCase):
    def test_all_are_well_formed_and_the_same_twice(self):
        for form in ("svg", "navigator", "stix"):
            with self.subTest(form):
                text = attack(WATER, "--format", form)
                self.assertEqual(text, attack(WATER, "--format", form))
                if form == "svg":
                    root = xml.etree.ElementTree.fromstring(text)
                    said = " ".join(root.itertext())
                    for words in ("chlorine-dosing gets outside", "T1565.001", "vendor", "must fail"):
                        self.assertIn(words, said)
                elif form == "navigator":
                    layer = json.loads(text)
                    self.assertEqual(("4.5", "enterprise-attack"), (layer["versions"]["layer"], layer["domain"]))
                    scores = {it["techniqueID"]: it["score"] for it in layer["techniques"]}
                    self.assertEqual(100, scores["T1565.001"])
                else:
                    kinds = Counter(it["type"] for it in json.loads(text)["objects"])
                    self.assertEqual(1, kinds["attack-flow"])
                    self.assertGreater(kinds["attack-action"], 5)

    def test_output_goes_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual("", attack(WATER, "--format", "svg", "--output", f"{folder}/a.svg"))
            self.assertTrue(Path(folder, "a.svg").read_text().startswith("<?xml"))

    def test_json_keeps_to_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema; the room's tests hold it with another implementation")
        schema = json.loads((ROOT / "docs" / "formats" / "attack.schema.json").read_text())
        answer = answers(WATER, "--decoys", "2", "--what-if", "isolated:office")
        jsonschema.Draft202012Validator(schema).validate(answer)

    def test_what_is_written_as_a_flow_is_read_again(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "way.json"
            attack(WATER, "--format", "stix", "--output", str(file))
            written = [it for it in json.loads(file.read_text())["objects"] if it["type"] == "attack-action"]
            flow = answers(WATER, "--flow", str(file))["flow"]
        self.assertEqual(len(written), len(flow["actions"]))
        self.assertEqual([], flow["warnings"])
        # He can take each step of a way that was shown: with nothing failed, or once what was named has failed.
        self.assertEqual({"open", "guarded"},
                         {action["standing"] for action in flow["actions"] if action["technique"]})


class Mistakes(unittest.TestCase):
    """Exit code 2, nothing on the standard output, and what would have been right."""

    def assert_refused(self, *words, said, model=WATER):
        ran = subprocess.run([PROGRAM, "attack", str(model), *words], capture_output=True, text=True, check=False)
        self.assertEqual((2, ""), (ran.returncode, ran.stdout), words)
        for text in said:
            self.assertIn(text, ran.stderr, words)

    def test_names_that_are_not_there_and_what_is_nearest(self):
        for words, said in (
                (["--goal", "data:chlorine-dosin"], ["no asset 'chlorine-dosin'", "did you mean 'chlorine-dosing'"]),
                (["--goal", "dat:chlorine-dosing"], ["'dat:chlorine-dosing' is no goal", "did you mean 'data'"]),
                (["--goal", "controls:pump-plk"], ["no host 'pump-plk'", "did you mean 'pump-plc'"]),
                (["--goal", "impact:chlorine-dosing:integrty"], ["no impact of kind", "did you mean 'integrity'"]),
                (["--start", "offise"], ["'offise'", "did you mean 'office'"]),
                (["--start", "insider:eng-w"], ["did you mean 'eng-ws'"]),
                (["--start", "supply-chain:chroni"], ["did you mean 'chrony'"]),
                (["--group", "G9999"], ["no group or campaign"]),
                (["--what-if", "isolated:offise"], ["no zone 'offise'", "did you mean 'office'"]),
                (["--what-if", "isolate:office"], ["isolated:ZONE", "did you mean 'isolated'"]),
                (["--what-if", "deploy:D3-BDY@office"], ["no technique 'D3-BDY'", "did you mean 'D3-BDI'"])):
            self.assert_refused(*words, said=said)

    def test_options_that_contradict_each_other(self):
        with tempfile.TemporaryDirectory() as folder:
            flow = Path(folder) / "flow.json"
            flow.write_text('{"type": "bundle", "id": "bundle--0", "objects": []}')
            for words, option in (
                    (["--flow", str(flow), "--goal", "data:chlorine-dosing"], "--goal"),
                    (["--flow", str(flow), "--decoys", "1"], "--decoys"),
                    (["--flow", str(flow), "--format", "svg"], "--flow"),
                    (["--what-if", "isolated:office", "--format", "navigator"], "--what-if"),
                    (["--decoys", "1", "--format", "stix"], "--decoys"),
                    (["--decoys", "1", "--paths", "0"], "--decoys"),
                    (["--paths", "0", "--format", "stix"], "--paths"),
                    (["--domain", "ics"], "--domain"),
                    (["--today", "2026-02-30"], "--today")):
                self.assert_refused(*words, said=[option])

    def test_a_flow_that_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("empty.json", ""), ("other.json", '{"type": "bundle"'), ("list.afb", "[]")):
                file = Path(folder) / name
                file.write_text(text)
                self.assert_refused("--flow", str(file), said=[name])

    def test_a_model_that_is_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model.yaml"
            model.write_text("vauban: 1\nzones: {a: {networks: [10.0.0.0/33]}}\n")
            self.assert_refused(said=["model.yaml:2"], model=model)

    def test_output_that_cannot_be_written_is_told_before_the_search(self):
        with tempfile.TemporaryDirectory() as folder:
            for output, said in ((Path(folder) / "none" / "a.txt", "is no folder"), (folder, "is a folder")):
                # Even before the model is read, which is not there.
                model = Path(folder) / "no-model.yaml"
                self.assert_refused("--output", str(output), said=["--output", said], model=model)
                ran = subprocess.run([PROGRAM, "attack", str(model), "--output", str(output)], capture_output=True,
                                     text=True, check=False)
                self.assertNotIn("no-model.yaml", ran.stderr)
            self.assertEqual([], list(Path(folder).iterdir()))
        self.assert_refused("--paths", "0", "--output", "/dev/full", said=["cannot be written"])


class Who(unittest.TestCase):
    def test_a_group_has_no_more_than_anybody(self):
        anybody, group = by_goal(answers(WATER)), by_goal(answers(WATER, "--group", "G0034"))
        for name, goal in group.items():
            self.assertGreaterEqual(goal["depth"], anybody[name]["depth"])
        self.assertEqual(1, group["data:chlorine-dosing"]["depth"])

    def test_an_insider_and_a_supplier_begin_elsewhere(self):
        inside = by_goal(answers(WATER, "--start", "insider:eng-ws"))["impact:chlorine-dosing:integrity"]
        self.assertEqual(("open", ["code on eng-ws"]), (inside["standing"], inside["paths"][0]["starts"]))
        supplied = answers(WATER, "--start", "supply-chain:chrony", "--goal", "controls:ot-ntp")["goals"][0]
        self.assertEqual("open", supplied["standing"])
        self.assertEqual([("T1195.002", "ot-ntp")], way(supplied["paths"][0]))


if __name__ == "__main__":
    unittest.main()
