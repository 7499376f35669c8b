#include "report/verdict_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/claim_words.h"
#include "report/html_page.h"
#include "report/markup.h"
#include "report/verdict_report.h"

namespace vauban::report {

using channel::ClaimResult;
using channel::Hop;
using channel::Judgement;
using channel::Verdict;

namespace {

std::string text(const std::string& words) { return markupText(words); }
std::string code(const std::string& words) { return "<code>" + markupText(words) + "</code>"; }
// A name or sentence that may run from right to left does not turn what stands around it.
std::string apart(const std::string& words) { return "<bdi>" + markupText(words) + "</bdi>"; }

std::string badge(const std::string& word) {
  return fmt::format("<span class=\"badge {0}\">{0}</span>", markupAttribute(word));
}

std::string place(const Place& where) {
  const std::string line = lineOf(where);
  return line.empty() ? "" : " <span class=\"place\">" + code(line) + "</span>";
}

std::string count(std::size_t number, const char* one, const char* several) {
  return fmt::format("{} {}", number, number == 1 ? one : several);
}

struct Section {
  Verdict verdict;
  const char* title;
  const char* about;
};
// In the order in which a reader wants them.
constexpr Section kSections[] = {
    {Verdict::broken, "What is broken", "Each of these has a way that is open whatever else is true."},
    {Verdict::conditional, "What is kept only if you can also state something",
     "As the model stands, each of these has a way. It is shut once the lines below can truthfully be "
     "written "
     "into the model."},
    {Verdict::undecided, "What this version cannot say", "These are not promised."},
    {Verdict::waived, "What is known and accepted for now",
     "Each of these has a way that somebody has accepted."},
    {Verdict::kept, "What is proved", "Each of these holds, as long as what it rests on is true."},
};

// "1 of 10 claims is broken: ..." What a board takes home.
std::string sentence(const std::vector<ClaimResult>& results) {
  std::map<Verdict, std::size_t> counts;
  for (const ClaimResult& result : results) ++counts[result.judgement.verdict];
  const std::size_t all = results.size();
  const std::size_t broken = counts[Verdict::broken], conditional = counts[Verdict::conditional];
  std::string words, look = "good";
  if (broken != 0) {
    look = "bad";
    words = fmt::format("{} of {} is broken: what it promises does not hold.", broken,
                        count(all, "claim", "claims"));
    if (broken > 1) {
      words = fmt::format("{} of {} claims are broken: what they promise does not hold.", broken, all);
    }
  } else if (conditional + counts[Verdict::undecided] != 0) {
    look = "open";
    words = fmt::format("No claim is broken, but {} of {} not proved.",
                        conditional + counts[Verdict::undecided], count(all, "claim is", "claims are"));
  } else if (counts[Verdict::waived] != 0) {
    words = fmt::format("{} of {} proved; the others are known and accepted until a date.",
                        counts[Verdict::kept], count(all, "claim is", "claims are"));
  } else {
    words = all == 1 ? "The one claim is proved." : fmt::format("All {} claims are proved.", all);
  }
  return fmt::format("<p class=\"result {}\"><strong>{}</strong> In all: {}.</p>\n", look, text(words),
                     text(countsInWords(results)));
}

std::string inShort(const ClaimResult& result) {
  const Judgement& judgement = result.judgement;
  if (judgement.verdict == Verdict::kept) {
    return result.claim->kind == model::ClaimKind::always ? "every such packet passes"
           : judgement.witness.empty()                    ? "no way exists"
                                                          : "in all " + rateInWords(judgement.bitsPerSecond);
  }
  if (judgement.verdict == Verdict::undecided || judgement.verdict == Verdict::waived)
    return judgement.reason;
  if (judgement.witness.empty()) return judgement.steps.empty() ? "a way exists" : judgement.steps.front();
  if (isMissing(judgement.witness.front())) return "something that should pass does not";
  if (!judgement.steps.empty()) return judgement.steps.front();
  const std::string capacity = capacityInWords(judgement);
  return count(judgement.witness.size(), "hop", "hops") + (capacity.empty() ? "" : ", " + capacity);
}

std::string way(const Judgement& judgement) {
  const bool missing = isMissing(judgement.witness.front());
  const std::string capacity = missing ? "" : capacityInWords(judgement);
  std::string html = fmt::format("<h4>{}{}</h4>\n<ol class=\"way\">\n",
                                 missing ? "What does not pass" : "The shortest way found",
                                 capacity.empty() ? "" : " (" + text(capacity) + ")");
  for (const Hop& hop : judgement.witness) {
    html += "<li>" + apart(hopInWords(hop)) + ".<br><span class=\"rule\">";
    if (hop.rule) {
      const std::string device = hop.rule->device;
      html += fmt::format("{} {}: {}{}", missing ? "Shut by" : "Let pass by", code(lineOf(hop.rule->place)),
                          code(hop.rule->text), device.empty() ? "" : " at the " + apart(device));
    } else {
      html += "No rule decides here.";
    }
    html += "</span></li>\n";
  }
  return html + "</ol>\n";
}

std::string conditions(const Judgement& judgement) {
  std::string html = "<h4>What to write to close it, and how to test it</h4>\n<ol class=\"way\">\n";
  for (const reach::Atom& atom : judgement.conditions) {
    html += fmt::format("<li>In {}{} write:\n<pre><code>{}</code></pre>", code(atom.where), place(atom.place),
                        text(atom.line));
    if (!atom.text.empty()) html += "<p>It says: " + apart(atom.text) + ".</p>";
    if (!atom.test.empty()) html += "<p>Test it on the real network: " + apart(atom.test) + ".</p>";
    html += "</li>\n";
  }
  return html + "</ol>\n<p>Write only what is true: a line that is not makes the proof worthless.</p>\n";
}

std::string remedies(const Judgement& judgement) {
  const bool missing = isMissing(judgement.witness.front());
  std::string html = "<h4>What to write to close it, and how to test it</h4>\n<p>";
  html += missing ? "It passes once the rules say so:"
          : judgement.witness.size() == 1
              ? "No statement closes this way: the network has to change. This shuts it:"
              : "No statement closes this way: the network has to change. Shutting any one hop shuts it:";
  html += "</p>\n<ol class=\"way\">\n";
  for (const Hop& hop : judgement.witness) {
    const Remedy remedy = remedyOf(hop);
    if (remedy.isLine) {
      html += fmt::format("<li>{} {} write:\n<pre><code>{}</code></pre>",
                          missing ? "Before" : "Take out or narrow the rule at",
                          code(remedy.where) + (missing ? "" : ", or before it"), text(remedy.write));
    } else {
      html += fmt::format("<li>{}{}.", remedy.where.empty() ? "" : code(remedy.where) + ": ",
                          apart(remedy.write));
    }
    html += " <p>Test it on the real network: " + apart(testOf(hop)) + ".</p></li>\n";
  }
  html += "</ol>\n<p>";
  if (!missing) html += "The work that uses this hop today stops as well. ";
  return html + "Verify again afterwards: another way may remain.</p>\n";
}

std::string restsOn(const Judgement& judgement) {
  if (judgement.assumptions.empty()) return {};
  std::string html = "<h4>What this rests on</h4>\n<ul>\n";
  for (const channel::Statement& statement : judgement.assumptions) {
    html +=
        fmt::format("<li>{}{}{}</li>\n", statement.stated ? "" : "<span class=\"gap\">Not stated:</span> ",
                    apart(statement.text), place(statement.place));
  }
  return html + "</ul>\n";
}

std::string certificate(const Judgement& judgement) {
  std::string html;
  if (!judgement.states.empty()) {
    html += "<h4>How far the bytes get</h4>\n<ul>\n";
    for (const std::string& state : judgement.states) html += "<li>" + apart(state) + "</li>\n";
    html += "</ul>\n";
  }
  if (!judgement.shut.empty()) {
    html += "<h4>What shuts the straight way</h4>\n<ul>\n";
    for (const channel::Shut& shut : judgement.shut) {
      html += fmt::format("<li>{} to {}: {}{}</li>\n", apart(shut.from), apart(shut.to), apart(shut.reason),
                          place(shut.place));
    }
    html += "</ul>\n";
  }
  return html;
}

std::string detail(const model::Model& model, const ClaimResult& result, std::size_t number) {
  const Judgement& judgement = result.judgement;
  const model::Claim& claim = *result.claim;
  std::string html = fmt::format(
      "<article class=\"claim\" id=\"claim-{0}\" aria-labelledby=\"claim-{0}-name\">\n"
      "<h3 id=\"claim-{0}-name\">{1} {2}</h3>\n<p>Claimed: {3}.{4}</p>\n",
      number, badge(channel::toString(judgement.verdict)), apart(claim.id), apart(claimInWords(model, claim)),
      place(claim.place));
  if (!judgement.reason.empty()) html += "<p>" + apart(judgement.reason) + ".</p>\n";
  for (const auto& [values, verdict] : result.perCondition) {
    std::string words;
    for (const auto& [name, open] : values)
      words += (words.empty() ? "" : ", ") + name + (open ? " open" : " closed");
    html += "<p>With " + apart(words) + ": " + channel::toString(verdict) + ".</p>\n";
  }
  for (std::size_t n = 0; n < judgement.steps.size(); ++n) {
    html += n == 0 ? "<h4>What an attacker does</h4>\n<p>" + apart(judgement.steps[n]) +
                         ".</p>\n<ol class=\"way\">\n"
                   : "<li>" + apart(judgement.steps[n]) + ".</li>\n";
  }
  if (!judgement.steps.empty()) html += "</ol>\n";
  // An `at-most` claim that is kept still shows what there is.
  if (!judgement.witness.empty()) html += way(judgement);
  if (!judgement.conditions.empty()) {
    html += conditions(judgement);
  } else if (!judgement.witness.empty() && judgement.verdict != Verdict::kept) {
    html += remedies(judgement);
  }
  return html + restsOn(judgement) + certificate(judgement) + "</article>\n";
}

std::string warningsOf(const model::Model& model, const channel::Trust* trust) {
  std::string items;
  auto add = [&](const Diagnostics& list) {
    for (const Diagnostic& warning : list) {
      items += "<li>" + apart(warning.message) + place(warning.place) + "</li>\n";
    }
  };
  add(model.warnings);
  if (trust != nullptr) add(trust->warnings);
  return items.empty() ? ""
                       : "<section>\n<h2>What else was noticed</h2>\n<ul>\n" + items + "</ul>\n</section>\n";
}

std::string outside() {
  std::string html =
      "<section>\n<h2>What no verdict covers</h2>\n<p>Assumed of every verdict on this page:</p>\n<ul>\n";
  for (const std::string& words : channel::Judge::outsideTheModel()) html += "<li>" + text(words) + "</li>\n";
  return html + "</ul>\n</section>\n";
}

std::string heading(const model::Model& model) {
  return fmt::format(
      "<p class=\"product\">What the architecture makes impossible</p>\n<h1>{}</h1>\n<p>Model: {}</p>\n",
      apart(model.name.empty() ? model.file : model.name), code(model.file));
}

}  // namespace

std::string verifyHtml(const model::Model& model, const std::vector<ClaimResult>& results,
                       const channel::Trust& trust, const std::string& version) {
  std::string html = heading(model) + sentence(results);
  html +=
      "<section>\n<h2>The claims</h2>\n<table>\n<caption>Each claim, in the order of the model, and its "
      "verdict"
      "</caption>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Claim</th>"
      "<th scope=\"col\">What it promises</th><th scope=\"col\">Found</th></tr></thead>\n<tbody>\n";
  std::size_t number = 0;
  for (const ClaimResult& result : results) {
    html += fmt::format(
        "<tr><td>{}</td><th scope=\"row\"><a href=\"#claim-{}\">{}</a></th><td>{}</td><td>{}</td></tr>\n",
        badge(channel::toString(result.judgement.verdict)), ++number, apart(result.claim->id),
        apart(claimInWords(model, *result.claim)), apart(inShort(result)));
  }
  html += "</tbody>\n</table>\n</section>\n";
  for (const Section& section : kSections) {
    std::string details;
    number = 0;
    for (const ClaimResult& result : results) {
      ++number;
      if (result.judgement.verdict == section.verdict) details += detail(model, result, number);
    }
    if (details.empty()) continue;
    html += fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n", section.title, section.about,
                        details);
  }
  html += outside() + warningsOf(model, &trust);
  return htmlPage((model.name.empty() ? model.file : model.name) + ": " + countsInWords(results), html,
                  version);
}

std::string egressHtml(const model::Model& model, const channel::EgressTable& table,
                       const std::string& version) {
  static constexpr const char* kKinds[] = {"shut", "conditional", "relayed", "direct", "undecided"};
  std::string html = heading(model);
  html +=
      "<p class=\"result open\"><strong>The model makes no claims, so nothing is judged.</strong> Below is "
      "what "
      "can leave.</p>\n";
  html +=
      "<section>\n<h2>What can leave</h2>\n<table class=\"egress\">\n<caption>From each zone and host to all "
      "untrusted zones, by protocol</caption>\n<thead><tr><th scope=\"col\">From</th>";
  for (const std::string& protocol : table.protocols) html += "<th scope=\"col\">" + text(protocol) + "</th>";
  html += "</tr></thead>\n<tbody>\n";
  for (const channel::EgressRow& row : table.rows) {
    html += fmt::format("<tr><th scope=\"row\">{}{}</th>", row.isZone ? "zone " : "host ", apart(row.place));
    for (const channel::EgressCell& cell : row.cells) {
      html += "<td>" + badge(kKinds[static_cast<int>(cell.kind)]) + "</td>";
    }
    html += "</tr>\n";
  }
  html += "</tbody>\n</table>\n</section>\n" + outside() + warningsOf(model, nullptr);
  return htmlPage(model.name.empty() ? model.file : model.name, html, version);
}

std::string diagnosticsHtml(const Diagnostics& diagnostics, const std::string& version) {
  static constexpr const char* kWords[] = {"Error", "Warning", "Note"};
  std::string html =
      "<h1>The model is wrong</h1>\n<p class=\"result bad\"><strong>Nothing was judged.</strong></p>\n<ul>\n";
  for (const Diagnostic& diagnostic : diagnostics) {
    html += fmt::format("<li>{}: {}{}", kWords[static_cast<int>(diagnostic.severity)],
                        apart(diagnostic.message), place(diagnostic.place));
    if (!diagnostic.expected.empty()) html += " Expected: " + apart(diagnostic.expected) + ".";
    if (!diagnostic.nearest.empty()) html += " Did you mean " + apart(diagnostic.nearest) + "?";
    html += "</li>\n";
  }
  return htmlPage("The model is wrong", html + "</ul>\n", version);
}

}  // namespace vauban::report
