#include "model/call_claim.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "model/service_words.h"

namespace vauban::model {

namespace {

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list;
  std::string word;
  for (char c : text + ",") {
    if (c == ',') {
      if (!word.empty()) list.push_back(word);
      word.clear();
    } else if (c != ' ') {
      word += c;
    }
  }
  return list;
}

PlaceTerms places(const Model& model, const std::string& option, const std::string& text,
                  Diagnostics& problems) {
  PlaceTerms terms;
  const Place place{option, 0, 0};
  for (const std::string& word : words(text.empty() ? "any" : text)) {
    PlaceTerm term;
    term.text = word;
    term.place = place;
    const auto zone = std::ranges::find(model.zones, word, &Zone::name);
    const auto host = std::ranges::find(model.hosts, word, &Host::name);
    if (word == "any") {
      term.kind = PlaceTerm::Kind::any;
    } else if (zone != model.zones.end()) {
      term.kind = PlaceTerm::Kind::zone;
      term.zone = ZoneId(static_cast<std::size_t>(zone - model.zones.begin()));
    } else if (host != model.hosts.end()) {
      term.kind = PlaceTerm::Kind::host;
      term.host = HostId(static_cast<std::size_t>(host - model.hosts.begin()));
    } else if (auto range = space::AddressRange::parse(word)) {
      term.kind = PlaceTerm::Kind::addresses;
      term.addresses = space::AddressSet(*range);
    } else {
      std::vector<std::string_view> names;
      for (const Zone& z : model.zones) names.push_back(z.name);
      for (const Host& h : model.hosts) names.push_back(h.name);
      problems.push_back({Severity::error, place, 0, "no zone or host is called '" + word + "'",
                          "a zone, a host, an address, a CIDR or any", nearestName(word, names)});
      continue;
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

}  // namespace

Result<Claim> claimOfCall(const Model& model, const std::string& from, const std::string& to,
                          const std::string& over) {
  Claim claim;
  Diagnostics problems;
  claim.id = (from.empty() ? "any" : from) + " -> " + (to.empty() ? "any" : to) +
             (over == "any" ? "" : " over " + over);
  claim.place = {"the call", 0, 0};
  claim.from = places(model, "--from", from, problems);
  claim.to = places(model, "--to", to, problems);
  claim.overText = over;
  for (const std::string& word : words(over.empty() ? "any" : over)) {
    WordProblem problem;
    if (auto set = serviceOfWord(word, model.declaredServices, problem)) {
      claim.over |= *set;
    } else {
      problems.push_back(
          {Severity::error, {"--over", 0, 0}, 0, problem.message, problem.expected, problem.nearest});
    }
  }
  if (hasErrors(problems)) return std::unexpected(std::move(problems));
  return claim;
}

}  // namespace vauban::model
