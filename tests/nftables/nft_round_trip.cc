#include "tests/nftables/nft_round_trip.h"

#include "compile/nft_kernel.h"
#include "import/nft_json.h"

namespace vauban::tests {

RoundTrip roundTrip(const model::Model& model, const compile::CompileOptions& options,
                    const compile::Ruleset& ruleset) {
  RoundTrip trip;
  const auto loaded = compile::loadAndList(ruleset.text);
  if (const auto* no = std::get_if<compile::Unavailable>(&loaded)) {
    trip.message = no->reason;
    return trip;
  }
  trip.tried = true;
  if (const auto* refused = std::get_if<compile::Rejected>(&loaded)) {
    trip.message = "nft refuses the ruleset: " + refused->message;
    return trip;
  }
  trip.json = std::get<compile::Listed>(loaded).json;
  auto read = [&](import::FlowState state, model::FilterProgram& into) {
    import::NftJsonOptions how;
    how.state = state;
    how.table = options.table;
    auto program = import::importNftJson("listing", trip.json, how);
    if (program) {
      into = std::move(*program);
      return;
    }
    for (const Diagnostic& diagnostic : program.error())
      trip.message += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  };
  read(import::FlowState::opening, trip.listed.opening);
  read(import::FlowState::established, trip.listed.established);
  read(import::FlowState::related, trip.listed.related);
  if (!trip.message.empty()) return trip;
  const auto proof = compile::provenEqual(model, options, trip.listed);
  trip.equal = proof.has_value();
  if (proof) return trip;
  for (const Diagnostic& diagnostic : proof.error())
    trip.message += diagnostic.place.toString() + ": " + diagnostic.message + "\n";
  return trip;
}

}  // namespace vauban::tests
