// What the catalogue leaves out and this project adds, kept apart from it: traffic artifacts for the
// protocols that a flow matrix can name, which techniques carry data over them, and which countermeasures
// speak of them.
//
// D3FEND 1.2.0 has an artifact for the traffic of DNS and none for NTP or ICMP; so what answers T1048 over
// NTP is only what answers all traffic. The tables `protocols`, `protocol-uses` and
// `protocol-countermeasures` of the pack say it for each built-in service, each row with its reference.
#pragma once

#include "catalog/catalogue.h"

namespace vauban::catalog {

// The property by which a technique carries data over a protocol's traffic; below may-produce.
inline constexpr std::string_view kSendsOver = "may-send-over";

// The ontology with the extension's classes and relations added; `Ontology::extension` lists the relations.
// Rows that rest on one of them are of Rule::protocol, and every other row is the same with the extension and
// without it. A parent, technique or property that this version of the ontology does not have leaves its row
// out (versions differ); `missing`, where given, is told which.
Ontology extended(const Catalogue& catalogue, std::vector<std::string>* missing = nullptr);

}  // namespace vauban::catalog
