// The other side: what of ATT&CK is answered, what is not, and what is known about answers.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/audit_sheets.h"

namespace vauban::report {

using catalog::Audit;
using catalog::Count;
using catalog::CountermeasureFigures;
using catalog::DomainFigures;
using catalog::GapReason;
using catalog::ProtocolFigures;
using catalog::TacticFigures;
using catalog::Weight;

namespace {

constexpr std::size_t kMostIds = 6;
constexpr std::size_t kMostOfOne = 5;  // countermeasures named with one protocol
// What the discussion of the catalogue names is named first wherever it belongs.
constexpr std::string_view kNamedCountermeasures[] = {"D3-BDI", "D3-FMBV"};
constexpr std::string_view kNamedServices[] = {"ntp", "icmp"};
constexpr std::string_view kEveryPacket = "any";  // a service of flow rules, and no protocol

template <class Names>
void nameFirst(std::vector<std::string>& ids, const Names& names) {
  std::ranges::stable_partition(
      ids, [&](const std::string& id) { return std::ranges::find(names, id) != std::end(names); });
}

std::vector<Column> coverageColumns() {
  return {{"techniques", true},
          {"view"},
          {"answered", true},
          {"share", true},
          {"exactly", true},
          {"exact share", true},
          {"use", true},
          {"use answered", true},
          {"use share", true},
          {"use exactly", true},
          {"use exact share", true}};
}

std::vector<Cell> coverageCells(const Weight& all, const catalog::Coverage& of) {
  return {countCell(all.techniques),
          textCell(word(of.view)),
          countCell(of.any.techniques),
          shareCell(of.any.techniques, all.techniques),
          countCell(of.exact.techniques),
          shareCell(of.exact.techniques, all.techniques),
          countCell(all.use()),
          countCell(of.any.use()),
          shareCell(of.any.use(), all.use()),
          countCell(of.exact.use()),
          shareCell(of.exact.use(), all.use())};
}

Sheet coverage(const Audit& audit) {
  Sheet sheet;
  sheet.name = "coverage";
  sheet.title = "ATT&CK: what is answered, as techniques and as observed use";
  sheet.columns = coverageColumns();
  sheet.columns.insert(sheet.columns.begin(), {"domain"});
  sheet.columns.insert(sheet.columns.begin() + 2, {"in D3FEND", true});
  for (const DomainFigures& domain : audit.domains) {
    for (const auto& of : domain.coverage) {
      auto cells = coverageCells(domain.all, of);
      cells.insert(cells.begin(), textCell(domainInWords(domain.version.framework)));
      cells.insert(cells.begin() + 2, countCell(domain.all.techniques - domain.notJoined.techniques));
      sheet.add(std::move(cells));
    }
    if (domain.otherId.techniques != 0) {
      sheet.notes.push_back(fmt::format("{}: {} are in the ontology under an id that they had or were given.",
                                        domainInWords(domain.version.framework), domain.otherId.techniques));
    }
  }
  sheet.notes.emplace_back(
      "Use: groups and campaigns that ATT&CK names with the very technique, as published.");
  return sheet;
}

Sheet coverageByTactic(const Audit& audit) {
  Sheet sheet;
  sheet.name = "coverage-by-tactic";
  sheet.title = "ATT&CK by tactic: what is answered";
  sheet.detail = true;
  sheet.columns = coverageColumns();
  sheet.columns.insert(sheet.columns.begin(), {{"domain"}, {"tactic"}});
  for (const DomainFigures& domain : audit.domains) {
    for (const auto& tactic : domain.byTactic) {
      for (const auto& of : tactic.coverage) {
        auto cells = coverageCells(tactic.all, of);
        cells.insert(cells.begin(),
                     {textCell(domainInWords(domain.version.framework)), textCell(tactic.tactic)});
        sheet.add(std::move(cells));
      }
    }
  }
  return sheet;
}

// Techniques without an answer in the widest view, by reason; the most used first.
Sheet unanswered(const Audit& audit) {
  Sheet sheet;
  sheet.name = "unanswered-techniques";
  sheet.columns = {{"domain"}, {"reason"}};
  for (const auto& view : audit.views) sheet.columns.push_back({std::string(word(view.view)), true});
  sheet.columns.push_back({"use", true});
  sheet.columns.push_back({"which"});
  if (audit.views.empty()) return sheet;
  const std::size_t widestView = audit.views.size() - 1;
  sheet.title = fmt::format("Attack techniques that no countermeasure answers (use and names: {} view)",
                            word(audit.views.back().view));
  // One line a reason; `figures` of a technique: its answers, its use, its id.
  const auto lines = [&](const std::string& domain, const auto& techniques, bool hasUse, auto useOf) {
    std::map<GapReason, std::vector<Count>> counts;
    std::map<GapReason, std::uint64_t> used;
    std::map<GapReason, std::vector<std::pair<Count, std::string>>> names;
    for (const auto& technique : techniques) {
      for (std::size_t view = 0; view <= widestView; ++view) {
        const auto& answers = technique.answers[view];
        if (answers.any != 0) continue;
        auto& of = counts[answers.gap];
        of.resize(widestView + 1);
        ++of[view];
        if (view != widestView) continue;
        used[answers.gap] += useOf(technique);
        names[answers.gap].emplace_back(useOf(technique), technique.id);
      }
    }
    for (const auto& [reason, of] : counts) {
      auto& ordered = names[reason];
      std::ranges::stable_sort(ordered, std::ranges::greater(), &std::pair<Count, std::string>::first);
      std::vector<std::string> ids;
      for (const auto& [use, id] : ordered) ids.push_back(id);
      std::vector<Cell> row{textCell(domain), {std::string(inWords(reason)), std::string(word(reason))}};
      for (const Count count : of) row.push_back(countCell(count));
      row.push_back(hasUse ? countCell(used[reason]) : Cell{"-", ""});
      row.push_back(listCell(ids, 4));
      sheet.add(std::move(row));
    }
  };
  for (const DomainFigures& domain : audit.domains) {
    lines(domainInWords(domain.version.framework), domain.techniques, true,
          [](const catalog::AttackFigures& technique) { return technique.use(); });
  }
  std::vector<catalog::OntologyAttackFigures> kept;
  std::ranges::copy_if(audit.ontologyTechniques, std::back_inserter(kept),
                       [](const auto& technique) { return !technique.deprecated; });
  lines("in D3FEND", kept, false, [](const catalog::OntologyAttackFigures&) { return Count{0}; });
  sheet.notes.push_back(
      fmt::format("In D3FEND: its own {} attack techniques, without {} that it marks as deprecated.",
                  kept.size(), audit.ontologyTechniques.size() - kept.size()));
  return sheet;
}

Sheet answerNothing(const Audit& audit) {
  Sheet sheet;
  sheet.name = "countermeasures-without-technique";
  sheet.title = "Countermeasures that answer no attack technique";
  sheet.columns = {{"reason"}, {"how many", true}, {"could inherit", true}, {"which"}};
  std::map<GapReason, std::vector<std::string>> ids;
  std::map<GapReason, Count> inherit;
  std::map<std::string, Count> byTactic;
  for (const CountermeasureFigures& it : audit.countermeasures) {
    if (it.answers.empty() || it.answers.back().any != 0) continue;
    const GapReason reason = it.answers.back().gap;
    ids[reason].push_back(it.id);
    inherit[reason] += it.byInheritance ? 1 : 0;
    for (const std::string& tactic : it.tactics) ++byTactic[tactic];
  }
  for (auto& [reason, of] : ids) {
    nameFirst(of, kNamedCountermeasures);
    sheet.add({{std::string(inWords(reason)), std::string(word(reason))},
               countCell(of.size()),
               countCell(inherit[reason]),
               listCell(of, kMostIds)});
  }
  std::string words;
  for (const TacticFigures& tactic : audit.tactics) {
    if (byTactic.contains(tactic.tactic))
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", tactic.tactic, byTactic[tactic.tactic]);
  }
  if (!words.empty()) sheet.notes.push_back("By tactic: " + words + ".");
  sheet.notes.emplace_back("Could inherit: it would answer some if it took over what its ancestors act on.");
  return sheet;
}

Sheet protocols(const Audit& audit) {
  Sheet sheet;
  sheet.name = "protocols";
  sheet.title = "Protocols that a flow matrix can name, and their traffic in D3FEND";
  sheet.columns = {{"traffic"}, {"protocols", true}, {"which"}};
  std::vector<std::string> without, unattended, attended;
  std::map<std::string, Count> general;
  Count protocols = 0;
  for (const ProtocolFigures& protocol : audit.protocols) {
    if (protocol.service == kEveryPacket) continue;
    ++protocols;
    if (!protocol.inOntology) {
      without.push_back(protocol.service);
    } else if (protocol.particular.empty()) {
      unattended.push_back(protocol.service);
    } else {
      attended.push_back(
          fmt::format("{} ({})", protocol.service, listCell(protocol.particular, kMostOfOne).words));
    }
    for (const std::string& id : protocol.general) ++general[id];
  }
  nameFirst(without, kNamedServices);
  sheet.add({textCell("no artifact of its own"), countCell(without.size()), listCell(without, 2 * kMostIds)});
  sheet.add({textCell("an artifact, acted on only with wider traffic"), countCell(unattended.size()),
             listCell(unattended, kMostIds)});
  sheet.add({textCell("an artifact that a countermeasure acts on"), countCell(attended.size()),
             listCell(attended, kMostIds)});
  std::vector<std::string> always;
  for (const auto& [id, count] : general) {
    if (count == protocols) always.push_back(id);
  }
  if (!always.empty()) {
    sheet.notes.push_back(fmt::format("What acts on all of them alike, because it acts on traffic above: {}.",
                                      fmt::join(always, ", ")));
  }
  return sheet;
}

Sheet evidence(const Audit& audit) {
  Sheet sheet;
  sheet.name = "evidence";
  sheet.title = "ATT&CK techniques by the best evidence on any answer to them";
  sheet.columns = {{"domain"},       {"techniques", true}, {"none", true},   {"E0", true},
                   {"E1", true},     {"E2", true},         {"E3", true},     {"mitigated", true},
                   {"scored", true}, {"tried", true},      {"a rule", true}, {"rule and test", true}};
  for (const DomainFigures& domain : audit.domains) {
    std::map<std::string, Count> grades(domain.byGrade.begin(), domain.byGrade.end());
    sheet.add({textCell(domainInWords(domain.version.framework)), countCell(domain.all.techniques),
               countCell(grades["none"]), countCell(grades["E0"]), countCell(grades["E1"]),
               countCell(grades["E2"]), countCell(grades["E3"]), countCell(domain.mitigations),
               countCell(domain.scores), countCell(domain.trials), countCell(domain.rules),
               countCell(domain.rulesAndTests)});
  }
  std::string words;
  for (const auto& [table, count] : audit.notJoined)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, table);
  if (!words.empty()) sheet.notes.push_back("Of techniques that are live under no id: " + words + ".");
  return sheet;
}

}  // namespace

std::vector<Sheet> attackSheets(const Audit& audit) {
  std::vector<Sheet> sheets{coverage(audit), coverageByTactic(audit), unanswered(audit),
                            answerNothing(audit)};
  if (!audit.protocols.empty()) sheets.push_back(protocols(audit));
  sheets.push_back(evidence(audit));
  return sheets;
}

}  // namespace vauban::report
