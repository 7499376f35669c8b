#include "report/verdict_junit.h"

#include <fmt/format.h>

#include "model/diagnostic_text.h"
#include "report/claim_words.h"
#include "report/markup.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Judgement;
using channel::Verdict;

namespace {

// What the failure shows: the way, and what would shut it.
std::string details(const model::Model& model, const ClaimResult& result) {
  const Judgement& judgement = result.judgement;
  std::string text = claimInWords(model, *result.claim) + "\n";
  if (!result.claim->place.file.empty()) text += "at " + result.claim->place.toString() + "\n";
  if (!judgement.reason.empty()) text += judgement.reason + "\n";
  for (const auto& [values, verdict] : result.perCondition) {
    std::string words;
    for (const auto& [name, open] : values) {
      words += (words.empty() ? "" : ", ") + name + (open ? " open" : " closed");
    }
    text += fmt::format("{}: {}\n", words, channel::toString(verdict));
  }
  for (std::size_t n = 0; n < judgement.steps.size(); ++n)
    text += fmt::format("{}{}\n", n == 0 ? "" : fmt::format("{}. ", n), judgement.steps[n]);
  if (!judgement.steps.empty() && !judgement.witness.empty()) text += "the ways of the bytes:\n";
  std::size_t number = 0;
  for (const channel::Hop& hop : judgement.witness) {
    text += fmt::format("{}. {}\n", ++number, hopInWords(hop));
    if (hop.rule) text += "   " + ruleInWords(hop) + "\n";
  }
  for (const reach::Atom& atom : judgement.conditions) {
    text += fmt::format("kept if you state, in {}:  {}\n", atom.where, atom.line);
    if (!atom.test.empty()) text += "   test it: " + atom.test + "\n";
  }
  return text;
}

std::string restsOn(const Judgement& judgement) {
  std::string text;
  for (const channel::Statement& statement : judgement.assumptions) {
    const std::string place = lineOf(statement.place);
    text += fmt::format("rests on: {}{}{}\n", statement.stated ? "" : "not stated: ", statement.text,
                        place.empty() ? "" : "  (" + place + ")");
  }
  return text;
}

std::string headline(const Judgement& judgement) {
  const std::string capacity = capacityInWords(judgement);
  std::string text = channel::toString(judgement.verdict);
  if (!capacity.empty()) text += ": " + capacity;
  if (judgement.verdict == Verdict::undecided) text += ": " + judgement.reason;
  return text;
}

std::string element(const char* name, const std::string& type, const std::string& message,
                    const std::string& text) {
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", name, markupAttribute(type),
                     markupAttribute(message), markupText(text));
}

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
};

std::string document(const std::string& suite, const std::string& file, const Counts& counts,
                     const std::string& body) {
  const std::string numbers =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\"", counts.tests,
                  counts.failures, counts.errors, counts.skipped);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"vauban\" {0}>\n"
      "  <testsuite name=\"{1}\" file=\"{2}\" {0}>\n{3}  </testsuite>\n</testsuites>\n",
      numbers, markupAttribute(suite), markupAttribute(file), body);
}

std::string opening(const std::string& className, const std::string& name, const Place& place) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"0\">\n",
                     markupAttribute(className), markupAttribute(name), markupAttribute(place.file),
                     place.line);
}

}  // namespace

std::string verifyJunit(const model::Model& model, const std::vector<ClaimResult>& results,
                        const channel::Trust& trust, bool allowConditional) {
  const std::string suite = model.name.empty() ? model.file : model.name;
  Counts counts;
  std::string body;
  for (const ClaimResult& result : results) {
    const Judgement& judgement = result.judgement;
    const std::string type = channel::toString(judgement.verdict);
    ++counts.tests;
    body += opening(suite, result.claim->id, result.claim->place);
    std::string output = restsOn(judgement);
    switch (judgement.verdict) {
      case Verdict::kept:
        output = claimInWords(model, *result.claim) + "\n" + output;
        break;
      case Verdict::waived:
        ++counts.skipped;
        body += fmt::format("      <skipped message=\"{}\"/>\n", markupAttribute(judgement.reason));
        output = details(model, result) + output;
        break;
      case Verdict::conditional:
        if (allowConditional) {
          output = headline(judgement) + "\n" + details(model, result) + output;
          break;
        }
        [[fallthrough]];
      case Verdict::broken:
        ++counts.failures;
        body += element("failure", type, headline(judgement), details(model, result));
        break;
      case Verdict::undecided:
        ++counts.errors;
        body += element("error", type, headline(judgement), details(model, result));
        break;
    }
    if (!output.empty()) body += "      <system-out>" + markupText(output) + "</system-out>\n";
    body += "    </testcase>\n";
  }
  std::string notes;
  for (const auto* list : {&model.warnings, &trust.warnings}) {
    for (const Diagnostic& warning : *list) {
      notes += fmt::format("warning: {}: {}\n", warning.place.toString(), warning.message);
    }
  }
  for (const std::string& text : channel::Judge::outsideTheModel()) notes += text + "\n";
  body += "    <system-out>" + markupText(notes) + "</system-out>\n";
  return document(suite, model.file, counts, body);
}

std::string diagnosticsJunit(const Diagnostics& diagnostics) {
  const Place place = diagnostics.empty() ? Place{} : diagnostics.front().place;
  const std::string message = diagnostics.empty() ? "the model is wrong" : diagnostics.front().message;
  Counts counts;
  counts.tests = counts.errors = 1;
  const std::string body = opening("vauban", "the model can be read", place) +
                           element("error", "model", message, model::diagnosticText(diagnostics)) +
                           "    </testcase>\n";
  return document("vauban", place.file, counts, body);
}

}  // namespace vauban::report
