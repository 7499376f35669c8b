#include "check/follow.h"

namespace vauban::check {

void checkBecause(Verdict& verdict, const Certificate& certificate, const std::vector<std::string>& because,
                  const Reasons& expected, const std::string& what, const std::string& where) {
  Reasons named;
  for (std::size_t i = 0; i < because.size(); ++i) {
    if (i > 0 && because[i - 1] >= because[i]) {
      verdict.reject(what + ": the reasons are not in order, or one is there twice", where + "/because");
    }
    const auto found = certificate.reasons.find(because[i]);
    if (found == certificate.reasons.end()) {
      verdict.reject(what + ": there is no reason '" + because[i] + "'", where + "/because");
      continue;
    }
    named.insert(found->second);
    if (!expected.contains(found->second)) {
      verdict.reject(what + ": '" + found->second.text + "' (" + found->second.kind + " of " +
                         found->second.about + ") decides nothing here",
                     where + "/because", {found->second.file, found->second.line, found->second.column});
    }
  }
  for (const Reason& reason : expected) {
    if (named.contains(reason)) continue;
    verdict.reject(what + ": '" + reason.text + "' (" + reason.kind + " of " + reason.about + ") is left out",
                   where + "/because", {reason.file, reason.line, reason.column});
  }
}

}  // namespace vauban::check
