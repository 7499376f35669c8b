#include "check/search.h"

namespace vauban::check {

bool Search::arrives() {
  for (bool grows = true; grows && !arrived_;) {
    states_.clear();
    steps_.clear();
    look();
    const std::vector<bool> found = codes();
    grows = false;
    for (PartyId id = 0; !stance_.direct && id < found.size(); ++id) {
      grows = grows || (found[id] && !stance_.takes[id]);
      if (found[id]) stance_.takes[id] = true;
    }
  }
  return arrived_;
}

std::vector<bool> Search::codes() const {
  std::vector<bool> codes(stance_.starts.size(), false);
  for (const State& state : states_) {
    if (state.holding == Holding::code) codes[state.party] = true;
  }
  return codes;
}

void Search::look() {
  for (PartyId id = 0; id < stance_.starts.size(); ++id) {
    if (stance_.starts[id]) add({Holding::code, id, std::nullopt, false, Names::all()}, 0, "");
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State state = states_[i];
    const bool ends =
        state.holding == Holding::code && stance_.waits[state.party] && !stance_.starts[state.party];
    const bool start = state.holding == Holding::code && stance_.known[state.party];
    if (ends || (stance_.direct && !start) || (start && hisEnd_)) continue;
    step_.from(state, [&](const Landing& landing) {
      if (landing.arrives && way_.empty()) way_ = wayTo(i) + " => " + landing.how.text;
      arrived_ = arrived_ || landing.arrives;
      State to = landing.to;
      // What comes back to `from` was there already.
      if (landing.back && to.holding == Holding::code && stance_.known[to.party]) to.over = false;
      add(to, i, landing.how.text);
    });
  }
}

std::string Search::wayTo(std::size_t at) const {
  std::string way = textOf(network_, states_[at]) + (states_[at].over ? " +over" : "");
  for (int i = 0; i < 20 && !steps_[at].second.empty(); ++i) {
    const std::string how = steps_[at].second;
    at = steps_[at].first;
    way = textOf(network_, states_[at]) + (states_[at].over ? " +over" : "") + " => " + how + " => " + way;
  }
  return way;
}

void Search::add(const State& state, std::size_t from, const std::string& how) {
  if (state.names.empty()) return;
  for (const State& one : states_) {
    if (one.holding == state.holding && one.party == state.party && one.service == state.service &&
        (one.over || !state.over) && one.names.contains(state.names)) {
      return;
    }
  }
  states_.push_back(state);
  steps_.emplace_back(from, how);
}

}  // namespace vauban::check
