#include "report/html_page.h"

#include "report/markup.h"

namespace vauban::report {
namespace {

// Colours of text on their ground have a contrast of at least 4.5 (WCAG 2.2, 1.4.3); a verdict is always a
// word as well, never a colour alone (1.4.1).
constexpr const char* kStyle = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; background: #fff; color: #1a1a1a;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; padding-top: .4rem; border-top: 2px solid #1a1a1a; }
h3 { font-size: 1.1rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: 1rem; margin: 1.1rem 0 .3rem; }
p { margin: .4rem 0; }
a { color: #0b4f8a; }
code { font: .9em/1.4 ui-monospace, "Liberation Mono", Consolas, monospace; background: #f1f1ee; padding: .05em .3em;
  border-radius: .2em; overflow-wrap: anywhere; unicode-bidi: isolate; }
bdi { overflow-wrap: break-word; }
.product { color: #555; margin: 0 0 1.2rem; letter-spacing: .04em; text-transform: uppercase; font-size: .8rem; }
.result { font-size: 1.2rem; padding: .9rem 1.1rem; border-left: .5rem solid; background: #f7f7f5; margin: 1.2rem 0; }
.result.good { border-color: #1b6b34; } .result.bad { border-color: #a11622; } .result.open { border-color: #8a5300; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; }
caption { text-align: left; color: #555; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-bottom: 1px solid #c9c9c4; }
thead th { border-bottom: 2px solid #1a1a1a; }
tbody th { font-weight: 600; }
.badge { display: inline-block; min-width: 6.4rem; padding: .1rem .5rem; border-radius: .25rem; color: #fff;
  font-size: .85rem; font-weight: 700; text-align: center; white-space: nowrap; }
.kept, .shut { background: #1b6b34; } .broken, .direct, .relayed { background: #a11622; }
.conditional { background: #8a5300; } .waived { background: #2f5d80; } .undecided { background: #6a3d82; }
.egress .badge { min-width: 0; padding: .1rem .35rem; font-size: .78rem; }
.claim { border: 1px solid #c9c9c4; border-radius: .4rem; padding: 1rem 1.2rem; margin: 1rem 0; }
.claim > p:first-of-type { font-size: 1.05rem; }
ol.way { padding-left: 1.6rem; } ol.way > li { margin: .5rem 0; } ol.way > li::marker { font-weight: 700; }
.rule, .place { color: #555; font-size: .92rem; }
pre { margin: .4rem 0; padding: .6rem .8rem; background: #f1f1ee; border-left: .25rem solid #777; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; font: .9em/1.4 ui-monospace, "Liberation Mono", Consolas, monospace; }
pre code { background: none; padding: 0; font-size: 1em; }
.gap { color: #7a4400; font-weight: 600; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid #c9c9c4; color: #555; font-size: .9rem; }
@media print {
  @page { margin: 18mm 16mm; }
  html { font-size: 10pt; }
  body { padding: 0; max-width: none; }
  a { color: inherit; text-decoration: none; }
  thead { display: table-header-group; }
  tr, .result, ol.way > li, pre { break-inside: avoid; }
  h2, h3, h4 { break-after: avoid; }
  .claim { border-width: 0 0 1px; border-radius: 0; padding: .6rem 0; }
  .badge { border: 1px solid #1a1a1a; color: #1a1a1a; background: #fff; }
  pre, code, .result { background: #fff; }
  pre { white-space: pre-wrap; }
}
)";

}  // namespace

std::string htmlPage(const std::string& title, const std::string& body, const std::string& version) {
  // The policy forbids what the page does not have, so that no text of a model can bring it in.
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         markupText(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n" + body +
         "</main>\n<footer><p>Vauban " + markupText(version) +
         ". A verdict is about the model: whether the model is the network is not proved here.</p></footer>\n"
         "</body>\n</html>\n";
}

}  // namespace vauban::report
