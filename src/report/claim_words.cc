#include "report/claim_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/verdict_report.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Hop;
using channel::Verdict;
using model::Claim;
using model::ClaimKind;
using model::ClaimSubject;

namespace {

std::string joined(const std::vector<std::string>& words, const char* last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? std::string(" ") + last + " " : ", ";
    text += words[i];
  }
  return text;
}

std::string places(const model::PlaceTerms& terms) {
  std::vector<std::string> words;
  for (const model::PlaceTerm& term : terms) words.push_back(term.text);
  return joined(words, "or");
}

// `[dns, tcp/443]` as written becomes "dns, tcp/443".
std::string services(const Claim& claim) {
  std::string text = claim.overText;
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  return text == "any" ? "any service" : text;
}

std::string goalInWords(const model::Goal& goal) {
  if (!goal.controls.empty()) return "control of " + goal.controls;
  if (!goal.impact) return "the data of " + goal.asset;
  return (goal.kind.empty() ? "harm" : "harm to the " + goal.kind) + " of " + goal.asset;
}

bool isModelFile(const std::string& file) { return file.ends_with(".yaml") || file.ends_with(".yml"); }

// As a value of `service:`; "" where the set has no short name.
std::string serviceValue(const Hop& hop) {
  std::string text = serviceInWords(hop.packets);
  if (text.ends_with("...") || text.find('>') != std::string::npos) return hop.example.toString();
  return text.find(',') == std::string::npos ? text : "[" + text + "]";
}

}  // namespace

std::string claimKindName(const Claim& claim) {
  static constexpr const char* kKinds[] = {"never",    "always", "only",    "at-most",
                                           "only-via", "depth",  "tripwire"};
  static constexpr const char* kSubjects[] = {"reach", "channel", "goal"};
  const std::string kind = kKinds[static_cast<int>(claim.kind)];
  if (claim.kind == ClaimKind::depth || claim.kind == ClaimKind::tripwire) return kind;
  return kind + "-" + kSubjects[static_cast<int>(claim.subject)];
}

std::string claimInWords(const model::Model& model, const Claim& claim) {
  const std::string from = places(claim.from), to = places(claim.to), over = services(claim);
  if (claim.kind == ClaimKind::depth || claim.kind == ClaimKind::tripwire) {
    return claim.kind == ClaimKind::depth
               ? fmt::format("At least {} things must fail before {}", claim.atLeast, goalInWords(claim.goal))
               : fmt::format("Every way to {} meets at least {} decoys first", goalInWords(claim.goal),
                             claim.atLeast);
  }
  if (claim.subject == ClaimSubject::goal) return "No attacker gets " + goalInWords(claim.goal);
  if (claim.subject == ClaimSubject::reach) {
    switch (claim.kind) {
      case ClaimKind::always:
        return fmt::format("{} can always open {} to {}", from, over, to);
      case ClaimKind::only:
        return fmt::format("Nobody but {} can open {} to {}", from, over, to);
      default:
        return fmt::format("{} can never open {} to {}", from, over, to);
    }
  }
  const std::string way =
      fmt::format("{}from {} to {} over {}", claim.direct ? "directly " : "", from, to, over);
  std::string more;
  if (claim.bothWays) more += ", with a way back";
  if (!claim.heldByAdversary.empty()) {
    more += fmt::format(", even if the adversary holds {}", places(claim.heldByAdversary));
  }
  switch (claim.kind) {
    case ClaimKind::atMost:
      return fmt::format("At most {} can get {}{}", rateInWords(claim.bitsPerSecond), way, more);
    case ClaimKind::onlyVia: {
      std::vector<std::string> hosts;
      for (const model::HostId host : claim.via) hosts.push_back(model.at(host).name);
      return fmt::format("Whatever gets {} passes {}{}", way, joined(hosts, "or"), more);
    }
    default:
      return fmt::format("Nothing can get {}{}", way, more);
  }
}

bool isMissing(const Hop& hop) { return hop.carrier == "does not pass"; }

std::string hopInWords(const Hop& hop) {
  const std::string service = serviceInWords(hop.packets), example = hop.example.toString();
  const std::string packets =
      service == example ? service : fmt::format("{} (for example {})", service, example);
  if (isMissing(hop)) return fmt::format("{} cannot open {} to {}", hop.from, packets, hop.to);
  std::string text = hop.answer
                         ? fmt::format("{} opens {} to {}, and the bytes ride back in the answer from {}",
                                       hop.to, packets, hop.from, hop.from)
                         : fmt::format("{} opens {} to {}", hop.from, packets, hop.to);
  if (!hop.how.empty()) text += ", " + hop.how;
  if (hop.carrier == "anything") {
    text += "; any bytes can ride in it";
  } else if (!hop.carrier.empty() && hop.carrier != "opens a conversation") {
    text += "; the bytes ride in: " + hop.carrier;
  }
  return text;
}

std::string ruleInWords(const Hop& hop) {
  if (!hop.rule) return {};
  std::string text = lineOf(hop.rule->place);
  if (!hop.rule->text.empty()) text += (text.empty() ? "" : ": ") + hop.rule->text;
  if (!hop.rule->device.empty()) text += " (at the " + hop.rule->device + ")";
  return text;
}

Remedy remedyOf(const Hop& hop) {
  Remedy remedy;
  if (hop.rule) remedy.where = lineOf(hop.rule->place);
  const std::string opener = hop.answer ? hop.to : hop.from, listener = hop.answer ? hop.from : hop.to;
  const bool byRule = hop.rule && isModelFile(hop.rule->place.file);
  if (isMissing(hop)) {
    remedy.write =
        fmt::format("- allow: {{from: {}, to: {}, service: {}}}", hop.from, hop.to, serviceValue(hop));
    remedy.isLine = byRule;
    if (!byRule) remedy.write = fmt::format("let {} pass from {} to {}", serviceValue(hop), hop.from, hop.to);
  } else if (!hop.how.empty()) {
    // It does not bear the sender's own address, or no rule sees it: a rule about addresses shuts nothing.
    remedy.write = fmt::format(
        "this packet travels {}: it takes a check of source addresses or of families "
        "where it enters, not only another rule",
        hop.how);
  } else if (byRule) {
    remedy.write =
        fmt::format("- deny: {{from: {}, to: {}, service: {}}}", opener, listener, serviceValue(hop));
    remedy.isLine = true;
  } else if (hop.rule) {
    remedy.write = fmt::format("take this rule out or narrow it, so that {} from {} to {} no longer passes",
                               serviceValue(hop), opener, listener);
  } else {
    remedy.write =
        fmt::format("no rule lies between {} and {}: put a filter there, or part them", opener, listener);
  }
  return remedy;
}

std::string testOf(const Hop& hop) {
  const std::string opener = hop.answer ? hop.to : hop.from, listener = hop.answer ? hop.from : hop.to;
  const std::string packet = hop.example.toString();
  if (isMissing(hop)) {
    return fmt::format("send {} from {} to {} and see it arrive there", packet, opener, listener);
  }
  return fmt::format("send {} from {} to {}{}{}, and watch at {} that nothing arrives", packet, opener,
                     listener, hop.how.empty() ? "" : " ", hop.how, listener);
}

std::string capacityInWords(const channel::Judgement& judgement) {
  if (judgement.witness.empty() || judgement.bitsPerSecond <= 0) return {};
  return fmt::format("{}, {}", judgement.direct ? "direct" : "relayed", rateInWords(judgement.bitsPerSecond));
}

std::string countsInWords(const std::vector<ClaimResult>& results) {
  std::map<Verdict, std::size_t> counts;
  for (const ClaimResult& result : results) ++counts[result.judgement.verdict];
  std::string line;
  for (const auto& [verdict, count] : counts) {
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, channel::toString(verdict));
  }
  return line.empty() ? "no claims" : line;
}

std::string lineOf(const Place& place) { return Place{place.file, place.line, 0}.toString(); }

}  // namespace vauban::report
