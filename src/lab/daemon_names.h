// The names of a service, as the programs that play it are told them.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/lab_plan.h"
#include "space/name_set.h"

namespace vauban::lab {

// A suffix that is let through or not; the longest decides (space/name_set.h).
using Suffix = std::pair<std::string, bool>;

// What the list of the service lets through, longest suffixes first and the root ("") last: the first that
// matches decides, as well as the longest. Empty: the service has no list.
std::vector<Suffix> listedSuffixes(const model::ServiceInstance& service);

// Whether the property is stated and all its values are among `good`.
bool states(const model::ServiceInstance& service, const std::string& property,
            const std::set<std::string>& good);

// Whether a question is checked against the list before anything is asked upstream; without a list it does
// not matter.
bool decidesAfter(const model::ServiceInstance& service);

// A trusted domain whose names a question to the service leads to, through the DNS services that it asks in
// turn; nullptr: there is none, or the way leads to the adversary first.
const Domain* answeredDomain(const ServiceSite& site, const LabPlan& plan);

// The addresses of the targets, each once, in order.
std::vector<os::InternetAddress> addressesOf(const std::vector<ServiceSite::Target>& targets);

}  // namespace vauban::lab
