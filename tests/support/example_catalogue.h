// A small catalogue with one of everything that can be explained, for tests: what each of its rows is there
// for is said beside it.
#pragma once

#include "catalog/catalogue.h"
#include "tests/support/read_ontology.h"

namespace vauban::testing {

inline catalog::Ontology exampleOntology() {
  OntologyBuilder made = smallD3fend();
  made.isClass("Isolate").below("Isolate", "DefensiveTactic").property("blocks", "associated-with");
  made.property("filters", "associated-with").property("produces", "associated-with");
  const auto label = [&](const std::string& name, const std::string& text) {
    made.say(d3f(name), rdfs("label"), literal(text));
  };
  made.artifact("NetworkTraffic")
      .artifact("DNSTraffic", "NetworkTraffic")
      .artifact("OutboundDNS", "DNSTraffic");
  made.artifact("File").artifact("Untouched").artifact("Unanswered");
  label("DNSTraffic", "DNS Traffic");
  made.defensive("NetworkIsolation", "D3-NI").direct("NetworkIsolation", "enables", "Isolate");
  made.defensive("DNSAllowlisting", "D3-DNSAL", "NetworkIsolation");
  made.restricted("DNSAllowlisting", "blocks", "OutboundDNS");
  label("DNSAllowlisting", "DNS Allowlisting");
  made.say(d3f("DNSAllowlisting"), d3f("synonym"), literal("DNS Whitelisting"));
  made.isClass("TechniqueReference")
      .isClass("PatentReference")
      .below("PatentReference", "TechniqueReference");
  for (const char* reference : {"Reference-A", "Reference-B"}) {
    made.say(d3f(reference), rdf("type"), d3f("PatentReference"));
    made.direct("DNSAllowlisting", "kb-reference", reference);
  }
  made.defensive("TrafficAnalysis", "D3-NTA").direct("TrafficAnalysis", "enables", "Detect");
  made.restricted("TrafficAnalysis", "analyzes", "NetworkTraffic");
  label("TrafficAnalysis", "Traffic Analysis");
  made.defensive("Idling", "D3-IDLE").direct("Idling", "enables", "Harden");    // touches nothing
  made.defensive("Dusting", "D3-DUST").direct("Dusting", "enables", "Harden");  // untouched
  made.restricted("Dusting", "analyzes", "Untouched");
  made.offensive("T1048").restricted("T1048", "produces", "NetworkTraffic");
  made.offensive("T1048.003", "T1048").restricted("T1048.003", "may-produce", "OutboundDNS");
  made.offensive("T1071");                                                // touches nothing
  made.offensive("T1600").restricted("T1600", "modifies", "Unanswered");  // unanswered
  made.offensive("T1562.001").restricted("T1562.001", "modifies", "File");
  made.isClass("CWE-79").say(d3f("CWE-79"), d3f("cwe-id"), literal("CWE-79"));
  made.direct("M1037", "related", "NetworkIsolation");
  catalog::Ontology ontology = ontologyOf(made);
  ontology.version = "1.2.0";
  ontology.releaseDate = "2025-08-25";
  return ontology;
}

inline catalog::Attack exampleEnterprise() {
  using catalog::Standing;
  catalog::Attack attack;
  attack.version = "18.1";
  attack.released = "2025-10-28";
  const auto technique = [&](const char* id, const char* name, Standing standing = Standing::live,
                             const char* revokedBy = "") {
    attack.techniques.push_back({id, name, {"exfiltration"}, {"Linux"}, standing, revokedBy, 0, 0, 0});
  };
  technique("T1048", "Exfiltration Over Alternative Protocol");
  technique("T1048.003", "Exfiltration Over Unencrypted Protocol");
  technique("T1071", "Application Layer Protocol");
  technique("T1562.001", "Disable Tools");  // has another id in 19.1
  technique("T1574.001", "DLL");            // took in T1574.002
  technique("T1574.002", "DLL Side-Loading", Standing::revoked, "T1574.001");
  technique("T1600", "Weaken Encryption");
  technique("T1900", "Nowhere Known");  // not in the ontology
  attack.techniques[1].groups = 1;
  attack.techniques[1].campaigns = 1;
  attack.tactics = {{"TA0010", "Exfiltration", "exfiltration", Standing::live}};
  attack.mitigations = {{"M1013", "Developer Guidance", "", Standing::live},
                        {"M1037", "Filter Network Traffic", "", Standing::live}};
  attack.groups = {{"G0007", "APT28", "", Standing::live}};
  attack.campaigns = {{"C0001", "Frankenstein", "", Standing::live}};
  attack.software = {{"S0002", "Mimikatz", "", Standing::live}};
  attack.mitigates = {{"T1048", "M1037"}, {"T1048.003", "M1037"}};
  attack.groupUses = {{"G0007", "T1048.003"}};
  attack.campaignUses = {{"C0001", "T1048.003"}};
  return attack;
}

inline catalog::Catalogue exampleCatalogue() {
  using catalog::Framework;
  catalog::Catalogue made;
  made.sources = {
      {"attack-18.1", Framework::attackEnterprise, "18.1", "", "o", "l", "", ""},
      {"ctid", Framework::nist80053, "r5", "2025-01-01", "o", "l", "", ""},
      {"d3fend", Framework::d3fend, "1.2.0", "", "o", "l", "", ""},
      {"evals", Framework::attackEnterprise, "R3, R4", "", "o", "l", "", ""},
      {"history", Framework::attackEnterprise, "18.1 to 19.1", "", "o", "l", "", ""},
      {"tables", Framework::cis, "8", "2025-03-20", "o", "l", "", ""},
      {"vauban", Framework::nice, "2.0.0", "", "o", "l", "", ""},
  };
  made.ontology = exampleOntology();
  catalog::Attack ics, mobile;
  ics.domain = Framework::attackIcs;
  ics.version = "18.1";
  ics.techniques = {{"T0803", "Block Command Message", {}, {}, catalog::Standing::live, "", 0, 0, 0}};
  mobile.domain = Framework::attackMobile;
  mobile.version = "18.1";
  mobile.mitigations = {{"M1013", "Developer Guidance", "", catalog::Standing::live}};  // in enterprise, too
  made.attack = {exampleEnterprise(), ics, mobile};
  made.revocations = {{"", "T1027.018", "added", "id-diff"},
                      {"T1562.001", "T1685", "replaced", "same-name;rule-move"}};
  made.controls = {
      {Framework::nist80053, "AC-2", "Account Management", "AC", {}, {}, true, "ctid"},
      {Framework::nist80053,
       "AC-4",
       "Information Flow Enforcement",
       "AC",
       {"moderate", "high"},
       {},
       false,
       "ctid"},
      {Framework::nist80053, "AC-4(8)", "Security Filters", "AC", {}, {}, false, "ctid"},
      {Framework::nistCsf, "PR.DS-02", "", "PR", {}, {}, false, "tables"},
      {Framework::cis, "9.2", "", "9", {"ig1", "ig2", "ig3"}, {"network", "protect"}, false, "tables"},
      {Framework::iso27001, "A.8.20", "", "A.8", {}, {"technological"}, false, "tables"},
  };
  made.crosswalks = {
      {Framework::nist80053, "AC-4", "narrower", Framework::d3fend, "D3-DNSAL", "", "ctid"},
      {Framework::nist80053, "AC-4", "mitigates", Framework::attackEnterprise, "T1048", "", "ctid"},
      {Framework::nist80053, "AC-4", "mitigates", Framework::attackEnterprise, "T1574.002", "", "ctid"},
      {Framework::nist80053, "AC-4", "intersect", Framework::iso27001, "9.2", "", "ctid"},
      {Framework::nistCsf, "PR.DS-02", "intersect", Framework::iso27001, "9.2", "", "tables"},
      {Framework::cis, "9.2", "subset-of", Framework::nist80053, "AC-4", "", "tables"},
      {Framework::cis, "9.2", "related", Framework::attackEnterprise, "T1048", "defaulted", "tables"},
      {Framework::d3fend, "D3-NTA", "covers", Framework::attackEnterprise, "T1048.003",
       "CAR-2013-04-002;CAR-2021-01-007", "ctid"},
      {Framework::capability, "kev/CVE-2020-1", "primary_impact", Framework::attackEnterprise, "T1048", "",
       "ctid"},
  };
  made.scores = {{"T1048", "guard", "detect", "partial", 2, "ctid"},
                 {"T1048", "guard", "detect", "significant", 1, "ctid"},  // the source says both
                 {"T1048", "guard", "protect", "minimal", 1, "ctid"}};
  made.trialRates = {{"T1048", {"R3", "R4"}, 29, 58, 58, 44, 0.4, 1, "evals"}};
  made.ruleCounts = {{"T1048", "sigma", 3, "tables"},
                     {"T1562.001", "sigma", 0, "tables"},
                     {"T1685", "sigma", 164, "tables"}};
  made.roles = {{"PD-WRL-001", "Defensive Cybersecurity", "PD", "PROTECTION", "vauban"}};
  made.owners = {
      {"Isolate", {"PD-WRL-001"}, {"XX-1"}, "OG-1", {"PD-WRL-001=operation"}, false, "judgement", "vauban"}};
  made.protocols = {{"dns", "DNSTraffic", "NetworkTraffic", false, "RFC 1035", "vauban"},
                    {"ntp", "NTPTraffic", "NetworkTraffic", true, "RFC 5905", "vauban"}};
  made.protocolUses = {{"ntp", "T1048", "vauban"}};
  made.protocolCountermeasures = {{"ntp", "D3-NI", "filters", "RFC 5905", "vauban"}};
  return made;
}

}  // namespace vauban::testing
