#include "check/names.h"

#include <algorithm>

namespace vauban::check {

Names Names::all() {
  Names names;
  names.marks_[""] = true;
  return names;
}

Names Names::below(const std::vector<std::string>& suffixes) {
  Names names;
  for (const std::string& suffix : suffixes) names.marks_[suffix] = true;
  return names;
}

bool Names::says(const std::string& suffix) const {
  std::string_view rest = suffix;
  while (true) {
    const auto found = marks_.find(std::string(rest));
    if (found != marks_.end()) return found->second;
    const std::size_t dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
}

bool Names::empty() const {
  return std::ranges::none_of(marks_, [](const auto& mark) { return mark.second; });
}

Names Names::operator&(const Names& other) const {
  Names both;
  for (const auto* set : {this, &other}) {
    for (const auto& [suffix, in] : set->marks_) both.marks_[suffix] = says(suffix) && other.says(suffix);
  }
  return both;
}

Names Names::operator~() const {
  Names rest;
  for (const auto& [suffix, in] : marks_) rest.marks_[suffix] = !in;
  return rest;
}

}  // namespace vauban::check
