// The command line: each command is a list of stages.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <thread>

#include "apply_command.h"
#include "attack_command.h"
#include "base/nearest_name.h"
#include "catalogue_commands.h"
#include "certificates.h"
#include "channel/verdict.h"
#include "check_command.h"
#include "compare_command.h"
#include "compile_command.h"
#include "diff_command.h"
#include "exit_code.h"
#include "import/iptables_model.h"
#include "import/nft_json_model.h"
#include "lab_command.h"
#include "lab_evidence.h"
#include "load_model.h"
#include "maturity_command.h"
#include "measure_command.h"
#include "model/call_claim.h"
#include "model/diagnostic_text.h"
#include "model/model_reader.h"
#include "plan_command.h"
#include "report/certificate_json.h"
#include "report/verdict_report.h"
#include "seconds_option.h"
#include "verdict_format.h"
#include "watch_command.h"

namespace vauban {
namespace {

struct Call {
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  double seconds = 0;  // no limit
  std::string model, format = "text", from, to, over = "any", today, kind, file, chain = "FORWARD", claim,
                     certificates, certificate, oldModel, labRecord;
  bool batch = false;
  bool allowConditional = false, verbose = false, noColour = false, watch = false;
  WatchRound* round = nullptr;  // of --watch: what the round before found
};

std::string todayIso() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[11];
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

ExitCode egress(const Call& call, const LoadedModel& loaded) {
  const channel::Judge judge(loaded.model, loaded.behaviours, call.today);
  const channel::EgressTable table = judge.egress();
  std::cout << egressIn(call.format, loaded.model, table, terminalStyle(call.verbose, call.noColour));
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

ExitCode show(const Call& call, const LoadedModel& loaded, const channel::Judge& judge,
              const std::vector<channel::ClaimResult>& results, bool verbose) {
  report::TextStyle style = terminalStyle(call.verbose, call.noColour);
  style.verbose = style.verbose || verbose;
  if (call.round != nullptr) style.before = call.round->remember(results);
  std::cout << verdictsIn(call.format, loaded.model, results, judge.trust(), style, call.allowConditional);
  return exitOf(results, call.allowConditional);
}

ExitCode verify(const Call& call) {
  if (call.watch && call.round == nullptr) {
    if (call.format != "text") {
      return refuse(call.format,
                    {{Severity::error, {"--watch", 0, 0}, 0, "it prints text only", "--format text", ""}});
    }
    return watchModel(call.model, [&call](WatchRound& round) {
      Call again = call;
      again.round = &round;
      return verify(again);
    });
  }
  auto loaded = loadModel(call.model);
  if (!loaded) return refuse(call.format, loaded.error());
  if (loaded->model.claims.empty()) return egress(call, *loaded);
  if (!call.claim.empty()) {
    auto& claims = loaded->model.claims;
    std::erase_if(claims, [&](const model::Claim& claim) { return claim.id != call.claim; });
    if (claims.empty()) {
      return refuse(
          call.format,
          {{Severity::error, {"--claim", 0, 0}, 0, "no claim is called '" + call.claim + "'", "", ""}});
    }
  }
  channel::Judge judge(loaded->model, loaded->behaviours, call.today);
  if (call.seconds > 0) {
    judge.stopAt(std::chrono::steady_clock::now() +
                 std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                     std::chrono::duration<double>(call.seconds)));
  }
  std::vector<channel::ClaimResult> results = judge.judgeAll(call.jobs);
  constexpr double kSecondsOfGoal = 30;
  const double seconds = call.seconds > 0 ? std::min(call.seconds, kSecondsOfGoal) : kSecondsOfGoal;
  if (auto judged = judgeGoals(*loaded, judge.trust(), call.today, seconds, results); !judged)
    return refuse(call.format, judged.error());
  if (!call.certificates.empty()) {
    auto written = writeCertificates(call.certificates, loaded->model, judge, results);
    if (!written) return refuse(call.format, written.error());
    for (const std::string& claim : written->without)
      std::cerr << "no certificate for '" << claim << "': its kind has none yet\n";
  }
  const ExitCode code = show(call, *loaded, judge, results, false);
  if (call.labRecord.empty()) return code;
  const auto evidence = labEvidence(call.labRecord, *loaded, judge, results);
  if (!evidence) return refuse("text", evidence.error());
  // Where a program reads the verdicts, it is for people besides.
  std::ostream& out = call.format == "text" ? std::cout : std::cerr;
  out << "\n";
  for (std::size_t c = 0; c < results.size(); ++c)
    if ((*evidence)[c].state != LabEvidence::State::none)
      out << results[c].claim->id << ": " << (*evidence)[c].text << "\n";
  const bool refuted = std::ranges::any_of(
      *evidence, [](const LabEvidence& it) { return it.state == LabEvidence::State::refuted; });
  return refuted ? ExitCode::broken : code;
}

// `trace` and `reach` judge places named in the call: they are read as a claim added to the model's own file.
Result<model::Claim> claimOf(const Call& call, const LoadedModel& loaded) {
  auto claim = model::claimOfCall(loaded.model, call.from, call.to, call.over);
  if (!claim) return std::unexpected(claim.error());
  return *claim;
}

ExitCode trace(const Call& call) {
  auto loaded = loadModel(call.model);
  if (!loaded) return refuse(call.format, loaded.error());
  auto claim = claimOf(call, *loaded);
  if (!claim) return refuse(call.format, claim.error());
  loaded->model.claims = {*claim};
  const channel::Judge judge(loaded->model, loaded->behaviours, call.today);
  const std::vector<channel::ClaimResult> results = judge.judgeAll();
  const ExitCode code = show(call, *loaded, judge, results, true);
  if (call.format == "text" && results.front().judgement.verdict == channel::Verdict::kept) {
    if (const auto certificate = judge.certificate(loaded->model.claims.front()))
      std::cout << "\n" << report::certificateText(*certificate);
  }
  return code;
}

ExitCode reachCommand(const Call& call) {
  auto loaded = loadModel(call.model);
  if (!loaded) return refuse(call.format, loaded.error());
  auto claim = claimOf(call, *loaded);
  if (!claim) return refuse(call.format, claim.error());
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
  auto loaded = loadModel(call.model);
  if (!loaded) return refuse(call.format, loaded.error());
  return egress(call, *loaded);
}

ExitCode diff(const Call& call) { return diffCommand(call.oldModel, call.model, call.today, call.format); }

ExitCode schema(const Call& call) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return refuse(call.format, behaviours.error());
  std::cout << model::modelSchema(*behaviours);
  return ExitCode::ok;
}

ExitCode services(const Call& call) {
  auto behaviours = model::BehaviourCatalogue::builtIn();
  if (!behaviours) return refuse(call.format, behaviours.error());
  std::cout << (call.format == "json" ? report::servicesJson(*behaviours)
                                      : report::servicesText(*behaviours));
  return ExitCode::ok;
}

ExitCode importCommand(const Call& call) {
  const bool nft = call.kind == "nft-json";
  if (!nft && call.kind != "iptables") {
    return refuse(call.format, {{Severity::error,
                                 {"import", 0, 0},
                                 0,
                                 "'" + call.kind + "' is not read by this version",
                                 "iptables or nft-json",
                                 nearestName(call.kind, {"iptables", "nft-json"})}});
  }
  auto text =
      nft ? import::importedNftModel(call.file, call.chain) : import::importedModel(call.file, call.chain);
  if (!text) return refuse(call.format, text.error());
  std::cout << *text;
  return ExitCode::ok;
}

ExitCode check(const Call& call) {
  if (call.batch) return checkBatch(std::cin);
  if (call.certificate.empty() || call.model.empty()) {
    return refuse(call.format,
                  {{Severity::error, {"check", 0, 0}, 0, "a certificate and a model are expected", "", ""}});
  }
  return checkCommand(call.certificate, call.model, call.format == "json");
}

int run(int argc, char** argv) {
  CLI::App app{"Vauban proves what an architecture makes impossible, or shows the path."};
  app.set_version_flag("--version", VAUBAN_VERSION);
  app.require_subcommand(1);
  Call call;
  call.today = todayIso();
  ExitCode code = ExitCode::ok;
  using Words = std::vector<std::string>;
  auto command = [&](const char* name, const char* about, ExitCode (*stage)(const Call&), bool takesModel,
                     const Words& formats = {"text", "json"}) {
    CLI::App* sub = app.add_subcommand(name, about);
    if (takesModel) {
      sub->add_option("model", call.model, "model file, or a folder of them")->required();
      sub->add_option("--today", call.today, "the date for waivers, YYYY-MM-DD");
    }
    sub->add_option("--format", call.format, "the first is the default")->check(CLI::IsMember(formats));
    sub->callback([&call, &code, stage] { code = stage(call); });
    return sub;
  };
  CLI::App* sub = command("verify", "check the model and all its claims", verify, true,
                          {"text", "json", "sarif", "junit", "html"});
  sub->add_flag("--allow-conditional", call.allowConditional, "conditional claims do not fail the run");
  sub->add_flag("-v,--verbose", call.verbose, "all assumptions, and what shuts each way");
  sub->add_flag("--no-color,--no-colour", call.noColour, "no colour on a terminal either");
  sub->add_option("--claim", call.claim, "judge this claim only");
  sub->add_option("--jobs", call.jobs, "threads that judge claims (as many as there are processors)")
      ->check(CLI::Range(1U, 256U));
  sub->add_option("--time-limit", call.seconds, "seconds; claims not judged by then are undecided")
      ->check(secondsOption());
  sub->add_option("--certificates", call.certificates,
                  "a folder for the certificate of each claim that is kept");
  sub->add_option("--lab-record", call.labRecord,
                  "what `vauban lab --record` wrote: which verdicts it strengthens");
  sub->add_flag("--watch", call.watch, "verify again whenever a file of the model changes, until Ctrl-C");
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
  sub = command("check", "follow a certificate with the independent checker", check, false);
  sub->add_option("certificate", call.certificate, "the file that verify --certificates wrote");
  sub->add_option("model", call.model, "model file, or a folder of them");
  sub->add_flag("--batch", call.batch,
                "read lines of a certificate, a tab and a model; answer each with a line");
  sub = command("diff", "what changed between two versions of a model", diff, false, {"markdown", "json"});
  sub->add_option("old", call.oldModel, "model file or folder: the version before")->required();
  sub->add_option("new", call.model, "model file or folder: the version now")->required();
  sub->add_option("--today", call.today, "the date for waivers, YYYY-MM-DD");
  CompileCall compiling;
  sub = app.add_subcommand("compile", "the flow matrix as rules of a device, proven equal to it");
  sub->add_option("model", compiling.model, "model file, or a folder of them")->required();
  sub->add_option("--for", compiling.kind, "nftables")->check(CLI::IsMember({"nftables"}));
  sub->add_option("--device", compiling.device, "one device (or link) of the model; else the ideal point");
  sub->add_option("--interface", compiling.interfaces,
                  "ZONE=NAME: which interface leads to a zone (the zone's name)");
  sub->add_option("--open", compiling.open, "a condition that is open");
  sub->add_flag("--strict", compiling.strict, "what is not stated, or cannot be said exactly, is an error");
  sub->add_flag("--counters", compiling.counters, "every rule counts its packets");
  sub->add_flag("--unproven", compiling.unproven, "do not load it in a network namespace to read it again");
  sub->add_option("--format", compiling.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json"}));
  sub->callback([&compiling, &code] { code = compileCommand(compiling); });

  AttackCall attacking;
  attacking.today = todayIso();
  sub = app.add_subcommand("attack", "what an attacker can do, and how many things must fail for it");
  sub->add_option("model", attacking.model, "model file, or a folder of them")->required();
  sub->add_option("--goal", attacking.goals,
                  "data:ASSET, impact:ASSET[:KIND], controls:HOST (those of the model)");
  sub->add_option("--start", attacking.start, "a zone or host, insider:HOST, supply-chain:PRODUCT");
  sub->add_option("--group", attacking.groups,
                  "a group or campaign of ATT&CK: only what it is seen to use; any: no restriction");
  sub->add_option("--flow", attacking.flow, "an Attack Flow: which of its actions can be done here")
      ->check(CLI::ExistingFile);
  sub->add_option("--what-if", attacking.changes,
                  "isolated:ZONE, shared:ZONE, mfa:CREDENTIAL or deploy:D3-ID@PLACE");
  sub->add_option("--decoys", attacking.decoys, "the best places for so many decoys")
      ->check(CLI::Range(1, 100));
  sub->add_option("--paths", attacking.paths, "ways shown of each goal (5); 0: depths alone")
      ->check(CLI::Range(0, 1000));
  sub->add_option("--time-limit", attacking.seconds, "seconds for one search (10)")->check(secondsOption());
  sub->add_option("--format", attacking.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json", "svg", "navigator", "stix"}));
  sub->add_option("--domain", attacking.domain, "of a Navigator layer")
      ->check(CLI::IsMember({"enterprise", "ics"}));
  sub->add_option("--output", attacking.output, "writes to this file");
  sub->add_option("--today", attacking.today, "the date in what is written, YYYY-MM-DD");
  sub->add_flag("-v,--verbose", attacking.verbose, "every way step by step, all places");
  sub->add_flag("--no-color,--no-colour", attacking.noColour, "no colour on a terminal either");
  sub->callback([&attacking, &code] { code = attackCommand(attacking); });

  MeasureCall measuring;
  measuring.today = todayIso();
  sub = app.add_subcommand("measure", "what countermeasures are known to do, and what the queue acts on");
  sub->add_option("model", measuring.model, "model file, or a folder of them")->required();
  sub->add_flag("--queue", measuring.queue, "the detection queue alone");
  sub->add_flag("--paths", measuring.paths, "how likely an attacker gets to each goal, by any of his ways");
  sub->add_option("--seed", measuring.seed, "of Monte Carlo over paths, where it is needed (1)");
  sub->add_option("--technique", measuring.technique, "only this one of ATT&CK or D3FEND");
  sub->add_option("--assume", measuring.assume,
                  "a published figure taken where the model states none: coverage, rules-broken, "
                  "alerts-per-day, ignored or false-positives");
  sub->add_option("--say", measuring.say,
                  "NAME=LO..HI: telemetry, healthy, judged, response, seats or deadline (hours)");
  sub->add_option("--knowledge", measuring.knowledge, "a knowledge pack in place of the one in force");
  sub->add_option("--format", measuring.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json"}));
  sub->add_option("--today", measuring.today, "the date for evidence, YYYY-MM-DD");
  sub->add_flag("-v,--verbose", measuring.verbose, "all of the evidence");
  sub->callback([&measuring, &code] { code = measureCommand(measuring); });

  ApplyCall applying;
  applying.today = todayIso();
  sub = app.add_subcommand("apply", "a pattern put into a model, and what became provable by it");
  sub->add_option("pattern", applying.pattern, "which pattern");
  sub->add_option("model", applying.model, "model file, or a folder of them");
  sub->add_option("--members", applying.members, "MEMBER=PLACE,PLACE; those not given are found");
  sub->add_flag("--list", applying.list, "the patterns; with a model, where each of them fits");
  sub->add_option("--output", applying.output, "writes the changed model to this file");
  sub->add_option("--jobs", applying.jobs, "threads that judge claims")->check(CLI::Range(1U, 256U));
  sub->add_option("--format", applying.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json"}));
  sub->add_option("--today", applying.today, "the date for waivers, YYYY-MM-DD");
  sub->callback([&applying, &code] { code = applyCommand(applying); });

  PlanCall planning;
  planning.today = todayIso();
  planning.jobs = call.jobs;
  sub = app.add_subcommand("plan", "what to build next under a budget, in what order, and why");
  sub->add_option("model", planning.model, "model file, or a folder of them")->required();
  sub->add_option("--budget", planning.budget, "person-days (those of the model)");
  sub->add_option("--role", planning.roles, "ROLE=DAYS: of a work role of NICE (those of the model)");
  sub->add_option(
      "--standard", planning.standard,
      "controls to go towards first: 800-53:low|moderate|high|privacy, cis:ig1|ig2|ig3, csf or iso-27001");
  sub->add_option("--maturity", planning.maturity,
                  "nothing above this implementation group, 1 to 3; own: the first that is not wholly built");
  sub->add_option("--target", planning.target, "depth to reach of each goal (3)")->check(CLI::Range(1, 100));
  sub->add_option("--credit", planning.credit,
                  "design; or paths: what is credited where no design is solved again, to compare with");
  sub->add_option("--time-limit", planning.seconds, "seconds for the search (120)")->check(secondsOption());
  sub->add_option("--jobs", planning.jobs, "designs judged at the same time")->check(CLI::Range(1U, 256U));
  sub->add_option("--format", planning.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json", "markdown", "csv", "xlsx", "svg"}));
  sub->add_option("--output", planning.output, "writes to this file");
  sub->add_option("--today", planning.today, "the date for waivers and evidence, YYYY-MM-DD");
  sub->callback([&planning, &code] { code = planCommand(planning); });

  CompareCall comparing;
  comparing.today = todayIso();
  comparing.jobs = call.jobs;
  sub = app.add_subcommand("compare", "one budget spent four ways, side by side");
  sub->add_option("model", comparing.model, "model file, or a folder of them")->required();
  sub->add_option("--budget", comparing.budget, "person-days (those of the model)")
      ->check(CLI::Range(0.0, 1e6));
  sub->add_option("--time-limit", comparing.seconds, "seconds for all four (240)")->check(secondsOption());
  sub->add_option("--jobs", comparing.jobs, "designs judged at the same time")->check(CLI::Range(1U, 256U));
  sub->add_option("--format", comparing.format, "the first is the default")
      ->check(CLI::IsMember({"text", "markdown", "json"}));
  sub->add_option("--today", comparing.today, "the date for waivers and evidence, YYYY-MM-DD");
  sub->add_flag("-v,--verbose", comparing.verbose, "what each way builds");
  sub->callback([&comparing, &code] { code = compareCommand(comparing); });

  MaturityCall standing;
  sub = app.add_subcommand("maturity", "what is built of what fits: by group, by standard, by role");
  sub->add_option("model", standing.model, "model file, or a folder of them")->required();
  sub->add_option("--standard", standing.standards, "as for plan; several (the usual ones)");
  sub->add_option("--format", standing.format, "the first is the default")
      ->check(CLI::IsMember({"text", "json"}));
  sub->add_flag("-v,--verbose", standing.verbose, "each place that is left");
  sub->callback([&standing, &code] { code = maturityCommand(standing); });

  LabCall playing;
  playing.today = todayIso();
  sub = app.add_subcommand(
      "lab", "the architecture in network namespaces with real daemons: predicted against observed");
  sub->add_option("model", playing.model,
                  "a model file, or a folder of them; with variants/, each of those as well")
      ->required();
  sub->add_option("--format", playing.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  sub->add_option("--claim", playing.claim, "only this claim");
  sub->add_option("--record", playing.record, "writes the record to this file");
  sub->add_option("--evidence", playing.evidence,
                  "keeps the captures of the adversary's interface in this folder")
      ->check(CLI::ExistingDirectory);
  sub->add_option("--bytes", playing.bytes, "most that one probe sends")->check(CLI::Range(64, 65536));
  sub->add_option("--jobs", playing.jobs, "architectures at a time")->check(CLI::Range(1, 16));
  sub->add_flag("--tools", playing.tools,
                "real tunnelling tools as well (iodine, dns2tcp, ptunnel-ng, curl, dig)");
  sub->add_flag("--list", playing.list, "what would be played; starts nothing");
  sub->add_flag("--keep", playing.keep, "leaves each lab standing until Enter is pressed");
  sub->add_flag("--user-namespace", playing.userNamespace, "as if one were not root");
  sub->add_flag("-v,--verbose", playing.verbose, "services, notes, all probes and rulesets");
  sub->add_flag("--no-color,--no-colour", playing.noColour, "no colour on a terminal either");
  sub->callback([&playing, &code] { code = labCommand(playing); });
  command("schema", "the JSON Schema of the model file", schema, false);
  command("services", "built-in services and behaviours", services, false);
  sub = command("import", "another tool's file as a model", importCommand, false);
  sub->add_option("kind", call.kind, "iptables or nft-json")->required();
  sub->add_option("file", call.file, "the file")->required();
  sub->add_option("--chain", call.chain, "FORWARD, INPUT or OUTPUT");
  const auto asked = addCatalogueCommands(app, code);
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
