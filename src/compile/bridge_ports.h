// Ports of bridges behind which one host stands: `anti-spoofing: host` inside a zone; for the files of this
// room only.
#pragma once

#include "compile/nftables.h"
#include "compile/point_plan.h"
#include "compile/ruleset_text.h"

namespace vauban::compile {

// A table of family bridge. A port lets in only packets that bear an address of its host: as source of IPv4
// (RFC 791) and IPv6 (RFC 8200), as sender of ARP (RFC 826) and as target of neighbour advertisements
// (RFC 4861 section 4.4); and nothing by which a machine makes itself the gateway or the address server of
// others (RFC 4861 sections 4.2, 4.5; RFC 2131; RFC 8415). Link-local addresses of IPv6 are free: no router
// forwards them.
void writeBridgePorts(const model::Model& model, const CompileOptions& options, const PointPlan& plan,
                      RulesetText& text);

}  // namespace vauban::compile
