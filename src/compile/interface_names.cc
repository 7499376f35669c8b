#include "compile/interface_names.h"

#include <algorithm>
#include <array>
#include <set>

namespace vauban::compile {
namespace {

constexpr std::size_t kMostBytes = 15;

// Names that stand for something else in /proc/sys/net or in every namespace.
constexpr std::array<std::string_view, 5> kReserved{"lo", "all", "default", ".", ".."};

bool isLegal(char c) {
  return c > ' ' && c < 127 && c != '/' && c != ':' && c != '*' && c != '"' && c != '\\' && c != '+';
}

}  // namespace

bool isInterfaceName(std::string_view name) {
  return !name.empty() && name.size() <= kMostBytes && name != "." && name != ".." &&
         std::ranges::all_of(name, isLegal);
}

std::vector<std::string> interfaceNames(const std::vector<std::string>& names,
                                        const std::vector<std::string>& taken) {
  std::set<std::string, std::less<>> used(taken.begin(), taken.end());
  used.insert(kReserved.begin(), kReserved.end());
  std::vector<std::string> made(names.size());
  // Names that can stay do, wherever they are in the list.
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (isInterfaceName(names[i]) && used.insert(names[i]).second) made[i] = names[i];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!made[i].empty()) continue;
    std::string legal;
    for (const char c : names[i]) legal += isLegal(c) ? c : '-';
    if (legal.empty()) legal = "if";
    for (std::size_t number = 1; made[i].empty(); ++number) {
      const std::string end = "-" + std::to_string(number);
      std::string name = legal.substr(0, kMostBytes - end.size()) + end;
      if (used.insert(name).second) made[i] = std::move(name);
    }
  }
  return made;
}

}  // namespace vauban::compile
