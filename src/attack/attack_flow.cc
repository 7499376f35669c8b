#include "attack/attack_flow.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "attack/flow_objects.h"
#include "catalog/excerpt.h"
#include "catalog/json_text.h"

namespace vauban::attack {
namespace {

using catalog::excerpt;

enum class Kind : std::uint8_t { unknown, flow, action, any, all, operatorByWord, aside };

// The objects that Attack Flow itself defines; a bundle has "attack-" before them, but for the flow.
constexpr std::array<std::pair<std::string_view, Kind>, 8> kBuilderKinds = {{
    {"flow", Kind::flow},
    {"attack_flow_page", Kind::flow},
    {"action", Kind::action},
    {"condition", Kind::any},
    {"AND_operator", Kind::all},
    {"OR_operator", Kind::any},
    {"operator", Kind::operatorByWord},
    {"asset", Kind::aside},
}};
constexpr std::array<std::pair<std::string_view, Kind>, 5> kStixKinds = {{
    {"attack-flow", Kind::flow},
    {"attack-action", Kind::action},
    {"attack-condition", Kind::any},
    {"attack-operator", Kind::operatorByWord},
    {"attack-asset", Kind::aside},
}};

// Builder's scale, in percent.
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> kConfidence = {{
    {"speculative", 0},
    {"very-doubtful", 10},
    {"doubtful", 30},
    {"even-odds", 50},
    {"probable", 70},
    {"very-probable", 90},
    {"certain", 100},
}};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isDigits(std::string_view text, std::size_t count) {
  return text.size() == count && std::ranges::all_of(text, isDigit);
}

// ATT&CK: T1021, T1021.001; ATLAS: AML.T0051, AML.T0051.000.
bool isTechnique(std::string_view text) {
  if (text.starts_with("AML.")) text.remove_prefix(4);
  if (!text.starts_with('T')) return false;
  text.remove_prefix(1);
  if (text.size() <= 4) return isDigits(text, 4);
  return isDigits(text.substr(0, 4), 4) && text[4] == '.' && isDigits(text.substr(5), 3);
}

bool isTactic(std::string_view text) {
  if (text.starts_with("AML.")) text.remove_prefix(4);
  return text.starts_with("TA") && isDigits(text.substr(2), 4);
}

// Of a tactic; STIX allows it where its id stands.
bool isShortName(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The one word of a text that is an id; "" where there is none, or several that differ.
std::string_view onlyId(std::string_view text, bool (*isId)(std::string_view)) {
  const auto belongs = [](char c) {
    return isDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' || c == '-';
  };
  std::string_view found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && belongs(text[end])) ++end;
    std::string_view token = text.substr(at, end - at);
    while (token.ends_with('.')) token.remove_suffix(1);
    if (isId(token)) {
      if (!found.empty() && found != token) return {};
      found = token;
    }
    at = end + 1;
  }
  return found;
}

class FlowReader {
 public:
  FlowReader(std::string_view text, const std::string& file, const AttackFlowLimits& limits)
      : json_(text, file, {limits.bytes, limits.depth, limits.diagnostics}), limits_(limits) {}

  Result<AttackFlow> read() {
    document_ = readFlowObjects(json_, limits_.objects);
    if (json_.said() == 0 && recognise()) {
      classify();
      if (flow_.format == FlowFormat::stix) {
        drawBundle();
      } else {
        drawLines();
      }
      if (clean()) sequence();
    }
    Diagnostics diagnostics = json_.diagnostics();
    if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
    flow_.warnings = std::move(diagnostics);
    return std::move(flow_);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  bool recognise() {
    if (document_.hasObjects && document_.type == "bundle") {
      flow_.format = FlowFormat::stix;
    } else if (document_.hasObjects && document_.schemaIsObject) {
      flow_.format = FlowFormat::builder2;
    } else if (document_.hasObjects && !document_.schema.empty()) {
      flow_.format = FlowFormat::builder3;
      if (document_.schema != "attack_flow_v2")
        json_.warning(0, fmt::format("/schema: the file's schema is \"{}\"", excerpt(document_.schema)),
                      "attack_flow_v2");
    } else {
      error(0, "this is no Attack Flow",
            "a file of Attack Flow Builder (schema and objects), or a STIX bundle (type and objects)");
    }
    return clean();
  }

  // json_ counts warnings too; whether what was said so far has an error.
  bool clean() const { return !json_.broken() && !failed_; }
  void error(std::size_t offset, std::string message, std::string expected = {}) {
    failed_ = true;
    json_.error(offset, std::move(message), std::move(expected));
  }
  void warning(std::uint32_t index, const std::string& message, std::string expected = {}) {
    json_.warning(document_.objects[index].offset, fmt::format("/objects/{}: {}", index, message),
                  std::move(expected));
  }
  void wrong(std::uint32_t index, const std::string& message, std::string expected = {}) {
    error(document_.objects[index].offset, fmt::format("/objects/{}: {}", index, message),
          std::move(expected));
  }

  std::string_view idOf(const FlowObject& object) const {
    return flow_.format == FlowFormat::builder3 ? object.instance : object.id;
  }
  std::string_view kindWordOf(const FlowObject& object) const {
    return flow_.format == FlowFormat::builder3   ? object.id
           : flow_.format == FlowFormat::builder2 ? object.templateName
                                                  : object.type;
  }

  Kind kindOf(std::uint32_t index) {
    const std::string_view kind = kindWordOf(document_.objects[index]);
    const auto among = [&](const auto& kinds) {
      const auto found = std::ranges::find_if(kinds, [&](const auto& entry) { return entry.first == kind; });
      return found == kinds.end() ? Kind::unknown : found->second;
    };
    const Kind known = flow_.format == FlowFormat::stix ? among(kStixKinds) : among(kBuilderKinds);
    if (known == Kind::unknown && flow_.format == FlowFormat::stix && kind.starts_with("attack-") &&
        kind != "attack-pattern")
      warning(index, fmt::format("objects of type \"{}\" are passed over", excerpt(kind)));
    return known == Kind::operatorByWord ? operatorKind(index) : known;
  }

  Kind operatorKind(std::uint32_t index) {
    const std::string_view written = document_.objects[index].operatorWord;
    if (written == "AND" || written == "OR") return written == "AND" ? Kind::all : Kind::any;
    warning(index, fmt::format("the operator is \"{}\": read as OR, which asks for less", excerpt(written)),
            "AND or OR");
    return Kind::any;
  }

  void classify() {
    kinds_.resize(document_.objects.size(), Kind::unknown);
    nodes_.resize(document_.objects.size(), kNone);
    std::size_t flows = 0;
    for (std::uint32_t index = 0; index < document_.objects.size(); ++index) {
      const FlowObject& object = document_.objects[index];
      const Kind kind = kinds_[index] = kindOf(index);
      const bool isOurs = kind != Kind::unknown;
      if (idOf(object).empty()) {
        if (isOurs) wrong(index, "the object has no id");
        continue;
      }
      const auto [other, isNew] = byId_.try_emplace(idOf(object), index);
      if (!isNew && (isOurs || kinds_[other->second] != Kind::unknown)) {
        wrong(index,
              fmt::format("the id {} is that of /objects/{} too", excerpt(idOf(object)), other->second));
        continue;
      }
      if (!isOurs) continue;
      for (const FlowObject::Wrong& field : object.wrong)
        error(field.offset, fmt::format("/objects/{}: {} has another type than it should", index, field.key),
              std::string(field.expected));
      if (object.revoked) warning(index, "the object is revoked; it is read all the same");
      if (kind == Kind::flow && ++flows == 1) flow_.name = object.name;
      if (kind == Kind::flow && flows == 2)
        warning(index, "a second flow in the file; the first one names it");
      if (kind == Kind::action) addAction(index);
    }
    if (flows == 0 && drawing_.actions == 0) {
      error(0, "this is no Attack Flow: there is neither a flow nor an action in it");
    } else if (flows == 0) {
      json_.warning(0, "the file has no flow object that names it");
    }
    if (drawing_.actions > limits_.actions)
      error(0, fmt::format("the file has more than {} actions", limits_.actions));
    for (std::uint32_t index = 0; index < document_.objects.size(); ++index) {
      if (kinds_[index] == Kind::any) addGate(index, FlowGate::any);
      if (kinds_[index] == Kind::all) addGate(index, FlowGate::all);
    }
  }

  void addGate(std::uint32_t index, FlowGate gate) {
    nodes_[index] = static_cast<std::uint32_t>(drawing_.actions + drawing_.gates.size());
    drawing_.gates.push_back(gate);
  }

  void addAction(std::uint32_t index) {
    const FlowObject& object = document_.objects[index];
    nodes_[index] = static_cast<std::uint32_t>(drawing_.actions++);
    if (drawing_.actions > limits_.actions) return;
    actionObjects_.push_back(index);
    FlowAction& action = flow_.actions.emplace_back();
    action.id = idOf(object);
    action.name = object.name;
    action.techniqueReference = object.techniqueReference;
    // What Builder shows and edits is the pair; the fields of their own are what older versions left.
    std::string_view technique = trimmed(object.pairedTechnique);
    std::string_view tactic = trimmed(object.pairedTactic);
    if (technique.empty()) technique = trimmed(object.technique);
    if (tactic.empty()) tactic = trimmed(object.tactic);
    if (technique.empty() && isTechnique(tactic)) {
      warning(index, fmt::format("the technique {} stands where the tactic should", tactic));
      std::swap(technique, tactic);
    }
    action.techniqueWritten = technique;
    action.tacticWritten = tactic;
    action.technique = idIn(index, technique, "technique", isTechnique);
    action.tactic = isShortName(tactic) ? std::string_view() : idIn(index, tactic, "tactic", isTactic);
    action.confidence = confidence(index);
  }

  std::string_view idIn(std::uint32_t index, std::string_view written, std::string_view what,
                        bool (*isId)(std::string_view)) {
    if (written.empty() || isId(written)) return written;
    const std::string_view id = onlyId(written, isId);
    warning(index,
            id.empty() ? fmt::format("the {} is \"{}\", which is no id", what, excerpt(written))
                       : fmt::format("the {} is \"{}\", read as {}", what, excerpt(written), id),
            what == "technique" ? "an id as T1021.001" : "an id as TA0008");
    return id;
  }

  std::optional<std::uint8_t> confidence(std::uint32_t index) {
    const FlowObject& object = document_.objects[index];
    if (object.confidence) {
      if (*object.confidence >= 0 && *object.confidence <= 100)
        return static_cast<std::uint8_t>(*object.confidence);
      warning(index, fmt::format("the confidence is {}", *object.confidence), "0 to 100");
      return std::nullopt;
    }
    if (object.confidenceWord.empty()) return std::nullopt;
    for (const auto& [name, percent] : kConfidence)
      if (name == object.confidenceWord) return percent;
    warning(index, fmt::format("the confidence is \"{}\"", excerpt(object.confidenceWord)),
            "speculative, very-doubtful, doubtful, even-odds, probable, very-probable or certain");
    return std::nullopt;
  }

  // The node of an object that an arrow touches; others than actions and gates become asides by it.
  std::uint32_t nodeAt(std::uint32_t index) {
    if (nodes_[index] == kNone) addGate(index, FlowGate::aside);
    return nodes_[index];
  }

  void drawBundle() {
    for (std::uint32_t index = 0; index < document_.objects.size(); ++index) {
      const FlowObject& object = document_.objects[index];
      if (kinds_[index] == Kind::unknown) continue;
      for (const std::string_view reference : object.next) {
        if (const auto to = referred(index, reference))
          drawing_.arrows.push_back({nodeAt(index), nodeAt(*to)});
      }
      for (const std::string_view reference : object.starts) referred(index, reference);
    }
    for (std::size_t action = 0; action < flow_.actions.size(); ++action)
      fromCatalogue(flow_.actions[action], actionObjects_[action]);
  }

  std::optional<std::uint32_t> referred(std::uint32_t index, std::string_view reference) {
    const auto found = byId_.find(reference);
    if (found != byId_.end()) return found->second;
    warning(index, fmt::format("it goes on to {}, which is not in the file", excerpt(reference)));
    return std::nullopt;
  }

  // A bundle may hold the technique itself, and name it by its STIX id only.
  void fromCatalogue(FlowAction& action, std::uint32_t index) {
    const auto idOfReference = [&](std::string_view reference) -> std::string_view {
      const auto found = byId_.find(reference);
      return found == byId_.end() ? std::string_view() : document_.objects[found->second].catalogueId;
    };
    if (action.techniqueWritten.empty()) {
      if (const auto id = idOfReference(action.techniqueReference); isTechnique(id)) action.technique = id;
    }
    if (action.tactic.empty()) {
      if (const auto id = idOfReference(document_.objects[index].tacticReference); isTactic(id))
        action.tactic = id;
    }
  }

  // Builder's lines end at latches, latches hang on anchors, anchors on blocks. In version 2 all of them are
  // children.
  void drawLines() {
    const auto isLine = [&](const FlowObject& object) {
      return flow_.format == FlowFormat::builder3
                 ? !object.source.empty() || !object.target.empty()
                 : kindWordOf(object).starts_with("@__builtin__line_") && !object.parts.empty();
    };
    std::unordered_map<std::string_view, std::uint32_t> ownerOf;
    for (std::uint32_t index = 0; index < document_.objects.size(); ++index) {
      const FlowObject& object = document_.objects[index];
      if (isLine(object)) continue;
      for (const std::string_view part : object.parts) {
        const auto [other, isNew] = ownerOf.try_emplace(part, index);
        if (!isNew && other->second != index)
          wrong(index, fmt::format("{} hangs on this and on /objects/{}", excerpt(part), other->second));
      }
    }
    const auto blockAt = [&](std::string_view end) -> std::optional<std::uint32_t> {
      const auto anchor = ownerOf.find(end);
      if (end.empty() || anchor == ownerOf.end()) return std::nullopt;
      const auto block = ownerOf.find(idOf(document_.objects[anchor->second]));
      if (block == ownerOf.end() || kinds_[block->second] == Kind::flow) return std::nullopt;
      return block->second;
    };
    for (std::uint32_t index = 0; index < document_.objects.size(); ++index) {
      const FlowObject& object = document_.objects[index];
      if (!isLine(object)) continue;
      const auto from = blockAt(lineEnd(object, object.source, "@__builtin__line_source"));
      const auto to = blockAt(lineEnd(object, object.target, "@__builtin__line_target"));
      if (from && to) {
        drawing_.arrows.push_back({nodeAt(*from), nodeAt(*to)});
      } else {
        warning(index, fmt::format("the {} of this line hangs on nothing", from ? "end" : "beginning"));
      }
    }
  }

  std::string_view lineEnd(const FlowObject& line, std::string_view named, std::string_view kind) const {
    if (flow_.format == FlowFormat::builder3) return named;
    for (const std::string_view part : line.parts) {
      const auto found = byId_.find(part);
      if (found != byId_.end() && kindWordOf(document_.objects[found->second]) == kind) return part;
    }
    return {};
  }

  void sequence() {
    auto sequence = sequenceOf(drawing_, limits_.sequence);
    if (!sequence)
      return error(0, "the arrows of the file lead to its actions in too many ways",
                   fmt::format("at most {} alternatives for what comes before an action",
                               limits_.sequence.alternatives));
    for (std::size_t action = 0; action < flow_.actions.size(); ++action)
      flow_.actions[action].before = std::move(sequence->before[action]);
    for (const FlowActionId action : sequence->circular)
      warning(
          actionObjects_[action.index()],
          fmt::format("what leads to the action {} has no beginning; it is read as one that can come first",
                      excerpt(flow_.actions[action.index()].name)));
    flow_.order = std::move(sequence->order);
  }

  catalog::JsonText json_;
  const AttackFlowLimits& limits_;
  FlowDocument document_;
  AttackFlow flow_;
  bool failed_ = false;
  std::vector<Kind> kinds_;           // by object
  std::vector<std::uint32_t> nodes_;  // by object
  std::vector<std::uint32_t> actionObjects_;
  std::unordered_map<std::string_view, std::uint32_t> byId_;  // looked up only
  FlowDrawing drawing_;
};

}  // namespace

std::string_view word(FlowFormat format) {
  switch (format) {
    case FlowFormat::builder2:
      return "Attack Flow Builder 2";
    case FlowFormat::builder3:
      return "Attack Flow Builder 3";
    case FlowFormat::stix:
      return "STIX 2.1";
  }
  return "";
}

Result<AttackFlow> readAttackFlow(std::string_view json, const std::string& file,
                                  const AttackFlowLimits& limits) {
  return FlowReader(json, file, limits).read();
}

}  // namespace vauban::attack
