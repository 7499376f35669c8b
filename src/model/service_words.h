// The words for packet sets: `tcp/443`, `icmp/echo`, `dns`, `any`; the same in models and in behaviours.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "model/node_reader.h"
#include "space/service_set.h"

namespace vauban::model {

using ServiceNames = std::map<std::string, space::ServiceSet, std::less<>>;  // declared besides the built-in

// What a word means; nullopt, with what is wrong in `problem`, where it means nothing.
struct WordProblem {
  std::string message, expected, nearest;
};
std::optional<space::ServiceSet> serviceOfWord(std::string_view word, const ServiceNames& declared,
                                               WordProblem& problem);

// One word or a list of them: their union.
std::optional<space::ServiceSet> readServices(NodeReader& reader, const yaml::Node& node,
                                              const ServiceNames& declared, bool someAtLeast);

// An ICMP type by name, in both families: types of RFC 792 and RFC 4443 that mean the same go together.
std::optional<space::ServiceSet> icmpOfName(std::string_view name);

}  // namespace vauban::model
