#include "apply_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "apply_report.h"
#include "call_mistake.h"
#include "import/load_rules.h"
#include "knowledge_in_force.h"
#include "load_model.h"
#include "output_file.h"
#include "plan_ground.h"
#include "verdict_format.h"

namespace vauban {
namespace {

Result<std::string> listed(const ApplyCall& call, const plan::PatternCatalogue& patterns) {
  std::vector<plan::Fits> fits;
  if (!call.model.empty()) {
    const auto ground = patternGround(call.model);
    if (!ground) return std::unexpected(ground.error());
    for (const plan::Pattern& pattern : patterns.all())
      fits.push_back(plan::changingFits((*ground)->tree, *(*ground)->places, pattern));
  }
  return call.format == "json" ? patternsJson(patterns, fits) : patternsText(patterns, fits);
}

std::vector<std::string> deployedPatterns(const model::Model& model) {
  std::vector<std::string> ids;
  for (const model::Countermeasure& it : model.countermeasures)
    if (!it.pattern.empty()) ids.push_back(it.pattern);
  return ids;
}

Diagnostics conflictsOf(const plan::Pattern& pattern, const std::vector<std::string>& deployed) {
  Diagnostics problems;
  for (const std::string& id : pattern.conflicts)
    if (std::ranges::find(deployed, id) != deployed.end())
      problems.push_back(callMistake(
          "PATTERN", "the model has '" + id + "', which '" + pattern.id + "' cannot stand beside"));
  return problems;
}

// Lists that the call names and that change nothing, since the model says already what they would be.
std::vector<std::string> unusedLists(const plan::ModelTree& tree, const plan::PatternPlaces& places,
                                     const plan::Pattern& pattern, const plan::Members& named,
                                     const plan::Members& members, const plan::Applied& change) {
  std::vector<std::string> unused;
  for (const plan::Member& member : pattern.members) {
    if (member.kind != plan::MemberKind::names || !named.contains(member.name)) continue;
    plan::Members other = members;
    other[member.name] = {"another.invalid"};
    const auto without = plan::applyPattern(tree, places, pattern, other);
    if (without && without->tree.toYaml() == change.tree.toYaml()) unused.push_back(member.name);
  }
  return unused;
}

Diagnostics mistakesOf(const ApplyCall& call) {
  Diagnostics mistakes;
  if (auto mistake = dayMistake(call.today)) mistakes.push_back(std::move(*mistake));
  if (call.list && !call.model.empty())
    mistakes.push_back(callMistake("--list", "it is of all patterns", "--list, or --list MODEL"));
  if (call.list && !call.members.empty())
    mistakes.push_back(callMistake("--members", "a list takes none", "one of --list and --members"));
  if (call.list && !call.output.empty())
    mistakes.push_back(callMistake("--output", "a list changes no model", "one of --list and --output"));
  if (auto mistake = outputMistake(call.output)) mistakes.push_back(std::move(*mistake));
  return mistakes;
}

// The changed model names its rule files as before: written to where they are not, it would not load.
Diagnostics lostRules(const plan::ModelTree& tree, const std::string& output) {
  namespace fs = std::filesystem;
  if (output.empty()) return {};
  std::error_code error;
  for (const std::string& file : tree.ruleFiles())
    if (!fs::exists(fs::path(output).parent_path() / file, error))
      return {callMistake("--output", "the model's rule file '" + file + "' is not where the output is to be",
                          "a file in '" + (tree.folder().empty() ? "." : tree.folder()) + "'")};
  return {};
}

std::string commented(const std::string& text) {
  std::istringstream lines(text);
  std::string line, out;
  while (std::getline(lines, line)) out += "# " + line + "\n";
  return out;
}

Result<ExitCode> applied(const ApplyCall& call, const plan::PatternCatalogue& patterns) {
  const auto id = patterns.named(call.pattern, "PATTERN");
  if (!id) return std::unexpected(id.error());
  const plan::Pattern& pattern = patterns.at(*id);
  const auto named = plan::membersOfWords(call.members, "--members");
  if (!named) return std::unexpected(named.error());
  const auto ground = patternGround(call.model);
  if (!ground) return std::unexpected(ground.error());
  const auto& [loaded, tree, places] = **ground;
  if (auto problems = lostRules(tree, call.output); !problems.empty()) return std::unexpected(problems);
  const std::vector<std::string> deployed = deployedPatterns(loaded.model);
  if (auto problems = conflictsOf(pattern, deployed); !problems.empty()) return std::unexpected(problems);
  const auto members = places->complete(pattern, *named, "--members");
  if (!members) return std::unexpected(members.error());
  const auto change = plan::applyPattern(tree, *places, pattern, *members);
  if (!change) return std::unexpected(change.error());

  plan::Judging judging;
  judging.behaviours = &loaded.behaviours;
  judging.today = call.today;
  judging.loadRules = import::loadRules;
  judging.jobs = call.jobs;
  std::optional<catalog::Catalogue> catalogue;
  std::optional<attack::TechniqueUse> use;
  std::optional<attack::StepTemplates> templates;
  if (plan::asksAboutGoals(change->tree)) {
    auto read = knowledgeInForce("");
    auto steps = attack::StepTemplates::builtIn();
    if (!read) return std::unexpected(read.error());
    if (!steps) return std::unexpected(steps.error());
    catalogue = std::move(*read);
    templates = std::move(*steps);
    use.emplace(*catalogue);
    judging.templates = &*templates;
    judging.use = &*use;
  }
  const auto effect = plan::effectOf(tree, *change, judging);
  if (!effect) return std::unexpected(effect.error());

  AppliedPattern answer{pattern, *members, *change,
                        *effect, {},       unusedLists(tree, *places, pattern, *named, *members, *change)};
  for (const std::string& other : pattern.dependsOn)
    if (std::ranges::find(deployed, other) == deployed.end()) answer.waitsFor.push_back(other);
  const std::string text = appliedText(answer);
  const std::string model = commented(text) + change->tree.toYaml();
  if (!call.output.empty())
    if (auto written = writeFile(call.output, model); !written) return std::unexpected(written.error());
  std::cout << (call.format == "json" ? appliedJson(answer) : call.output.empty() ? model : text);
  const bool fine = std::ranges::none_of(effect->claims, [](const plan::ClaimEffect& it) {
    return it.gotWorse() || (it.guarantee && it.after != channel::Verdict::kept);
  });
  return fine ? ExitCode::ok : ExitCode::broken;
}

}  // namespace

ExitCode applyCommand(const ApplyCall& call) {
  const auto patterns = plan::PatternCatalogue::builtIn();
  if (!patterns) return refuse(call.format, patterns.error());
  if (const Diagnostics mistakes = mistakesOf(call); !mistakes.empty()) return refuse(call.format, mistakes);
  if (call.list) {
    ApplyCall asked = call;  // the one word beside --list is the model
    if (asked.model.empty()) std::swap(asked.pattern, asked.model);
    const auto text = listed(asked, *patterns);
    if (!text) return refuse(call.format, text.error());
    std::cout << *text;
    return ExitCode::ok;
  }
  if (call.pattern.empty() || call.model.empty())
    return refuse(call.format,
                  {callMistake("apply", "a pattern and a model are expected", "PATTERN MODEL, or --list")});
  const auto code = applied(call, *patterns);
  return code ? *code : refuse(call.format, code.error());
}

}  // namespace vauban
