// D3FEND's ontology out of the triples of its files: any version from 0.14 to the split modules of today,
// which are handed over one file after the other.
//
// What it accepts and what it makes of it (docs/semantics.md, 10):
// - a class relates to an artifact by `subClassOf [onProperty p; someValuesFrom A]` or by the direct triple
// `C p A`;
// - a class typed as itself (punning) is no instance of itself;
// - techniques and references are joined by kb-reference and by kb-reference-of: the union;
// - classes that are named and never described are classes all the same;
// - synonyms are d3f:synonym and skos:altLabel;
// - what stands outside the d3fend.owl namespace is left out.
// A cycle of subclasses, a technique with two ids and an id that two techniques bear are errors: each with
// the names in the message and, where the text of the files is at hand, the line that begins to describe the
// class. Of a circle it is one that none of whose parts was reported in another: mending what is reported
// may show more.
//
// What is said twice and differently (two versions, two onProperty of one restriction) does not depend on the
// order of the triples.
//
// One reader belongs to one thread; it copies what it keeps.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/triple.h"
#include "catalog/ontology.h"

namespace vauban::catalog {

struct D3fendLimits {
  std::size_t triples = 20'000'000;  // of all files together; D3FEND 1.2.0 has 32,000
  std::size_t diagnostics = 50;
};

class D3fendReader {
 public:
  explicit D3fendReader(const D3fendLimits& limits = {});
  ~D3fendReader();
  D3fendReader(D3fendReader&&) noexcept;
  D3fendReader& operator=(D3fendReader&&) noexcept;

  // The triples of one file follow. Blank nodes of different files are different nodes. `text` (Turtle) is
  // searched for places when there is something to report; it must live until finish().
  void startFile(std::string file, std::string_view text = {});
  void add(const Triple& triple);
  // The ontology of all files, or all that is wrong with it. Nothing to be found at all is an error, too.
  Result<Ontology> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vauban::catalog
