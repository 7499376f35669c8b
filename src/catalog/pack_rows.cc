#include "catalog/pack_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::catalog::pack {
namespace {

constexpr std::string_view kRoleMark = "-WRL-";

}  // namespace

void RowReader::operator()(std::string_view, Flag<bool> to) {
  const std::string_view text = next();
  to.value = text == "1";
  if (text != "0" && text != "1") wrong(column_ - 1, fmt::format("'{}' is neither 0 nor 1", text), "0 or 1");
}

void RowReader::operator()(std::string_view, Fraction<double> to) {
  to.value = table_.number<double>(row_, column_++);
  if (to.value > 1) wrong(column_ - 1, fmt::format("{} is no fraction", to.value), "a number from 0 to 1");
}

void RowReader::operator()(std::string_view name, Choice<std::string> to) {
  to.value = next();
  if (std::ranges::find(to.words, to.value) == to.words.end())
    unknown(name, std::vector<std::string_view>(to.words.begin(), to.words.end()));
}

void RowReader::operator()(std::string_view, AttackId<std::string> to) {
  to.value = next();
  if (to.value.empty()) return emptyCell("an id of ATT&CK");
  if (!index_.keepForeign && !index_.knowsInAttack(to.value)) unknown("id of ATT&CK", index_.attackIds());
}

void RowReader::operator()(std::string_view name, ClassName<std::string> to) {
  to.value = next();
  if (to.value.empty()) return emptyCell(name);
  if (index_.keepForeign || index_.classes.empty()) return;
  if (lookUp(index_.classes) == NameIndex::kNone) unknown("class", index_.classes.names());
}

void RowReader::operator()(std::string_view, Object<std::string> to) {
  to.value = next();
  const NameIndex& index = index_.*to.index;
  const std::uint32_t found = lookUp(index);
  if (found == NameIndex::kNone) {
    unknown(to.what, index.names());
  } else if (found == 0) {
    wrong(column_ - 1, fmt::format("{} {} is revoked or deprecated", to.what, to.value),
          "only what is live at both ends");
  }
}

void RowReader::operator()(std::string_view, RoleIds<std::vector<std::string>> to) {
  split(to.value);
  if (index_.keepForeign) return;
  for (const std::string& part : to.value) {
    const std::string_view role = std::string_view(part).substr(0, part.find('='));
    if (role.find(kRoleMark) != std::string_view::npos && !index_.knows(Framework::nice, role))
      wrong(column_ - 1, fmt::format("no such role: '{}'", role));
  }
}

void RowReader::split(std::vector<std::string>& list) {
  const std::string_view text = next();
  list.clear();
  if (text.empty()) return;
  list.reserve(static_cast<std::size_t>(std::ranges::count(text, kListSeparator)) + 1);
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(kListSeparator, begin);
    list.emplace_back(text.substr(begin, end - begin));
    if (list.back().empty()) wrong(column_ - 1, "a list with nothing between two separators", "a;b;c");
    if (end == std::string_view::npos) return;
    begin = end + 1;
  }
}

void RowReader::checkSorted(const std::vector<std::string>& list) const {
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (!(list[i - 1] < list[i]))
      return wrong(column_ - 1, fmt::format("'{}' after '{}'", list[i], list[i - 1]),
                   "a sorted list, nothing twice");
  }
}

void RowReader::checkForeign(std::string_view id, Framework framework) const {
  if (id.empty()) return emptyCell(word(framework));
  if (index_.keepForeign || index_.knows(framework, id)) return;
  unknown(fmt::format("id of {}", word(framework)), index_.of(framework).names());
}

void RowReader::emptyCell(std::string_view name) const {
  wrong(column_ - 1, fmt::format("an empty cell for '{}'", name));
}

void RowWriter::list(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& part : list) {
    if (part.empty()) continue;
    if (!text.empty()) text += kListSeparator;
    for (const char c : part) text += c == kListSeparator ? ',' : c;
  }
  text_.cell(text);
}

}  // namespace vauban::catalog::pack
