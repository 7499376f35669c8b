#include "rdf/parse.h"

#include "rdf/shim_texts.h"

namespace vauban::rdf {

Result<std::size_t> parse(std::string_view bytes, Syntax syntax, const std::string& file,
                          const std::string& baseIri, const TripleSink& sink, const Limits& limits) {
  struct Context {
    const TripleSink& receiver;
    shim::Kept kept;
  } context{sink, {}};
  const auto hand = [](void* to, const shim::Triple* triple) {
    auto& self = *static_cast<Context*>(to);
    return self.kept.call([&self, triple] {
      self.receiver({shim::view(triple->subject), shim::view(triple->predicate), shim::view(triple->object)});
    });
  };
  shim::Reported reported(file, bytes);
  const shim::Document document = shim::of(bytes, syntax, baseIri, limits);
  std::uint64_t count = 0;
  const bool done =
      shim::vauban_rdf_parse(&document, hand, &context, &count, &shim::Reported::report, &reported);
  context.kept.throwOn();
  if (!done) return failure(reported.diagnostic);
  return static_cast<std::size_t>(count);
}

}  // namespace vauban::rdf
