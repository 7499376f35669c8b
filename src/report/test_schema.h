// A published schema of docs/formats, and what a document has that it does not allow: said by an
// implementation of JSON Schema that is not ours. Only where the machine has one (cmake/JsonSchema.cmake).
#pragma once

#ifdef VAUBAN_HAS_VALIJSON
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace vauban::report::testing {

class PublishedSchema {
 public:
  explicit PublishedSchema(const std::string& name) {
    std::ifstream file(std::string(VAUBAN_SOURCE_DIR) + "/docs/formats/" + name + ".schema.json");
    document_ = nlohmann::json::parse(file);
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(document_), schema_);
  }

  // Where, and what; empty where the document is as the schema says.
  std::vector<std::string> faults(const nlohmann::json& document) const {
    valijson::ValidationResults results;
    if (valijson::Validator().validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), &results))
      return {};
    std::vector<std::string> faults;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) {
      std::string where;
      for (const std::string& part : error.context) where += part;
      faults.push_back(where + ": " + error.description);
    }
    if (faults.empty()) faults.emplace_back("refused without a word");
    return faults;
  }

 private:
  nlohmann::json document_;
  valijson::Schema schema_;
};

}  // namespace vauban::report::testing
#endif
