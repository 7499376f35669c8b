// The C interface of src/rdf/shim (Rust): the same declarations as in its abi.rs, ffi_store.rs and
// ffi_query.rs. Seen by this room's .cc files alone.
//
// Texts are borrowed for the length of the call, and are UTF-8. A function that returns false has called
// `report` once. Nothing unwinds across: the functions that are called back must not throw.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vauban::rdf::shim {

struct Text {
  const char* data;
  std::size_t size;
};

enum class TermKind : std::uint32_t { iri, blank, literal, unbound };

struct Term {
  TermKind kind;
  Text value, datatype, language;
};

struct Triple {
  Term subject, predicate, object;
};

struct Document {
  Text bytes, base;
  std::uint32_t syntax;
  std::uint64_t mostBytes, mostTriples, mostText, mostDepth, mostMemory;
};

enum class Named : std::uint32_t { nothing, prefix, graph };

struct Mistake {
  std::uint64_t offset;  // bytes from the start of the text; UINT64_MAX where it is not known
  std::uint64_t length;
  Text message, expected;
  Named named;  // what `name` is, so that the nearest right one can be looked for
  Text name;
};

using Report = void (*)(void* context, const Mistake*);

enum class Form : std::uint32_t { rows, json, csv, tsv, turtle, nTriples };

struct Request {
  Text text;
  Form form;
  const Text* prefixes;  // name, IRI, name, IRI, ...
  std::size_t prefixTexts;
  double seconds;
  std::uint64_t mostMemory, mostRows;
};

enum class AnswerKind : std::uint32_t { solutions, truth, triples };

struct Answer {
  AnswerKind kind;
  bool truth;
  bool cut;
  std::uint64_t rows;
};

struct Receiver {
  void* context;
  void (*variables)(void* context, const Text*, std::size_t);
  bool (*row)(void* context, const Term*, std::size_t);  // whether to go on
  void (*text)(void* context, Text);
  Report report;
};

struct Store;
struct Insertion;

extern "C" {
bool vauban_rdf_parse(const Document*, bool (*sink)(void* context, const Triple*), void* context,
                      std::uint64_t* count, Report, void* reportContext);

Store* vauban_rdf_store_new();
void vauban_rdf_store_free(Store*);
void vauban_rdf_store_index(Store*);  // before anything is read that was added
std::uint64_t vauban_rdf_store_size(const Store*);
void vauban_rdf_store_graphs(const Store*, void (*each)(void* context, Text iri, std::uint64_t triples),
                             void* context);
bool vauban_rdf_store_load(Store*, const Document*, Text graph, std::uint64_t* count, Report,
                           void* reportContext);

// Null after a report. The store belongs to the insertion until it is finished.
Insertion* vauban_rdf_insertion_new(Store*, Text graph, Report, void* reportContext);
void vauban_rdf_insertion_add(Insertion*, const Triple*);
bool vauban_rdf_insertion_finish(Insertion*, bool keep, std::uint64_t* count, Report, void* reportContext);

// May be called from several threads at once on one store. Calls back on a thread of its own, and ends when
// it has.
bool vauban_rdf_query(const Store*, const Request*, const Receiver*, Answer*);
}

}  // namespace vauban::rdf::shim
