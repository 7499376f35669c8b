#include "rdf/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vauban::rdf {
namespace {

// Of which the text says all that there is to see.
bool bareDatatype(std::string_view iri) {
  static constexpr std::string_view xsd = "http://www.w3.org/2001/XMLSchema#";
  static constexpr std::array<std::string_view, 5> bare{"integer", "decimal", "double", "float", "boolean"};
  return iri.empty() ||
         (iri.starts_with(xsd) && std::ranges::find(bare, iri.substr(xsd.size())) != bare.end());
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t widthOf(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

std::string visible(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\n') {
      result += "\\n";
    } else if (byte == '\t') {
      result += "\\t";
    } else if (byte == '\r') {
      result += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\u{:04X}", byte);
    } else if (byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
      ++at;  // C1, which a terminal obeys as well
      result += fmt::format("\\u{:04X}", static_cast<unsigned char>(text[at]));
    } else {
      result += text[at];
    }
  }
  return result;
}

std::string cut(std::string cell, std::size_t width) {
  if (width == 0 || widthOf(cell) <= width) return cell;
  std::size_t end = 0;
  for (std::size_t seen = 0; seen < width; ++seen) {
    ++end;
    while (end < cell.size() && continues(cell[end])) ++end;
  }
  return cell.substr(0, end) + "…";
}

}  // namespace

std::string cellOf(const Term& term, const Prefixes& prefixes) {
  switch (term.kind) {
    case Term::Kind::iri:
      return visible(shortened(term.value, prefixes));
    case Term::Kind::blank:
      return "_:" + std::string(term.value);
    case Term::Kind::literal:
      break;
  }
  std::string cell = visible(term.value);
  if (!term.language.empty()) {
    cell += "@" + std::string(term.language);
  } else if (!bareDatatype(term.datatype)) {
    cell += "^^" + visible(shortened(term.datatype, prefixes));
  }
  return cell;
}

Table::Table(std::vector<std::string> variables, const Prefixes& prefixes, std::size_t cellWidth)
    : variables_(std::move(variables)), prefixes_(prefixes), cellWidth_(cellWidth) {
  for (std::string& variable : variables_) {
    variable.insert(0, "?");
    widths_.push_back(widthOf(variable));
  }
}

void Table::add(std::span<const std::optional<Term>> row) {
  for (std::size_t column = 0; column < variables_.size(); ++column) {
    const bool bound = column < row.size() && row[column].has_value();
    cells_.push_back(bound ? cut(cellOf(*row[column], prefixes_), cellWidth_) : std::string());
    widths_[column] = std::max(widths_[column], widthOf(cells_.back()));
  }
  ++rows_;
}

std::string Table::text(bool cut) const {
  std::string text;
  const auto line = [&](auto cellAt) {
    std::string one;
    for (std::size_t column = 0; column < variables_.size(); ++column) {
      const std::string& cell = cellAt(column);
      one += cell;
      one.append(widths_[column] - widthOf(cell) + 2, ' ');
    }
    one.erase(one.find_last_not_of(' ') + 1);
    text += one + "\n";
  };
  line([this](std::size_t column) -> const std::string& { return variables_[column]; });
  std::vector<std::string> rule;
  for (const std::size_t width : widths_) rule.emplace_back(width, '-');
  line([&rule](std::size_t column) -> const std::string& { return rule[column]; });
  for (std::size_t row = 0; row < rows_; ++row) {
    line([&](std::size_t column) -> const std::string& { return cells_[row * variables_.size() + column]; });
  }
  if (cut) text += fmt::format("(the first {} rows; there are more)\n", rows_);
  return text;
}

}  // namespace vauban::rdf
