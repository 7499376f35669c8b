#!/usr/bin/env python3
"""The peer: mal-toolbox's attack graph of `attack_models.offices`, from a language made of our step templates.

  python bench/mal_toolbox_peer.py HOSTS KNOWLEDGE/STEPS      (a Python that has mal-toolbox)

Facts become OR steps of hosts, services, accounts and data; each template becomes an AND step of a host, with its
premises as parents and its conclusion as child; what must fail becomes defences. Who reaches whom is an association,
so that edges go host by host, as ours do. Where a template could take one of several services, the language names one
service a host, which is what the architecture has. Prints one JSON object.
"""

import json
import logging
import resource
import sys
import tempfile
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))
from attack_models import BETWEEN_ZONES, offices  # noqa: E402

logging.disable(logging.CRITICAL)

# Which of the architecture's behaviours listen to services that a template names.
LISTENS = {"ssh-server": {"ssh"}, "web-server": {"http", "https"}, "file-share": {"smb"}, "database": {"postgresql"}}
HOST_FACTS = ["code", "admin", "commanded", "found", "read", "leaves", "supplied"]


def language(folder):
    """The text of a MAL language."""
    host = {fact: [] for fact in HOST_FACTS}
    services = {kind: {fact: [] for fact in ("told", "written", "reads")} for kind in LISTENS}
    account, data = {"holds": []}, {fact: [] for fact in ("collected", "data", "integrity", "availability")}
    zone = {"people": [], "premises": []}
    factors, software, neighbour, gives = {"secrecy": [], "mfa": []}, [], [], {}
    host["admin"].append("code")
    host["code"].append("services.told")
    for path in sorted(Path(folder).glob("*.yaml")):
        for step in yaml.safe_load(path.read_text())["steps"]:
            name = "t_" + step["id"].replace("-", "_")
            for premise in step["needs"]:
                (kind, value), = premise.items()
                if kind in HOST_FACTS:
                    host[kind].append(name)
                elif kind == "neighbour":
                    neighbour.append(name)
                elif kind in ("told", "written", "reads"):
                    for service, listens in LISTENS.items():
                        named = set(value.get("services", [])) & listens or service in value.get("behaviours", [])
                        if not value or named:
                            services[service][kind].append("host." + name)
                elif kind == "holds":
                    account["holds"].append("hosts." + name)
                elif kind == "collected":
                    data["collected"].append("hosts." + name)
                elif kind == "fetches":
                    host["admin"].append(name)
            for fails in step.get("fails", []):
                if fails == "software":
                    software.append(name)
                elif fails in ("people", "physical"):
                    zone["people" if fails == "people" else "premises"].append("hosts." + name)
                else:
                    factors[fails].append("hosts." + name)
            (kind, value), = step["gives"].items()
            gives[name] = {"holds": "accounts.holds", "collected": "stored.collected", "data": "stored.data",
                           "impact": f"stored.{'data' if value == 'confidentiality' else value}"}.get(kind, kind)
    host["code"].append("zone.hosts.neighbourCode")
    host["code"].append("reached.told")

    def steps(sign, named):
        return "".join(f"    {sign} {step}\n" + (f"      -> {', '.join(dict.fromkeys(to))}\n" if to else "")
                       for step, to in named.items())

    out = '#id: "org.vauban.bench"\n#version: "1.0.0"\ncategory Bench {\n  asset Zone {\n' + steps("#", zone) + "  }\n"
    out += "  asset Host {\n" + steps("|", {**host, "neighbourCode": neighbour}) + steps("#", {"integrity": software})
    out += steps("&", {name: [to] for name, to in gives.items()}) + "  }\n"
    out += "  abstract asset Service {\n    | told\n    | written\n    | reads\n  }\n"
    for kind, facts in services.items():
        out += f"  asset {kind.title().replace('-', '')} extends Service {{\n{steps('|', facts)}  }}\n"
    out += "  asset Account {\n" + steps("|", account) + steps("#", factors) + "  }\n"
    out += "  asset Data {\n" + steps("|", data) + "  }\n}\nassociations {\n"
    out += "  Zone [zone] 1 <-- In --> * [hosts] Host\n  Host [host] 1 <-- Runs --> * [services] Service\n"
    out += "  Host [callers] * <-- Reaches --> * [reached] Service\n"
    out += "  Host [hosts] * <-- LogsIn --> * [accounts] Account\n  Host [hosts] * <-- Stores --> * [stored] Data\n}\n"
    return out


def main():
    from maltoolbox.attackgraph import AttackGraph
    from maltoolbox.language import LanguageGraph
    from maltoolbox.model import Model

    count, folder = int(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "main.mal"
        path.write_text(language(folder))
        lang = LanguageGraph.from_mal_spec(str(path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    zones, listed, pairs = offices(count)
    model = Model("offices", lang)
    zone_assets = [model.add_asset("Zone", f"z{z}") for z in range(zones)]
    hosts, running, stores = [], [], 0
    for h, (zone, kind) in enumerate(listed):
        host = model.add_asset("Host", f"h{h}")
        hosts.append(host)
        zone_assets[zone].add_associated_assets("hosts", {host})
        if kind == "client":
            continue
        service = model.add_asset(kind.title().replace("-", ""), f"s{h}")
        host.add_associated_assets("services", {service})
        running.append((h, zone, kind, service))
        host.add_associated_assets("accounts", {model.add_asset("Account", f"a{h}")})
        if kind in ("database", "file-share") and stores < 2:
            host.add_associated_assets("stored", {model.add_asset("Data", f"d{h}")})
            stores += 1
    of_zone = [[h for h, (z, _) in enumerate(listed) if z == zone] for zone in range(zones)]
    callers = [[a for a, b in pairs if b == zone] for zone in range(zones)]
    for h, zone, kind, service in running:
        from_zones = [zone] + (callers[zone] if kind in BETWEEN_ZONES else [])
        service.add_associated_assets("callers", {hosts[o] for z in from_zones for o in of_zone[z] if o != h})
    modelled = time.process_time() - start
    start = time.process_time()
    graph = AttackGraph(lang, model)
    seconds = time.process_time() - start
    print(json.dumps({"hosts": count, "model": modelled, "build": seconds, "nodes": len(graph.nodes),
                      "edges": sum(len(node.children) for node in graph.nodes.values()), "start_mb": before / 1024,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
