#include <fmt/format.h>

#include <algorithm>

#include "report/verdict_report.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::EgressCell;
using channel::Hop;
using channel::Judgement;
using channel::Verdict;
using space::ServiceSet;

std::string rateInWords(double bits) {
  static constexpr const char* kUnits[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
  std::size_t unit = 0;
  while (bits >= 999.5 && unit < 3) {
    bits /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bits, kUnits[unit]);
}

std::string serviceInWords(ServiceSet services) {
  if (services.full()) return "any";
  // The smallest built-in name that holds the whole set and that the set fills.
  for (const model::BuiltInService& service : model::builtInServices()) {
    if (service.services == services) return service.name;
  }
  const ServiceSet ports = services.anySourcePort();
  for (const model::BuiltInService& service : model::builtInServices()) {
    if (service.services == ports) return service.name;
  }
  std::string text = ports.toString();
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) text = text.substr(0, text.rfind(',', kLongest)) + ", ...";
  return text;
}

namespace {

const char* colourOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kept:
      return "\x1b[32m";
    case Verdict::waived:
      return "\x1b[36m";
    case Verdict::conditional:
      return "\x1b[33m";
    case Verdict::undecided:
      return "\x1b[35m";
    case Verdict::broken:
      return "\x1b[31m";
  }
  return "";
}

std::string paint(const std::string& text, const char* colour, const TextStyle& style) {
  return style.colour ? colour + text + "\x1b[0m" : text;
}

std::string hopText(const Hop& hop) {
  std::string text = fmt::format("{} -> {}  {}", hop.from, hop.to, serviceInWords(hop.packets));
  if (!hop.carrier.empty()) {
    text += "  (" + hop.carrier + (hop.answer ? ", " + hop.to + " asks" : "") + ")";
  }
  if (!hop.how.empty()) text += "  " + hop.how;
  if (hop.rule) {
    text +=
        "  [" + Place{hop.rule->place.file, hop.rule->place.line, 0}.toString() + "  " + hop.rule->text + "]";
  }
  return text;
}

}  // namespace

std::string verifyText(const model::Model& model, const std::vector<ClaimResult>& results,
                       const channel::Trust& trust, const TextStyle& style) {
  std::string out;
  std::size_t width = 0;
  for (const ClaimResult& result : results) width = std::max(width, result.claim->id.size());
  std::map<Verdict, std::size_t> counts;
  // Many claims rest on the same statements: each is printed once, at the end.
  std::map<channel::Statement, std::size_t> footnotes;
  std::vector<const channel::Statement*> order;
  for (const ClaimResult& result : results) {
    const Judgement& judgement = result.judgement;
    ++counts[judgement.verdict];
    out += fmt::format("{}  {}",
                       paint(fmt::format("{:<11}", channel::toString(judgement.verdict)),
                             colourOf(judgement.verdict), style),
                       result.claim->id);
    if (!judgement.witness.empty() && judgement.bitsPerSecond > 0) {
      out += fmt::format("{}  {}, {}", std::string(width - result.claim->id.size(), ' '),
                         judgement.direct ? "direct" : "relayed", rateInWords(judgement.bitsPerSecond));
    }
    if (style.before != nullptr) {
      const auto was = style.before->find(result.claim->id);
      if (was == style.before->end()) {
        out += paint("  <- new", "\x1b[1m", style);
      } else if (was->second != judgement.verdict) {
        out += paint(fmt::format("  <- was {}", channel::toString(was->second)), "\x1b[1m", style);
      }
    }
    out += "\n";
    if (!judgement.reason.empty()) out += "    " + judgement.reason + "\n";
    for (const auto& [value, verdict] : result.perCondition) {
      std::string words;
      for (const auto& [name, open] : value)
        words += (words.empty() ? "" : ", ") + name + (open ? " open" : " closed");
      out += fmt::format("    {}: {}\n", words, channel::toString(verdict));
    }
    for (std::size_t n = 0; n < judgement.steps.size(); ++n)
      out += fmt::format("    {}{}\n", n == 0 ? "" : fmt::format("{}. ", n), judgement.steps[n]);
    std::size_t number = 0;
    // What an attacker does says it already.
    const bool hops = judgement.steps.empty() || style.verbose;
    for (const Hop& hop : hops ? judgement.witness : std::vector<Hop>{})
      out += fmt::format("    {}. {}\n", ++number, hopText(hop));
    for (const reach::Atom& atom : judgement.conditions) {
      out += fmt::format("    kept if you state, in {}:  {}\n", atom.where, atom.line);
      if (!atom.test.empty()) out += fmt::format("        test it: {}\n", atom.test);
    }
    for (const auto& set : judgement.otherConditions) {
      std::string lines;
      for (const reach::Atom& atom : set)
        lines += fmt::format("{}in {}:  {}", lines.empty() ? "" : "; ", atom.where, atom.line);
      out += fmt::format("    or {}\n", lines);
    }
    if (!judgement.conditions.empty() && !judgement.allConditionsListed)
      out += "    (other sets may do as well)\n";
    std::string notes;
    for (const channel::Statement& statement : judgement.assumptions) {
      // The gaps of a conditional claim were just named as what to state.
      if (!style.verbose && judgement.verdict == Verdict::conditional && !statement.stated) continue;
      auto [note, fresh] = footnotes.try_emplace(statement, footnotes.size() + 1);
      if (fresh) order.push_back(&note->first);
      notes += fmt::format(" [{}]", note->second);
    }
    if (!notes.empty()) out += "    rests on" + notes + "\n";
    if (style.verbose) {
      for (const channel::Shut& shut : judgement.shut) {
        out += fmt::format("    shut: {} -> {}  {}{}\n", shut.from, shut.to, shut.reason,
                           shut.place.file.empty()
                               ? ""
                               : "  [" + Place{shut.place.file, shut.place.line, 0}.toString() + "]");
      }
    }
  }
  if (style.before != nullptr) {
    for (const auto& [id, verdict] : *style.before) {
      if (std::ranges::none_of(results, [&](const ClaimResult& result) { return result.claim->id == id; })) {
        out += fmt::format("{:<11}  {}  <- was {}\n", "removed", id, channel::toString(verdict));
      }
    }
  }
  for (const auto* list : {&model.warnings, &trust.warnings}) {
    for (const Diagnostic& warning : *list)
      out += fmt::format("warning: {}: {}\n", warning.place.toString(), warning.message);
  }
  if (!order.empty()) out += "\n";
  for (std::size_t n = 0; n < order.size(); ++n) {
    const channel::Statement& statement = *order[n];
    out += fmt::format("{:>5} {}{}{}\n", fmt::format("[{}]", n + 1),
                       statement.stated ? "" : "not stated: ", statement.text,
                       statement.place.file.empty()
                           ? ""
                           : "  (" + Place{statement.place.file, statement.place.line, 0}.toString() + ")");
  }
  if (!results.empty()) {
    out += "\n";
    std::string line;
    for (Verdict verdict :
         {Verdict::kept, Verdict::waived, Verdict::conditional, Verdict::undecided, Verdict::broken}) {
      if (counts[verdict] != 0)
        line += fmt::format("{}{} {}", line.empty() ? "" : ", ", counts[verdict], channel::toString(verdict));
    }
    out += line + "\n";
    for (const std::string& text : channel::Judge::outsideTheModel()) out += text + "\n";
  }
  return out;
}

std::string egressText(const channel::EgressTable& table, const TextStyle& style) {
  if (table.rows.empty()) return "no untrusted zone: nothing to leave to\n";
  std::size_t width = 5;
  for (const auto& row : table.rows) width = std::max(width, row.place.size() + (row.isZone ? 0 : 2));
  constexpr std::size_t kCell = 11;
  std::string out(width, ' ');
  for (const std::string& protocol : table.protocols) out += fmt::format("  {:<{}}", protocol, kCell);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out += "\n";
  std::map<std::string, std::string> needed;
  for (const auto& row : table.rows) {
    std::string line = fmt::format("{:<{}}", (row.isZone ? "" : "  ") + row.place, width);
    for (const EgressCell& cell : row.cells) {
      std::string word;
      const char* colour = "\x1b[32m";
      switch (cell.kind) {
        case EgressCell::Kind::shut:
          word = "shut";
          break;
        case EgressCell::Kind::conditional:
          word = "unless*";
          colour = "\x1b[33m";
          break;
        case EgressCell::Kind::relayed:
          word = "relayed";
          colour = "\x1b[31m";
          break;
        case EgressCell::Kind::undecided:
          word = "unknown";
          colour = "\x1b[35m";
          break;
        case EgressCell::Kind::direct:
          word = "direct";
          colour = "\x1b[31m";
          break;
      }
      for (const reach::Atom& atom : cell.conditions) needed[atom.where + ":  " + atom.line] = atom.text;
      line += "  " + paint(fmt::format("{:<{}}", word, kCell), colour, style);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  if (!needed.empty()) {
    out +=
        "\n* open as written; shut once the model states what each such cell needs (--format json says "
        "which), among:\n";
    for (const auto& [line, text] : needed) out += "    " + line + (text.empty() ? "" : "   " + text) + "\n";
  }
  out += "\n";
  for (const std::string& text : channel::Judge::outsideTheModel()) out += text + "\n";
  return out;
}

std::string reachText(const std::vector<channel::ReachEntry>& entries) {
  std::size_t from = 4, to = 2;
  for (const auto& entry : entries) {
    from = std::max(from, entry.from.size());
    to = std::max(to, entry.to.size());
  }
  std::string out = fmt::format("{:<{}}  {:<{}}  services\n", "from", from, "to", to);
  for (const auto& entry : entries) {
    out +=
        fmt::format("{:<{}}  {:<{}}  {}{}\n", entry.from, from, entry.to, to, serviceInWords(entry.services),
                    entry.assumed ? "  (worst case of an unstated key)" : "");
  }
  return out;
}

std::string servicesText(const model::BehaviourCatalogue& behaviours) {
  std::string out = "Services\n";
  for (const model::BuiltInService& service : model::builtInServices()) {
    out += fmt::format("  {:<14} {:<34} {}\n", service.name, service.services.toString(), service.reference);
  }
  out += "\nBehaviours\n";
  for (const model::Behaviour& behaviour : behaviours.all()) {
    out += fmt::format("  {:<20} {}\n", behaviour.name, behaviour.summary);
    std::string keys;
    for (const std::string& key : behaviour.keys) keys += (keys.empty() ? "" : ", ") + key;
    if (!keys.empty()) out += fmt::format("  {:<20}   configured by: {}\n", "", keys);
    for (const auto& [name, rule] : behaviour.properties) {
      std::string best;
      for (const std::string& value : rule.best) best += (best.empty() ? "" : ", ") + value;
      out += fmt::format("  {:<20}   {}: {}{}  {}\n", "", name, rule.isList ? "[" + best + "]" : best,
                         rule.hardens ? "" : " by default", rule.meaning);
    }
  }
  return out;
}

}  // namespace vauban::report
