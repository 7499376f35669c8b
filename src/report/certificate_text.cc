#include <fmt/format.h>

#include <map>

#include "report/certificate_json.h"

namespace vauban::report {

using channel::Certificate;

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string inWords(const channel::Reason& reason) {
  const std::string where = fmt::format("{}:{}", reason.place.file, reason.place.line);
  if (reason.kind == "rule") return fmt::format("{} drops: {} ({})", reason.owner, reason.text, where);
  if (reason.kind == "policy")
    return fmt::format("{} drops what no rule of {} matches ({})", reason.owner, reason.text, where);
  if (reason.kind == "accept") return fmt::format("{} accepts: {} ({})", reason.owner, reason.text, where);
  if (reason.kind == "services")
    return fmt::format("{} runs what it states and nothing else ({})", reason.owner, where);
  return fmt::format("{}: {} ({})", reason.owner, reason.text, where);
}

}  // namespace

std::string certificateText(const Certificate& certificate) {
  std::string out;
  auto because = [&](const Certificate::Reasons& reasons, const std::string& indent) {
    for (const std::size_t reason : reasons)
      out += fmt::format("{}{}\n", indent, inWords(certificate.reasons[reason]));
  };
  for (const Certificate::Part& part : certificate.closures) {
    out += part.hisEnd ? fmt::format("What he can get into from where he waits ({}):\n", joined(part.from))
                       : fmt::format("Where the bytes of {} get to{}:\n", joined(part.from),
                                     part.backwards ? ", on the way back" : "");
    for (const Certificate::State& state : part.states) out += fmt::format("  {}\n", state.text);
    // Steps shut by the same reasons from the same place are told together.
    std::map<std::pair<std::string, Certificate::Reasons>, std::vector<std::string>> groups;
    for (const Certificate::Step& step : part.steps) groups[{step.from, step.because}].push_back(step.to);
    for (const auto& [key, to] : groups) {
      out += fmt::format("No further from {} to {}, because\n", key.first, joined(to));
      because(key.second, "    ");
    }
    for (const auto* relied : {&part.services, &part.hosts}) {
      for (const Certificate::Relied& one : *relied) {
        out += fmt::format("Of {} it relies on\n", one.name);
        because(one.because, "    ");
      }
    }
  }
  std::map<Certificate::Reasons, std::vector<std::string>> pairs;
  for (const Certificate::Step& pair : certificate.pairs)
    pairs[pair.because].push_back(pair.from + " -> " + pair.to);
  for (const auto& [reasons, names] : pairs) {
    out += fmt::format("Of {}, because\n", joined(names));
    because(reasons, "    ");
  }
  out += fmt::format("Cone of influence: {} zones, {} hosts, {}\n", certificate.cone.zones.size(),
                     certificate.cone.hosts.size(), certificate.cone.hash);
  return out;
}

}  // namespace vauban::report
