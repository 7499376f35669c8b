#include "plan/apply.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/service_words.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;
using yaml::NodePtr;
using Kind = Change::Kind;

// From worst to best. `families` and `helpers` are sets and have a rule of their own.
struct Scale {
  std::vector<std::string> path;
  std::vector<std::string_view> words;
};
const std::vector<Scale>& scales() {
  static const std::vector<Scale> known{
      {{"anti-spoofing"}, {"off", "zone", "host"}},
      {{"uncovered"}, {"pass", "drop"}},
      {{"unmatched"}, {"reject", "drop"}},
      {{"stateful", "related"}, {"all", "from-untrusted", "none"}},
  };
  return known;
}

class Application {
 public:
  Application(const ModelTree& tree, const PatternPlaces& places, const Pattern& pattern,
              const Members& members, Parts parts)
      : parts_(parts),
        places_(places),
        model_(places.model()),
        pattern_(pattern),
        members_(members),
        root_(tree.root()) {
    for (const Member& member : pattern.members)
      if (member.kind == MemberKind::names) lists_.push_back(member.name);
  }

  Result<Applied> run(const ModelTree& tree);

 private:
  std::vector<std::string> of(const Change& change) const {
    const auto found = members_.find(change.of);
    return found == members_.end() ? std::vector<std::string>() : found->second;
  }
  NodePtr filled(const NodePtr& node) const { return filledIn(node, members_, lists_); }

  void state(const std::vector<std::string>& path, const Change& change,
             const model::Behaviour* behaviour = nullptr);
  void put(const std::vector<std::string>& path, NodePtr value);
  void stateOfServices(const Change& change);
  void raise(const std::vector<std::string>& at, const NodePtr& wanted, bool whereAbsent);
  void enforcement(const Change& change);
  void addHost(const Change& change);
  std::optional<std::string> freeAddress(const std::string& zone);
  void flows();
  static bool stand(const NodePtr& list, const std::vector<NodePtr>& items, const std::vector<NodePtr>& own);
  std::vector<std::string> placesIn(const NodePtr& flow, std::string_view key) const;
  space::ServiceSet servicesIn(const NodePtr& flow) const;
  void countermeasure(const Change& change);
  void sensors(const Change& change);
  void analysts(const Change& change);
  void guarantee(Applied& applied);
  void enter();

  bool takes(Kind kind) const {
    if (parts_ == Parts::all) return true;
    const bool opens = kind == Kind::allow || kind == Kind::newHost || kind == Kind::condition;
    return opens == (parts_ == Parts::opening);
  }

  Parts parts_;
  const PatternPlaces& places_;
  const model::Model& model_;
  const Pattern& pattern_;
  Members members_;  // and hosts that the pattern adds
  std::vector<std::string> lists_;
  NodePtr root_;
  std::vector<Statement> statements_;
  std::vector<std::string> newHosts_;
  space::AddressSet taken_;
  Diagnostics problems_;
};

void Application::put(const std::vector<std::string>& path, NodePtr value) {
  const NodePtr before = yaml_editing::atPath(root_, path);
  if (before != nullptr && yaml_editing::same(*before, *value)) return;
  std::string where;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) where += (i == 0 ? "" : ".") + path[i];
  const auto line = [](const yaml::Node& node) {
    const std::string text = node.toLine();
    return node.isMapping() ? "{" + text + "}" : text;
  };
  statements_.push_back({where, path.back() + ": " + line(*value), before != nullptr ? line(*before) : ""});
  root_ = yaml_editing::withPath(root_, path, std::move(value));
}

void Application::state(const std::vector<std::string>& path, const Change& change,
                        const model::Behaviour* behaviour) {
  const auto takes = [&](const std::string& key) {
    if (behaviour == nullptr || key == "port" || key == "behaviour") return true;
    return behaviour->properties.contains(key) ||
           std::ranges::find(behaviour->keys, key) != behaviour->keys.end();
  };
  const auto each = [&](const NodePtr& said, bool onlyAbsent) {
    for (std::size_t i = 0; said != nullptr && i < said->size(); ++i) {
      const std::string& key = said->key(i).text();
      auto place = path;
      place.push_back(key);
      if (!takes(key) || (onlyAbsent && yaml_editing::atPath(root_, place) != nullptr)) continue;
      put(place, filled(said->children()[2 * i + 1]));
    }
  };
  each(change.state, false);
  each(change.unless, true);
}

void Application::stateOfServices(const Change& change) {
  for (const std::string& name : of(change)) {
    const auto host = std::ranges::find(model_.hosts, name, &model::Host::name);
    if (host == model_.hosts.end()) continue;
    for (const model::ServiceId id : host->services) {
      const model::ServiceInstance& service = model_.at(id);
      const model::Behaviour& behaviour = places_.behaviours().at(service.behaviour);
      if (std::ranges::find(change.behaviours, behaviour.name) == change.behaviours.end()) continue;
      // What is stated for another behaviour cannot be looked up in this one.
      const bool becomes = change.state != nullptr && change.state->find("behaviour") != nullptr;
      state({"hosts", name, "services", service.name}, change, becomes ? nullptr : &behaviour);
    }
  }
}

// `at`: the mapping of enforcement keys. Keys that are not there are stated only where `whereAbsent`.
void Application::raise(const std::vector<std::string>& at, const NodePtr& wanted, bool whereAbsent) {
  const auto under = [&](const std::vector<std::string>& path) {
    auto whole = at;
    whole.insert(whole.end(), path.begin(), path.end());
    return whole;
  };
  for (const Scale& scale : scales()) {
    const NodePtr better = yaml_editing::atPath(wanted, scale.path);
    if (better == nullptr) continue;
    const NodePtr stated = yaml_editing::atPath(root_, under(scale.path));
    if (stated == nullptr && !whereAbsent) continue;
    const auto rank = [&](const NodePtr& node) {
      // Older YAML says false for `off`.
      const std::string text = node->boolean() == false ? "off" : node->text();
      return std::ranges::find(scale.words, text) - scale.words.begin();
    };
    if (stated == nullptr || rank(stated) < rank(better)) put(under(scale.path), better);
  }
  // Sets: families may only be added, helpers only taken away.
  if (const NodePtr families = yaml_editing::at(wanted, "families")) {
    const NodePtr stated = yaml_editing::atPath(root_, under({"families"}));
    if (stated == nullptr ? whereAbsent : stated->size() < families->size())
      put(under({"families"}), families);
  }
  if (const NodePtr helpers = yaml_editing::atPath(wanted, {"stateful", "helpers"})) {
    const NodePtr stated = yaml_editing::atPath(root_, under({"stateful", "helpers"}));
    if (stated == nullptr ? whereAbsent : stated->size() > helpers->size())
      put(under({"stateful", "helpers"}), helpers);
  }
}

void Application::enforcement(const Change& change) {
  const NodePtr wanted = filled(change.state);
  raise({"enforcement"}, wanted, true);
  // A link says only what differs; where it says something worse it is raised as well.
  NodePtr links = yaml_editing::at(root_, "links");
  if (links == nullptr || !links->isSequence()) return;
  for (std::size_t i = 0; i < links->size(); ++i) {
    const NodePtr whole = root_;
    const std::size_t before = statements_.size();
    root_ = links->children()[i];
    raise({}, wanted, false);
    const NodePtr link = root_;
    root_ = whole;
    for (std::size_t s = before; s < statements_.size(); ++s) {
      Statement& statement = statements_[s];
      statement.where = fmt::format("links[{}]{}", i, statement.where.empty() ? "" : "." + statement.where);
    }
    if (statements_.size() == before) continue;
    links = yaml_editing::withItemAt(links, i, link);
    root_ = yaml_editing::with(root_, "links", links);
  }
}

std::optional<std::string> Application::freeAddress(const std::string& zone) {
  const auto found = std::ranges::find(model_.zones, zone, &model::Zone::name);
  if (found == model_.zones.end()) return std::nullopt;
  space::AddressSet taken = taken_;
  for (const model::Host& host : model_.hosts)
    for (const space::Address& address : host.addresses) taken = taken | space::AddressSet(address);
  // The first address names the network (RFC 4632), the second is mostly the router's.
  for (const space::AddressRange& range : found->addresses.ranges()) {
    const space::Bits128 first = range.last - range.first > 2 ? range.first + 2 : range.first;
    const space::AddressSet usable(space::AddressRange{range.family, first, range.last});
    if (const auto address = (usable - taken).witness()) {
      taken_ = taken_ | space::AddressSet(*address);
      return address->toString();
    }
  }
  return std::nullopt;
}

void Application::addHost(const Change& change) {
  const std::string name = filledIn(change.name, members_);
  const std::string zone = of(change).front();
  const auto isHost = [&] {
    return std::ranges::find(model_.hosts, name, &model::Host::name) != model_.hosts.end();
  };
  if (isHost()) return;  // applied before
  if (std::ranges::find(model_.zones, name, &model::Zone::name) != model_.zones.end()) {
    problems_.push_back({Severity::error,
                         change.place,
                         0,
                         fmt::format("the pattern's host '{}' has the name of a zone of the model", name),
                         {},
                         {}});
    return;
  }
  const auto address = freeAddress(zone);
  if (!address) {
    problems_.push_back({Severity::error,
                         change.place,
                         0,
                         fmt::format("zone '{}' has no free address for host '{}'", zone, name),
                         {},
                         {}});
    return;
  }
  NodePtr host =
      yaml_editing::mapping({{"zone", yaml_editing::text(zone)}, {"address", yaml_editing::text(*address)}});
  const NodePtr said = filled(change.state);
  for (std::size_t i = 0; i < said->size(); ++i)
    host = yaml_editing::with(host, said->key(i).text(), said->children()[2 * i + 1]);
  put({"hosts", name}, host);
  newHosts_.push_back(name);
}

std::vector<std::string> Application::placesIn(const NodePtr& flow, std::string_view key) const {
  const NodePtr said = yaml_editing::at(flow, key);
  std::vector<std::string> names;
  if (said == nullptr) return {"any"};
  if (said->isScalar()) return {said->text()};
  for (std::size_t i = 0; i < said->size(); ++i) names.push_back(said->item(i).text());
  return names;
}

space::ServiceSet Application::servicesIn(const NodePtr& flow) const {
  const NodePtr said = yaml_editing::at(flow, "service");
  if (said == nullptr) return space::ServiceSet::all();
  model::NodeReader reader(10);
  return model::readServices(reader, *said, model_.declaredServices, true).value_or(space::ServiceSet::all());
}

// Flows go before all that the model has, in the order of the pattern. A refusal of what cannot happen anyway
// is left out; so is a permission of what is possible already, unless a refusal of this pattern would take it
// away.
void Application::flows() {
  struct Flow {
    const Change* change;
    NodePtr body;
    std::vector<std::string> from, to;
    space::ServiceSet services;
    bool wanted = false;
  };
  std::vector<Flow> flows;
  const auto isNew = [&](const std::vector<std::string>& names) {
    return std::ranges::any_of(
        names, [&](const std::string& it) { return std::ranges::find(newHosts_, it) != newHosts_.end(); });
  };
  for (const Change& change : pattern_.changes) {
    if ((change.kind != Kind::allow && change.kind != Kind::deny) || !takes(change.kind)) continue;
    const NodePtr body = filled(change.state);
    flows.push_back({&change, body, placesIn(body, "from"), placesIn(body, "to"), servicesIn(body)});
  }
  const Conversations& now = places_.conversations();
  for (Flow& flow : flows) {
    if (flow.change->kind == Kind::deny)
      flow.wanted = now.between(flow.from, flow.to).intersects(flow.services);
  }
  for (std::size_t i = 0; i < flows.size(); ++i) {
    Flow& flow = flows[i];
    if (flow.change->kind != Kind::allow) continue;
    const bool refusedLater =
        std::any_of(flows.begin() + static_cast<std::ptrdiff_t>(i) + 1, flows.end(), [&](const Flow& it) {
          return it.change->kind == Kind::deny && it.wanted && it.services.intersects(flow.services);
        });
    flow.wanted = parts_ == Parts::opening || refusedLater || isNew(flow.from) || isNew(flow.to) ||
                  !now.all(flow.from, flow.to, flow.services);
  }
  std::vector<NodePtr> own, items;  // all of the pattern's; those that matter
  for (const Flow& flow : flows) {
    own.push_back(yaml_editing::mapping({{flow.change->kind == Kind::allow ? "allow" : "deny", flow.body}}));
    if (flow.wanted) items.push_back(own.back());
  }
  const NodePtr before = yaml_editing::at(root_, "flows");
  if (items.empty() || stand(before, items, own)) return;
  for (const NodePtr& item : items) statements_.push_back({"flows", item->toLine(), ""});
  root_ = yaml_editing::with(root_, "flows", yaml_editing::withItemsBefore(before, items));
}

// Whether the items stand in the list already, in their order, with nothing between them but others of the
// pattern.
bool Application::stand(const NodePtr& list, const std::vector<NodePtr>& items,
                        const std::vector<NodePtr>& own) {
  if (list == nullptr || !list->isSequence()) return false;
  for (std::size_t start = 0; start < list->size(); ++start) {
    std::size_t found = 0;
    for (std::size_t i = start; i < list->size() && found < items.size(); ++i) {
      if (yaml_editing::same(list->item(i), *items[found])) {
        ++found;
      } else if (std::ranges::none_of(
                     own, [&](const NodePtr& it) { return yaml_editing::same(list->item(i), *it); })) {
        break;
      }
    }
    if (found == items.size()) return true;
  }
  return false;
}

void Application::countermeasure(const Change& change) {
  const NodePtr body = filled(change.state);
  const NodePtr before = yaml_editing::at(root_, "countermeasures");
  if (before != nullptr && before->isSequence() &&
      std::ranges::any_of(before->children(),
                          [&](const NodePtr& it) { return yaml_editing::same(*it, *body); }))
    return;
  root_ = yaml_editing::with(root_, "countermeasures", yaml_editing::withItemsAfter(before, {body}));
  statements_.push_back({"countermeasures", body->toLine(), ""});
}

void Application::sensors(const Change& change) {
  const NodePtr said = filled(change.state);
  for (std::size_t i = 0; i < said->size(); ++i) {
    const std::vector<std::string> path{"operations", "sensors", said->key(i).text()};
    if (yaml_editing::atPath(root_, path) == nullptr) put(path, said->children()[2 * i + 1]);
  }
}

void Application::analysts(const Change& change) {
  const auto done = [&](const model::Countermeasure& it) { return it.pattern == pattern_.id; };
  const auto& operations = model_.operations;
  // Where nobody says how many there are, one more is still no number.
  if (std::ranges::any_of(model_.countermeasures, done) || !operations || !operations->analysts) return;
  const double more = std::stod(change.state->text());
  put({"operations", "analysts"}, yaml_editing::number(fmt::format("{}", *operations->analysts + more)));
}

// A claim is added once: where the model has the same under whatever id, that one stands for it.
void Application::guarantee(Applied& applied) {
  for (const NodePtr& said : pattern_.guarantees) {
    NodePtr claim = filled(said);
    const NodePtr claims = yaml_editing::at(root_, "claims");
    const auto withoutId = [](const NodePtr& it) {
      return yaml_editing::with(it, "id", yaml_editing::text(""));
    };
    const std::string wanted = pattern_.id + "." + yaml_editing::at(claim, "id")->text();
    std::string id = wanted;
    bool there = false;
    for (unsigned n = 2;; ++n) {
      bool taken = false;
      for (std::size_t i = 0; claims != nullptr && claims->isSequence() && i < claims->size(); ++i) {
        const NodePtr it = claims->children()[i];
        const NodePtr its = yaml_editing::at(it, "id");
        if (its == nullptr) continue;
        if (yaml_editing::at(it, "waived-until") == nullptr &&
            yaml_editing::same(*withoutId(it),
                               *yaml_editing::with(withoutId(claim), "id", yaml_editing::text("")))) {
          id = its->text();
          there = true;
          break;
        }
        taken = taken || its->text() == id;
      }
      if (there || !taken) break;
      id = fmt::format("{}-{}", wanted, n);
    }
    applied.guarantees.push_back(id);
    if (there) continue;
    claim = yaml_editing::with(claim, "id", yaml_editing::text(id));
    root_ = yaml_editing::with(root_, "claims", yaml_editing::withItemsAfter(claims, {claim}));
  }
}

// The model says what it has: later runs count the pattern as deployed.
void Application::enter() {
  std::vector<std::pair<std::string, NodePtr>> hosts;
  std::vector<std::string> zones;
  for (const Member& member : pattern_.members) {
    const auto& names = members_.at(member.name);
    if (member.kind == MemberKind::zone) zones.insert(zones.end(), names.begin(), names.end());
    if (member.kind != MemberKind::host) continue;
    for (std::size_t i = 0; i < names.size(); ++i)
      hosts.emplace_back(i == 0 ? member.name : fmt::format("{}-{}", member.name, i + 1),
                         yaml_editing::text(names[i]));
  }
  NodePtr entry = yaml_editing::mapping({{"pattern", yaml_editing::text(pattern_.id)}});
  if (!zones.empty()) entry = yaml_editing::with(entry, "at", yaml_editing::texts(zones));
  if (!hosts.empty()) entry = yaml_editing::with(entry, "members", yaml_editing::mapping(hosts));
  const NodePtr before = yaml_editing::at(root_, "countermeasures");
  if (before != nullptr && before->isSequence() &&
      std::ranges::any_of(before->children(),
                          [&](const NodePtr& it) { return yaml_editing::same(*it, *entry); }))
    return;
  root_ = yaml_editing::with(root_, "countermeasures", yaml_editing::withItemsAfter(before, {entry}));
}

Result<Applied> Application::run(const ModelTree& tree) {
  // Hosts first: other changes may be about them.
  for (const Change& change : pattern_.changes)
    if (change.kind == Kind::newHost && takes(change.kind)) addHost(change);
  for (const Change& change : pattern_.changes) {
    if (!takes(change.kind)) continue;
    switch (change.kind) {
      case Kind::zone:
        for (const std::string& name : of(change)) state({"zones", name}, change);
        break;
      case Kind::host:
        for (const std::string& name : of(change)) state({"hosts", name}, change);
        break;
      case Kind::credential:
        for (const std::string& name : of(change)) state({"credentials", name}, change);
        break;
      case Kind::service:
        stateOfServices(change);
        break;
      case Kind::enforcement:
        enforcement(change);
        break;
      case Kind::condition:
        state({"conditions", filledIn(change.name, members_)}, change);
        break;
      case Kind::countermeasure:
        countermeasure(change);
        break;
      case Kind::sensor:
        sensors(change);
        break;
      case Kind::analysts:
        analysts(change);
        break;
      case Kind::newHost:
      case Kind::allow:
      case Kind::deny:
        break;
    }
  }
  flows();
  if (!problems_.empty()) return std::unexpected(std::move(problems_));
  Applied applied;
  applied.statements = statements_;
  applied.newHosts = newHosts_;
  if (parts_ == Parts::all) {
    guarantee(applied);
    enter();
  }
  applied.tree = tree.with(root_);
  return applied;
}

}  // namespace

Result<Applied> applyPattern(const ModelTree& tree, const PatternPlaces& places, const Pattern& pattern,
                             const Members& members, Parts parts) {
  return Application(tree, places, pattern, members, parts).run(tree);
}

Fits changingFits(const ModelTree& tree, const PatternPlaces& places, const Pattern& pattern,
                  std::size_t most) {
  Fits fits = places.fits(pattern, most);
  std::erase_if(fits.assignments, [&](const Members& members) {
    const auto applied = applyPattern(tree, places, pattern, members);
    return !applied || applied->statements.empty();
  });
  return fits;
}

}  // namespace vauban::plan
