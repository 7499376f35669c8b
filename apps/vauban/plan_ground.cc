#include "plan_ground.h"

#include "import/load_rules.h"
#include "knowledge_in_force.h"

namespace vauban {

Result<std::unique_ptr<PlanningGround>> planningGround(const std::string& model) {
  auto made = std::make_unique<PlanningGround>();
  auto loaded = loadModel(model);
  if (!loaded) return std::unexpected(loaded.error());
  auto tree = plan::ModelTree::read(model);
  if (!tree) return std::unexpected(tree.error());
  auto patterns = plan::PatternCatalogue::builtIn();
  if (!patterns) return std::unexpected(patterns.error());
  auto catalogue = knowledgeInForce("");
  if (!catalogue) return std::unexpected(catalogue.error());
  auto templates = attack::StepTemplates::builtIn();
  if (!templates) return std::unexpected(templates.error());
  made->loaded = std::move(*loaded);
  made->tree = std::move(*tree);
  made->patterns = std::move(*patterns);
  made->places.emplace(made->loaded.model, made->loaded.behaviours);
  made->catalogue = std::move(*catalogue);
  made->templates = std::move(*templates);
  made->use.emplace(made->catalogue);
  made->evidence.emplace(made->catalogue);
  return made;
}

plan::PlanGround PlanningGround::ground(const std::string& today) const {
  plan::PlanGround ground;
  ground.tree = &tree;
  ground.places = &*places;
  ground.patterns = &patterns;
  plan::Judging& judging = ground.judging.judging;
  judging.behaviours = &loaded.behaviours;
  judging.today = today;
  judging.loadRules = import::loadRules;
  judging.templates = &templates;
  judging.use = &*use;
  ground.judging.evidence = &*evidence;
  return ground;
}

}  // namespace vauban
