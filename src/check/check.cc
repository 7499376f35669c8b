#include "check/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "check/follow.h"
#include "model/cone.h"

namespace vauban::check {
namespace {

std::string kindOf(const model::Claim& claim) {
  switch (claim.kind) {
    case model::ClaimKind::never:
      return "never";
    case model::ClaimKind::always:
      return "always";
    case model::ClaimKind::only:
      return "only";
    case model::ClaimKind::atMost:
      return "at-most";
    case model::ClaimKind::onlyVia:
      return "only-via";
    case model::ClaimKind::depth:
      return "depth";
    case model::ClaimKind::tripwire:
      return "tripwire";
  }
  return "";
}

std::vector<std::string> texts(const model::PlaceTerms& terms) {
  std::vector<std::string> all;
  for (const model::PlaceTerm& term : terms) all.push_back(term.text);
  std::ranges::sort(all);  // the certificate's lists are
  return all;
}

const model::Claim* findClaim(Verdict& verdict, const model::Model& model, const WrittenClaim& written) {
  const auto claim = std::ranges::find(model.claims, written.id, &model::Claim::id);
  if (claim == model.claims.end()) {
    verdict.reject("the model has no claim '" + written.id + "'", "/claim/id");
    return nullptr;
  }
  const std::size_t before = verdict.result().rejections.size();
  const auto same = [&](bool equal, const std::string& key) {
    if (!equal) {
      verdict.reject("claim '" + written.id + "' says something else in the model: " + key, "/claim/" + key,
                     claim->place);
    }
  };
  std::vector<std::string> via;
  for (const model::HostId host : claim->via) via.push_back(model.at(host).name);
  std::ranges::sort(via);
  same(written.kind == kindOf(*claim), "kind");
  same(written.subject == (claim->subject == model::ClaimSubject::channel ? "channel"
                           : claim->subject == model::ClaimSubject::reach ? "reach"
                                                                          : "goal"),
       "subject");
  same(written.from == texts(claim->from), "from");
  same(written.to == texts(claim->to), "to");
  same(written.heldByAdversary == texts(claim->heldByAdversary), "held-by-adversary");
  same(written.via == via, "via");
  same(written.over == claim->overText, "over");
  same(written.direct == claim->direct, "direct");
  same(written.bothWays == claim->bothWays, "both-ways");
  const bool rated = claim->kind == model::ClaimKind::atMost;
  same(written.atMost.has_value() == rated &&
           (!rated || std::abs(*written.atMost - claim->bitsPerSecond) <= 1e-9 * claim->bitsPerSecond),
       "at-most");
  return verdict.result().rejections.size() == before ? &*claim : nullptr;
}

void checkCone(Verdict& verdict, const Certificate& certificate, const model::Model& model,
               const model::BehaviourCatalogue& behaviours, const model::Claim& claim) {
  std::set<std::string> parties;
  for (const Closure& closure : certificate.closures) {
    for (const WrittenState& state : closure.states) {
      for (const char* prefix : {"code ", "client "}) {
        if (state.text.starts_with(prefix)) parties.insert(state.text.substr(std::string(prefix).size()));
      }
      for (const char* prefix : {"told service ", "readable service "}) {
        if (!state.text.starts_with(prefix)) continue;
        const std::string name = state.text.substr(std::string(prefix).size());
        for (const model::ServiceInstance& service : model.services) {
          const std::string& host = model.at(service.host).name;
          if (host + "." + service.name == name) parties.insert("host " + host);
        }
      }
    }
  }
  for (const Pair& pair : certificate.pairs) {
    parties.insert(pair.from);
    parties.insert(pair.to);
  }
  const model::Cone cone =
      model::coneOf(model, behaviours, claim, std::vector<std::string>(parties.begin(), parties.end()));
  if (cone.hash != certificate.hash) {
    verdict.reject(
        "what the verdict rests on is not what the model says now: the cone's hash is " + cone.hash,
        "/cone/hash");
  }
  if (cone.zones != certificate.coneZones) verdict.reject("the cone has other zones", "/cone/zones");
  if (cone.hosts != certificate.coneHosts) verdict.reject("the cone has other hosts", "/cone/hosts");
  if (cone.rules != certificate.coneRules) verdict.reject("the cone has other rules", "/cone/rules");
}

// Every reason is stated, there, so; is named at least once; and has the id that its place in the order
// gives.
void checkReasons(Verdict& verdict, const Certificate& certificate, const Listing& listing) {
  std::set<std::string> named;
  const auto name = [&](const std::vector<std::string>& because) {
    named.insert(because.begin(), because.end());
  };
  for (const Closure& closure : certificate.closures) {
    for (const WrittenStep& step : closure.steps) name(step.because);
    for (const Because& host : closure.hosts) name(host.because);
    for (const Because& service : closure.services) name(service.because);
  }
  for (const Pair& pair : certificate.pairs) name(pair.because);
  using Key = std::tuple<std::string, std::string, std::string, std::uint32_t, std::uint32_t, std::string>;
  std::map<Key, std::vector<std::string>> ordered;
  for (const auto& [id, reason] : certificate.reasons) {
    const std::string where = "/reasons/" + id;
    const Place place{reason.file, reason.line, reason.column};
    if (!listing.all().contains(reason)) {
      verdict.reject("the model states no '" + reason.text + "' (" + reason.kind + " of " + reason.about +
                         ", layer " + reason.layer + ") there",
                     where, place);
    }
    if (!named.contains(id)) verdict.reject("reason '" + id + "' is named nowhere", where, place);
    ordered[{reason.kind, reason.about, reason.file, reason.line, reason.column, reason.text}].push_back(id);
    ++verdict.result().reasons;
  }
  std::size_t number = 0;
  for (const auto& [key, ids] : ordered) {
    ++number;
    if (ids.size() > 1)
      verdict.reject("reason '" + ids[1] + "' says what another says", "/reasons/" + ids[1]);
    if (ids.front() != fmt::format("r{}", number)) {
      verdict.reject("reason '" + ids.front() + "' is out of order", "/reasons/" + ids.front());
      break;
    }
  }
}

}  // namespace

Result check(const std::string& certificateText, const std::string& fileName, const model::Model& model,
             const model::BehaviourCatalogue& behaviours) {
  Result result;
  auto read = readCertificate(certificateText, fileName);
  if (!read) {
    result.diagnostics = std::move(read.error());
    return result;
  }
  const Certificate& certificate = *read;
  Verdict verdict(result);
  if (certificate.model != model.name) {
    verdict.reject("this is a certificate of the model '" + certificate.model + "'", "/model");
  }
  const model::Claim* claim = findClaim(verdict, model, certificate.claim);
  if (claim == nullptr) return result;
  checkCone(verdict, certificate, model, behaviours, *claim);
  const Network network(model, behaviours);
  checkReasons(verdict, certificate, Listing(network));
  const bool channel = claim->subject == model::ClaimSubject::channel;
  const bool reach = claim->subject == model::ClaimSubject::reach;
  using Kind = model::ClaimKind;
  if (channel &&
      (claim->kind == Kind::never || claim->kind == Kind::onlyVia || claim->kind == Kind::atMost)) {
    followChannel(verdict, certificate, network, *claim);
  } else if (reach &&
             (claim->kind == Kind::never || claim->kind == Kind::only || claim->kind == Kind::always)) {
    followReach(verdict, certificate, network, *claim);
  } else {
    verdict.reject("cannot follow a claim of this kind", "/claim/kind", claim->place);
  }
  return result;
}

}  // namespace vauban::check
