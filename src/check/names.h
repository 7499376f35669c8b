// Sets of domain names by suffix, the checker's own: a map from suffix to in or out, the longest suffix that
// a name has decides, "" is the root and always there. Labels match whole: or.example is no suffix of
// vendor.example. A value.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace vauban::check {

class Names {
 public:
  Names() : marks_{{"", false}} {}  // none
  static Names all();
  static Names below(const std::vector<std::string>& suffixes);  // these and all below them

  void mark(const std::string& suffix, bool in) { marks_[suffix] = in; }
  const std::map<std::string, bool>& marks() const { return marks_; }

  bool says(const std::string& suffix) const;  // of a fresh name just below `suffix`
  // Every suffix stands for infinitely many fresh names below it, so a set is empty where no mark is in.
  bool empty() const;
  bool full() const { return (~*this).empty(); }
  bool contains(const Names& other) const { return (other & ~*this).empty(); }
  bool meets(const Names& other) const { return !(*this & other).empty(); }

  Names operator&(const Names& other) const;
  Names operator|(const Names& other) const { return ~(~*this & ~other); }
  Names operator-(const Names& other) const { return *this & ~other; }
  Names operator~() const;

 private:
  std::map<std::string, bool> marks_;
};

}  // namespace vauban::check
