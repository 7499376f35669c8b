// Solutions of a query as aligned text for people.
//
// A value that is filled row by row; one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/triple.h"
#include "rdf/prefixes.h"

namespace vauban::rdf {

class Table {
 public:
  // Cells are cut after `cellWidth` characters, with an ellipsis; 0: never. Prefixes are borrowed.
  Table(std::vector<std::string> variables, const Prefixes& prefixes, std::size_t cellWidth);

  void add(std::span<const std::optional<Term>> row);

  // A line of names, a rule, and a line for each row; columns are two spaces apart, and no line ends in one.
  // Width is counted in code points. A line of its own says where the answer was cut.
  std::string text(bool cut) const;

 private:
  std::vector<std::string> variables_;
  const Prefixes& prefixes_;
  std::size_t cellWidth_;
  std::vector<std::size_t> widths_;
  std::vector<std::string> cells_;  // row by row
  std::size_t rows_ = 0;
};

// A term as a cell shows it: IRIs shortened; texts and numbers bare; others with language or datatype ("a"@en
// would be a@en, "x"^^t:u would be x^^t:u); control characters as \n, \t, \r or \u001B, so that no terminal
// obeys them.
std::string cellOf(const Term& term, const Prefixes& prefixes);

}  // namespace vauban::rdf
