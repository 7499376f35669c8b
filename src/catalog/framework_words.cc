#include "catalog/framework_words.h"

#include <algorithm>
#include <array>

namespace vauban::catalog {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isBlank(char c) { return c == ' ' || c == '\t' || c == '-' || c == '_'; }
bool isLetter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

struct Alias {
  std::string_view letters;  // lower case, nothing but letters and digits
  Framework framework;       // of ATT&CK without a domain: the first of three
  bool anyDomain = false;
};
constexpr std::array<Alias, 39> kAliases = {{
    {"d3fend", Framework::d3fend},
    {"d3f", Framework::d3fend},
    {"mitred3fend", Framework::d3fend},
    {"attack", Framework::attackEnterprise, true},
    {"attck", Framework::attackEnterprise, true},
    {"mitreattack", Framework::attackEnterprise, true},
    {"mitreattck", Framework::attackEnterprise, true},
    {"attackenterprise", Framework::attackEnterprise},
    {"attckenterprise", Framework::attackEnterprise},
    {"enterprise", Framework::attackEnterprise},
    {"attackics", Framework::attackIcs},
    {"attckics", Framework::attackIcs},
    {"ics", Framework::attackIcs},
    {"attackmobile", Framework::attackMobile},
    {"attckmobile", Framework::attackMobile},
    {"mobile", Framework::attackMobile},
    {"80053", Framework::nist80053},
    {"sp80053", Framework::nist80053},
    {"nist80053", Framework::nist80053},
    {"nistsp80053", Framework::nist80053},
    {"csf", Framework::nistCsf},
    {"nistcsf", Framework::nistCsf},
    {"cis", Framework::cis},
    {"ciscontrol", Framework::cis},
    {"ciscontrols", Framework::cis},
    {"cissafeguard", Framework::cis},
    {"iso", Framework::iso27001},
    {"isoiec", Framework::iso27001},
    {"cci", Framework::cci},
    {"nice", Framework::nice},
    {"car", Framework::car},
    {"capability", Framework::capability},
    {"iec62443", Framework::iec62443},
    {"isaiec62443", Framework::iec62443},
    {"62443", Framework::iec62443},
    {"80082", Framework::nist80082},
    {"sp80082", Framework::nist80082},
    {"nist80082", Framework::nist80082},
    {"nistsp80082", Framework::nist80082},
}};
constexpr std::array<std::string_view, 14> kTitles = {
    "D3FEND",   "ATT&CK Enterprise", "ATT&CK ICS",    "ATT&CK Mobile", "NIST SP 800-53",
    "NIST CSF", "CIS Controls",      "ISO/IEC 27001", "CCI",           "NICE",
    "CAR",      "Mappings Explorer", "IEC 62443",     "NIST SP 800-82"};

std::string lettersOf(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (isLetter(c) || isDigit(c)) letters += lower(c);
  }
  return letters;
}

// What may follow a framework's name and belong to it: "", "v18.1", "rev5", "27001:2022", without their dots.
bool isEdition(std::string_view letters) {
  for (const std::string_view start : {"release", "rev", "r", "v"}) {
    if (letters.starts_with(start)) {
      letters.remove_prefix(start.size());
      break;
    }
  }
  return std::ranges::all_of(letters, isDigit);
}

// The digits that `text` begins with, without leading zeros; cut off from it.
std::string_view takeNumber(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && isDigit(text[end])) ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

// "AC-04 (8)", "ac-4.8", "AC-4(08)" -> "AC-4(8)"; anything else unchanged.
std::string controlId(std::string_view id) {
  std::string text;
  for (const char c : id) {
    if (c != ' ') text += upper(c);
  }
  std::string_view left = text;
  if (left.size() < 4 || !isLetter(left[0]) || !isLetter(left[1]) || left[2] != '-') return std::string(id);
  std::string made(left.substr(0, 3));
  left.remove_prefix(3);
  const std::string_view control = takeNumber(left);
  if (control.empty()) return std::string(id);
  made += control;
  if (left.empty()) return made;
  const bool round = left.front() == '(';
  if (!round && left.front() != '.') return std::string(id);
  left.remove_prefix(1);
  const std::string_view enhancement = takeNumber(left);
  if (enhancement.empty() || left != (round ? ")" : "")) return std::string(id);
  return made + "(" + std::string(enhancement) + ")";
}

}  // namespace

FrameworkWords splitFramework(std::string_view words) {
  words = trimmed(words);
  constexpr std::size_t kLongest = 64;  // no framework has a longer name
  for (std::size_t at = std::min(words.size(), kLongest); at-- > 1;) {
    if (words[at] != ':' && words[at] != ' ' && words[at] != '-') continue;
    const std::string_view rest = trimmed(words.substr(at + 1));
    if (rest.empty()) continue;
    const std::string head = lettersOf(words.substr(0, at));
    FrameworkWords found;
    for (const Alias& alias : kAliases) {
      if (!head.starts_with(alias.letters) || !isEdition(std::string_view(head).substr(alias.letters.size())))
        continue;
      const auto add = [&](Framework framework) {
        if (std::ranges::find(found.frameworks, framework) == found.frameworks.end())
          found.frameworks.push_back(framework);
      };
      add(alias.framework);
      if (alias.anyDomain) add(Framework::attackIcs), add(Framework::attackMobile);
    }
    if (found.frameworks.empty()) continue;
    found.rest = rest;
    return found;
  }
  return {};
}

std::string foldedName(std::string_view name) {
  std::string folded;
  for (const char c : trimmed(name)) {
    if (!isBlank(c)) {
      folded += lower(c);
    } else if (!folded.empty() && folded.back() != ' ') {
      folded += ' ';
    }
  }
  while (!folded.empty() && folded.back() == ' ') folded.pop_back();
  return folded;
}

bool isFolded(std::string_view name, std::string_view folded) {
  std::size_t at = 0;
  bool blank = false;  // some stand before the next character
  for (const char c : name) {
    if (isBlank(c)) {
      blank = true;
      continue;
    }
    if (blank && at != 0) {
      if (at >= folded.size() || folded[at] != ' ') return false;
      ++at;
    }
    blank = false;
    if (at >= folded.size() || folded[at] != lower(c)) return false;
    ++at;
  }
  return at == folded.size();
}

std::string idOfFramework(Framework framework, std::string_view id) {
  id = trimmed(id);
  if (framework == Framework::nist80053) return controlId(id);
  std::string text(id);
  if (framework == Framework::cci) {
    std::string_view digits = id;
    if (lettersOf(digits.substr(0, 3)) == "cci")
      digits.remove_prefix(std::min<std::size_t>(digits.size(), 4));
    constexpr std::size_t kDigits = 6;
    if (digits.empty() || digits.size() > kDigits || !std::ranges::all_of(digits, isDigit)) return text;
    return "CCI-" + std::string(kDigits - digits.size(), '0') + std::string(digits);
  }
  if (isAttack(framework) && text.size() > 1 && lower(text[0]) == 't' && isDigit(text[1])) {
    std::ranges::replace(text, '/', '.');
  }
  return text;
}

bool isBareNumber(std::string_view words) {
  words = trimmed(words);
  return !words.empty() && std::ranges::all_of(words, [](char c) { return isDigit(c) || c == '.'; });
}

std::string_view title(Framework framework) { return kTitles[static_cast<std::size_t>(framework)]; }

std::string shownId(Framework framework, std::string_view id) {
  if (framework == Framework::cis) return "CIS " + std::string(id);
  if (framework == Framework::iso27001) return "ISO " + std::string(id);
  return std::string(id);
}

}  // namespace vauban::catalog
