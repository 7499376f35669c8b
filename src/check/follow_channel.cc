#include <algorithm>
#include <set>

#include "check/follow.h"

namespace vauban::check {
namespace {

// One closure of the certificate, against what it must be.
class ClosureCheck {
 public:
  ClosureCheck(Verdict& verdict, const Certificate& certificate, const Network& network, const Aims& aims,
               const Closure& closure, const Stance& stance, const Flags& there, bool hisEnd,
               std::optional<double> atMost = std::nullopt)
      : verdict_(verdict),
        certificate_(certificate),
        network_(network),
        aims_(aims),
        closure_(closure),
        stance_(stance),
        there_(there),
        hisEnd_(hisEnd),
        atMost_(atMost) {}

  void run(const Ways& ways, const Listing& listing) {
    readStates();
    // Code that the bytes have brought somewhere hears there, too.
    const Flags found = codes();
    for (PartyId id = 0; !stance_.direct && id < found.size(); ++id) {
      if (found[id]) stance_.takes[id] = true;
    }
    checkStart();
    checkSteps(ways);
    checkCut();
    checkListing(listing);
  }

  // Parties of which the closure has a `code` state.
  Flags codes() const {
    Flags codes(network_.parties().size(), false);
    for (const auto& [text, states] : states_) {
      for (const State& state : states) {
        if (state.holding == Holding::code) codes[state.party] = true;
      }
    }
    return codes;
  }

 private:
  std::optional<State> parse(const WrittenState& written) {
    State state;
    state.over = written.over;
    const auto after = [&](const std::string& prefix) -> std::optional<std::string> {
      if (!written.text.starts_with(prefix)) return std::nullopt;
      return written.text.substr(prefix.size());
    };
    if (const auto party = after("code ")) {
      const auto id = network_.find(*party);
      if (!id) return std::nullopt;
      state.holding = Holding::code;
      state.party = *id;
    } else if (const auto client = after("client ")) {
      const auto id = network_.find(*client);
      if (!id || !network_.parties()[*id].host) return std::nullopt;
      state.holding = Holding::client;
      state.party = *id;
    } else {
      const auto told = after("told service "), readable = after("readable service ");
      if (!told && !readable) return std::nullopt;
      const std::string& name = told ? *told : *readable;
      state.holding = told ? Holding::told : Holding::readable;
      for (std::size_t i = 0; i < network_.model().services.size(); ++i) {
        const model::ServiceInstance& service = network_.model().services[i];
        if (network_.model().at(service.host).name + "." + service.name != name) continue;
        state.service = model::ServiceId(i);
        state.party = network_.ofHost(service.host);
      }
      if (!state.service) return std::nullopt;
    }
    const bool named = state.holding == Holding::told || state.holding == Holding::readable;
    if (written.names) {
      if (!named) return std::nullopt;
      state.names = *written.names;
    }
    return state;
  }

  void readStates() {
    const WrittenState* last = nullptr;
    for (const WrittenState& written : closure_.states) {
      const auto state = parse(written);
      if (!state) {
        verdict_.reject("there is no state '" + written.text + "' in this model", written.where);
        continue;
      }
      if (state->names.empty()) verdict_.reject("state '" + written.text + "' has no names", written.where);
      if (last != nullptr && last->text > written.text) {
        verdict_.reject("state '" + written.text + "' is out of order", written.where);
      }
      last = &written;
      if (stance_.barred[state->party]) {
        verdict_.reject("state '" + written.text + "' is of a host that the claim bars", written.where);
      }
      states_[written.text].push_back(*state);
      if (written.far) far_.insert({written.text, written.over});
      where_.emplace_back(*state, written.where);
      ++verdict_.result().states;
    }
  }

  bool far(const State& state) const { return far_.contains({textOf(network_, state), state.over}); }

  // Whether the closure has the state, with all its names and at least its `over`. `near`: before the cut.
  bool has(const State& state, bool near) const {
    const auto found = states_.find(textOf(network_, state));
    if (found == states_.end()) return false;
    Names missing = state.names;
    for (const State& one : found->second) {
      if ((stance_.distinguishes && state.over && !one.over) || (near && far(one))) continue;
      missing = missing - one.names;
      if (missing.empty()) return true;
    }
    return false;
  }

  void checkStart() {
    for (PartyId id = 0; id < network_.parties().size(); ++id) {
      if (!stance_.starts[id] || stance_.barred[id]) continue;
      const State start{Holding::code, id, std::nullopt, false, Names::all()};
      if (!has(start, true)) {
        verdict_.reject("the closure does not hold '" + textOf(network_, start) + "', where it starts",
                        closure_.where + "/states");
      }
    }
    if (hisEnd_) return;
    for (const auto& [state, where] : where_) {
      const bool ends =
          state.holding == Holding::code && stance_.waits[state.party] && !stance_.starts[state.party];
      if (ends && state.over && !far(state)) {
        verdict_.reject("'" + textOf(network_, state) + "' is reached: he waits there", where);
      }
    }
  }

  // A channel ends where the bytes first arrive.
  bool ends(const State& state) const {
    return state.holding == Holding::code && stance_.waits[state.party] && !stance_.starts[state.party];
  }

  // Whether the closure has that state, or one that does all that it does. `near`: before the cut.
  bool holds(const Landing& landing, bool near) const {
    State state = landing.to;
    // What `from` gets back was there already: it is the start, with nothing over P yet
    // (example-multi-zone-dns: a question that a resolver answers, and bytes that leave another way, are no
    // channel over dns).
    // Only one of the machines of a zone may be his, by a tunnel.
    const bool start = state.holding == Holding::code && stance_.known[state.party];
    const bool his =
        stance_.waits[state.party] ||
        std::ranges::any_of(stance_.tunnels, [&](const auto& tunnel) { return tunnel.first == state.party; });
    if (!hisEnd_ && start && (landing.back || !his)) state.over = false;
    if (has(state, near)) return true;
    // No filter stands inside a host (decision 0008): code on it does what its services and clients do.
    return state.holding != Holding::code &&
           has({Holding::code, state.party, std::nullopt, state.over, Names::all()}, near);
  }

  // A step over the cut, of which the claim may have so many bits a second.
  void across(const State& from, const Landing& landing) {
    State to = landing.to;
    if (!states_.contains(textOf(network_, to)))
      to = {Holding::code, to.party, std::nullopt, to.over, Names::all()};
    if (!far(to)) to.over = true;
    const Party& party = network_.parties()[from.party];
    const double machines =
        party.host ? static_cast<double>(std::max<std::uint64_t>(1, network_.model().at(*party.host).count))
                   : 1;
    double& bits =
        across_[{{textOf(network_, from), from.over}, {textOf(network_, to), to.over}}][landing.how.text];
    bits = std::max(bits, landing.how.bitsPerSecond * machines);
  }

  void checkCut() {
    if (!atMost_) {
      if (!closure_.cut.empty() || !far_.empty())
        verdict_.reject("only a claim `at-most` has a cut", closure_.where + "/cut");
      return;
    }
    std::map<std::pair<Key, Key>, const WrittenCut*> written;
    double sum = 0;
    for (const WrittenCut& cut : closure_.cut) {
      const std::pair<Key, Key> edge{{cut.from, cut.fromOver}, {cut.to, cut.toOver}};
      if (!written.emplace(edge, &cut).second) verdict_.reject("that is there twice", cut.where);
      if (!across_.contains(edge)) verdict_.reject("no step leads there over the cut", cut.where);
      sum += cut.bitsPerSecond;
    }
    constexpr double kRounding = 1 + 1e-9;
    for (const auto& [edge, carriers] : across_) {
      double bits = 0;
      for (const auto& [text, rate] : carriers) bits += rate;
      const auto found = written.find(edge);
      if (found == written.end()) {
        verdict_.reject(
            "a step over the cut from '" + edge.first.first + "' to '" + edge.second.first + "' is left out",
            closure_.where + "/cut");
      } else if (bits > found->second->bitsPerSecond * kRounding) {
        verdict_.reject("more gets over the cut there", found->second->where);
      }
    }
    if (sum > *atMost_ * kRounding)
      verdict_.reject("more gets over the cut than the claim allows", closure_.where + "/cut");
  }

  static std::string instance(Packets packets) { return packets == bddfalse ? "" : ", as " + oneOf(packets); }

  void checkSteps(const Ways& ways) {
    const OneStep step(network_, ways, aims_, stance_);
    std::set<std::string> told;
    for (const auto& [state, where] : where_) {
      if (ends(state) || stance_.barred[state.party]) continue;
      const bool start = state.holding == Holding::code && stance_.known[state.party];
      if (stance_.direct && !start) continue;
      // What he would get into from his end with the help of code in `from` that code gets into itself, in
      // the claim's closure (decision 0017, "A tunnel with the help of `from`").
      if (start && hisEnd_) continue;
      step.from(state, [&, &state = state, &where = where](const Landing& landing) {
        ++verdict_.result().steps;
        const bool beyond = !far(state) && (!landing.arrives || has(landing.to, false)) &&
                            !holds(landing, true) && holds(landing, false);
        if (beyond) return across(state, landing);
        if (landing.arrives && atMost_ && far(state)) return;  // counted where it crossed the cut
        const std::string to = textOf(network_, landing.to);
        if (landing.arrives) {
          const std::string text = "a step leads from '" + textOf(network_, state) + "' to '" + to +
                                   "', where he waits: " + landing.how.text;
          if (told.insert(text).second) verdict_.reject(text + instance(landing.packets), where);
          return;
        }
        if (holds(landing, false)) return;
        const bool known = states_.contains(to);
        std::string missing = known ? "' with all that it brings" : "'";
        if (known && stance_.distinguishes && landing.to.over) missing = "' +over or with all its names";
        const std::string text = "a step leads from '" + textOf(network_, state) + "' to '" + to + missing +
                                 ", which the closure does not hold: " + landing.how.text;
        if (told.insert(text).second) verdict_.reject(text + instance(landing.packets), where);
      });
    }
  }

  std::vector<State> possible(PartyId id) const {
    std::vector<State> states;
    const Party& party = network_.parties()[id];
    if (stance_.barred[id] || !there_[id]) return states;
    const bool waits = !hisEnd_ && stance_.waits[id];
    if (waits || stance_.holds[id] || (party.opaque && !stance_.direct)) {
      states.push_back({Holding::code, id, std::nullopt, true, Names::all()});
    }
    if (stance_.direct || stance_.holds[id] || !party.host) return states;
    for (const model::ServiceId service : network_.model().at(*party.host).services) {
      states.push_back({Holding::told, id, service, true, Names::all()});
      const auto& effects = aims_.behaviour(network_.model().at(service)).effects;
      const bool gives = std::ranges::any_of(effects, [](const model::Effect& effect) {
        return effect.kind == model::EffectKind::store ||
               ((effect.kind == model::EffectKind::relay || effect.kind == model::EffectKind::lookup) &&
                effect.inwardBits > 0);
      });
      if (gives) states.push_back({Holding::readable, id, service, true, Names::all()});
    }
    const model::Host& host = network_.model().at(*party.host);
    if (host.services.empty() && !host.clientIsolated.value.value_or(false))
      states.push_back({Holding::client, id, std::nullopt, true, Names::all()});
    return states;
  }

  // The states of a party that are shut, as a step lists them.
  std::vector<std::string> shut(PartyId id) const {
    std::vector<std::string> texts;
    for (const State& state : possible(id)) {
      const std::string text = textOf(network_, state);
      const auto found = states_.find(text);
      if (found == states_.end()) {
        texts.push_back(text);
      } else if (stance_.distinguishes && std::ranges::none_of(found->second, &State::over)) {
        texts.push_back(text + " +over");
      }
    }
    std::ranges::sort(texts);
    return texts;
  }

  void checkListing(const Listing& listing) {
    Flags from(network_.parties().size(), false), hosts(network_.parties().size(), false);
    std::set<std::size_t> services;
    for (const auto& [state, where] : where_) {
      hosts[state.party] = true;
      if (state.service) services.insert(state.service->index());
      if (hisEnd_ || !ends(state)) from[state.party] = true;
    }
    std::map<std::pair<std::string, std::string>, const WrittenStep*> written;
    const WrittenStep* last = nullptr;
    for (const WrittenStep& step : closure_.steps) {
      if (!written.emplace(std::pair(step.from, step.to), &step).second) {
        verdict_.reject("the step from " + step.from + " to " + step.to + " is there twice", step.where);
      }
      if (last != nullptr && std::tie(last->from, last->to) > std::tie(step.from, step.to)) {
        verdict_.reject("the step from " + step.from + " to " + step.to + " is out of order", step.where);
      }
      last = &step;
    }
    for (PartyId to = 0; to < network_.parties().size(); ++to) {
      const auto closed = shut(to);
      if (closed.empty()) continue;
      const std::string& toText = network_.parties()[to].text;
      for (PartyId id = 0; id < network_.parties().size(); ++id) {
        if (!from[id] || id == to) continue;
        hosts[to] = true;
        const std::string& fromText = network_.parties()[id].text;
        const auto found = written.find({fromText, toText});
        if (found == written.end()) {
          verdict_.reject("the step from " + fromText + " to " + toText + " is left out",
                          closure_.where + "/steps");
          continue;
        }
        const WrittenStep& step = *found->second;
        if (step.shut != closed) {
          verdict_.reject(
              "the step from " + fromText + " to " + toText + " lists other states as shut than are",
              step.where + "/shut");
        }
        checkBecause(verdict_, certificate_, step.because, listing.between(id, to),
                     "the step from " + fromText + " to " + toText, step.where);
        written.erase(found);
      }
    }
    for (const auto& [key, step] : written) {
      verdict_.reject("the step from " + step->from + " to " + step->to +
                          " is none: nothing is shut there, or it "
                          "does not start from a state",
                      step->where);
    }
    std::map<std::string, Reasons> expected;
    for (PartyId id = 0; id < hosts.size(); ++id) {
      if (hosts[id] && network_.parties()[id].host) {
        Reasons reasons = listing.ofHost(*network_.parties()[id].host);
        if (!reasons.empty())
          expected[network_.model().at(*network_.parties()[id].host).name] = std::move(reasons);
      }
    }
    compare(closure_.hosts, expected, "host", closure_.where + "/hosts");
    expected.clear();
    for (const std::size_t index : services) {
      const model::ServiceInstance& service = network_.model().services[index];
      Reasons reasons = listing.ofService(model::ServiceId(index));
      if (!reasons.empty()) {
        expected[network_.model().at(service.host).name + "." + service.name] = std::move(reasons);
      }
    }
    compare(closure_.services, expected, "service", closure_.where + "/services");
  }

  void compare(const std::vector<Because>& written, std::map<std::string, Reasons>& expected,
               const std::string& kind, const std::string& where) {
    const Because* last = nullptr;
    for (const Because& one : written) {
      if (last != nullptr && last->about >= one.about) {
        verdict_.reject(kind + " " + one.about + " is out of order, or there twice", one.where);
      }
      last = &one;
      const auto found = expected.find(one.about);
      if (found == expected.end()) {
        verdict_.reject(kind + " " + one.about + " has nothing to say here", one.where);
        continue;
      }
      checkBecause(verdict_, certificate_, one.because, found->second, kind + " " + one.about, one.where);
      expected.erase(found);
    }
    for (const auto& [name, reasons] : expected) verdict_.reject(kind + " " + name + " is left out", where);
  }

  Verdict& verdict_;
  const Certificate& certificate_;
  const Network& network_;
  const Aims& aims_;
  const Closure& closure_;
  Stance stance_;
  const Flags& there_;
  bool hisEnd_;
  std::optional<double> atMost_;  // bits a second that may get across the cut
  std::map<std::string, std::vector<State>> states_;
  using Key = std::pair<std::string, bool>;                              // a state and its `over`
  std::set<Key> far_;                                                    // behind the cut
  std::map<std::pair<Key, Key>, std::map<std::string, double>> across_;  // by what carries it
  std::vector<std::pair<State, std::string>> where_;
};

}  // namespace

void followChannel(Verdict& verdict, const Certificate& certificate, const Network& network,
                   const model::Claim& claim) {
  const Ways ways(network);
  const Aims aims(network);
  const Listing listing(network);
  if (!certificate.pairs.empty()) verdict.reject("a claim about channels has no pairs", "/pairs");
  if (certificate.closures.empty()) return verdict.reject("there is no closure", "/closures");
  const Closure& last = certificate.closures.back();
  if (last.role != "claim") verdict.reject("the last closure is not that of the claim", last.where + "/role");
  if (last.backwards && !claim.bothWays) {
    return verdict.reject("only a both-ways claim can be kept backwards", last.where + "/backwards");
  }
  ClaimStances stances(network, aims, claim, last.backwards);
  std::vector<bool> used(stances.ends().size(), false);
  for (const Closure& closure : certificate.closures) {
    if (&closure == &last) break;
    if (closure.role != "his-end" || closure.backwards) {
      verdict.reject("a closure before the last is one of his end", closure.where + "/role");
    }
    std::size_t which = 0;
    while (which < used.size() && (used[which] || textsOf(network, stances.ends()[which]) != closure.from))
      ++which;
    if (which == used.size()) {
      verdict.reject("no closure of his end starts so", closure.where + "/from");
      continue;
    }
    used[which] = true;
    const Stance stance = stances.ofHisEnd(which);
    ClosureCheck check(verdict, certificate, network, aims, closure, stance, stances.there(), true);
    check.run(ways, listing);
    stances.take(which, check.codes());
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    std::string texts;
    for (const std::string& text : textsOf(network, stances.ends()[i]))
      texts += (texts.empty() ? "" : ", ") + text;
    verdict.reject("the closure of his end from " + texts + " is left out", "/closures");
  }
  stances.findOpenedAlone(ways, aims);
  const Stance stance = stances.ofClaim();
  if (textsOf(network, stance.starts) != last.from) {
    verdict.reject("the closure of the claim starts elsewhere than the claim says", last.where + "/from");
  }
  ClosureCheck check(
      verdict, certificate, network, aims, last, stance, stances.there(), false,
      claim.kind == model::ClaimKind::atMost ? std::optional(claim.bitsPerSecond) : std::nullopt);
  check.run(ways, listing);
}

}  // namespace vauban::check
