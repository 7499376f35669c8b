#include "lab/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "lab/claim_places.h"
#include "lab/comparison.h"
#include "lab/inward_attempts.h"
#include "lab/live_flow.h"

namespace vauban::lab {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using model::Claim;
using model::ClaimKind;
using model::ClaimSubject;
using Status = ClaimOutcome::Status;

const char* toString(Status status) {
  switch (status) {
    case Status::agrees:
      return "agrees";
    case Status::disagrees:
      return "DISAGREES";
    case Status::inconclusive:
      return "INCONCLUSIVE";
    case Status::notReproduced:
      return "not reproduced";
    case Status::notTried:
      break;
  }
  return "not tried";
}

double Trial::bitsPerSecond() const {
  const auto took =
      std::max({seen.span, std::chrono::microseconds(sent.took), std::chrono::microseconds(1000)});
  return static_cast<double>(seen.bytes) * 8e6 / static_cast<double>(took.count());
}

bool Experiment::agrees() const {
  return std::ranges::none_of(claims,
                              [](const ClaimOutcome& claim) { return claim.status == Status::disagrees; }) &&
         std::ranges::none_of(matrix.cells, [&](const MatrixCell& cell) {
           return cell.arrived != cell.expected && (cell.arrived || matrix.inconclusive.empty());
         });
}

bool Experiment::inconclusiveAtAll() const {
  // A tool that brings bytes where our probe of the same carrier brings none shows that the probes are blind.
  const bool blind = std::ranges::any_of(
      tools, [](const ToolOutcome& tool) { return tool.against() == ToolOutcome::Against::toolOnly; });
  return blind || !inconclusive.empty() || !matrix.inconclusive.empty() ||
         std::ranges::any_of(claims,
                             [](const ClaimOutcome& claim) { return claim.status == Status::inconclusive; });
}

namespace {

constexpr std::size_t kThreads = 24;  // they mostly wait

class Course {
 public:
  Course(RunningLab& lab, const std::vector<channel::ClaimResult>& results,
         const std::vector<std::string>& cones, const ExperimentOptions& options)
      : lab_(lab), plan_(lab.plan()), results_(results), cones_(cones), options_(options) {}

  Result<Experiment> run() {
    const std::vector<space::Service> services = sampledServices(plan_.model);
    auto matrix = probeMatrix(lab_, services);
    if (!matrix) return std::unexpected(matrix.error());
    result_.matrix = std::move(*matrix);
    options_.running.progress(fmt::format("{} packets of the matrix sent", result_.matrix.cells.size()));
    std::set<MachineId> held;
    for (const Claim& claim : plan_.model.claims)
      if (claim.subject == ClaimSubject::channel && wanted(claim))
        for (const MachineId from : machinesOf(plan_, claim.from, false, true)) held.insert(from);
    result_.carries = tryCarries(lab_, result_.matrix, held);
    plan(services);
    tryAll();
    if (options_.tools) runAllTools();
    lab_.checkDaemons();
    if (auto seen = lab_.control(); !seen) result_.inconclusive = seen.error().front().message;
    for (const auto& [machine, adversary] : lab_.adversaries())
      if (!adversary->alive())
        result_.inconclusive = fmt::format("{}: {}", plan_.at(machine).node, adversary->failure());
    lookAgain();
    result_.services = lab_.services();
    for (std::size_t c = 0; c < plan_.model.claims.size(); ++c) {
      if (!wanted(plan_.model.claims[c])) continue;
      result_.claims.push_back(
          compareClaim(plan_, lab_.reach(), result_, plan_.model.claims[c], results_[c].judgement));
      result_.claims.back().coneHash = cones_[c];
    }
    result_.rulesets = lab_.rulesets();
    for (const Router& router : plan_.routers) result_.routers.push_back(router.point);
    result_.nodes = plan_.machines.size() + plan_.routers.size() + 1;
    result_.lab = lab_.took();
    return std::move(result_);
  }

 private:
  // Of models with many claims each gets fewer.
  std::size_t mostOfClaim() const {
    constexpr std::size_t kLeast = 40;
    std::size_t claims = 0;
    for (const Claim& claim : plan_.model.claims)
      claims += claim.subject == ClaimSubject::channel && wanted(claim) ? 1 : 0;
    return std::clamp(options_.mostTrials / std::max<std::size_t>(claims, 1), kLeast,
                      options_.mostTrialsOfClaim);
  }

  bool wanted(const Claim& claim) const { return options_.claim.empty() || claim.id == options_.claim; }

  // What each claim asks for, the likeliest first and all pairs of machines alike, as far as there is room;
  // what several ask for is tried once.
  void plan(const std::vector<space::Service>& services) {
    std::map<std::pair<MachineId, MachineId>, std::vector<Attempt>> known;
    std::map<std::pair<MachineId, MachineId>, std::vector<bool>> chosen;
    const std::size_t most = mostOfClaim();
    const space::ServiceSet errors =
        reach::icmpErrors(space::Family::ipv4) | reach::icmpErrors(space::Family::ipv6);
    for (const Claim& claim : plan_.model.claims) {
      if (claim.subject != ClaimSubject::channel || !wanted(claim)) continue;
      using Candidate = std::tuple<int, std::size_t, MachineId, MachineId, std::size_t>;
      std::vector<Candidate> candidates;
      std::vector<std::pair<MachineId, bool>> senders;  // and whether it only carries
      for (const bool his : {false, true})
        for (const MachineId from : machinesOf(plan_, claim.from, his, true))
          senders.emplace_back(from, false);
      for (const Carry& carry : result_.carries)
        if (!claim.direct && std::ranges::find(senders, std::pair(carry.from, false)) != senders.end() &&
            std::ranges::find(senders, carry.by, &std::pair<MachineId, bool>::first) == senders.end())
          senders.emplace_back(carry.by, true);
      const std::vector<MachineId> receivers = receiversOf(claim);
      for (const auto& [from, carrier] : senders) {
        for (const MachineId to : receivers) {
          if (from == to || (plan_.at(from).adversary && plan_.at(to).adversary)) continue;
          const auto [at, fresh] = known.try_emplace({from, to});
          if (fresh) {
            at->second = (plan_.at(to).adversary ? attemptsFrom : attemptsInto)(lab_, from, to, services);
            chosen[{from, to}].resize(at->second.size());
          }
          std::map<int, std::size_t> turns;
          for (std::size_t i = 0; i < at->second.size(); ++i) {
            const Attempt& attempt = at->second[i];
            if (claim.direct && !attempt.direct) continue;
            if (carrier && !ofClient(attempt)) continue;
            if (claim.kind == ClaimKind::onlyVia && passesVia(plan_, claim, attempt)) continue;
            // Packets of other protocols say nothing about this claim, but what relays make of them is not
            // known before.
            if (!carrier && !attempt.via && !attempt.opener.intersects(claim.over) &&
                !claim.over.intersects(errors))
              continue;
            const int rank = attempt.expected ? 0 : attempt.direct && !attempt.probe.forged ? 2 : 1;
            candidates.emplace_back(rank, turns[rank]++, from, to, i);
          }
        }
      }
      std::ranges::sort(candidates);
      if (candidates.size() > most) {
        result_.trialsLeft += candidates.size() - most;
        candidates.resize(most);
      }
      for (const auto& [rank, turn, from, to, i] : candidates) chosen[{from, to}][i] = true;
    }
    for (auto& [pair, attempts] : known) {
      for (std::size_t i = 0; i < attempts.size(); ++i) {
        if (!chosen[pair][i]) continue;
        attempts[i].probe.bytes = std::min(attempts[i].probe.bytes, options_.mostBytes);
        Trial trial;
        trial.attempt = std::move(attempts[i]);
        result_.trials.push_back(std::move(trial));
      }
    }
  }

  // Where code of his waits: everywhere outside, on some of the machines of ours.
  std::vector<MachineId> receiversOf(const Claim& claim) {
    constexpr std::size_t kMostReceivers = 6;
    std::vector<MachineId> receivers = machinesOf(plan_, claim.to, true);
    const std::vector<MachineId> ours = machinesOf(plan_, claim.to, false);
    for (const MachineId machine : ours) {
      if (receivers.size() >= kMostReceivers) break;
      if (auto waits = lab_.wait(machine))
        receivers.push_back(machine);
      else
        result_.inconclusive =
            fmt::format("nobody watches {}: {}", plan_.at(machine).node, waits.error().front().message);
    }
    return receivers;
  }

  // What real tools make of it, between the first held machine of a claim and an adversary's.
  void runAllTools() {
    std::set<std::pair<MachineId, MachineId>> done;
    for (const Claim& claim : plan_.model.claims) {
      if (claim.subject != ClaimSubject::channel || !wanted(claim)) continue;
      const auto from = machinesOf(plan_, claim.from, false, true), to = machinesOf(plan_, claim.to, true);
      if (from.empty() || to.empty() || !done.emplace(from.front(), to.front()).second) continue;
      ToolOptions how;
      how.progress = options_.running.progress;
      for (ToolOutcome& outcome : runTools(lab_, from.front(), to.front(), how))
        result_.tools.push_back(std::move(outcome));
    }
  }

  void tryAll() {
    std::atomic<std::size_t> next = 0, done = 0;
    std::mutex telling;
    pending_.resize(result_.trials.size());
    auto work = [&](bool alone) {
      for (std::size_t i = next++; i < result_.trials.size(); i = next++) {
        if (result_.trials[i].attempt.probe.neighbour != alone) continue;
        tryOne(i);
        const std::scoped_lock lock(telling);
        if (++done % 50 == 0)
          options_.running.progress(fmt::format("{} of {} probes", done.load(), result_.trials.size()));
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t t = 0; t < kThreads; ++t) threads.emplace_back(work, false);
    }
    next = 0;
    work(true);
  }

  void tryOne(std::size_t index) {
    Trial& trial = result_.trials[index];
    Attempt& attempt = trial.attempt;
    Adversary* adversary = lab_.adversary(attempt.to);
    if (adversary == nullptr) {
      trial.failure = "nobody watches " + plan_.at(attempt.to).node;
      return;
    }
    if (attempt.via) {
      if (Daemon* daemon = lab_.daemon(*attempt.via); daemon == nullptr) {
        trial.failure = "nothing plays the service";
        return;
      } else if (const auto login = daemon->login()) {
        attempt.probe.login = login->user;
        attempt.probe.identity = login->keyFile;
      }
    }
    os::FileDescriptor flow;
    if (attempt.flow) {
      auto opened = openFlow(lab_, attempt);
      if (!opened) {
        // Nobody answers there: then there is no such flow to forge into, and nothing was tried.
        trial.sent.note = opened.error().front().message;
        return;
      }
      flow = std::move(*opened);
    }
    const Payload payload(index + 1, attempt.probe.bytes,
                          attempt.chunkBytes > 0 ? attempt.chunkBytes : chunkBytesFor(attempt.probe.carrier));
    attempt.probe.hearer = &adversary->witness();
    Adversary* giver =
        attempt.probe.carrier == Carrier::httpAnswer || attempt.probe.carrier == Carrier::queryAnswer
            ? lab_.adversary(attempt.from)
            : nullptr;
    if (giver != nullptr) attempt.probe.offer = giver->offer(payload);
    const Witness::Id id = adversary->witness().expect(payload);
    auto sent = sendProbe(lab_.testbed(), attempt.probe, payload, attempt.expected ? 20'000ms : 1'500ms);
    trial.tried = true;
    if (sent)
      trial.sent = *sent;
    else
      trial.failure = sent.error().front().message;
    trial.seen = adversary->witness().await(id, attempt.via ? 400ms : 120ms);
    // Services may take their time (mail waits, look-ups are repeated). Numbers of four bytes are not looked
    // for longer than they must: others have them too.
    if (attempt.via && !trial.seen.complete && attempt.probe.carrier != Carrier::synAck)
      pending_[index] = id;
    else
      adversary->witness().forget(id);
    if (giver != nullptr) giver->withdraw(attempt.probe.offer);
  }

  // What came after its probe was given up has come all the same.
  void lookAgain() {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (!pending_[i]) continue;
      Trial& trial = result_.trials[i];
      trial.seen = lab_.adversary(trial.attempt.to)->witness().seen(*pending_[i]);
    }
  }

  RunningLab& lab_;
  const LabPlan& plan_;
  std::vector<std::optional<Witness::Id>> pending_;  // by trial; each of one thread
  const std::vector<channel::ClaimResult>& results_;
  const std::vector<std::string>& cones_;
  const ExperimentOptions& options_;
  Experiment result_;
};

}  // namespace

Result<Experiment> runExperiment(os::Testbed& testbed, const LabPlan& plan,
                                 const std::vector<channel::ClaimResult>& results,
                                 const std::vector<std::string>& cones, const ExperimentOptions& options) {
  const auto begin = Clock::now();
  auto lab = RunningLab::start(testbed, plan, options.running);
  if (!lab) return std::unexpected(lab.error());
  if (options.whenUp) options.whenUp(**lab);
  auto experiment = Course(**lab, results, cones, options).run();
  if (experiment && options.whenDone) options.whenDone(**lab);
  lab->reset();
  if (experiment)
    experiment->took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  return experiment;
}

}  // namespace vauban::lab
