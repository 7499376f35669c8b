#include "rdf/shim_texts.h"

#include <algorithm>
#include <cctype>

namespace vauban::rdf::shim {

vauban::Term view(const Term& term) {
  vauban::Term result;
  result.kind = term.kind == TermKind::iri     ? vauban::Term::Kind::iri
                : term.kind == TermKind::blank ? vauban::Term::Kind::blank
                                               : vauban::Term::Kind::literal;
  result.value = view(term.value);
  result.datatype = view(term.datatype);
  result.language = view(term.language);
  return result;
}

Term of(const vauban::Term& term) {
  const TermKind kind = term.kind == vauban::Term::Kind::iri     ? TermKind::iri
                        : term.kind == vauban::Term::Kind::blank ? TermKind::blank
                                                                 : TermKind::literal;
  return {kind, of(term.value), of(term.datatype), of(term.language)};
}

Document of(std::string_view bytes, Syntax syntax, const std::string& baseIri, const Limits& limits) {
  return {.bytes = of(bytes),
          .base = of(baseIri),
          .syntax = static_cast<std::uint32_t>(syntax),
          .mostBytes = limits.bytes,
          .mostTriples = limits.triples,
          .mostText = limits.textBytes,
          .mostDepth = limits.depth,
          .mostMemory = limits.memoryBytes};
}

namespace {

// The parsers' messages are sentences of their own; the house's go on from a place.
std::string continued(std::string_view sentence) {
  std::string message(sentence);
  if (message.size() > 1 && std::islower(static_cast<unsigned char>(message[1])) != 0) {
    message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  } else if (message.starts_with("A ")) {
    message[0] = 'a';
  }
  while (message.ends_with('.')) message.pop_back();
  return message;
}

}  // namespace

void Reported::report(void* context, const Mistake* mistake) {
  auto& self = *static_cast<Reported*>(context);
  Diagnostic& diagnostic = self.diagnostic;
  diagnostic.place.file = self.file_;
  if (mistake->offset <= self.text_.size()) {
    const std::string_view before = self.text_.substr(0, mistake->offset);
    const std::size_t lineStart = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    diagnostic.place.line = static_cast<std::uint32_t>(std::ranges::count(before, '\n')) + 1;
    diagnostic.place.column = static_cast<std::uint32_t>(before.size() - lineStart) + 1;
    const std::string_view line =
        self.text_.substr(mistake->offset, self.text_.find('\n', mistake->offset) - mistake->offset);
    diagnostic.length = static_cast<std::uint32_t>(std::min<std::uint64_t>(mistake->length, line.size()));
  }
  diagnostic.message = continued(view(mistake->message));
  diagnostic.expected = view(mistake->expected);
  self.named = mistake->named;
  self.name = view(mistake->name);
}

}  // namespace vauban::rdf::shim
