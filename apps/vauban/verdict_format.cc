#include "verdict_format.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "model/diagnostic_text.h"
#include "report/verdict_html.h"
#include "report/verdict_junit.h"
#include "report/verdict_sarif.h"

namespace vauban {
namespace {

report::SarifCall sarifCall() {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::current_path(error);
  return {VAUBAN_VERSION, error ? "/" : here.string()};
}

std::string diagnosticsIn(const std::string& format, const Diagnostics& diagnostics) {
  if (format == "json") return report::diagnosticsJson(diagnostics);
  if (format == "sarif") return report::diagnosticsSarif(diagnostics, sarifCall());
  if (format == "junit") return report::diagnosticsJunit(diagnostics);
  if (format == "html") return report::diagnosticsHtml(diagnostics, VAUBAN_VERSION);
  return {};
}

}  // namespace

std::string verdictsIn(const std::string& format, const model::Model& model,
                       const std::vector<channel::ClaimResult>& results, const channel::Trust& trust,
                       const report::TextStyle& style, bool allowConditional) {
  if (format == "json") return report::verifyJson(model, results, trust);
  if (format == "sarif") return report::verifySarif(model, results, trust, sarifCall());
  if (format == "junit") return report::verifyJunit(model, results, trust, allowConditional);
  if (format == "html") return report::verifyHtml(model, results, trust, VAUBAN_VERSION);
  return report::verifyText(model, results, trust, style);
}

std::string egressIn(const std::string& format, const model::Model& model, const channel::EgressTable& table,
                     const report::TextStyle& style) {
  if (format == "json") return report::egressJson(model, table);
  if (format == "html") return report::egressHtml(model, table, VAUBAN_VERSION);
  // No claim, no result: these formats know nothing else.
  if (format == "sarif" || format == "junit") return verdictsIn(format, model, {}, {}, style, false);
  return report::egressText(table, style);
}

ExitCode refuse(const std::string& format, const Diagnostics& diagnostics) {
  std::cout << diagnosticsIn(format, diagnostics);
  std::cerr << model::diagnosticText(diagnostics);
  return ExitCode::wrong;
}

report::TextStyle terminalStyle(bool verbose, bool noColour) {
  report::TextStyle style;
  style.verbose = verbose;
  style.colour = !noColour && isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return style;
}

}  // namespace vauban
