#include "catalog/pack_fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace vauban::catalog::pack {
namespace {

bool isHash(std::string_view text) {
  return text.size() == 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

void Sources::check(const RowReader& io, const Source& row) {
  if (!row.sha256.empty() && !isHash(row.sha256))
    io.wrong(6, "no SHA-256", "64 hexadecimal digits in lower case, or nothing");
}

void References::check(const RowReader& io, const Reference& row) {
  if (row.year < 0 || row.year > 9999) io.wrong(2, fmt::format("{} is no year", row.year), "a year, or 0");
}

void Revocations::check(const RowReader& io, const Revocation& row) {
  if (row.newId.empty()) io.wrong(1, "a row without a new id", "the id that is there now");
  const bool needsOld = row.kind == "replaced" || row.kind == "renamed";
  if (needsOld == row.oldId.empty())
    io.wrong(0, needsOld ? "a row without an old id" : fmt::format("an old id of what was {}", row.kind),
             "an old id where something was replaced or renamed, and nowhere else");
  if (row.kind == "replaced" && row.oldId == row.newId) io.wrong(1, "an id replaced by itself");
  if (row.kind == "renamed" && row.oldId != row.newId) io.wrong(1, "what is renamed keeps its id", row.oldId);
}

void TrialRates::check(const RowReader& io, const TrialRate& row) {
  if (row.detections > row.substeps)
    io.wrong(5, fmt::format("{} detections of {} substeps", row.detections, row.substeps));
  if (row.p10 > row.p90) io.wrong(6, fmt::format("p10 {} is above p90 {}", row.p10, row.p90));
}

void Owners::check(const RowReader& io, const TacticOwner& row) {
  for (const std::string& part : row.scope) {
    const std::string_view role = std::string_view(part).substr(0, part.find('='));
    if (role.size() == part.size()) io.wrong(4, fmt::format("'{}' does not say for what", part), "ROLE=what");
    if (std::ranges::find(row.responsible, role) == row.responsible.end() &&
        std::ranges::find(row.consulted, role) == row.consulted.end())
      io.wrong(4, fmt::format("'{}' is neither responsible nor consulted", role));
  }
}

void Protocols::check(const RowReader& io, const ProtocolArtifact& row) {
  const NameIndex& classes = io.index().classes;
  if (classes.empty() || io.index().keepForeign || row.artifact.empty()) return;
  const bool there = classes.find(row.artifact) != NameIndex::kNone;
  if (there == row.ours)
    io.wrong(3,
             there ? fmt::format("D3FEND has {} already", row.artifact)
                   : fmt::format("D3FEND has no {}", row.artifact),
             there ? "0" : "1");
}

}  // namespace vauban::catalog::pack
