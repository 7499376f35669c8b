#include "rdf/store.h"

#include <mutex>
#include <shared_mutex>

#include "base/nearest_name.h"
#include "rdf/shim_texts.h"
#include "rdf/table.h"

namespace vauban::rdf {

struct Store::Contents {
  shim::Store* store = shim::vauban_rdf_store_new();
  std::shared_mutex mutex;
  bool indexed = true;  // guarded by mutex

  Contents() = default;
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;
  ~Contents() { shim::vauban_rdf_store_free(store); }

  // For reading. Indexes are made when somebody first looks, so that many small additions cost no more than
  // one.
  std::shared_lock<std::shared_mutex> reading() {
    while (true) {
      std::shared_lock shared(mutex);
      if (indexed) return shared;
      shared.unlock();
      const std::unique_lock exclusive(mutex);
      if (!indexed) shim::vauban_rdf_store_index(store);
      indexed = true;
    }
  }

  std::vector<GraphSize> graphs() const {
    std::vector<GraphSize> result;
    const auto each = [](void* to, shim::Text iri, std::uint64_t triples) {
      static_cast<std::vector<GraphSize>*>(to)->push_back({std::string(shim::view(iri)), triples});
    };
    shim::vauban_rdf_store_graphs(store, each, &result);
    return result;
  }
};

namespace {

// What the shim calls back while it answers. Its thread is another one, but the caller's waits.
struct Receiving {
  shim::Reported reported;
  shim::Kept kept;
  std::function<void(std::vector<std::string>)> variables;
  std::function<void(std::span<const std::optional<Term>>)> row;
  std::vector<std::optional<Term>> values;
  std::string text;

  static void onVariables(void* context, const shim::Text* names, std::size_t count) {
    auto& self = *static_cast<Receiving*>(context);
    self.kept.call([&] {
      std::vector<std::string> variables;
      for (const shim::Text& name : std::span(names, count)) variables.emplace_back(shim::view(name));
      self.values.resize(count);
      self.variables(std::move(variables));
    });
  }

  static bool onRow(void* context, const shim::Term* terms, std::size_t count) {
    auto& self = *static_cast<Receiving*>(context);
    return self.kept.call([&] {
      for (std::size_t i = 0; i < count; ++i) {
        self.values[i] =
            terms[i].kind == shim::TermKind::unbound ? std::nullopt : std::optional(shim::view(terms[i]));
      }
      self.row(self.values);
    });
  }

  static void onText(void* context, shim::Text text) {
    auto& self = *static_cast<Receiving*>(context);
    self.kept.call([&] { self.text = shim::view(text); });
  }

  static void onReport(void* context, const shim::Mistake* mistake) {
    shim::Reported::report(&static_cast<Receiving*>(context)->reported, mistake);
  }
};

std::optional<shim::Answer> ask(const shim::Store* store, std::string_view sparql, shim::Form form,
                                const QueryOptions& options, Receiving& receiving) {
  std::vector<shim::Text> prefixes;
  for (const auto& [name, iri] : options.prefixes) {
    prefixes.push_back(shim::of(name));
    prefixes.push_back(shim::of(iri));
  }
  const shim::Request request{.text = shim::of(sparql),
                              .form = form,
                              .prefixes = prefixes.data(),
                              .prefixTexts = prefixes.size(),
                              .seconds = options.seconds,
                              .mostMemory = options.memoryBytes,
                              .mostRows = options.rows};
  const shim::Receiver receiver{.context = &receiving,
                                .variables = &Receiving::onVariables,
                                .row = &Receiving::onRow,
                                .text = &Receiving::onText,
                                .report = &Receiving::onReport};
  shim::Answer answer{};
  const bool done = shim::vauban_rdf_query(store, &request, &receiver, &answer);
  receiving.kept.throwOn();
  return done ? std::optional(answer) : std::nullopt;
}

Diagnostic withNearest(const shim::Reported& reported, const QueryOptions& options,
                       const std::vector<GraphSize>& graphs) {
  Diagnostic diagnostic = reported.diagnostic;
  std::vector<std::string_view> names;
  if (reported.named == shim::Named::prefix) {
    for (const auto& [name, iri] : options.prefixes) names.push_back(name);
  } else if (reported.named == shim::Named::graph) {
    for (const GraphSize& graph : graphs) names.push_back(graph.iri);
  }
  diagnostic.nearest = nearestName(reported.name, names);
  return diagnostic;
}

shim::Form formOf(Format format) {
  switch (format) {
    case Format::table:
      return shim::Form::rows;
    case Format::json:
      return shim::Form::json;
    case Format::csv:
      return shim::Form::csv;
    case Format::tsv:
      return shim::Form::tsv;
    case Format::turtle:
      return shim::Form::turtle;
    case Format::ntriples:
      return shim::Form::nTriples;
  }
  return shim::Form::rows;
}

}  // namespace

Store::Store() : contents_(std::make_unique<Contents>()) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result<std::size_t> Store::load(std::string_view bytes, Syntax syntax, const std::string& file,
                                const std::string& baseIri, const std::string& graphIri,
                                const Limits& limits) {
  shim::Reported reported(file, bytes);
  const shim::Document document = shim::of(bytes, syntax, baseIri, limits);
  std::uint64_t count = 0;
  const std::unique_lock lock(contents_->mutex);
  if (!shim::vauban_rdf_store_load(contents_->store, &document, shim::of(graphIri), &count,
                                   &shim::Reported::report, &reported)) {
    return failure(reported.diagnostic);
  }
  contents_->indexed = false;
  return static_cast<std::size_t>(count);
}

Result<std::size_t> Store::add(const std::string& graphIri,
                               const std::function<void(const TripleSink&)>& produce) {
  const std::string noFile;
  shim::Reported reported(noFile, {});
  const std::unique_lock lock(contents_->mutex);
  shim::Insertion* const insertion = shim::vauban_rdf_insertion_new(contents_->store, shim::of(graphIri),
                                                                    &shim::Reported::report, &reported);
  if (insertion == nullptr) return failure(reported.diagnostic);
  shim::Kept kept;
  const bool produced = kept.call([&] {
    produce([insertion](const Triple& triple) {
      const shim::Triple handed{shim::of(triple.subject), shim::of(triple.predicate),
                                shim::of(triple.object)};
      shim::vauban_rdf_insertion_add(insertion, &handed);
    });
  });
  std::uint64_t count = 0;
  const bool done =
      shim::vauban_rdf_insertion_finish(insertion, produced, &count, &shim::Reported::report, &reported);
  kept.throwOn();
  if (!done) return failure(reported.diagnostic);
  contents_->indexed = false;
  return static_cast<std::size_t>(count);
}

std::size_t Store::size() const {
  const auto lock = contents_->reading();
  return static_cast<std::size_t>(shim::vauban_rdf_store_size(contents_->store));
}

std::vector<GraphSize> Store::graphs() const {
  const auto lock = contents_->reading();
  return contents_->graphs();
}

Result<Answer> Store::query(std::string_view sparql, const QueryOptions& options) const {
  std::optional<Table> table;
  Receiving receiving{.reported = {options.file, sparql},
                      .kept = {},
                      .variables =
                          [&](std::vector<std::string> variables) {
                            table.emplace(std::move(variables), options.prefixes, options.cellWidth);
                          },
                      .row = [&](std::span<const std::optional<Term>> row) { table->add(row); },
                      .values = {},
                      .text = {}};
  const auto lock = contents_->reading();
  const auto answer = ask(contents_->store, sparql, formOf(options.format), options, receiving);
  if (!answer) return failure(withNearest(receiving.reported, options, contents_->graphs()));
  Answer result{std::move(receiving.text), static_cast<std::size_t>(answer->rows), answer->cut};
  if (table) {
    result.text = table->text(answer->cut);
  } else if (answer->kind == shim::AnswerKind::truth && options.format == Format::table) {
    result.text = answer->truth ? "true\n" : "false\n";
  }
  return result;
}

Result<Answer> Store::select(std::string_view sparql, const SolutionSink& sink,
                             const QueryOptions& options) const {
  std::vector<std::string> names;
  Receiving receiving{.reported = {options.file, sparql},
                      .kept = {},
                      .variables = [&](std::vector<std::string> variables) { names = std::move(variables); },
                      .row = [&](std::span<const std::optional<Term>> row) { sink({names, row}); },
                      .values = {},
                      .text = {}};
  const auto lock = contents_->reading();
  const auto answer = ask(contents_->store, sparql, shim::Form::rows, options, receiving);
  if (!answer) return failure(withNearest(receiving.reported, options, contents_->graphs()));
  if (answer->kind == shim::AnswerKind::truth) {
    return failure(
        {Severity::error, {options.file, 0, 0}, 0, "ASK gives no solutions", "a SELECT query", {}});
  }
  return Answer{{}, static_cast<std::size_t>(answer->rows), answer->cut};
}

}  // namespace vauban::rdf
