// The words of a file of step templates (docs/formats/steps.md): tactics in the order they are gone through,
// premises and conclusions with what stands behind them. Constant tables; safe to read from many threads.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "attack/step_template.h"

namespace vauban::attack {

// What stands behind the name of a premise or a conclusion.
enum class Shape : std::uint8_t {
  subject,    // the one word that says what it is a fact of: `code: host`
  service,    // {behaviours, services}; {} for any service
  source,     // {behaviours}, at least one
  leaving,    // any, or {services}
  privilege,  // user or admin
  kinds,      // any, or kinds of credentials
  harm,       // any, or a kind of impact
  platforms,  // platforms, at least one
};

struct PremiseForm {
  std::string_view name;
  PremiseKind kind;
  Shape shape;
  std::string_view subject;  // of Shape::subject
  bool bindsHost, bindsCredential, bindsAsset;
};
inline constexpr std::array kPremiseForms{
    PremiseForm{"code", PremiseKind::code, Shape::subject, "host", true, false, false},
    PremiseForm{"admin", PremiseKind::admin, Shape::subject, "host", true, false, false},
    PremiseForm{"neighbour", PremiseKind::neighbour, Shape::subject, "host", true, false, false},
    PremiseForm{"told", PremiseKind::told, Shape::service, "", true, false, false},
    PremiseForm{"written", PremiseKind::written, Shape::service, "", true, false, false},
    PremiseForm{"read", PremiseKind::read, Shape::subject, "host", true, false, false},
    PremiseForm{"reads", PremiseKind::reads, Shape::service, "", true, false, false},
    PremiseForm{"holds", PremiseKind::holds, Shape::privilege, "", true, true, false},
    PremiseForm{"leaves", PremiseKind::leaves, Shape::leaving, "", true, false, false},
    PremiseForm{"commanded", PremiseKind::commanded, Shape::subject, "host", true, false, false},
    PremiseForm{"found", PremiseKind::found, Shape::subject, "host", true, false, false},
    // Of A wherever it is: H is bound by another premise, or the step is about no host.
    PremiseForm{"collected", PremiseKind::collected, Shape::subject, "asset", false, false, true},
    PremiseForm{"supplied", PremiseKind::supplied, Shape::subject, "product", true, false, false},
    PremiseForm{"grants", PremiseKind::grants, Shape::privilege, "", true, true, false},
    PremiseForm{"exposed", PremiseKind::exposed, Shape::subject, "credential", true, true, false},
    PremiseForm{"credential", PremiseKind::credential, Shape::kinds, "", false, true, false},
    PremiseForm{"asset", PremiseKind::asset, Shape::harm, "", true, false, true},
    PremiseForm{"platform", PremiseKind::platform, Shape::platforms, "", true, false, false},
    PremiseForm{"people", PremiseKind::people, Shape::subject, "zone", true, false, false},
    PremiseForm{"fetches", PremiseKind::fetches, Shape::source, "", true, false, false},
    PremiseForm{"rogue", PremiseKind::rogue, Shape::subject, "zone", true, false, false},
};

struct ConclusionForm {
  std::string_view name;
  ConclusionKind kind;
  std::string_view subject;  // "" of impact: its kind stands there
  bool needsHost, needsCredential, needsAsset;
};
inline constexpr std::array kConclusionForms{
    ConclusionForm{"code", ConclusionKind::code, "host", true, false, false},
    ConclusionForm{"admin", ConclusionKind::admin, "host", true, false, false},
    ConclusionForm{"holds", ConclusionKind::holds, "credential", false, true, false},
    ConclusionForm{"found", ConclusionKind::found, "host", true, false, false},
    ConclusionForm{"commanded", ConclusionKind::commanded, "host", true, false, false},
    ConclusionForm{"collected", ConclusionKind::collected, "asset", false, false, true},
    ConclusionForm{"data", ConclusionKind::data, "asset", false, false, true},
    ConclusionForm{"impact", ConclusionKind::impact, "", false, false, true},
};

struct FailureForm {
  std::string_view name;
  FailureKind kind;
};
inline constexpr std::array kFailureForms{
    FailureForm{"software", FailureKind::software}, FailureForm{"people", FailureKind::people},
    FailureForm{"secrecy", FailureKind::secrecy},   FailureForm{"mfa", FailureKind::mfa},
    FailureForm{"physical", FailureKind::physical},
};

inline constexpr std::array<std::string_view, 3> kImpacts{"confidentiality", "integrity", "availability"};

// Kinds of credentials and platforms are free words in a model. A template keeps to these, so that a word
// mistyped here is no step that never happens.
inline constexpr std::array<std::string_view, 8> kCredentialKinds{
    "password", "pin", "hash", "ticket", "token", "session", "key", "certificate"};
inline constexpr std::array<std::string_view, 10> kPlatforms{
    "windows", "linux", "macos", "unix", "esxi", "network-device", "container", "plc", "rtu", "hmi"};

// Short names as ATT&CK has them, in the order of a path; what another domain has alone is left out.
std::span<const std::string_view> tacticsOf(catalog::Framework domain);

}  // namespace vauban::attack
