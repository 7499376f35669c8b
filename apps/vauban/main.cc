// The command line: each command is a list of stages.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>

#include "certificates.h"
#include "channel/verdict.h"
#include "exit_code.h"
#include "import/iptables_model.h"
#include "import/load_rules.h"
#include "model/call_claim.h"
#include "model/diagnostic_text.h"
#include "model/model_reader.h"
#include "reach/rule_findings.h"
#include "report/verdict_report.h"

namespace vauban {
namespace {

struct Call {
  std::string model, format = "text", from, to, over = "any", today, kind, file, chain = "FORWARD", claim,
                     certificates;
  bool allowConditional = false, verbose = false, noColour = false;
};

std::string todayIso() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[11];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

ExitCode refuse(const Call& call, const Diagnostics& diagnostics) {
  if (call.format == "json") {
    std::cout << report::diagnosticsJson(diagnostics);
  }
  std::cerr << model::diagnosticText(diagnostics);
  return ExitCode::wrong;
}

report::TextStyle styleOf(const Call& call) {
  report::TextStyle style;
  style.verbose = call.verbose;
  style.colour = !call.noColour && isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return style;
}

struct Loaded {
  model::BehaviourCatalogue behaviours;
  model::Model model;
};

Result<Loaded> load(const Call& call) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return std::unexpected(behaviours.error());
  Loaded loaded;
  loaded.behaviours = std::move(*behaviours);
  model::Vocabulary vocabulary;
  vocabulary.behaviours = &loaded.behaviours;
  auto read = model::readModel(call.model, vocabulary);
  if (!read) return std::unexpected(read.error());
  loaded.model = std::move(*read);
  Diagnostics problems = import::loadRules(loaded.model);
  if (hasErrors(problems)) return std::unexpected(problems);
  loaded.model.warnings.insert(loaded.model.warnings.end(), problems.begin(), problems.end());
  auto addFindings = [&](const model::FilterProgram& program) {
    // On larger rule sets this costs more than the verdicts.
    constexpr std::size_t kMostRules = 400;
    std::size_t rules = 0;
    for (const model::Chain& chain : program.chains) rules += chain.rules.size();
    if (rules > kMostRules) return;
    Diagnostics findings = reach::ruleFindings(program);
    loaded.model.warnings.insert(loaded.model.warnings.end(), findings.begin(), findings.end());
  };
  addFindings(loaded.model.flows);
  for (const auto& program : loaded.model.linkPrograms) {
    if (program) addFindings(*program);
  }
  sortDiagnostics(loaded.model.warnings);
  return loaded;
}

ExitCode egress(const Call& call, const Loaded& loaded) {
  const channel::Judge judge(loaded.model, loaded.behaviours, call.today);
  const channel::EgressTable table = judge.egress();
  std::cout << (call.format == "json" ? report::egressJson(loaded.model, table)
                                      : report::egressText(table, styleOf(call)));
  return ExitCode::ok;
}

ExitCode exitOf(const std::vector<channel::ClaimResult>& results, bool allowConditional) {
  bool undecided = false, broken = false;
  for (const channel::ClaimResult& result : results) {
    const channel::Verdict verdict = result.judgement.verdict;
    broken = broken || verdict == channel::Verdict::broken ||
             (verdict == channel::Verdict::conditional && !allowConditional);
    undecided = undecided || verdict == channel::Verdict::undecided;
  }
  return broken ? ExitCode::broken : undecided ? ExitCode::undecided : ExitCode::ok;
}

ExitCode show(const Call& call, const Loaded& loaded, const channel::Judge& judge,
              const std::vector<channel::ClaimResult>& results, bool verbose) {
  report::TextStyle style = styleOf(call);
  style.verbose = style.verbose || verbose;
  std::cout << (call.format == "json" ? report::verifyJson(loaded.model, results, judge.trust())
                                      : report::verifyText(loaded.model, results, judge.trust(), style));
  return exitOf(results, call.allowConditional);
}

ExitCode verify(const Call& call) {
  auto loaded = load(call);
  if (!loaded) return refuse(call, loaded.error());
  if (loaded->model.claims.empty()) return egress(call, *loaded);
  const channel::Judge judge(loaded->model, loaded->behaviours, call.today);
  std::vector<channel::ClaimResult> results;
  bool found = call.claim.empty();
  for (const model::Claim& claim : loaded->model.claims) {
    if (!call.claim.empty() && claim.id != call.claim) continue;
    found = true;
    results.push_back(judge.judge(claim));
  }
  if (!found)
    return refuse(
        call, {{Severity::error, {"--claim", 0, 0}, 0, "no claim is called '" + call.claim + "'", "", ""}});
  if (!call.certificates.empty()) {
    auto written = writeCertificates(call.certificates, loaded->model, judge, results);
    if (!written) return refuse(call, written.error());
    for (const std::string& claim : written->without)
      std::cerr << "no certificate for '" << claim << "': its kind has none yet\n";
  }
  return show(call, *loaded, judge, results, false);
}

// `trace` and `reach` judge places named in the call: they are read as a claim added to the model's own file.
Result<model::Claim> claimOf(const Call& call, const Loaded& loaded) {
  auto claim = model::claimOfCall(loaded.model, call.from, call.to, call.over);
  if (!claim) return std::unexpected(claim.error());
  return *claim;
}

ExitCode trace(const Call& call) {
  auto loaded = load(call);
  if (!loaded) return refuse(call, loaded.error());
  auto claim = claimOf(call, *loaded);
  if (!claim) return refuse(call, claim.error());
  loaded->model.claims = {*claim};
  const channel::Judge judge(loaded->model, loaded->behaviours, call.today);
  return show(call, *loaded, judge, judge.judgeAll(), true);
}

ExitCode reachCommand(const Call& call) {
  auto loaded = load(call);
  if (!loaded) return refuse(call, loaded.error());
  auto claim = claimOf(call, *loaded);
  if (!claim) return refuse(call, claim.error());
  loaded->model.claims = {*claim};
  const channel::Judge judge(loaded->model, loaded->behaviours, call.today);
  const auto entries = judge.reach(claim->from, claim->to);
  std::cout << (call.format == "json" ? report::reachJson(loaded->model, entries)
                                      : report::reachText(entries));
  if (call.format != "json") {
    for (const Diagnostic& warning : loaded->model.warnings) {
      std::cout << "warning: " << warning.place.toString() << ": " << warning.message << "\n";
    }
  }
  return ExitCode::ok;
}

ExitCode egressCommand(const Call& call) {
  auto loaded = load(call);
  if (!loaded) return refuse(call, loaded.error());
  return egress(call, *loaded);
}

ExitCode schema(const Call& call) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return refuse(call, behaviours.error());
  std::cout << model::modelSchema(*behaviours);
  return ExitCode::ok;
}

ExitCode services(const Call& call) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return refuse(call, behaviours.error());
  std::cout << (call.format == "json" ? report::servicesJson(*behaviours)
                                      : report::servicesText(*behaviours));
  return ExitCode::ok;
}

ExitCode importCommand(const Call& call) {
  if (call.kind != "iptables") {
    return refuse(call, {{Severity::error,
                          {"import", 0, 0},
                          0,
                          "'" + call.kind + "' is not read by this version",
                          "iptables",
                          ""}});
  }
  auto text = import::importedModel(call.file, call.chain);
  if (!text) return refuse(call, text.error());
  std::cout << *text;
  return ExitCode::ok;
}

int run(int argc, char** argv) {
  CLI::App app{"Vauban proves what an architecture makes impossible, or shows the path."};
  app.set_version_flag("--version", VAUBAN_VERSION);
  app.require_subcommand(1);
  Call call;
  call.today = todayIso();
  ExitCode code = ExitCode::ok;
  auto command = [&](const char* name, const char* about, ExitCode (*stage)(const Call&), bool takesModel) {
    CLI::App* sub = app.add_subcommand(name, about);
    if (takesModel) {
      sub->add_option("model", call.model, "model file, or a folder of them")->required();
      sub->add_option("--today", call.today, "the date for waivers, YYYY-MM-DD");
    }
    sub->add_option("--format", call.format, "text or json")->check(CLI::IsMember({"text", "json"}));
    sub->callback([&call, &code, stage] { code = stage(call); });
    return sub;
  };
  CLI::App* sub = command("verify", "check the model and all its claims", verify, true);
  sub->add_flag("--allow-conditional", call.allowConditional, "conditional claims do not fail the run");
  sub->add_flag("-v,--verbose", call.verbose, "all assumptions, and what shuts each way");
  sub->add_flag("--no-color,--no-colour", call.noColour, "no colour on a terminal either");
  sub->add_option("--claim", call.claim, "judge this claim only");
  sub->add_option("--certificates", call.certificates,
                  "a folder for the certificate of each claim that is kept");
  sub = command("egress", "what can leave, from where, over which protocol", egressCommand, true);
  sub->add_flag("--no-color,--no-colour", call.noColour, "no colour on a terminal either");
  sub = command("trace", "the shortest way from A to B, or what shuts it", trace, true);
  sub->add_option("--from", call.from, "zone, host or CIDR")->required();
  sub->add_option("--to", call.to, "zone, host or CIDR")->required();
  sub->add_option("--over", call.over, "service");
  sub->add_flag("--no-color,--no-colour", call.noColour, "no colour on a terminal either");
  sub = command("reach", "the effective flow matrix", reachCommand, true);
  call.from.clear();
  sub->add_option("--from", call.from, "zone, host or CIDR (any)");
  sub->add_option("--to", call.to, "zone, host or CIDR (any)");
  command("schema", "the JSON Schema of the model file", schema, false);
  command("services", "built-in services and behaviours", services, false);
  sub = command("import", "another tool's file as a model", importCommand, false);
  sub->add_option("kind", call.kind, "iptables")->required();
  sub->add_option("file", call.file, "the file")->required();
  sub->add_option("--chain", call.chain, "FORWARD, INPUT or OUTPUT");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error);
    return status == 0 ? 0 : static_cast<int>(ExitCode::wrong);
  }
  return static_cast<int>(code);
}

}  // namespace
}  // namespace vauban

int main(int argc, char** argv) { return vauban::run(argc, argv); }
