#include "plan_ground.h"

#include "import/load_rules.h"
#include "knowledge_in_force.h"

namespace vauban {

Result<std::unique_ptr<PatternGround>> patternGround(const std::string& model) {
  auto ground = std::make_unique<PatternGround>();
  auto loaded = loadModel(model);  // mistakes are told with their places in the model's own files
  if (!loaded) return std::unexpected(loaded.error());
  auto tree = plan::ModelTree::read(model);
  if (!tree) return std::unexpected(tree.error());
  ground->loaded = std::move(*loaded);
  ground->tree = std::move(*tree);
  ground->places.emplace(ground->loaded.model, ground->loaded.behaviours);
  return ground;
}

Result<std::unique_ptr<PlanningGround>> planningGround(const std::string& model) {
  auto made = std::make_unique<PlanningGround>();
  auto ground = patternGround(model);
  if (!ground) return std::unexpected(ground.error());
  auto patterns = plan::PatternCatalogue::builtIn();
  if (!patterns) return std::unexpected(patterns.error());
  auto catalogue = knowledgeInForce("");
  if (!catalogue) return std::unexpected(catalogue.error());
  auto templates = attack::StepTemplates::builtIn();
  if (!templates) return std::unexpected(templates.error());
  made->of = std::move(*ground);
  made->patterns = std::move(*patterns);
  made->catalogue = std::move(*catalogue);
  made->templates = std::move(*templates);
  made->use.emplace(made->catalogue);
  made->evidence.emplace(made->catalogue);
  return made;
}

plan::PlanGround PlanningGround::ground(const std::string& today) const {
  plan::PlanGround ground;
  ground.tree = &of->tree;
  ground.places = &*of->places;
  ground.patterns = &patterns;
  plan::Judging& judging = ground.judging.judging;
  judging.behaviours = &of->loaded.behaviours;
  judging.today = today;
  judging.loadRules = import::loadRules;
  judging.templates = &templates;
  judging.use = &*use;
  ground.judging.evidence = &*evidence;
  return ground;
}

}  // namespace vauban
