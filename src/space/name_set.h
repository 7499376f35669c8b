// Sets of domain names by suffix (RFC 1034, RFC 4343: case does not matter; suffixes match on label
// boundaries; the longest suffix wins). A NameSet is a finite map from suffixes to in/out with a default for
// the root; canonical: no entry says what its nearest shorter entry says already, so equality is equality of
// maps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vauban::space {

// A name in lower case, in usual order, without the trailing dot (NameSet keeps its labels reversed for
// ordering, "com.example.www", which the outside never sees). nullopt for text that is no domain name (empty
// label, label over 63 octets, over 253 in all, characters outside letters, digits, '-', '_'). A leading "*."
// or "." is dropped: "*.x" and ".x" mean the suffix x.
std::optional<std::string> normaliseName(std::string_view text);

class NameSet {
 public:
  NameSet() = default;  // empty
  static NameSet all();
  static NameSet suffix(
      std::string_view name);  // the name and everything below it; "" or "." is all; no name: empty
  static NameSet suffixes(const std::vector<std::string>& names);

  bool empty() const;
  bool full() const { return *this == all(); }
  bool contains(std::string_view name) const;
  bool contains(const NameSet& other) const;
  bool intersects(const NameSet& other) const;
  // A name of the set, shortest first then alphabetical; where only names below a suffix are in it, one with
  // a fresh label ("x.example.com"). Contains no name that is not in the set.
  std::optional<std::string> witness() const;

  NameSet operator|(const NameSet& other) const;
  NameSet operator&(const NameSet& other) const;
  NameSet operator-(const NameSet& other) const;
  NameSet operator~() const;
  bool operator==(const NameSet&) const = default;

  // The set as suffixes that are in or out, the root "" first, then sorted by name; the longest decides.
  std::vector<std::pair<std::string, bool>> suffixes() const;

  bool Validate() const;
  std::string toString() const;  // "any", "none", "vendor.example, !evil.vendor.example", "any but x.example"

 private:
  bool defaultIn_ = false;
  std::map<std::string, bool> entries_;  // reversed-label key -> in or out
};

}  // namespace vauban::space
