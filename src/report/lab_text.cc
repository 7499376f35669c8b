// A lab record as what an architect reads in a terminal.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/lab_record.h"

namespace vauban::report {

using Json = nlohmann::ordered_json;

namespace {

std::string paint(const std::string& text, const char* colour, const TextStyle& style) {
  return style.colour ? colour + text + "\x1b[0m" : text;
}

const char* colourOf(const std::string& status) {
  if (status == "agrees") return "\x1b[32m";
  if (status == "DISAGREES") return "\x1b[31m";
  if (status == "INCONCLUSIVE") return "\x1b[35m";
  return "\x1b[33m";
}

std::string textOf(const Json& json, const char* key) { return json.value(key, std::string()); }

std::string bytesInWords(std::uint64_t bytes) {
  if (bytes >= 10'000'000) return fmt::format("{:.0f} MB", static_cast<double>(bytes) / 1e6);
  if (bytes >= 1024 && bytes % 1024 == 0) return fmt::format("{} KiB", bytes / 1024);
  return fmt::format("{} bytes", bytes);
}

std::string observedInWords(const Json& claim) {
  std::string text;
  if (const auto observed = claim.find("observed"); observed != claim.end()) {
    const auto arrived = (*observed)["arrived"].get<std::uint64_t>();
    if (arrived > 0)
      return fmt::format("{} at {}: {}", bytesInWords(arrived),
                         rateInWords((*observed)["bits_per_second"].get<double>()),
                         textOf(*observed, "probe"));
    text = fmt::format("0 of {} by {} probes", bytesInWords(claim["bytes_sent"].get<std::uint64_t>()),
                       claim["probes"].get<std::size_t>());
  }
  if (const auto packets = claim.find("packets"); packets != claim.end())
    text += fmt::format("{}{} of {} packets", text.empty() ? "" : ", ",
                        (*packets)["arrived"].get<std::size_t>(), (*packets)["sent"].get<std::size_t>());
  return text.empty() ? "-" : text;
}

std::string disagreement(const Json& claim) {
  std::string text;
  if (const auto witness = claim.find("witness"); witness != claim.end()) {
    text += "    predicted:\n";
    for (const Json& hop : *witness)
      text += fmt::format("      {} -> {}  {}, {}{}\n", textOf(hop, "from"), textOf(hop, "to"),
                          textOf(hop, "packets"), textOf(hop, "carrier"),
                          hop.contains("how") ? " " + textOf(hop, "how") : "");
  }
  if (const auto observed = claim.find("observed"); observed != claim.end() && observed->contains("probe")) {
    text +=
        fmt::format("    observed: {}, {} of {} bytes", textOf(*observed, "probe"),
                    (*observed)["arrived"].get<std::uint64_t>(), (*observed)["bytes"].get<std::uint64_t>());
    if (observed->contains("carried_in")) text += fmt::format(" in {}", observed->at("carried_in").dump());
    text += "\n";
  }
  return text;
}

std::string scenarioText(const Json& scenario, const TextStyle& style) {
  std::string text = fmt::format("{}\n", textOf(scenario, "name"));
  std::size_t widest = 0;
  for (const Json& claim : scenario["claims"]) widest = std::max(widest, textOf(claim, "id").size());
  for (const Json& claim : scenario["claims"]) {
    const std::string status = textOf(claim, "status");
    text +=
        fmt::format("  {:<{}}  {:<11}  {}  {}", textOf(claim, "id"), widest, textOf(claim, "predicted"),
                    paint(fmt::format("{:<14}", status), colourOf(status), style), observedInWords(claim));
    if (const std::string note = textOf(claim, "note");
        !note.empty() && (style.verbose || status != "agrees" || textOf(claim, "predicted") == "kept"))
      text += "  (" + note + ")";
    text += "\n";
    if (status == "DISAGREES") text += disagreement(claim);
  }
  if (const auto matrix = scenario.find("matrix"); matrix != scenario.end()) {
    text += fmt::format("  packets: {} sent, {} predicted to arrive, {} arrived",
                        (*matrix)["packets"].get<std::size_t>(), (*matrix)["predicted"].get<std::size_t>(),
                        (*matrix)["arrived"].get<std::size_t>());
    if (matrix->contains("inconclusive"))
      text += "; " + paint("INCONCLUSIVE: ", "\x1b[35m", style) + textOf(*matrix, "inconclusive");
    text += "\n";
    std::size_t shown = 0;
    for (const Json& cell : (*matrix)["differ"]) {
      if (++shown > 5) {
        text += fmt::format("    and {} more\n", (*matrix)["differ"].size() - 5);
        break;
      }
      text += fmt::format("    {} {} from {} ({}) to {} ({}): predicted {}, {}\n",
                          paint("DISAGREES", "\x1b[31m", style), textOf(cell, "packet"), textOf(cell, "from"),
                          textOf(cell, "source"), textOf(cell, "to"), textOf(cell, "destination"),
                          cell["predicted"].get<bool>() ? "to arrive" : "not to arrive",
                          cell["arrived"].get<bool>() ? "arrived" : "did not");
    }
  }
  for (const Json& tool : scenario.value("tools", Json::array())) {
    const std::string failure = textOf(tool, "failure");
    text +=
        fmt::format("  {}: {}\n", textOf(tool, "tool"),
                    failure.empty() ? fmt::format("{} through the tool, {} by our probe",
                                                  bytesInWords(tool["arrived"].get<std::uint64_t>()),
                                                  bytesInWords(tool["probe_arrived"].get<std::uint64_t>()))
                                    : failure);
  }
  for (const Json& service : scenario.value("services", Json::array())) {
    const std::string failure = textOf(service, "failure"), missing = textOf(service, "not_reproduced");
    if (!failure.empty())
      text += fmt::format("  {} does not work: {}\n",
                          textOf(service, "host") + "." + textOf(service, "service"), failure);
    else if (style.verbose && !missing.empty())
      text += fmt::format("  {} is not reproduced: {}\n",
                          textOf(service, "host") + "." + textOf(service, "service"), missing);
    else if (style.verbose)
      text += fmt::format("  {}: {}; {}\n", textOf(service, "host") + "." + textOf(service, "service"),
                          textOf(service, "software"), textOf(service, "check"));
  }
  if (const std::string why = textOf(scenario, "why_inconclusive"); !why.empty())
    text += fmt::format("  {} {}\n", paint("INCONCLUSIVE:", "\x1b[35m", style), why);
  if (const auto took = scenario.find("milliseconds"); took != scenario.end())
    text += fmt::format("  {} nodes in {:.0f} ms, daemons in {:.1f} s, {} probes, {:.1f} s in all\n",
                        scenario["nodes"].get<std::size_t>(), (*took)["topology"].get<double>(),
                        (*took)["daemons"].get<double>() / 1000, scenario["probes_tried"].get<std::size_t>(),
                        (*took)["all"].get<double>() / 1000);
  return text;
}

}  // namespace

std::string labText(const Json& record, const TextStyle& style) {
  std::string text;
  std::size_t agree = 0, differ = 0, nothing = 0, claims = 0, claimsAgreed = 0, notPlayed = 0;
  for (const Json& scenario : record["scenarios"]) {
    text += scenarioText(scenario, style) + "\n";
    if (!scenario["agrees"].get<bool>())
      ++differ;
    else if (scenario["inconclusive"].get<bool>())
      ++nothing;
    else
      ++agree;
    for (const Json& claim : scenario["claims"]) {
      const std::string status = textOf(claim, "status");
      ++claims;
      claimsAgreed += status == "agrees" ? 1 : 0;
      notPlayed += status == "not reproduced" || status == "not tried" ? 1 : 0;
    }
  }
  text += fmt::format(
      "{} scenarios on {}: {} agree, {} disagree, {} inconclusive; {} of {} claims predicted as observed",
      record["scenarios"].size(), textOf(record, "kernel"), agree, differ, nothing, claimsAgreed, claims);
  if (notPlayed > 0) text += fmt::format(", {} not played", notPlayed);
  return text + "\n";
}

std::string labOutlookText(const Json& outlook) {
  std::string text = fmt::format("{}\n", textOf(outlook, "name"));
  for (const Json& machine : outlook["machines"]) {
    std::string addresses;
    for (const Json& address : machine["addresses"]) addresses += " " + address.get<std::string>();
    text += fmt::format("  {:<20} {:<16}{}\n", textOf(machine, "node"), textOf(machine, "zone"), addresses);
  }
  for (const Json& service : outlook["services"]) {
    const std::string missing = textOf(service, "not_reproduced");
    std::string programs;
    for (const Json& program : service.value("programs", Json::array()))
      programs += (programs.empty() ? "" : ", ") + program.get<std::string>();
    text +=
        fmt::format("  {:<28} {:<20} {}\n", textOf(service, "host") + "." + textOf(service, "service"),
                    textOf(service, "behaviour"), missing.empty() ? programs : "not reproduced: " + missing);
  }
  text += fmt::format("  {} claims, {} kinds of packets, {} enforcement points\n", outlook["claims"].size(),
                      outlook["packets"].size(), outlook["points"].size());
  return text;
}

}  // namespace vauban::report
