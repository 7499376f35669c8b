// Which sources an enforcement point lets in at all, before it knows where a packet goes; for the files of
// this room only.
//
// A router answers what it cannot forward (hop limit used up, no route, too big: RFC 1812 section 5, RFC 4443
// section 3) and what is meant for itself before any forward chain sees the packet, at the source that this
// bears, and quotes it. So what no rule may let pass must not come that far.
#pragma once

#include "compile/point_plan.h"

namespace vauban::compile {

// Sources that a packet may bear only where it is meant for the device itself: who has no address yet (DHCP,
// RFC 2131; neighbour discovery, RFC 4862) and the link-local ones of IPv6 (RFC 4291). They are let in by
// every interface: no router sends them on, and an answer goes no further than the link.
space::AddressSet unforwardedSources();

// Sources that some policy from the interface tolerates: the union of what they let in, everything of a
// family in which one of them does not look. Inside a zone that is not isolated its own side is tolerated
// too, everything if nothing from the interface looks at sources or drops the family; so this contains every
// source that the forward chain accepts, but for foreign ones inside such a zone. Without
// unforwardedSources().
space::AddressSet entrySources(const model::Model& model, const CompileOptions& options,
                               const PointPlan& plan, const ZoneInterface& interface);

}  // namespace vauban::compile
