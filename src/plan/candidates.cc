#include "plan/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/service_words.h"
#include "plan/placeholders.h"
#include "plan/yaml_editing.h"

namespace vauban::plan {
namespace {

namespace yaml = model::yaml;
using Kind = Change::Kind;

// Of one pattern at one place.
std::string placeName(const Pattern& pattern, const Members& members) {
  std::string name;
  for (const Member& member : pattern.members) {
    if (member.all || member.kind == MemberKind::names) continue;
    const auto found = members.find(member.name);
    if (found == members.end() || found->second.empty()) continue;
    name += (name.empty() ? "@" : "+") + found->second.front();
  }
  return pattern.id + name;
}

std::vector<std::string> textsAt(const yaml::NodePtr& flow, std::string_view key) {
  const yaml::NodePtr said = yaml_editing::at(flow, key);
  if (said == nullptr) return {"any"};
  if (said->isScalar()) return {said->text()};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < said->size(); ++i) names.push_back(said->item(i).text());
  return names;
}

class Finding {
 public:
  Finding(const ModelTree& tree, const PatternPlaces& places, const PatternCatalogue& patterns,
          const CandidateScope& scope)
      : tree_(tree), places_(places), patterns_(patterns), scope_(scope) {
    for (const Pattern& pattern : patterns.all()) {
      refused_.emplace_back();
      for (const Change& change : pattern.changes)
        if (change.kind == Kind::deny) refused_.back() = refused_.back() | services(change.state);
    }
  }

  Candidates run(const std::vector<std::size_t>& unwanted) {
    for (std::size_t p = 0; p < patterns_.all().size(); ++p) addPattern(PatternId(p));
    std::ranges::stable_sort(found_.all, {}, [](const Candidate& it) { return std::pair(it.kind, it.id); });
    if (scope_.withdrawals)
      for (const std::size_t flow : unwanted) addWithdrawal(flow);
    relate();
    return std::move(found_);
  }

 private:
  void addPattern(PatternId id);
  bool ofTactics(const Pattern& pattern) const;
  void addWithdrawal(std::size_t flow);
  void relate();
  bool statesWorse(const Pattern& pattern) const;
  space::ServiceSet services(const yaml::NodePtr& flow) const;
  bool isMixed(const Pattern& pattern) const;
  void declareOpening(Candidate& candidate);
  void need(Candidate& candidate, const std::string& id);
  bool deployed(const std::string& id) const {
    return std::ranges::any_of(places_.model().countermeasures,
                               [&](const model::Countermeasure& it) { return it.pattern == id; });
  }

  const ModelTree& tree_;
  const PatternPlaces& places_;
  const PatternCatalogue& patterns_;
  const CandidateScope& scope_;
  std::vector<space::ServiceSet> refused_;  // by pattern: what it refuses somewhere
  Candidates found_;
};

void Finding::addPattern(PatternId id) {
  const Pattern& pattern = patterns_.at(id);
  if (pattern.maturity > scope_.maturity || !(pattern.single ? scope_.singles : scope_.patterns)) return;
  if (!ofTactics(pattern)) return;
  const Fits fits = changingFits(tree_, places_, pattern, scope_.placesOfEach);
  found_.complete = found_.complete && fits.complete;
  std::map<std::string, unsigned> ofName;
  for (const Members& members : fits.assignments) {
    Candidate candidate;
    candidate.kind = pattern.single ? Candidate::Kind::single : Candidate::Kind::pattern;
    candidate.id = placeName(pattern, members);
    if (const unsigned n = ++ofName[candidate.id]; n > 1) candidate.id += fmt::format("#{}", n);
    candidate.pattern = id;
    candidate.members = members;
    candidate.title = pattern.title;
    candidate.effort = pattern.effort;
    candidate.accountable = pattern.accountable;
    candidate.d3fend = pattern.d3fend;
    candidate.standards = pattern.standards;
    candidate.maturity = pattern.maturity;
    found_.all.push_back(std::move(candidate));
  }
}

bool Finding::ofTactics(const Pattern& pattern) const {
  if (scope_.evidence == nullptr) return true;
  std::set<std::string> tactics;
  for (const std::string& technique : pattern.d3fend) tactics.insert(scope_.evidence->tactic(technique));
  for (const Change& change : pattern.changes)
    if (change.kind == Kind::analysts || change.kind == Kind::sensor) tactics.insert("Detect");
  const auto has = [&](const std::string& tactic) { return tactics.contains(tactic); };
  return (scope_.tactics.empty() || std::ranges::any_of(scope_.tactics, has)) &&
         std::ranges::none_of(scope_.withoutTactics, has);
}

// A judgement of this project, as the effort of every pattern is: to ask whoever uses it, to take it away, to
// look.
constexpr double kDaysOfWithdrawal = 2;

void Finding::addWithdrawal(std::size_t flow) {
  const yaml::NodePtr flows = yaml_editing::at(tree_.root(), "flows");
  if (flows == nullptr || flow >= flows->size()) return;
  Candidate candidate;
  candidate.kind = Candidate::Kind::withdrawal;
  candidate.id = fmt::format("withdraw-flow-{}", flow + 1);
  candidate.flow = flow;
  candidate.title = "No longer: " + flows->children()[flow]->toLine();
  candidate.effort = {{"IO-WRL-004", kDaysOfWithdrawal}};
  candidate.accountable = "OG-WRL-014";
  candidate.d3fend = {"D3-NTF"};
  candidate.standards = {{catalog::Framework::nist80053, "AC-4"}, {catalog::Framework::nist80053, "CM-7"}};
  found_.all.push_back(std::move(candidate));
}

space::ServiceSet Finding::services(const yaml::NodePtr& flow) const {
  const yaml::NodePtr said = yaml_editing::at(flow, "service");
  if (said == nullptr) return space::ServiceSet::all();
  model::NodeReader reader(10);
  return model::readServices(reader, *said, places_.model().declaredServices, true)
      .value_or(space::ServiceSet::all());
}

// Whether a statement of the pattern may make a service do more than it did: only what a behaviour knows as
// hardening, and lists that restrict, surely do not.
bool Finding::statesWorse(const Pattern& pattern) const {
  static const std::set<std::string, std::less<>> kRestricting{"names", "addresses", "readers", "functions"};
  for (const Change& change : pattern.changes) {
    if (change.kind == Kind::host) {  // `client: isolated` alone takes something away
      for (std::size_t i = 0; change.state != nullptr && i < change.state->size(); ++i)
        if (change.state->key(i).text() != "client" || change.unless != nullptr) return true;
    }
    if (change.kind == Kind::zone) {
      for (std::size_t i = 0; change.state != nullptr && i < change.state->size(); ++i)
        if (change.state->key(i).text() != "isolated" || change.state->value(i).boolean() != true)
          return true;
    }
    if (change.kind != Kind::service) continue;
    for (const yaml::NodePtr& said : {change.state, change.unless}) {
      for (std::size_t i = 0; said != nullptr && i < said->size(); ++i) {
        const std::string& key = said->key(i).text();
        if (said == change.unless && kRestricting.contains(key)) continue;
        for (const std::string& name : change.behaviours) {
          const auto id = places_.behaviours().find(name);
          if (!id) return true;
          const auto& properties = places_.behaviours().at(*id).properties;
          const auto property = properties.find(key);
          if (property != properties.end() && !property->second.hardens) return true;
          if (property == properties.end() && (key == "behaviour" || key == "upstream" || key == "port"))
            return true;
        }
      }
    }
  }
  return false;
}

// Whether it may open something besides what it permits.
bool Finding::isMixed(const Pattern& pattern) const {
  if (statesWorse(pattern)) return true;
  // What raises alerts takes time from others.
  const bool decoys =
      scope_.evidence != nullptr && std::ranges::any_of(pattern.d3fend, [&](const std::string& it) {
        return scope_.evidence->tactic(it) == "Deceive";
      });
  return std::ranges::any_of(pattern.changes, [&](const Change& change) {
    return change.kind == Kind::sensor || (change.kind == Kind::countermeasure && decoys);
  });
}

void Finding::declareOpening(Candidate& candidate) {
  if (!candidate.pattern) return;
  const Pattern& pattern = patterns_.at(*candidate.pattern);
  candidate.mixed = isMixed(pattern);
  candidate.brings = std::ranges::any_of(pattern.changes, [](const Change& change) {
    return change.kind == Kind::newHost || change.kind == Kind::condition;
  });
  candidate.opens = candidate.mixed || candidate.brings;
  std::vector<std::string> lists;
  for (const Member& member : pattern.members)
    if (member.kind == MemberKind::names) lists.push_back(member.name);
  space::ServiceSet allowed;
  for (const Change& change : pattern.changes) {
    if (change.kind != Kind::allow) continue;
    const yaml::NodePtr flow = filledIn(change.state, candidate.members, lists);
    allowed = allowed | services(flow);
    // Places are known only once the hosts that it brings are there.
    if (!candidate.opens &&
        !places_.conversations().all(textsAt(flow, "from"), textsAt(flow, "to"), services(flow)))
      candidate.opens = true;
  }
  if (allowed.empty()) return;
  for (std::uint32_t i = 0; i < found_.all.size(); ++i) {
    const Candidate& other = found_.all[i];
    if (&other == &candidate) continue;
    if (!other.pattern || refused_.at(other.pattern->index()).intersects(allowed))
      candidate.reopens.push_back(i);
  }
}

void Finding::need(Candidate& candidate, const std::string& id) {
  if (deployed(id)) return;
  const auto dependency = patterns_.find(id);
  if (!dependency) return;
  std::vector<std::uint32_t> same, any;
  const Pattern& own = patterns_.at(*candidate.pattern);
  const Pattern& other = patterns_.at(*dependency);
  const auto shared = std::ranges::find_if(
      own.members, [&](const Member& it) { return !it.all && other.member(it.name) != nullptr; });
  for (std::uint32_t i = 0; i < found_.all.size(); ++i) {
    const Candidate& one = found_.all[i];
    if (one.pattern != dependency) continue;
    any.push_back(i);
    if (shared != own.members.end() && one.members.at(shared->name) == candidate.members.at(shared->name))
      same.push_back(i);
  }
  // Where it would change nothing it is there already.
  if (any.empty() || (shared != own.members.end() && same.empty())) return;
  candidate.needs.push_back(same.empty() ? any : same);
}

void Finding::relate() {
  for (std::uint32_t i = 0; i < found_.all.size(); ++i) {
    Candidate& candidate = found_.all[i];
    declareOpening(candidate);
    if (!candidate.pattern) continue;
    const Pattern& pattern = patterns_.at(*candidate.pattern);
    for (const std::string& id : pattern.dependsOn) need(candidate, id);
    for (std::uint32_t j = 0; j < i; ++j) {
      const Candidate& other = found_.all[j];
      if (!other.pattern) continue;
      const bool conflict =
          std::ranges::find(pattern.conflicts, patterns_.at(*other.pattern).id) != pattern.conflicts.end();
      // The same composition twice for the same thing are two ways of building one.
      const bool twice = other.pattern == candidate.pattern && !pattern.members.empty() &&
                         !pattern.members.front().all &&
                         other.members.at(pattern.members.front().name) ==
                             candidate.members.at(pattern.members.front().name);
      if (conflict || twice) candidate.excludes.push_back(j);
    }
  }
}

bool brokenByOneHop(const channel::ClaimResult& result) {
  return result.judgement.verdict == channel::Verdict::broken && result.judgement.witness.size() == 1 &&
         result.judgement.witness.front().rule.has_value();
}

}  // namespace

std::string_view word(Candidate::Kind kind) {
  return kind == Candidate::Kind::pattern  ? "pattern"
         : kind == Candidate::Kind::single ? "single"
                                           : "withdrawal";
}

double Candidate::days() const {
  double sum = 0;
  for (const Effort& it : effort) sum += it.days;
  return sum;
}

Result<std::vector<std::size_t>> unwantedFlows(const ModelTree& tree, const Judging& judging) {
  constexpr std::size_t kRounds = 5;
  std::set<std::size_t> found;
  const yaml::NodePtr flows = yaml_editing::at(tree.root(), "flows");
  if (flows == nullptr || !flows->isSequence()) return std::vector<std::size_t>();
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::vector<yaml::NodePtr> left;
    std::vector<std::size_t> position;  // in the model's list, of what is left
    for (std::size_t i = 0; i < flows->size(); ++i) {
      if (found.contains(i)) continue;
      left.push_back(flows->children()[i]);
      position.push_back(i);
    }
    const ModelTree rest = tree.with(yaml_editing::with(tree.root(), "flows", yaml_editing::sequence(left)));
    // Read back: places of verdicts are lines of the text.
    const std::string label = "candidates";
    const auto text = ModelTree::ofText(label, rest.toYaml());
    if (!text) return std::unexpected(text.error());
    const auto model = rest.model(*judging.behaviours, label, judging.loadRules);
    if (!model) return std::unexpected(model.error());
    const yaml::NodePtr written = yaml_editing::at(text->root(), "flows");
    const std::size_t before = found.size();
    const channel::Judge judge(*model, *judging.behaviours, judging.today);
    for (const channel::ClaimResult& result : judge.judgeAll(judging.jobs)) {
      if (!brokenByOneHop(result)) continue;
      for (std::size_t i = 0; written != nullptr && i < written->size(); ++i)
        if (written->item(i).place().line == result.judgement.witness.front().rule->place.line)
          found.insert(position[i]);
    }
    if (found.size() == before) break;
  }
  return std::vector<std::size_t>(found.begin(), found.end());
}

Candidates candidatesOf(const ModelTree& tree, const PatternPlaces& places, const PatternCatalogue& patterns,
                        const CandidateScope& scope, const std::vector<std::size_t>& unwanted) {
  return Finding(tree, places, patterns, scope).run(unwanted);
}

}  // namespace vauban::plan
