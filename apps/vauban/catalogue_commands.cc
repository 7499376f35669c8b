#include "catalogue_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/nearest_name.h"
#include "call_mistake.h"
#include "catalog/audit.h"
#include "catalog/audit_diff.h"
#include "catalog/catalogue_quads.h"
#include "catalog/explain.h"
#include "catalog/extension.h"
#include "catalog/hierarchy.h"
#include "catalog/inference.h"
#include "catalog/pack.h"
#include "knowledge_in_force.h"
#include "model/diagnostic_text.h"
#include "os/whole_file.h"
#include "report/audit_report.h"
#include "report/explain_report.h"
#include "report/knowledge_report.h"
#include "report/map_report.h"
#include "seconds_option.h"
#include "verdict_format.h"
#ifdef VAUBAN_RDF
#include "rdf/store.h"
#endif

namespace vauban {

using catalog::Catalogue;

struct CatalogueCall {
  std::string knowledge, format, version, attackVersion, id, over, into, view, against, tables, query,
      queryFile, accept;
  std::vector<std::string> files, beyond, words, data;
  double seconds = 30;
  std::size_t rows = 1'000'000;
  bool deprecatedColumn = false, all = false, noColour = false;
};

namespace {

// The pack in force, its ontology replaced by that of the call's own files where there are any.
Result<Catalogue> catalogueOf(const CatalogueCall& call) {
  auto catalogue = knowledgeInForce(call.knowledge);
  if (!catalogue || call.files.empty()) return catalogue;
  auto ontology = ontologyOfFiles(call.files, call.version);
  if (!ontology) return std::unexpected(ontology.error());
  catalogue->ontology = std::move(*ontology);
  return catalogue;
}

// The traffic artifact of a built-in service; the ontology is the extended one.
Result<catalog::ClassId> trafficOf(const Catalogue& catalogue, const std::string& service) {
  std::vector<std::string_view> names;
  for (const catalog::ProtocolArtifact& it : catalogue.protocols) {
    names.push_back(it.service);
    if (it.service != service) continue;
    if (const auto artifact = catalogue.ontology.find(it.artifact)) return *artifact;
  }
  return failure({Severity::error,
                  {"--over", 0, 0},
                  0,
                  fmt::format("no service '{}' has a traffic artifact", service),
                  "a built-in service (vauban services)",
                  nearestName(service, names)});
}

ExitCode map(const CatalogueCall& call) {
  auto catalogue = catalogueOf(call);
  if (!catalogue) return refuse(call.format, catalogue.error());
  catalog::InferenceOptions options;
  options.view = *catalog::viewOfWord(call.view);
  bool protocols = !call.over.empty();
  if (protocols) options.beyond.push_back(catalog::Rule::protocol);
  for (const std::string& rule : call.beyond) {
    options.beyond.push_back(*catalog::ruleOfWord(rule));
    protocols = protocols || options.beyond.back() == catalog::Rule::protocol;
  }
  if (protocols) catalogue->ontology = catalog::extended(*catalogue);
  const catalog::Hierarchy hierarchy(catalogue->ontology);
  const bool defensive = call.id.starts_with("D3-");
  if (!defensive) options.attackId = call.id;
  std::vector<catalog::Row> rows = catalog::infer(hierarchy, options);
  if (defensive) {
    std::erase_if(rows,
                  [&](const catalog::Row& row) { return catalogue->ontology[row.defensive].id != call.id; });
  }
  if (!call.over.empty()) {
    const auto artifact = trafficOf(*catalogue, call.over);
    if (!artifact) return refuse(call.format, artifact.error());
    std::erase_if(rows, [&](const catalog::Row& row) {
      return row.rule != catalog::Rule::protocol || row.offensiveArtifact != *artifact;
    });
  }
  if (!call.id.empty() && rows.empty()) {
    const auto& classes = catalogue->ontology.classes;
    if (std::ranges::find(classes, call.id, &catalog::OntologyClass::id) == classes.end()) {
      return refuse(call.format, {{Severity::error,
                                   {"--id", 0, 0},
                                   0,
                                   fmt::format("no technique has the id '{}'", call.id),
                                   "an id of ATT&CK (T1048.003) or D3FEND (D3-NTF) that this ontology has",
                                   ""}});
    }
  }
  report::MapStyle style;
  style.deprecatedColumn = call.deprecatedColumn;
  style.ruleColumn = !options.beyond.empty();
  if (call.format == "json") {
    std::cout << report::mapJson(hierarchy, rows, options);
  } else if (call.format == "tsv") {
    std::cout << report::mapTsv(hierarchy, rows, style);
  } else {
    std::cout << report::mapText(hierarchy, rows, style);
  }
  return ExitCode::ok;
}

ExitCode explain(const CatalogueCall& call) {
  auto catalogue = catalogueOf(call);
  if (!catalogue) return refuse(call.format, catalogue.error());
  catalog::ExplainOptions options;
  options.view = *catalog::viewOfWord(call.view);
  for (const std::string& rule : call.beyond) options.beyond.push_back(*catalog::ruleOfWord(rule));
  options.allPaths = call.all;
  auto answer = catalog::answer(*catalogue, fmt::format("{}", fmt::join(call.words, " ")), options);
  if (!answer) return refuse(call.format, answer.error());
  if (call.format == "json") {
    std::cout << report::explainJson(*answer);
  } else {
    std::cout << report::explainText(
        *answer, {.colour = terminalStyle(call.all, call.noColour).colour, .all = call.all});
  }
  return ExitCode::ok;
}

using Tables = std::vector<std::pair<std::string, std::string>>;

ExitCode show(const CatalogueCall& call, const std::string& answer, const Tables& tables) {
  if (!call.tables.empty()) {
    if (auto written = writeTables(tables, call.tables); !written)
      return refuse(call.format, written.error());
  }
  std::cout << answer;
  return ExitCode::ok;
}

// What would be left unsaid.
Diagnostics auditMistakes(const CatalogueCall& call) {
  Diagnostics mistakes;
  const auto alone = [&](const char* option, const char* other) {
    mistakes.push_back(
        callMistake(option, fmt::format("there is nothing that it is the version of without {}", other),
                    fmt::format("{} FILE", other)));
  };
  if (!call.version.empty() && call.files.empty()) alone("--as-version", "--d3fend");
  if (!call.against.empty() && call.data.empty()) alone("--against-version", "--against");
  return mistakes;
}

ExitCode audit(const CatalogueCall& call) {
  if (const Diagnostics mistakes = auditMistakes(call); !mistakes.empty())
    return refuse(call.format, mistakes);
  auto catalogue = catalogueOf(call);
  if (!catalogue) return refuse(call.format, catalogue.error());
  const catalog::Audit now = catalog::audit(*catalogue);
  if (call.data.empty()) {
    return show(call,
                call.format == "json"       ? report::auditJson(now)
                : call.format == "markdown" ? report::auditMarkdown(now)
                                            : report::auditText(now, terminalStyle(call.all, call.noColour)),
                report::auditTables(now));
  }
  auto ontology = ontologyOfFiles(call.data, call.against);
  if (!ontology) return refuse(call.format, ontology.error());
  Catalogue old = *catalogue;
  old.ontology = std::move(*ontology);
  const catalog::AuditDiff diff = catalog::compare(catalog::audit(old), old, now, *catalogue);
  return show(call,
              call.format == "json" ? report::auditDiffJson(diff)
              : call.format == "markdown"
                  ? report::auditDiffMarkdown(diff)
                  : report::auditDiffText(diff, terminalStyle(call.all, call.noColour)),
              report::auditDiffTables(diff));
}

#ifdef VAUBAN_RDF
Result<rdf::Store> storeOf(const CatalogueCall& call) {
  rdf::Store store;
  // Files of the call stand by themselves; without any, the catalogue.
  for (const std::string& path : call.data) {
    auto text = os::wholeFile(path, std::size_t{256} << 20U);
    if (!text) return std::unexpected(text.error());
    const std::string name = path.ends_with(".xz") ? path.substr(0, path.size() - 3) : path;
    const auto syntax = rdf::syntaxOf(name);
    if (!syntax) {
      return failure({Severity::error,
                      {path, 0, 0},
                      0,
                      "no syntax of RDF has this ending",
                      ".ttl, .nt, .nq, .trig, .owl, .rdf, .xml, .jsonld or .json, also with .xz",
                      ""});
    }
    auto loaded = store.load(*text, *syntax, path, "", std::string(catalog::kAssertedGraph));
    if (!loaded) return std::unexpected(loaded.error());
  }
  if (!call.data.empty()) return store;
  auto catalogue = catalogueOf(call);
  if (!catalogue) return std::unexpected(catalogue.error());
  auto loaded = store.load(catalog::catalogueQuads(*catalogue), rdf::Syntax::nQuads, "catalogue", "",
                           std::string(catalog::kAssertedGraph));
  if (!loaded) return std::unexpected(loaded.error());
  return store;
}

ExitCode query(const CatalogueCall& call) {
  rdf::QueryOptions options;
  std::string text = call.query;
  if (!call.queryFile.empty()) {
    auto read = os::wholeFile(call.queryFile, std::size_t{1} << 20U);
    if (!read) return refuse(call.format, read.error());
    text = std::move(*read);
    options.file = call.queryFile;
  }
  if (text.empty())
    return refuse(
        call.format,
        {{Severity::error, {"query", 0, 0}, 0, "a query is expected", "SPARQL 1.1, or --file", ""}});
  options.format = *rdf::formatNamed(call.format);
  options.seconds = call.seconds;
  options.rows = call.rows;
  for (const auto& [prefix, iri] : catalog::catalogPrefixes()) options.prefixes[prefix] = iri;
  auto store = storeOf(call);
  if (!store) return refuse(call.format, store.error());
  auto answer = store->query(text, options);
  if (!answer) return refuse(call.format, answer.error());
  std::cout << answer->text;
  if (answer->cut) std::cerr << fmt::format("only the first {} rows: --rows gives more\n", call.rows);
  return ExitCode::ok;
}
#else
ExitCode query(const CatalogueCall& call) {
  return refuse(call.format, {{Severity::error,
                               {"query", 0, 0},
                               0,
                               "this program was built without the RDF store",
                               "a build with -DVAUBAN_RDF=ON (cargo 1.87 or newer)",
                               ""}});
}
#endif

ExitCode knowledgeInfo(const CatalogueCall& call) {
  auto catalogue = catalogueOf(call);
  if (!catalogue) return refuse(call.format, catalogue.error());
  std::cout << (call.format == "json" ? report::knowledgeJson(*catalogue)
                                      : report::knowledgeText(*catalogue));
  return ExitCode::ok;
}

ExitCode knowledgeImport(const CatalogueCall& call) {
  auto catalogue = knowledgeInForce(call.knowledge);
  if (!catalogue) return refuse(call.format, catalogue.error());
  if (auto imported = importInto(*catalogue, call.files, {call.version, call.attackVersion}); !imported)
    return refuse(call.format, imported.error());
  if (auto written = writeTables(catalog::writePack(*catalogue), call.into); !written)
    return refuse(call.format, written.error());
  std::cout << (call.format == "json" ? report::knowledgeJson(*catalogue)
                                      : report::knowledgeText(*catalogue));
  return ExitCode::ok;
}

}  // namespace

std::shared_ptr<CatalogueCall> addCatalogueCommands(CLI::App& app, ExitCode& code) {
  auto call = std::make_shared<CatalogueCall>();
  CatalogueCall& it = *call;
  using Words = std::vector<std::string>;
  const auto command = [&](CLI::App& to, const char* name, const char* about,
                           ExitCode (*stage)(const CatalogueCall&), const Words& formats) {
    CLI::App* sub = to.add_subcommand(name, about);
    sub->add_option("--knowledge", it.knowledge,
                    "a pack that `knowledge import` wrote (what ships with the program)");
    sub->add_option("--format", it.format, "the first is the default")->check(CLI::IsMember(formats));
    sub->callback([&it, &code, stage, first = formats.front()] {
      if (it.format.empty()) it.format = first;
      if (it.view.empty()) it.view = stage == map ? "direct" : "page";
      code = stage(it);
    });
    return sub;
  };
  const auto d3fend = [&](CLI::App* sub) {
    sub->add_option("--d3fend", it.files, "files of the D3FEND ontology, in place of what ships");
    sub->add_option("--as-version", it.version, "its version, where the files do not say it");
  };

  const auto inferring = [&](CLI::App* sub) {
    sub->add_option(
           "--view", it.view,
           "direct, parent (a technique also has what its parents have) or page (and its sub-techniques)")
        ->check(CLI::IsMember({"direct", "parent", "page"}));
    sub->add_option("--beyond", it.beyond, "rules beyond the official inference")
        ->delimiter(',')
        ->check(CLI::IsMember({"both-inherit", "partial-coverage", "whole-to-part", "protocol"}));
  };

  CLI::App* sub = command(app, "map", "which countermeasure may answer which technique, as D3FEND infers it",
                          map, {"text", "json", "tsv"});
  d3fend(sub);
  inferring(sub);
  sub->add_option("--id", it.id, "only this technique: T1048, D3-NTF");
  sub->add_option("--over", it.over,
                  "only what carries data over this service (ntp, icmp, dns, ...), by the rule `protocol`");
  sub->add_flag("--with-deprecated", it.deprecatedColumn, "tsv: a column that marks deprecated techniques");

  sub = command(app, "explain", "all that is known of an id, and how it is known", explain, {"text", "json"});
  d3fend(sub);
  inferring(sub);
  sub->add_option("id", it.words,
                  "T1048.003, D3-DNSAL, M1037, AC-4, CIS 9.2, the name of an artifact, ntp, ...")
      ->required();
  sub->add_flag("--all", it.all, "every path, and lists to their end");
  sub->add_flag("--no-color,--no-colour", it.noColour, "no colour on a terminal either");

  sub = command(app, "audit", "what the catalogue holds, rests on and leaves out", audit,
                {"text", "json", "markdown"});
  d3fend(sub);
  sub->add_option("--against", it.data, "files of another version of D3FEND: what has changed since");
  sub->add_option("--against-version", it.against, "its version, where the files do not say it");
  sub->add_option("--tables", it.tables, "a folder for the same as tab-separated tables");
  sub->add_flag("--all", it.all, "the lists to their end");
  sub->add_flag("--no-color,--no-colour", it.noColour, "no colour on a terminal either");

  sub = command(app, "query", "the catalogue asked in SPARQL 1.1", query,
                {"table", "json", "csv", "tsv", "turtle", "ntriples"});
  d3fend(sub);
  sub->add_option("query", it.query, "SELECT, ASK, CONSTRUCT or DESCRIBE; usual prefixes need no PREFIX");
  sub->add_option("--file", it.queryFile, "a file with the query");
  sub->add_option("--data", it.data, "RDF files to ask in place of the catalogue");
  sub->add_option("--time-limit", it.seconds, "seconds")->check(secondsOption());
  sub->add_option("--rows", it.rows, "rows at most")->check(CLI::PositiveNumber);

  CLI::App* knowledge = app.add_subcommand("knowledge", "what the program knows, and from where");
  knowledge->require_subcommand(1);
  sub = command(*knowledge, "info", "frameworks in force: version, counts, licence, hash", knowledgeInfo,
                {"text", "json"});
  d3fend(sub);
  sub = command(
      *knowledge, "import",
      "a pack out of official files: D3FEND (Turtle, RDF/XML, JSON-LD), ATT&CK (STIX), OSCAL, Mappings "
      "Explorer, the 800-53 and CCI workbooks",
      knowledgeImport, {"text", "json"});
  sub->add_option("files", it.files, "the files, .xz or not")->required();
  sub->add_option("--into", it.into, "the folder of the new pack")->required();
  sub->add_option("--as-version", it.version, "D3FEND's version, where its files do not say it");
  sub->add_option("--attack-version", it.attackVersion, "ATT&CK's version, where its bundles do not say it");
  return call;
}

}  // namespace vauban
