#include "model/diagnostic_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>
#include <vector>

#include "base/utf8.h"

namespace vauban::model {
namespace {

constexpr std::size_t kShown = 160;  // bytes of a source line
constexpr std::size_t kBefore = 60;  // of them before the mistake, where the line is longer
constexpr std::size_t kFileBytes = 64U << 20U;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string printable(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8CharacterAt(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || (byte < 0x20U && text[at] != '\t') || byte == 0x7FU) {
      clean += '?';
    } else {
      clean += text.substr(at, length);
    }
    at += std::max<std::size_t>(1, length);
  }
  return clean;
}

class Lines {
 public:
  explicit Lines(std::string text) : text_(std::move(text)) {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const bool lone = text_[i] == '\r' && (i + 1 == text_.size() || text_[i + 1] != '\n');
      if (text_[i] == '\n' || lone) starts_.push_back(i + 1);
    }
  }
  std::optional<std::string_view> line(std::size_t number) const {
    if (number == 0 || number > starts_.size()) return std::nullopt;
    const std::string_view rest = std::string_view(text_).substr(starts_[number - 1]);
    return rest.substr(0, rest.find_first_of("\r\n"));
  }

 private:
  std::string text_;
  std::vector<std::size_t> starts_{0};
};

// The line, and below it the mark. A tab stays a tab under a tab, so that both lines are as wide.
std::string excerpt(std::string_view line, std::size_t number, std::size_t column, std::size_t length) {
  std::size_t at = std::min(column - 1, line.size());
  std::string_view shown = line;
  std::string_view before, after;
  if (line.size() > kShown) {
    std::size_t first = at > kBefore ? at - kBefore : 0;
    while (first > 0 && continues(line[first])) --first;
    std::size_t last = std::min(line.size(), first + kShown);
    while (last < line.size() && continues(line[last])) ++last;
    before = first > 0 ? "..." : "";
    after = last < line.size() ? "..." : "";
    shown = line.substr(first, last - first);
    at -= first;
  }
  std::string mark(before.size(), ' ');
  for (const char c : shown.substr(0, at)) {
    if (!continues(c)) mark += c == '\t' ? '\t' : ' ';
  }
  mark += '^';
  bool isFirst = true;
  for (const char c : shown.substr(std::min(at, shown.size()), length)) {
    if (continues(c)) continue;
    if (!isFirst) mark += '~';
    isFirst = false;
  }
  return fmt::format("{:>5} | {}{}{}\n      | {}\n", number, before, printable(shown), after, mark);
}

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "";
}

}  // namespace

std::optional<std::string> sourceFromDisk(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > kFileBytes) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

std::string diagnosticText(const Diagnostics& diagnostics, const SourceOf& sourceOf) {
  std::map<std::string, std::optional<Lines>> sources;
  std::string out;
  for (const auto& diagnostic : diagnostics) {
    const auto place = diagnostic.place.toString();
    out += fmt::format("{}{}{}: {}\n", printable(place), place.empty() ? "" : ": ", word(diagnostic.severity),
                       printable(diagnostic.message));
    if (diagnostic.place.line != 0 && diagnostic.place.column != 0) {
      const auto [source, isNew] = sources.try_emplace(diagnostic.place.file);
      if (isNew) {
        if (auto text = sourceOf(diagnostic.place.file)) source->second.emplace(std::move(*text));
      }
      if (source->second) {
        if (const auto line = source->second->line(diagnostic.place.line)) {
          out += excerpt(*line, diagnostic.place.line, diagnostic.place.column, diagnostic.length);
        }
      }
    }
    if (!diagnostic.expected.empty())
      out += fmt::format("      = expected {}\n", printable(diagnostic.expected));
    if (!diagnostic.nearest.empty())
      out += fmt::format("      = did you mean '{}'?\n", printable(diagnostic.nearest));
  }
  return out;
}

}  // namespace vauban::model
