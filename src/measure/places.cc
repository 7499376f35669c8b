// Whether what was tried somewhere was tried here.
#include <algorithm>

#include "measure/measure.h"

namespace vauban::measure {
namespace {

using Kind = model::PlaceTerm::Kind;

bool inZone(const model::Model& model, const model::PlaceTerm& inner, model::ZoneId zone) {
  if (inner.kind == Kind::zone) return inner.zone == zone;
  if (inner.kind == Kind::host) return model.at(inner.host).zone == zone;
  if (inner.kind == Kind::addresses) return model.at(zone).addresses.contains(inner.addresses);
  return false;
}

bool inAddresses(const model::Model& model, const model::PlaceTerm& inner, const space::AddressSet& all) {
  if (inner.kind == Kind::addresses) return all.contains(inner.addresses);
  if (inner.kind == Kind::zone) return all.contains(model.at(inner.zone).addresses);
  if (inner.kind != Kind::host) return false;
  const auto& addresses = model.at(inner.host).addresses;
  return !addresses.empty() &&
         std::ranges::all_of(addresses, [&](const space::Address& one) { return all.contains(one); });
}

}  // namespace

bool covers(const model::Model& model, const model::PlaceTerms& terms, const model::PlaceTerm& inner) {
  if (terms.empty()) return true;
  return std::ranges::any_of(terms, [&](const model::PlaceTerm& outer) {
    switch (outer.kind) {
      case Kind::any:
        return true;
      case Kind::zone:
        return inZone(model, inner, outer.zone);
      case Kind::host:
        return inner.kind == Kind::host && inner.host == outer.host;
      case Kind::addresses:
        return inAddresses(model, inner, outer.addresses);
      case Kind::name:
        return inner.kind == Kind::name && inner.text == outer.text;
    }
    return false;
  });
}

}  // namespace vauban::measure
