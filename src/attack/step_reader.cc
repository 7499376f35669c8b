#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "attack/embedded_steps.h"
#include "attack/step_template.h"
#include "attack/step_words.h"
#include "catalog/well_formed_id.h"
#include "model/behaviour.h"
#include "model/node_reader.h"
#include "model/service_words.h"

namespace vauban::attack {
namespace {

using catalog::Framework;
using model::Fields;
using model::NodeReader;
using model::Words;
namespace yaml = model::yaml;

constexpr std::size_t kFileBytes = 1U << 20U;
constexpr std::size_t kFiles = 1000;
constexpr std::size_t kTemplates = 1000;

// Keys of a model file that take a step away by being there or by what they say. Besides them, a property
// that hardens: "shell: false".
const Words kBlockers{"addresses", "anti-spoofing", "client",   "exposed-on", "flows",
                      "grants",    "isolated",      "mfa",      "names",      "people",
                      "readers",   "services",      "software", "stateful",   "upstream"};

template <class Forms>
Words namesOf(const Forms& forms) {
  Words names;
  for (const auto& form : forms) names.push_back(form.name);
  return names;
}

template <class Forms>
const auto& formOf(const Forms& forms, std::string_view name) {
  return *std::ranges::find(forms, name, [](const auto& form) { return form.name; });
}

template <class Array>
Words viewsOf(const Array& words) {
  return {words.begin(), words.end()};
}

bool isTechnique(std::string_view id) {
  return id.starts_with('T') && !id.starts_with("TA") &&
         catalog::wellFormedId(Framework::attackEnterprise, id) == id;
}

class StepReader {
 public:
  StepReader(NodeReader& reader, const model::BehaviourCatalogue& behaviours);

  // The steps of one file, with where each has its id.
  void readFile(const yaml::Node& root, std::vector<StepTemplate>& into);
  bool full() const { return full_; }

 private:
  std::optional<StepTemplate> readStep(const yaml::Node& node, Framework domain, const std::string& tactic);
  std::optional<Premise> readPremise(const yaml::Node& node);
  void readConclusion(const yaml::Node& node, StepTemplate& step);
  void readCountermeasures(const yaml::Node& node, StepTemplate& step, bool judged);
  void readBlockers(const yaml::Node& node, StepTemplate& step);
  std::optional<std::string> technique(const yaml::Node& node);
  void checkSense(const yaml::Node& node, const StepTemplate& step);

  NodeReader& reader_;
  const model::BehaviourCatalogue& behaviours_;
  Words behaviourNames_;
  std::map<std::string, std::set<std::string>, std::less<>> hardening_;  // property -> values that harden
  std::map<std::string, Place> ids_;
  bool full_ = false;
};

StepReader::StepReader(NodeReader& reader, const model::BehaviourCatalogue& behaviours)
    : reader_(reader), behaviours_(behaviours) {
  for (const auto& behaviour : behaviours_.all()) {
    behaviourNames_.push_back(behaviour.name);
    for (const auto& [name, rule] : behaviour.properties) {
      if (rule.hardens) hardening_[name].insert(rule.best.begin(), rule.best.end());
    }
  }
}

std::optional<std::string> StepReader::technique(const yaml::Node& node) {
  auto id = reader_.text(node);
  if (id && isTechnique(*id)) return id;
  if (id) reader_.error(node, fmt::format("'{}' cannot be a technique", *id), "T1021 or T1021.004");
  return std::nullopt;
}

std::optional<Premise> StepReader::readPremise(const yaml::Node& node) {
  const Words names = namesOf(kPremiseForms);
  Fields fields(reader_, node, "a premise", names);
  const auto name = fields.oneOf(names);
  if (!name) return std::nullopt;
  const PremiseForm& form = formOf(kPremiseForms, *name);
  const yaml::Node& value = *fields.find(*name);
  Premise premise;
  premise.kind = form.kind;
  const bool isAny = value.isText() && value.text() == "any";
  const auto readService = [&](Words keys) {
    Fields service(reader_, value, fmt::format("`{}`", *name), std::move(keys));
    if (const auto* listed = service.find("behaviours")) {
      premise.behaviours = reader_.words(*listed, behaviourNames_, true);
    }
    if (const auto* listed = service.find("services")) {
      premise.services = model::readServices(reader_, *listed, {}, true).value_or(space::ServiceSet());
    }
  };
  switch (form.shape) {
    case Shape::subject:
      reader_.word(value, {form.subject});
      break;
    case Shape::service:
      readService({"behaviours", "services"});
      break;
    case Shape::source:
      readService({"behaviours"});
      if (value.isMapping() && value.find("behaviours") == nullptr) {
        reader_.error(value, fmt::format("`{}` lacks the key 'behaviours'", *name), "behaviours");
      }
      break;
    case Shape::leaving:
      if (isAny) break;
      readService({"services"});
      if (value.isMapping() && value.find("services") == nullptr) {
        reader_.error(value, fmt::format("`{}` lacks the key 'services'", *name),
                      "any, or {services: [...]}");
      }
      break;
    case Shape::privilege:
      premise.privilege = reader_.word(value, {"user", "admin"}).value_or("");
      break;
    case Shape::kinds:
      if (!isAny) premise.words = reader_.words(value, viewsOf(kCredentialKinds), true);
      break;
    case Shape::harm: {
      if (isAny) break;
      Words words = viewsOf(kImpacts);
      words.push_back("any");
      if (auto word = reader_.word(value, words)) premise.words.push_back(std::move(*word));
      break;
    }
    case Shape::platforms:
      premise.words = reader_.words(value, viewsOf(kPlatforms), true);
      break;
  }
  return premise;
}

void StepReader::readConclusion(const yaml::Node& node, StepTemplate& step) {
  const Words names = namesOf(kConclusionForms);
  Fields fields(reader_, node, "a conclusion", names);
  const auto name = fields.oneOf(names);
  if (!name) return;
  const ConclusionForm& form = formOf(kConclusionForms, *name);
  step.gives.kind = form.kind;
  const yaml::Node& value = *fields.find(*name);
  if (form.subject.empty()) {
    step.gives.impact = reader_.word(value, viewsOf(kImpacts)).value_or("");
  } else {
    reader_.word(value, {form.subject});
  }
  bool host = false, credential = false, asset = false, all = !step.needs.empty();
  for (const Premise& premise : step.needs) {
    const auto& needed = *std::ranges::find(kPremiseForms, premise.kind, &PremiseForm::kind);
    host |= needed.bindsHost;
    credential |= needed.bindsCredential;
    asset |= needed.bindsAsset;
    // Holding it by `user` or by `admin` is the same fact as holding it.
    if (needed.name == form.name) {
      reader_.error(node, fmt::format("the step concludes what it needs: '{}'", form.name));
    }
  }
  if (!all) return;  // that it needs nothing has been said
  const auto missing = [&](std::string_view what, std::string_view expected) {
    reader_.error(node, fmt::format("no premise says which {} '{}' is about", what, *name),
                  std::string(expected));
  };
  if (form.needsHost && !host) missing("host", "a premise about a host, as `code` or `told`");
  if (form.needsCredential && !credential) missing("credential", "`grants`, `exposed` or `credential`");
  if (form.needsAsset && !asset) missing("asset", "`asset` or `collected`");
}

void StepReader::readCountermeasures(const yaml::Node& node, StepTemplate& step, bool judged) {
  for (const auto* item : reader_.oneOrMany(node)) {
    auto id = reader_.text(*item);
    if (!id) continue;
    if (!id->starts_with("D3-") || catalog::wellFormedId(Framework::d3fend, *id) != *id) {
      reader_.error(*item, fmt::format("'{}' cannot be a technique of D3FEND", *id), "D3-NTF");
    } else if (std::ranges::find(step.counteredBy, *id) != step.counteredBy.end()) {
      reader_.error(*item, fmt::format("'{}' is there twice", *id));
    } else {
      step.counteredBy.push_back(*id);
      if (judged) step.judged.push_back(*id);
    }
  }
}

void StepReader::readBlockers(const yaml::Node& node, StepTemplate& step) {
  Words known = kBlockers;
  std::vector<std::string> stated;
  for (const auto& [property, values] : hardening_) {
    for (const auto& value : values) stated.push_back(property + ": " + value);
  }
  known.insert(known.end(), stated.begin(), stated.end());
  for (const auto* item : reader_.oneOrMany(node)) {
    auto word = reader_.text(*item);
    if (!word) continue;
    if (std::ranges::find(known, std::string_view(*word)) == known.end()) {
      reader_.unknown(*item, "key or hardening property of a model", known,
                      "a key of the model file, or \"property: value\"");
    } else if (std::ranges::find(step.blockedBy, *word) != step.blockedBy.end()) {
      reader_.error(*item, fmt::format("'{}' is there twice", *word));
    } else {
      step.blockedBy.push_back(std::move(*word));
    }
  }
}

// What is well formed and means nothing.
void StepReader::checkSense(const yaml::Node& node, const StepTemplate& step) {
  const auto needs = [&](auto... kinds) {
    return std::ranges::any_of(step.needs, [&](const Premise& it) { return ((it.kind == kinds) || ...); });
  };
  const auto fails = [&](FailureKind kind) {
    return std::ranges::find(step.fails, kind) != step.fails.end();
  };
  using enum PremiseKind;
  if ((fails(FailureKind::mfa) || fails(FailureKind::secrecy)) &&
      !needs(holds, grants, exposed, credential)) {
    reader_.error(node, "no premise says whose secret fails", "`holds`, `grants`, `exposed` or `credential`");
  }
  if (fails(FailureKind::people) && !needs(people)) {
    reader_.error(node, "no premise says that there are people who fail", "`people: zone`");
  }
}

std::optional<StepTemplate> StepReader::readStep(const yaml::Node& node, Framework domain,
                                                 const std::string& tactic) {
  Fields fields(reader_, node, "a step",
                {"id", "technique", "covers", "needs", "gives", "fails", "countered-by",
                 "countered-by-judgement", "blocked-by", "reference"});
  if (!fields.isMapping()) return std::nullopt;
  StepTemplate step;
  step.domain = domain;
  step.tactic = tactic;
  if (const auto* id = fields.need("id"); id != nullptr && reader_.name(*id)) {
    step.id = id->text();
    const auto [before, isNew] = ids_.emplace(step.id, id->place());
    if (!isNew)
      reader_.error(*id, fmt::format("step '{}' is also at {}", step.id, before->second.toString()));
  }
  if (const auto* id = fields.need("technique")) step.technique = technique(*id).value_or("");
  if (const auto* covers = fields.find("covers")) {
    for (const auto* item : reader_.oneOrMany(*covers)) {
      auto id = technique(*item);
      if (!id) continue;
      if (*id == step.technique || std::ranges::find(step.covers, *id) != step.covers.end()) {
        reader_.error(*item, fmt::format("'{}' is there twice", *id));
      } else {
        step.covers.push_back(std::move(*id));
      }
    }
  }
  if (const auto* needs = fields.need("needs")) {
    const auto items = reader_.list(*needs, "premises");
    if (needs->isSequence() && items.empty()) reader_.error(*needs, "the step needs nothing", "a premise");
    bool hasService = false;
    for (const auto* item : items) {
      auto premise = readPremise(*item);
      if (!premise) continue;
      const auto& form = *std::ranges::find(kPremiseForms, premise->kind, &PremiseForm::kind);
      if (std::ranges::find(step.needs, premise->kind, &Premise::kind) != step.needs.end()) {
        reader_.error(*item, fmt::format("'{}' is there twice", form.name));
        continue;
      }
      if (form.shape == Shape::service && std::exchange(hasService, true)) {
        reader_.error(*item, "a step speaks of one service", "one of `told`, `written` and `reads`");
      }
      step.needs.push_back(std::move(*premise));
    }
  }
  if (const auto* gives = fields.need("gives")) readConclusion(*gives, step);
  if (const auto* fails = fields.find("fails")) {
    for (const auto& name : reader_.words(*fails, namesOf(kFailureForms))) {
      step.fails.push_back(formOf(kFailureForms, name).kind);
    }
  }
  if (const auto* by = fields.find("countered-by")) readCountermeasures(*by, step, false);
  if (const auto* by = fields.find("countered-by-judgement")) readCountermeasures(*by, step, true);
  if (const auto* by = fields.find("blocked-by")) readBlockers(*by, step);
  if (const auto* reference = fields.need("reference")) {
    step.reference = reader_.text(*reference).value_or("");
  }
  checkSense(node, step);
  std::ranges::sort(step.covers);
  std::ranges::sort(step.counteredBy);
  std::ranges::sort(step.judged);
  return step;
}

void StepReader::readFile(const yaml::Node& root, std::vector<StepTemplate>& into) {
  Fields fields(reader_, root, "a file of steps", {"tactic", "domain", "steps"});
  if (!fields.isMapping()) return;
  std::optional<std::string> domainWord;
  if (const auto* domain = fields.need("domain")) domainWord = reader_.word(*domain, {"enterprise", "ics"});
  const Framework domain = domainWord == "ics" ? Framework::attackIcs : Framework::attackEnterprise;
  std::string tactic;
  if (const auto* node = fields.need("tactic"); node != nullptr && domainWord) {
    tactic = reader_.word(*node, viewsOf(tacticsOf(domain))).value_or("");
  }
  const auto* steps = fields.need("steps");
  if (steps == nullptr) return;
  for (const auto* item : reader_.list(*steps, "steps")) {
    if (into.size() == kTemplates) {
      if (!full_) reader_.error(*item, fmt::format("more than {} steps", kTemplates));
      full_ = true;
      return;
    }
    if (auto step = readStep(*item, domain, tactic)) into.push_back(std::move(*step));
  }
}

std::size_t orderOf(const StepTemplate& step) {
  const auto tactics = tacticsOf(step.domain);
  return static_cast<std::size_t>(std::ranges::find(tactics, std::string_view(step.tactic)) -
                                  tactics.begin());
}

const Result<model::BehaviourCatalogue>& builtInBehaviours() {
  static const auto catalogue = model::BehaviourCatalogue::builtIn();
  return catalogue;
}

}  // namespace

std::span<const std::string_view> tacticsOf(Framework domain) {
  static constexpr std::array<std::string_view, 12> kEnterprise{
      "initial-access",  "execution",           "persistence",  "privilege-escalation",
      "defense-evasion", "credential-access",   "discovery",    "lateral-movement",
      "collection",      "command-and-control", "exfiltration", "impact"};
  static constexpr std::array<std::string_view, 12> kIcs{"initial-access",
                                                         "execution",
                                                         "persistence",
                                                         "privilege-escalation",
                                                         "evasion",
                                                         "discovery",
                                                         "lateral-movement",
                                                         "collection",
                                                         "command-and-control",
                                                         "inhibit-response-function",
                                                         "impair-process-control",
                                                         "impact"};
  if (domain == Framework::attackIcs) return kIcs;
  return kEnterprise;
}

Result<StepTemplates> StepTemplates::parse(const std::vector<std::pair<std::string, std::string>>& files,
                                           const model::BehaviourCatalogue* behaviours) {
  if (behaviours == nullptr) {
    if (!builtInBehaviours()) return std::unexpected(builtInBehaviours().error());
    behaviours = &*builtInBehaviours();
  }
  if (files.size() > kFiles) {
    return failure({Severity::error, {}, 0, fmt::format("more than {} files of steps", kFiles), {}, {}});
  }
  NodeReader reader(1000);
  StepReader steps(reader, *behaviours);
  StepTemplates templates;
  yaml::Limits limits;
  limits.bytes = kFileBytes;
  for (const auto& [file, text] : files) {
    auto document = yaml::parse(file, text, limits);
    const bool silent = document.diagnostics.empty();
    for (auto& diagnostic : document.diagnostics) reader.add(std::move(diagnostic));
    if (document.root != nullptr) {
      steps.readFile(*document.root, templates.templates_);
    } else if (silent) {
      reader.add({Severity::error, {file, 1, 1}, 0, "the file is empty", {}, {}});
    }
    if (steps.full()) break;
  }
  auto diagnostics = reader.finish();
  if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
  std::ranges::sort(templates.templates_, {}, [](const StepTemplate& step) {
    return std::tuple(step.domain, orderOf(step), std::string_view(step.id));
  });
  return templates;
}

StepTemplates StepTemplates::only(const std::function<bool(const StepTemplate&)>& keep) const {
  StepTemplates some;
  for (const StepTemplate& rule : templates_) {
    if (keep(rule)) some.templates_.push_back(rule);
  }
  return some;
}

Result<StepTemplates> StepTemplates::builtIn() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& [name, text] : embeddedSteps()) files.emplace_back("steps/" + std::string(name), text);
  return parse(files);
}

}  // namespace vauban::attack
