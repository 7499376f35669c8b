#include "lab/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/claim_places.h"

namespace vauban::lab {

using channel::Verdict;
using model::Claim;
using model::ClaimKind;
using Status = ClaimOutcome::Status;

namespace {

// What is kept is never waived.
bool open(Verdict verdict) {
  return verdict == Verdict::broken || verdict == Verdict::conditional || verdict == Verdict::waived;
}

class Comparison {
 public:
  Comparison(const LabPlan& plan, const LabReach& reach, const Experiment& experiment)
      : plan_(plan), reach_(reach), experiment_(experiment) {}

  // What the machines may use, and what those services may use in turn: a relay shows nothing where the next
  // one is dead.
  std::set<model::ServiceId> usedBy(std::vector<MachineId> machines) const {
    std::set<model::ServiceId> used;
    for (std::size_t m = 0; m < machines.size(); ++m) {
      for (const ServiceSite& site : plan_.services) {
        if (machines[m] == site.machine || used.contains(site.id) || plan_.at(site.machine).adversary)
          continue;
        if (!reach_.opens(machines[m], site.machine).intersects(site.service->listens)) continue;
        used.insert(site.id);
        if (std::ranges::find(machines, site.machine) == machines.end()) machines.push_back(site.machine);
      }
    }
    return used;
  }

  // Services that the ends of a claim may use and that show nothing, by why: the receiver may ask for the
  // bytes, so what it uses counts as well.
  std::string silent(const std::vector<MachineId>& ends, bool broken) const {
    const std::set<model::ServiceId> used = usedBy(ends);
    std::vector<std::string> names;
    for (const ServiceState& state : experiment_.services) {
      const ServiceSite& site = plan_.services[state.service.index()];
      if (plan_.at(site.machine).adversary) continue;
      if (broken ? state.failure.empty() : state.notReproduced.empty()) continue;
      if (!used.contains(state.service)) continue;
      names.push_back(fmt::format("{}.{} ({})", site.node, site.service->name,
                                  broken ? state.failure : state.notReproduced));
    }
    // Nor does anything play what a host may do whose services are not stated.
    for (std::size_t m = 0; m < plan_.machines.size() && !broken; ++m) {
      const Machine& machine = plan_.machines[m];
      if (!machine.host || machine.adversary || plan_.model.at(*machine.host).servicesStated) continue;
      if (std::ranges::any_of(ends, [&](MachineId end) {
            return end != MachineId(m) && !reach_.opens(end, MachineId(m)).empty();
          }))
        names.push_back(fmt::format("{} (no services stated, and the lab has no code for it)", machine.node));
    }
    return fmt::format("{}", fmt::join(names, "; "));
  }

  // Whether what arrived in the trial is a channel that the claim speaks of. `carry`: how its bytes came to
  // where it began.
  bool shows(const Claim& claim, const Trial& trial, const Carry* carry) const {
    if (trial.seen.bytes == 0) return false;
    const Attempt& attempt = trial.attempt;
    if (claim.direct && !attempt.direct) return false;
    if (carry != nullptr && !means(claim.from, plan_.at(carry->by), true) &&
        carry->packets.intersects(claim.over))
      return true;
    // A hop inside of where the bytes start is not one that the claim speaks of.
    const MachineId first = attempt.path.size() > 2 ? attempt.path[1] : attempt.to;
    if (!means(claim.from, plan_.at(first), true) && attempt.opener.intersects(claim.over)) return true;
    return std::ranges::any_of(trial.seen.packets, [&](const space::Service& service) {
      return kindOf(service).intersects(claim.over);
    });
  }

  // What it passes besides is seen by the address under which it arrived, and by what relays lead to. Of
  // several relays behind the first all have to be such hosts for it to count as having passed one.
  bool passedVia(const Claim& claim, const Trial& trial) const {
    if (passesVia(plan_, claim, trial.attempt)) return true;
    // Nobody relays what goes straight, and a forged source says nothing of the way.
    if (trial.attempt.direct || trial.attempt.probe.forged || trial.attempt.probe.neighbour) return false;
    return !trial.seen.from.empty() &&
           std::ranges::all_of(trial.seen.from, [&](const os::InternetAddress& address) {
             const MachineId holder = plan_.holder(address);
             return holder != trial.attempt.from && isVia(plan_, claim, holder);
           });
  }

  bool carriedVia(const Claim& claim, const Carry& carry) const {
    return isVia(plan_, claim, carry.by) || std::ranges::any_of(carry.between, [&](MachineId machine) {
             return isVia(plan_, claim, machine);
           });
  }

  // Whether a real tool brought bytes over a channel that the claim speaks of.
  bool toolShows(const Claim& claim, const ToolOutcome& tool) const {
    if (tool.run.bytes == 0 || (claim.direct && !tool.direct())) return false;
    if (claim.kind == ClaimKind::onlyVia &&
        std::ranges::any_of(tool.path, [&](MachineId machine) { return isVia(plan_, claim, machine); }))
      return false;
    const MachineId first = tool.path.size() > 2 ? tool.path[1] : tool.to;
    return !means(claim.from, plan_.at(first), true) && tool.opener.intersects(claim.over);
  }

  void compareChannel(const Claim& claim, const channel::Judgement& judgement, ClaimOutcome& outcome) const {
    const auto both = [&](const model::PlaceTerms& terms, bool legs) {
      std::vector<MachineId> result = machinesOf(plan_, terms, false, legs);
      for (const MachineId his : machinesOf(plan_, terms, true, legs)) result.push_back(his);
      return result;
    };
    const std::vector<MachineId> from = both(claim.from, true), to = both(claim.to, false);
    if (to.empty() || from.empty()) {
      outcome.note = "no machine of the lab is at one of its ends";
      return;
    }
    if (outcome.predicted == Verdict::undecided) {
      outcome.note = "the verifier has not decided";
      return;
    }
    std::string trouble;
    double most = 0;
    bool witnessed = false;
    std::size_t tried = 0;
    std::set<MachineId> triedAt;
    for (std::size_t i = 0; i < experiment_.trials.size(); ++i) {
      const Trial& trial = experiment_.trials[i];
      if (std::ranges::find(to, trial.attempt.to) == to.end()) continue;
      std::optional<std::size_t> carry;
      if (std::ranges::find(from, trial.attempt.from) == from.end()) {
        if (claim.direct || !ofClient(trial.attempt)) continue;
        for (std::size_t k = 0; k < experiment_.carries.size(); ++k) {
          const Carry& it = experiment_.carries[k];
          if (it.by != trial.attempt.from || std::ranges::find(from, it.from) == from.end()) continue;
          if (claim.kind == ClaimKind::onlyVia && carriedVia(claim, it)) continue;
          // Of several the one that the claim speaks of.
          if (!carry || (!experiment_.carries[*carry].packets.intersects(claim.over) &&
                         it.packets.intersects(claim.over)))
            carry = k;
        }
        if (!carry) continue;
      }
      if (claim.kind == ClaimKind::onlyVia && passedVia(claim, trial)) continue;
      if (claim.direct && !trial.attempt.direct) continue;
      outcome.trials.push_back(i);
      if (trial.tried) {
        ++tried;
        triedAt.insert(trial.attempt.to);
      }
      if (!trial.failure.empty() && trial.tried)
        trouble = fmt::format("{}: {}", trial.attempt.text, trial.failure);
      if (!shows(claim, trial, carry ? &experiment_.carries[*carry] : nullptr)) continue;
      const bool his = isWitness(judgement, trial.attempt);
      most = std::max(most, trial.bitsPerSecond());
      if (!outcome.best || (his && !witnessed) ||
          (his == witnessed && trial.seen.bytes > experiment_.trials[*outcome.best].seen.bytes)) {
        outcome.best = i;
        outcome.carry = carry;
        witnessed = his;
      }
    }
    for (const MatrixCell& cell : experiment_.matrix.cells) {
      if (std::ranges::find(from, cell.from) == from.end() || std::ranges::find(to, cell.to) == to.end())
        continue;
      if (!claim.over.contains(ofClaims(cell.service))) continue;
      ++outcome.cells;
      outcome.arrived += cell.arrived ? 1 : 0;
    }
    std::string tool;
    for (const ToolOutcome& ran : experiment_.tools)
      if (std::ranges::find(from, ran.from) != from.end() && std::ranges::find(to, ran.to) != to.end() &&
          toolShows(claim, ran))
        tool = ran.text;
    const bool observed = outcome.best.has_value() || outcome.arrived > 0 || !tool.empty();
    const bool predicted = open(outcome.predicted);
    if (tried == 0 && outcome.cells == 0 && !observed) {
      outcome.note = "no probe that was made and no packet that was sent is of this claim";
      return;
    }
    if (claim.kind == ClaimKind::atMost && observed) {
      if (most > claim.bitsPerSecond) {
        outcome.status = predicted ? Status::agrees : Status::disagrees;
        return;
      }
      if (predicted) {
        outcome.note = "what arrived did so below the limit";
        return;
      }
    } else if (observed && claim.bothWays) {
      // Only one of the two ways is tried: that it is open decides nothing.
      outcome.note = "the way there is open, the way back is not tried";
      return;
    } else if (observed) {
      outcome.status = predicted ? Status::agrees : Status::disagrees;
      if (!outcome.best && !tool.empty())
        outcome.note = "by a tool alone: " + tool;
      else if (predicted && outcome.best && !witnessed)
        outcome.note = "by another path than the witness";
      return;
    }
    if (!claim.heldByAdversary.empty()) {
      outcome.note = "nothing plays the places that he holds besides";
      return;
    }
    std::vector<MachineId> ends = from;
    ends.insert(ends.end(), to.begin(), to.end());
    // A claim about direct packets rests on no service.
    const std::string without = claim.direct ? std::string() : silent(ends, false);
    const std::string broken = claim.direct ? std::string() : silent(ends, true);
    if (predicted) {
      const std::string hidden = notPlayed(judgement);
      if (!hidden.empty()) {
        outcome.status = Status::notReproduced;
        outcome.note = hidden;
        return;
      }
    }
    const std::string why = !experiment_.inconclusive.empty() ? experiment_.inconclusive
                            : !broken.empty()                 ? broken
                            : !trouble.empty()                ? trouble
                            : tried == 0                      ? experiment_.matrix.inconclusive
                                                              : std::string();
    if (!why.empty()) {
      outcome.status = Status::inconclusive;
      outcome.note = why;
      return;
    }
    outcome.status = predicted ? Status::disagrees : Status::agrees;
    if (!without.empty()) outcome.note = "without " + without;
    const auto missed = std::ranges::count_if(to, [&](MachineId machine) {
      return !triedAt.contains(machine) && std::ranges::find(from, machine) == from.end();
    });
    if (!predicted && missed > 0)
      outcome.note += fmt::format("{}without probes to {} of {} receivers", outcome.note.empty() ? "" : "; ",
                                  missed, to.size());
    if (!predicted && std::ranges::any_of(plan_.model.zones, &model::Zone::onPath))
      outcome.note += fmt::format("{}without his eyes on the path", outcome.note.empty() ? "" : "; ");
  }

  // A party of a witness as verdicts name it, without the word for its kind.
  static std::string bare(const std::string& party) {
    std::string name = party;
    for (const std::string word : {"host ", "zone ", "service "})
      if (name.starts_with(word)) name = name.substr(word.size());
    return name.substr(0, name.find_first_of(". ("));
  }

  bool isWitness(const channel::Judgement& judgement, const Attempt& attempt) const {
    std::vector<std::string> hosts;
    for (const channel::Hop& hop : judgement.witness)
      for (const std::string* end : {&hop.from, &hop.to})
        if (hosts.empty() || hosts.back() != bare(*end)) hosts.push_back(bare(*end));
    // Services between ask each other: the first relay says which way it is.
    if (hosts.size() < 2 || attempt.path.size() < 2) return false;
    const Machine& second = plan_.at(attempt.path[1]);
    if (attempt.path.size() == 2) return hosts.size() == 2;
    return second.host && plan_.model.at(*second.host).name == hosts[1];
  }

  // What of the witness nothing in the lab plays.
  std::string notPlayed(const channel::Judgement& judgement) const {
    for (const channel::Hop& hop : judgement.witness) {
      const std::string name = bare(hop.to);
      for (const ServiceState& state : experiment_.services) {
        const ServiceSite& site = plan_.services[state.service.index()];
        if (site.node == name && !state.notReproduced.empty() && !plan_.at(site.machine).adversary)
          return fmt::format("{}.{}: {}", site.node, site.service->name, state.notReproduced);
        if (site.node != name) continue;
        if (const auto limits = limitsOf(site, plan_); !limits.empty())
          return fmt::format("{}.{} is played, but: {}", site.node, site.service->name,
                             fmt::join(limits, "; "));
      }
      for (const model::Host& host : plan_.model.hosts)
        if (host.name == name && !host.servicesStated && !plan_.model.at(host.zone).untrusted)
          return fmt::format("{} has no services stated, and the lab has no code for it", name);
    }
    return {};
  }

  void compareReach(const Claim& claim, ClaimOutcome& outcome) const {
    for (const MatrixCell& cell : experiment_.matrix.cells) {
      const Machine& from = plan_.at(cell.from);
      const Machine& to = plan_.at(cell.to);
      if (!means(claim.to, to, cell.destination)) continue;
      if (!claim.over.contains(ofClaims(cell.service))) continue;
      if (claim.kind == ClaimKind::only) {
        if (means(claim.from, from, cell.source) || from.legs.front().zone == to.legs.front().zone) continue;
      } else if (!means(claim.from, from, cell.source)) {
        continue;
      }
      ++outcome.cells;
      outcome.arrived += cell.arrived ? 1 : 0;
    }
    const bool predicted = open(outcome.predicted);
    if (outcome.cells == 0) {
      outcome.note = "no packet that was sent is of this claim";
      return;
    }
    if (outcome.predicted == Verdict::undecided) {
      outcome.note = "the verifier has not decided";
      return;
    }
    const bool lost = !experiment_.matrix.inconclusive.empty();
    if (claim.kind == ClaimKind::always) {
      const bool all = outcome.arrived == outcome.cells;
      outcome.status = !all && lost       ? Status::inconclusive
                       : all != predicted ? Status::agrees
                                          : Status::disagrees;
      if (all && predicted) {
        outcome.status = Status::notTried;
        outcome.note = "the packets sent are not those that are lost";
      }
      return;
    }
    const bool any = outcome.arrived > 0;
    if (any == predicted) {
      outcome.status = !any && lost ? Status::inconclusive : Status::agrees;
    } else if (any) {
      outcome.status = Status::disagrees;
    } else {
      outcome.status = Status::notTried;
      outcome.note = "the packets sent are not those that pass";
    }
  }

 private:
  const LabPlan& plan_;
  const LabReach& reach_;
  const Experiment& experiment_;
};

}  // namespace

ClaimOutcome compareClaim(const LabPlan& plan, const LabReach& reach, const Experiment& experiment,
                          const Claim& claim, const channel::Judgement& judgement) {
  ClaimOutcome outcome;
  outcome.id = claim.id;
  outcome.predicted = judgement.verdict;
  const Comparison comparison(plan, reach, experiment);
  if (claim.subject == model::ClaimSubject::channel)
    comparison.compareChannel(claim, judgement, outcome);
  else if (claim.subject == model::ClaimSubject::reach)
    comparison.compareReach(claim, outcome);
  else
    outcome.note = "the lab does not play goals";
  return outcome;
}

}  // namespace vauban::lab
