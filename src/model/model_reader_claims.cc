// Claims: what the architecture promises.
#include <fmt/format.h>

#include <algorithm>

#include "model/model_reading.h"
#include "model/rate.h"

namespace vauban::model {
namespace {

const Words kKinds{"never", "always", "only", "at-most", "only-via", "depth", "tripwire"};

ClaimKind kindOf(std::string_view word) {
  return static_cast<ClaimKind>(std::ranges::find(kKinds, word) - kKinds.begin());
}

// What a kind of claim can speak about.
Words subjectsOf(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::never:
      return {"reach", "channel", "goal"};
    case ClaimKind::always:
    case ClaimKind::only:
      return {"reach"};
    case ClaimKind::atMost:
    case ClaimKind::onlyVia:
      return {"channel"};
    case ClaimKind::depth:
    case ClaimKind::tripwire:
      return {"goal"};
  }
  return {};
}

class ClaimReader {
 public:
  ClaimReader(ModelReading& reading, const yaml::Node& node) : reading_(reading), node_(node) {}

  std::optional<Claim> read() {
    Words keys = kKinds;
    for (const std::string_view key :
         {"id", "held-by-adversary", "direct", "both-ways", "waived-until", "because"}) {
      keys.push_back(key);
    }
    Fields fields(reading_, node_, "a claim", keys);
    if (!fields.isMapping()) return std::nullopt;
    claim_.place = node_.place();
    if (const auto* id = fields.need("id")) {
      const auto word = reading_.text(*id);
      if (word && (*word == "any" || reading_.name(*id)))
        claim_.id = *word;  // `any` is a word of places only
    }
    const auto kind = fields.oneOf(kKinds);
    if (kind) {
      claim_.kind = kindOf(*kind);
      readBody(*kind, *fields.find(*kind));
    }
    if (const auto* held = fields.find("held-by-adversary")) claim_.heldByAdversary = reading_.places(*held);
    readManner(fields, kind.has_value());
    readWaiver(fields);
    if (claim_.id.empty() || !kind) return std::nullopt;
    return std::move(claim_);
  }

 private:
  void readBody(const std::string& kind, const yaml::Node& node) {
    const Words subjects = subjectsOf(claim_.kind);
    Words keys = subjects;
    if (claim_.kind == ClaimKind::atMost) keys.push_back("rate");
    if (claim_.kind == ClaimKind::onlyVia) keys.push_back("hosts");
    if (claim_.kind == ClaimKind::depth || claim_.kind == ClaimKind::tripwire) keys.push_back("at-least");
    Fields fields(reading_, node, fmt::format("`{}`", kind), keys);
    if (const auto subject = fields.oneOf(subjects)) {
      const auto& body = *fields.find(*subject);
      if (*subject == "goal") {
        claim_.subject = ClaimSubject::goal;
        readGoal(body);
      } else if (*subject == "reach") {
        claim_.subject = ClaimSubject::reach;
        readEnds(body, "a reach", "service");
      } else {
        claim_.subject = ClaimSubject::channel;
        readEnds(body, "a channel", "over");
      }
    }
    if (claim_.kind == ClaimKind::atMost) {
      if (const auto* rate = fields.need("rate")) readRate(*rate);
    }
    if (claim_.kind == ClaimKind::onlyVia) {
      if (const auto* hosts = fields.need("hosts")) claim_.via = reading_.hostList(*hosts, true);
    }
    if (claim_.subject == ClaimSubject::goal && claim_.kind != ClaimKind::never) {
      if (const auto* least = fields.need("at-least")) {
        claim_.atLeast = reading_.integer(*least, 1, 1'000'000).value_or(1);
      }
    }
  }

  void readRate(const yaml::Node& node) {
    const auto word = reading_.text(node);
    if (!word) return;
    if (const auto rate = parseRate(*word)) {
      claim_.bitsPerSecond = *rate;
    } else {
      reading_.error(node, fmt::format("'{}' is no rate", *word),
                     "a number and bit/s, kbit/s, Mbit/s or Gbit/s");
    }
  }

  void readEnds(const yaml::Node& node, std::string_view what, std::string_view packets) {
    Words keys{"from", "to", packets};
    if (packets == "over") {
      for (const std::string_view key : {"direct", "both-ways", "held-by-adversary"}) keys.push_back(key);
    }
    Fields fields(reading_, node, what, keys);
    if (const auto* from = fields.need("from")) claim_.from = reading_.places(*from);
    if (const auto* to = fields.need("to")) claim_.to = reading_.places(*to);
    claim_.over = space::ServiceSet::all();
    claim_.overText = "any";
    if (const auto* over = fields.find(packets)) {
      if (const auto set = reading_.serviceSet(*over)) claim_.over = *set;
      claim_.overText = over->toLine();
    }
    if (packets != "over") return;
    inner_ = &node;
    if (const auto* held = fields.find("held-by-adversary")) claim_.heldByAdversary = reading_.places(*held);
    if (const auto* direct = fields.find("direct")) claim_.direct = reading_.boolean(*direct).value_or(false);
    if (const auto* both = fields.find("both-ways"))
      claim_.bothWays = reading_.boolean(*both).value_or(false);
  }

  // `direct`, `both-ways` and `held-by-adversary` may stand in the channel or beside it, but once.
  void readManner(Fields& fields, bool known) {
    for (const std::string_view key : {"direct", "both-ways", "held-by-adversary"}) {
      const auto* value = fields.find(key);
      if (value == nullptr) continue;
      if (inner_ != nullptr && inner_->find(key) != nullptr) {
        reading_.error(*fields.keyOf(key),
                       fmt::format("'{}' is there twice, in the channel and beside it", key));
        continue;
      }
      if (key == "held-by-adversary") continue;
      const bool flag = reading_.boolean(*value).value_or(false);
      if (known && claim_.subject != ClaimSubject::channel) {
        reading_.error(*fields.keyOf(key), fmt::format("'{}' says something of channels only", key));
      }
      (key == "direct" ? claim_.direct : claim_.bothWays) = flag;
    }
  }

  void readGoal(const yaml::Node& node) {
    Fields fields(reading_, node, "a goal", {"impact", "data", "controls", "kind"});
    const auto form = fields.oneOf({"impact", "data", "controls"});
    if (!form) return;
    const auto& value = *fields.find(*form);
    if (*form == "controls") {
      if (reading_.host(value)) claim_.goal.controls = value.text();
    } else {
      claim_.goal.asset = reading_.asset(value).value_or("");
      claim_.goal.impact = *form == "impact";
    }
    const auto* kind = fields.find("kind");
    if (kind == nullptr) return;
    claim_.goal.kind = reading_.word(*kind, {"confidentiality", "integrity", "availability"}).value_or("");
    if (*form != "impact") {
      reading_.error(*fields.keyOf("kind"), "'kind' says something of an impact only");
      return;
    }
    const auto asset = reading_.assets.find(claim_.goal.asset);
    if (asset == reading_.assets.end() || claim_.goal.kind.empty()) return;
    const auto& kinds = reading_.model.assets[asset->second].kinds;
    if (!kinds.empty() && std::ranges::find(kinds, claim_.goal.kind) == kinds.end()) {
      reading_.error(*kind, fmt::format("asset '{}' has no impact of this kind", claim_.goal.asset),
                     alternatives(Words(kinds.begin(), kinds.end())));
    }
  }

  void readWaiver(Fields& fields) {
    const auto* until = fields.find("waived-until");
    const auto* because = fields.find("because");
    if (until != nullptr) claim_.waivedUntil = reading_.date(*until).value_or("");
    if (because != nullptr) claim_.because = reading_.text(*because).value_or("");
    if (until != nullptr && because == nullptr) {
      reading_.error(*fields.keyOf("waived-until"), "a waiver needs a reason", "because: TEXT");
    }
    if (because != nullptr && until == nullptr) {
      reading_.error(*fields.keyOf("because"), "a reason without a waiver", "waived-until: DATE");
    }
  }

  ModelReading& reading_;
  const yaml::Node& node_;
  const yaml::Node* inner_ = nullptr;  // the channel
  Claim claim_;
};

}  // namespace

void readClaims(ModelReading& reading, const yaml::Node& node) {
  std::map<std::string, Place> ids;
  for (const auto* item : reading.list(node, "claims")) {
    auto claim = ClaimReader(reading, *item).read();
    if (!claim) continue;
    const auto [before, isNew] = ids.emplace(claim->id, claim->place);
    if (!isNew) {
      reading.error(*item->find("id"),
                    fmt::format("claim '{}' is also at {}", claim->id, before->second.toString()),
                    "an id of its own");
    }
    reading.model.claims.push_back(std::move(*claim));
  }
}

}  // namespace vauban::model
