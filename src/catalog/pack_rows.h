// What a column of a pack can hold, and the three things that go over the columns of a table: what lists
// their names, what reads a row, and what writes one. pack_fields.h says once, for all three, which column
// holds which member.
//
// For the pack's own files. A RowReader borrows its table and index; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/attack.h"
#include "catalog/ontology.h"
#include "catalog/pack_index.h"
#include "catalog/short_text.h"
#include "catalog/table.h"

namespace vauban::catalog::pack {

inline constexpr char kListSeparator = ';';

// Kinds of columns. Each borrows the member of the row it stands for, const where rows are written.
template <class S>
struct Text {
  S& value;
};
template <class S>
struct Key {  // never empty
  S& value;
};
template <class V>
struct List {
  V& value;
};
template <class V>
struct SortedList {  // in the order of bytes, each once
  V& value;
};
template <class B>
struct Flag {  // 0 or 1
  B& value;
};
template <class N>
struct Number {
  N& value;
};
template <class N>
struct Fraction {  // between 0 and 1
  N& value;
};
template <class E>
struct Word {  // of an enumeration
  E& value;
};
template <class S>
struct Choice {
  S& value;
  std::span<const std::string_view> words;
};
template <class S>
struct SourceId {
  S& value;
};
template <class S>
struct Foreign {
  S& value;
  Framework framework;
};
template <class S>
struct AttackId {  // of any domain, or of another version that the revocations know
  S& value;
};
template <class S>
struct ClassName {
  S& value;
};
template <class S>
struct Object {  // live, of the domain that is being read
  S& value;
  NameIndex PackIndex::* index;
  std::string_view what;
};
template <class V>
struct RoleIds {  // "PD-WRL-001" or "PD-WRL-001=what"; what bears no "-WRL-" is no role of NICE
  V& value;
};
template <class I>
struct Ref {  // to a row of the ontology, by its name
  I& value;
};

// The words of an enumeration, from its first value to `last`.
template <class E>
struct Words;
template <>
struct Words<Framework> {
  static constexpr Framework last = Framework::nist80082;
  static std::optional<Framework> of(std::string_view text) { return frameworkOfWord(text); }
};
template <>
struct Words<ClassKind> {
  static constexpr ClassKind last = ClassKind::other;
  static std::optional<ClassKind> of(std::string_view text) { return classKindOfWord(text); }
};
template <>
struct Words<Standing> {
  static constexpr Standing last = Standing::revoked;
  static std::optional<Standing> of(std::string_view text) { return standingOfWord(text); }
};
template <class E>
std::vector<std::string_view> allWords() {
  std::vector<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(Words<E>::last); ++i) words.push_back(word(static_cast<E>(i)));
  return words;
}

class ColumnNames {
 public:
  template <class Kind>
  void operator()(std::string_view name, const Kind&) {
    names.push_back(name);
  }
  std::vector<std::string_view> names;
};

class RowReader {
 public:
  RowReader(const Table& table, const PackIndex& index) : table_(table), index_(index) {}
  void start(std::size_t row) {
    row_ = row;
    column_ = 0;
  }

  void operator()(std::string_view, Text<std::string> to) { to.value = next(); }
  void operator()(std::string_view name, Key<std::string> to) {
    to.value = next();
    if (to.value.empty()) emptyCell(name);
  }
  void operator()(std::string_view, List<std::vector<std::string>> to) { split(to.value); }
  void operator()(std::string_view, SortedList<std::vector<std::string>> to) {
    split(to.value);
    checkSorted(to.value);
  }
  void operator()(std::string_view, Flag<bool> to);
  template <class N>
  void operator()(std::string_view, Number<N> to) {
    to.value = table_.number<N>(row_, column_++);
  }
  void operator()(std::string_view, Fraction<double> to);
  template <class E>
  void operator()(std::string_view name, Word<E> to) {
    if (const auto found = Words<E>::of(next())) {
      to.value = *found;
    } else {
      table_.unknown(row_, column_ - 1, name, allWords<E>());
    }
  }
  void operator()(std::string_view name, Choice<std::string> to);
  void operator()(std::string_view, SourceId<std::string> to) {
    to.value = next();
    if (lookUp(index_.sources) == NameIndex::kNone) unknown("source", index_.sources.names());
  }
  void operator()(std::string_view, Foreign<std::string> to) {
    const std::string_view id = next();
    to.value = id;
    if (id.empty() || !repeats(id, to.framework)) checkForeign(id, to.framework);
  }
  void operator()(std::string_view, AttackId<std::string> to);
  void operator()(std::string_view, ClassName<std::string> to);
  void operator()(std::string_view, Object<std::string> to);
  void operator()(std::string_view, RoleIds<std::vector<std::string>> to);
  void operator()(std::string_view, Ref<ClassId> to) { to.value = ref<ClassId>(index_.classes, "class"); }
  void operator()(std::string_view, Ref<PropertyId> to) {
    to.value = ref<PropertyId>(index_.properties, "property");
  }
  void operator()(std::string_view, Ref<ReferenceId> to) {
    to.value = ref<ReferenceId>(index_.references, "reference");
  }

  const PackIndex& index() const { return index_; }
  // What is wrong with the row as a whole, said of its column `column`, counted as in the fields.
  void wrong(std::size_t column, std::string message, std::string expected = {}) const {
    table_.error(row_, column, std::move(message), std::move(expected));
  }

 private:
  // What a column asked for last: sorted columns ask the same again and again.
  struct Asked {
    std::string_view name;
    std::uint32_t number = NameIndex::kNone;
  };

  std::string_view next() { return table_.cell(row_, column_++); }
  std::uint32_t lookUp(const NameIndex& index) {  // the cell that was taken last
    const std::string_view name = table_.cell(row_, column_ - 1);
    Asked& asked = asked_[column_ - 1];
    if (asked.name.data() == nullptr || !sameText(asked.name, name)) asked = {name, index.find(name)};
    return asked.number;
  }
  bool repeats(std::string_view id, Framework framework) {
    Asked& asked = asked_[column_ - 1];
    const auto number = static_cast<std::uint32_t>(framework);
    const bool same = asked.number == number && sameText(asked.name, id);
    asked = {id, number};
    return same;
  }
  template <class Id>
  Id ref(const NameIndex& index, std::string_view what) {
    next();
    const std::uint32_t number = lookUp(index);
    if (number == NameIndex::kNone) {
      unknown(what, index.names());
      return Id(std::size_t{0});
    }
    return Id(static_cast<std::size_t>(number));
  }
  void split(std::vector<std::string>& list);
  void checkSorted(const std::vector<std::string>& list) const;
  void checkForeign(std::string_view id, Framework framework) const;
  void emptyCell(std::string_view name) const;
  void unknown(std::string_view what, const std::vector<std::string_view>& names) const {
    table_.unknown(row_, column_ - 1, what, names);
  }

  const Table& table_;
  const PackIndex& index_;
  std::size_t row_ = 0, column_ = 0;
  std::array<Asked, 16> asked_;
};

class RowWriter {
 public:
  RowWriter(TableText& text, const Ontology& ontology) : text_(text), ontology_(ontology) {}

  template <class S>
  void operator()(std::string_view, Text<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, Key<S> from) {
    text_.cell(from.value);
  }
  template <class V>
  void operator()(std::string_view, List<V> from) {
    list(from.value);
  }
  template <class V>
  void operator()(std::string_view, SortedList<V> from) {
    list(from.value);
  }
  template <class B>
  void operator()(std::string_view, Flag<B> from) {
    text_.cell(from.value ? std::string_view("1") : std::string_view("0"));
  }
  template <class N>
  void operator()(std::string_view, Number<N> from) {
    text_.cell(static_cast<std::uint64_t>(from.value));
  }
  template <class N>
  void operator()(std::string_view, Fraction<N> from) {
    text_.cell(static_cast<double>(from.value));
  }
  template <class E>
  void operator()(std::string_view, Word<E> from) {
    text_.cell(word(from.value));
  }
  template <class S>
  void operator()(std::string_view, Choice<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, SourceId<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, Foreign<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, AttackId<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, ClassName<S> from) {
    text_.cell(from.value);
  }
  template <class S>
  void operator()(std::string_view, Object<S> from) {
    text_.cell(from.value);
  }
  template <class V>
  void operator()(std::string_view, RoleIds<V> from) {
    list(from.value);
  }
  void operator()(std::string_view, Ref<const ClassId> from) { text_.cell(ontology_[from.value].name); }
  void operator()(std::string_view, Ref<const PropertyId> from) {
    text_.cell(ontology_.properties[from.value.index()].name);
  }
  void operator()(std::string_view, Ref<const ReferenceId> from) {
    text_.cell(ontology_.references[from.value.index()].name);
  }

 private:
  void list(const std::vector<std::string>& list);

  TableText& text_;
  const Ontology& ontology_;
};

}  // namespace vauban::catalog::pack
