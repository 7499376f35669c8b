// Between the C interface and the house's types, for this room's .cc files alone.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "base/triple.h"
#include "rdf/parse.h"
#include "rdf/shim.h"

namespace vauban::rdf::shim {

inline Text of(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(Text text) { return {text.data, text.size}; }

vauban::Term view(const Term& term);  // of a term that is bound
Term of(const vauban::Term& term);
Document of(std::string_view bytes, Syntax syntax, const std::string& baseIri, const Limits& limits);

// A mistake in a text as a diagnostic. Line and column are counted here, from the byte.
class Reported {
 public:
  // Both are borrowed.
  Reported(const std::string& file, std::string_view text) : file_(file), text_(text) {}

  static void report(void* context, const Mistake* mistake);  // context: a Reported

  Diagnostic diagnostic;
  Named named = Named::nothing;
  std::string name;

 private:
  const std::string& file_;
  std::string_view text_;
};

// Exceptions must not pass through Rust: kept here, and thrown on once it has returned.
class Kept {
 public:
  template <class Call>
  bool call(const Call& call) noexcept {
    try {
      call();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }
  void throwOn() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  std::exception_ptr thrown_;
};

}  // namespace vauban::rdf::shim
