// A listed ruleset against reach::Network: what its ways say of one point, party by party and class by class,
// without anything that compile knows.
#pragma once

#include <string>

#include "compile/nftables.h"
#include "compile/proof.h"

namespace vauban::tests {

// Addresses for all hosts that state none, of each zone and family in which they stand; nullopt where a zone
// has too few.
std::optional<std::map<model::HostId, std::vector<space::Address>>> plannedAddresses(
    const model::Model& model);

// "" where equal: for every two zones of the ruleset, packets that open a conversation with the sender's own
// address, and (in small models) with any other. All hosts have an address, stated or in the options.
std::string networkDifference(const model::Model& model, const compile::CompileOptions& options,
                              const compile::Ruleset& ruleset, const compile::ReadBack& listed);

}  // namespace vauban::tests
