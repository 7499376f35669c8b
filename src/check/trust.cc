#include "check/trust.h"

#include <string_view>

#include "check/embedded_suffixes.h"

namespace vauban::check {
namespace {

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// The product's own lists are flow sequences of plain words, or entries `{suffix: NAME, ...}`; everything
// after `suffixes:` that is no comment belongs to them.
std::vector<std::string> plainSuffixes(std::string_view text) {
  std::vector<std::string> found;
  std::size_t at = text.find("suffixes: [");
  if (at == std::string_view::npos) return found;
  at = text.find('[', at) + 1;
  std::string word;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '#') at = std::min(text.find('\n', at), text.size());
    if (isNameByte(c)) {
      word += c;
      continue;
    }
    if (!word.empty()) found.push_back(word);
    word.clear();
    if (c == ']') break;
  }
  return found;
}

std::vector<std::string> markedSuffixes(std::string_view text) {
  constexpr std::string_view kKey = "{suffix: ";
  std::vector<std::string> found;
  for (std::size_t at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, at)) {
    at += kKey.size();
    std::size_t end = at;
    while (end < text.size() && isNameByte(text[end])) ++end;
    found.emplace_back(text.substr(at, end - at));
  }
  return found;
}

}  // namespace

Trust trustOf(const model::Model& model) {
  Trust trust;
  trust.hostile = Names::all();
  const auto trusted = [&](const std::string& name) { trust.hostile.mark(name, false); };
  const auto strangers = [&](const std::string& name) { trust.hostile.mark(name, true); };
  std::vector<std::string> bare;
  const auto named = [&](const std::optional<model::PlaceTerms>& terms) {
    if (!terms) return;
    for (const model::PlaceTerm& term : *terms) {
      if (term.kind == model::PlaceTerm::Kind::name) trusted(term.text);
    }
  };
  for (const model::ServiceInstance& service : model.services) {
    if (service.names && service.names->allow) {
      for (const std::string& name : *service.names->allow) trusted(name);
    }
    named(service.upstream);
    for (const std::string& name : service.answers) trust.ours.mark(name, true);
  }
  for (const auto& [suffix, hostile] : trust.hostile.marks()) {
    if (suffix.find('.') == std::string::npos) bare.push_back(suffix);
  }
  for (const std::string& suffix : bare) strangers(suffix);
  for (const model::ServiceInstance& service : model.services) {
    if (!service.names) continue;
    for (const std::string& name : service.names->delegated) strangers(name);
    for (const std::string& name : service.names->shared) strangers(name);
  }
  for (const auto& [file, text] : embeddedSuffixes()) {
    for (const std::string& name : plainSuffixes(text)) strangers(name);
    for (const std::string& name : markedSuffixes(text)) strangers(name);
  }
  return trust;
}

}  // namespace vauban::check
