// New facts in the place of old ones: what `knowledge import` does with what the readers of official files
// give.
//
// Each call replaces what the catalogue had of the same thing (the ontology; one domain of ATT&CK; one
// baseline; one set of the Mappings Explorer; one crosswalk) and names the new source. Rows that other
// sources gave stay, also where they name ids that the new version does not have: revocations join them
// (id_history.h). Order is not kept: `arranged` puts it right, once, at the end.
#pragma once

#include "base/result.h"
#include "catalog/attack.h"
#include "catalog/catalogue.h"
#include "catalog/crosswalk_reader.h"
#include "catalog/ctid_reader.h"
#include "catalog/oscal_reader.h"

namespace vauban::catalog {

// `source` says where from; its framework, id and version are set here.
void replaceOntology(Catalogue& catalogue, Ontology ontology, Source source);
void replaceAttack(Catalogue& catalogue, Attack attack, Source source);

// Of a reading's own source; licence, notice and hash as the caller has put them in.
void replaceControls(Catalogue& catalogue, OscalReading reading);
void replaceMappings(Catalogue& catalogue, CtidReading reading);
void replaceCrosswalk(Catalogue& catalogue, CrosswalkReading reading);

// The same rows in the order of a pack, all references held against each other.
Result<Catalogue> arranged(const Catalogue& catalogue);

}  // namespace vauban::catalog
