#include "plan/fits.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/nearest_name.h"

namespace vauban::plan {
namespace {

template <class Things>
const auto* thing(const Things& things, std::string_view name) {
  const auto found = std::ranges::find_if(things, [&](const auto& it) { return it.name == name; });
  return found == things.end() ? nullptr : &*found;
}

std::string joined(const std::vector<std::string>& words, std::string_view between = ",") {
  std::string text;
  for (const std::string& it : words) text += (text.empty() ? "" : std::string(between)) + it;
  return text;
}

Diagnostic problem(const std::string& option, std::string message, std::string expected = {},
                   std::string nearest = {}) {
  return {Severity::error, {option, 0, 0}, 0, std::move(message), std::move(expected), std::move(nearest)};
}

std::vector<std::string_view> views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

}  // namespace

std::vector<std::string> PatternPlaces::candidates(MemberKind kind) const {
  std::vector<std::string> names;
  if (kind == MemberKind::zone)
    for (const auto& it : model_.zones) names.push_back(it.name);
  if (kind == MemberKind::host)
    for (const auto& it : model_.hosts) names.push_back(it.name);
  if (kind == MemberKind::asset)
    for (const auto& it : model_.assets) names.push_back(it.name);
  if (kind == MemberKind::credential)
    for (const auto& it : model_.credentials) names.push_back(it.name);
  return names;
}

std::string PatternPlaces::unfitZone(const Member& member, const model::Zone& zone) const {
  if (member.untrusted && *member.untrusted != zone.untrusted)
    return zone.untrusted ? "it is untrusted" : "it is not untrusted";
  if (member.isolated && *member.isolated != zone.isolated)
    return zone.isolated ? "it is isolated" : "it is not isolated";
  if (member.people && *member.people != zone.people)
    return zone.people ? "people work there" : "nobody is said to work there";
  return {};
}

std::string PatternPlaces::unfitHost(const Member& member, const model::Host& host) const {
  if (member.opaque && *member.opaque == host.servicesStated)
    return host.servicesStated ? "its services are stated" : "its services are not stated";
  if (member.offers && (host.services.empty() || !host.servicesStated) == *member.offers)
    return *member.offers ? "it offers no service" : "it offers services";
  if (member.behaviours.empty()) return {};
  for (const model::ServiceId id : host.services) {
    const auto& name = behaviours_.at(model_.at(id).behaviour).name;
    if (std::ranges::find(member.behaviours, name) != member.behaviours.end()) return {};
  }
  return "none of its services is a " + joined(member.behaviours, " or ");
}

std::string PatternPlaces::unrelated(const std::string& name, const Relation& relation,
                                     const std::vector<std::string>& others) const {
  const auto zonesOf = [&](const std::string& host) {
    std::vector<std::string> zones;
    if (const model::Host* it = thing(model_.hosts, host)) {
      zones.push_back(model_.at(it->zone).name);
      for (const model::ZoneId zone : it->alsoIn) zones.push_back(model_.at(zone).name);
    } else {
      zones.push_back(host);
    }
    return zones;
  };
  const auto anyOther = [&](auto&& holds) { return std::ranges::any_of(others, holds); };
  using Kind = Relation::Kind;
  const std::string said = joined(others, ", ");
  switch (relation.kind) {
    case Kind::reachedBy:
      if (anyOther([&](const std::string& it) {
            return conversations_.between(it, name).intersects(relation.services);
          }))
        return {};
      return fmt::format("{} cannot open {} to it", said,
                         relation.services.full() ? "a conversation" : relation.services.toString());
    case Kind::reaches:
      if (anyOther([&](const std::string& it) {
            return conversations_.between(name, it).intersects(relation.services);
          }))
        return {};
      return fmt::format("it cannot open {} to {}",
                         relation.services.full() ? "a conversation" : relation.services.toString(), said);
    case Kind::in:
    case Kind::notIn: {
      const auto zones = zonesOf(name);
      const bool inside =
          anyOther([&](const std::string& it) { return std::ranges::find(zones, it) != zones.end(); });
      if (inside == (relation.kind == Kind::in)) return {};
      return fmt::format("it is {}in {}", inside ? "" : "not ", said);
    }
    case Kind::differs:
      if (std::ranges::find(others, name) == others.end()) return {};
      return fmt::format("it is member '{}' already", relation.other);
    case Kind::holds: {
      for (const std::string& other : others) {
        const model::Asset* asset = thing(model_.assets, other);
        if (asset == nullptr) continue;
        const bool isZone = thing(model_.zones, name) != nullptr;
        for (const model::PlaceTerm& term : asset->at) {
          std::vector<std::string> lies;  // the asset: a host and its zones, or a zone
          if (term.kind == model::PlaceTerm::Kind::host) {
            const std::string& host = model_.at(term.host).name;
            lies = isZone ? zonesOf(host) : std::vector{host};
          } else if (term.kind == model::PlaceTerm::Kind::zone) {
            lies = {model_.at(term.zone).name};
          }
          const auto mine =
              isZone || term.kind == model::PlaceTerm::Kind::host ? std::vector{name} : zonesOf(name);
          const bool here = std::ranges::any_of(
              mine, [&](const std::string& it) { return std::ranges::find(lies, it) != lies.end(); });
          if (here) return {};
        }
      }
      return fmt::format("{} does not lie there", said);
    }
    case Kind::grantedBy:
      for (const std::string& other : others) {
        const model::Credential* credential = thing(model_.credentials, other);
        if (credential == nullptr) continue;
        for (const model::Grant& grant : credential->grants)
          for (const model::HostId host : grant.hosts)
            if (model_.at(host).name == name) return {};
      }
      return fmt::format("{} grants nothing there", said);
  }
  return {};
}

std::string PatternPlaces::unfit(const Member& member, const std::string& name, const Members& chosen) const {
  std::string why;
  if (member.kind == MemberKind::zone) why = unfitZone(member, *thing(model_.zones, name));
  if (member.kind == MemberKind::host) why = unfitHost(member, *thing(model_.hosts, name));
  for (const Relation& relation : member.relations) {
    if (!why.empty()) break;
    const auto other = chosen.find(relation.other);
    if (other != chosen.end()) why = unrelated(name, relation, other->second);
  }
  return why;
}

std::vector<std::string> PatternPlaces::fitting(const Member& member, const Members& chosen) const {
  std::vector<std::string> names = candidates(member.kind);
  std::erase_if(names, [&](const std::string& it) { return !unfit(member, it, chosen).empty(); });
  return names;
}

void PatternPlaces::choose(const Pattern& pattern, std::size_t at, const Members& named, Members& chosen,
                           std::size_t most, Fits& fits) const {
  if (!fits.complete) return;
  if (at == pattern.members.size()) {
    if (fits.assignments.size() == most) {
      fits.complete = false;
    } else {
      fits.assignments.push_back(chosen);
    }
    return;
  }
  const Member& member = pattern.members[at];
  const auto go = [&](std::vector<std::string> names) {
    chosen[member.name] = std::move(names);
    choose(pattern, at + 1, named, chosen, most, fits);
  };
  const auto said = named.find(member.name);
  if (member.kind == MemberKind::names) {
    go(said != named.end() ? said->second : member.names);
  } else if (said != named.end()) {
    const bool fit = std::ranges::all_of(
        said->second, [&](const std::string& it) { return unfit(member, it, chosen).empty(); });
    if (fit) go(said->second);
  } else if (auto names = fitting(member, chosen); member.all && !names.empty()) {
    go(std::move(names));
  } else {
    for (std::string& name : names) go({std::move(name)});
  }
  chosen.erase(member.name);
}

Fits PatternPlaces::fits(const Pattern& pattern, std::size_t most) const {
  Fits fits;
  Members chosen;
  choose(pattern, 0, {}, chosen, most, fits);
  return fits;
}

Diagnostics PatternPlaces::reasons(const Pattern& pattern, const Members& named,
                                   const std::string& option) const {
  Diagnostics problems;
  Members chosen;
  for (const Member& member : pattern.members) {
    const auto said = named.find(member.name);
    if (member.kind == MemberKind::names) {
      chosen[member.name] = said != named.end() ? said->second : member.names;
    } else if (said != named.end()) {
      for (const std::string& name : said->second) {
        const std::string why = unfit(member, name, chosen);
        if (!why.empty())
          problems.push_back(
              problem(option, fmt::format("'{}' does not fit member '{}': {}", name, member.name, why)));
      }
      if (!problems.empty()) break;  // what follows may be about it
      chosen[member.name] = said->second;
    } else if (auto names = fitting(member, chosen); names.empty()) {
      problems.push_back(
          problem(option, fmt::format("nothing fits member '{}': {}", member.name, member.means)));
      break;
    } else if (member.all || names.size() == 1) {
      chosen[member.name] = std::move(names);
    }
  }
  if (problems.empty())
    problems.push_back(problem(option, fmt::format("pattern '{}' fits nowhere in this model", pattern.id)));
  return problems;
}

Result<Members> PatternPlaces::complete(const Pattern& pattern, const Members& named,
                                        const std::string& option) const {
  Diagnostics problems;
  std::vector<std::string_view> known;
  for (const Member& member : pattern.members) known.push_back(member.name);
  for (const auto& [name, values] : named) {
    const Member* member = pattern.member(name);
    if (member == nullptr) {
      problems.push_back(problem(option, fmt::format("pattern '{}' has no member '{}'", pattern.id, name), "",
                                 nearestName(name, known)));
      continue;
    }
    if (member->kind == MemberKind::names) continue;
    const auto there = candidates(member->kind);
    for (const std::string& value : values)
      if (std::ranges::find(there, value) == there.end())
        problems.push_back(problem(option, fmt::format("no {} '{}'", word(member->kind), value), "",
                                   nearestName(value, views(there))));
    if (values.empty() || (values.size() > 1 && !member->all))
      problems.push_back(
          problem(option, fmt::format("member '{}' is {} {}", name, member->all ? "at least one" : "one",
                                      word(member->kind))));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  constexpr std::size_t kLookedAt = 1000;
  Fits fits;
  Members chosen;
  choose(pattern, 0, named, chosen, kLookedAt, fits);
  if (fits.assignments.size() == 1 && fits.complete) return std::move(fits.assignments.front());
  if (fits.assignments.empty()) {
    problems = reasons(pattern, named, option);
    const bool deployed = std::ranges::any_of(
        model_.countermeasures, [&](const model::Countermeasure& it) { return it.pattern == pattern.id; });
    if (deployed)
      problems.back().expected =
          "a place where it is not built: the model has this pattern among its countermeasures, and a place "
          "may be gone once it is built there";
    return std::unexpected(std::move(problems));
  }
  for (const Member& member : pattern.members) {
    std::vector<std::string> choices;
    for (const Members& it : fits.assignments) {
      const std::string names = joined(it.at(member.name));
      if (std::ranges::find(choices, names) == choices.end()) choices.push_back(names);
    }
    if (choices.size() < 2) continue;
    constexpr std::size_t kShown = 8;
    const bool more = choices.size() > kShown;
    if (more) choices.resize(kShown);
    problems.push_back(
        problem(option, fmt::format("member '{}' has more than one choice", member.name),
                fmt::format("{}=ONE, of {}{}", member.name, joined(choices, ", "), more ? ", ..." : "")));
    break;
  }
  return std::unexpected(std::move(problems));
}

Result<Members> membersOfWords(const std::vector<std::string>& words, const std::string& option) {
  Members members;
  Diagnostics problems;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      problems.push_back(problem(option, fmt::format("'{}' names no member", word), "MEMBER=NAME,NAME"));
      continue;
    }
    auto [entry, isNew] = members.try_emplace(word.substr(0, equals));
    if (!isNew) problems.push_back(problem(option, fmt::format("member '{}' is there twice", entry->first)));
    for (std::size_t at = equals + 1; at < word.size();) {
      const auto comma = std::min(word.find(',', at), word.size());
      std::string name = word.substr(at, comma - at);
      if (!name.empty() && std::ranges::find(entry->second, name) == entry->second.end())
        entry->second.push_back(std::move(name));
      at = comma + 1;
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return members;
}

std::string inWords(const Pattern& pattern, const Members& members) {
  std::string text;
  for (const Member& member : pattern.members) {
    const auto found = members.find(member.name);
    if (found == members.end()) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", member.name, joined(found->second));
  }
  return text;
}

}  // namespace vauban::plan
