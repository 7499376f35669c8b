// A plan with the verifier in the loop on a shipped model, under the model's own budget: all candidates at
// every place where they fit and would change something; the same as a road map; patterns alone. Prints one
// line each, beside the target. Arguments: the model (examples/bank), seconds for each (60); run from the
// project's folder. Exit 2: the model cannot be read.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "catalog/embedded_pack.h"
#include "catalog/pack.h"
#include "plan/plan.h"

int main(int count, char** words) {
  using namespace vauban;
  const std::string path = count > 1 ? words[1] : "examples/bank";
  const double limit = count > 2 ? std::atof(words[2]) : 60;
  const auto behaviours = model::BehaviourCatalogue::builtIn();
  const auto knowledge = catalog::readPack(catalog::embeddedPack());
  const auto templates = attack::StepTemplates::builtIn();
  const auto patterns = plan::PatternCatalogue::builtIn();
  const auto tree = plan::ModelTree::read(path);
  if (!behaviours || !knowledge || !templates || !patterns || !tree) return 2;
  const auto model = tree->model(*behaviours, tree->path());
  if (!model) return 2;
  const plan::PatternPlaces places(*model, *behaviours);
  const attack::TechniqueUse use(*knowledge);
  const measure::CatalogueEvidence evidence(*knowledge);
  plan::PlanGround ground;
  ground.tree = &*tree;
  ground.places = &places;
  ground.patterns = &*patterns;
  ground.judging.judging.behaviours = &*behaviours;
  ground.judging.judging.templates = &*templates;
  ground.judging.judging.use = &use;
  ground.judging.judging.today = "2026-11-27";
  ground.judging.evidence = &evidence;

  const auto line = [&](const char* what, const plan::CandidateScope& scope, bool orders,
                        const char* target) {
    plan::PlanQuestion question;
    question.scope = scope;
    question.seconds = limit;
    question.orders = orders;
    question.threads = std::max(1U, std::thread::hardware_concurrency());
    const auto start = std::chrono::steady_clock::now();
    const auto plan = plan::planOf(ground, question);
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!plan) {
      std::printf("plan %s, %s: no plan\n", path.c_str(), what);
      return;
    }
    const auto claims = plan->problem.tier(plan::TierKind::claims);
    std::printf(
        "plan %s, %s: %zu candidates, %zu claims, %.0f days: %.0f -> %.0f claims, %zu designs judged, "
        "%s%s, %.1f s (target: %s)\n",
        path.c_str(), what, plan->candidates.size(), model->claims.size(), plan->budgetDays,
        claims ? plan->valueBefore[*claims] : 0, claims ? plan->answer.value.tiers[*claims] : 0, plan->judged,
        plan->answer.proven ? "proven" : "not proven",
        !orders             ? ""
        : plan->orderProven ? ", order proven"
                            : ", order not proven",
        took, target);
  };
  line("every pattern, single and withdrawal at every place", {}, false, "proven in under 30 s");
  line("the same as a road map, with losses and other budgets", {}, true, "none");
  // The bound, in which patterns permit nothing, has claims that no design found has: hard to prove.
  plan::CandidateScope compositions;
  compositions.singles = compositions.withdrawals = false;
  line("every pattern at every place, nothing besides", compositions, false, "proven in under 30 s");
  return 0;
}
