#include "reach/rule_findings.h"

#include "space/packet_set.h"

namespace vauban::reach {

using model::Action;
using model::FilterRule;
using space::PacketSet;

namespace {

bool plain(const FilterRule& rule) {
  return rule.exact && !rule.when && !rule.in && !rule.out && rule.sourceHosts.empty() &&
         rule.destinationHosts.empty();
}

bool decides(const FilterRule& rule) {
  return rule.action == Action::accept || rule.action == Action::drop || rule.action == Action::reject;
}

}  // namespace

Diagnostics ruleFindings(const model::FilterProgram& program) {
  Diagnostics findings;
  for (const model::Chain& chain : program.chains) {
    // Downwards: what each rule is left with.
    std::vector<PacketSet> meets(chain.rules.size());
    PacketSet left = PacketSet::all();
    std::vector<bool> shadowed(chain.rules.size(), false);
    for (std::size_t r = 0; r < chain.rules.size(); ++r) {
      const FilterRule& rule = chain.rules[r];
      if (!plain(rule)) continue;
      meets[r] = PacketSet::product(rule.source, rule.destination, rule.services) & left;
      shadowed[r] = meets[r].empty();
      if (shadowed[r]) {
        findings.push_back({Severity::warning, rule.place, 0,
                            "shadowed: earlier rules decide all that `" + rule.text + "` matches", "", ""});
      }
      if (decides(rule)) left -= meets[r];
    }
    // Upwards: what the rules below would do with it. Only where the chain's own policy follows.
    if (!chain.policy) continue;
    bool simple = true;
    for (const FilterRule& rule : chain.rules) simple = simple && decides(rule);
    if (!simple) continue;
    PacketSet accepted = *chain.policy == Action::accept ? PacketSet::all() : PacketSet();
    PacketSet uncertain;  // what rules that are not plain may decide either way
    for (std::size_t r = chain.rules.size(); r-- > 0;) {
      const FilterRule& rule = chain.rules[r];
      const PacketSet match = PacketSet::product(rule.source, rule.destination, rule.services);
      if (!plain(rule)) {
        uncertain |= rule.sourceHosts.empty() && rule.destinationHosts.empty() ? match : PacketSet::all();
        continue;
      }
      const bool accepts = rule.action == Action::accept;
      const bool same = accepts ? accepted.contains(meets[r])
                                : !accepted.intersects(meets[r]) && rule.action == Action::drop;
      if (!shadowed[r] && same && !uncertain.intersects(meets[r])) {
        findings.push_back({Severity::warning, rule.place, 0,
                            "redundant: without `" + rule.text + "` the same packets pass", "", ""});
      }
      accepted = accepts ? accepted | match : accepted - match;
      uncertain -= match;
    }
  }
  sortDiagnostics(findings);
  return findings;
}

}  // namespace vauban::reach
