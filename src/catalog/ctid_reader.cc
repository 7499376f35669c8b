#include "catalog/ctid_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/nearest_name.h"
#include "catalog/calendar_day.h"
#include "catalog/excerpt.h"
#include "catalog/json_text.h"
#include "catalog/well_formed_id.h"

namespace vauban::catalog {
namespace {

using Words = std::vector<std::string_view>;
const Words kCategories = {"protect", "detect", "respond"};
const Words kValues = {"minimal", "partial", "significant"};
constexpr std::array<std::pair<std::string_view, Framework>, 3> kDomains = {
    {{"enterprise", Framework::attackEnterprise},
     {"ics", Framework::attackIcs},
     {"mobile", Framework::attackMobile}}};

// What one mapping object says, as it stands in the text; "" where it says nothing.
struct Row {
  std::size_t offset = 0;
  std::string_view capability, technique, type, category, value, status, attackVersion;
};

class CtidReader {
 public:
  CtidReader(std::string_view text, const std::string& file, const CtidOptions& options)
      : json_(text, file, {options.bytes, options.depth, options.diagnostics}), options_(options) {
    reading_.source.origin = file;
  }

  Result<CtidReading> read() {
    bool hasRows = false;
    json_.document([&](std::string_view key, JsonText::Value value) {
      if (key == "metadata") {
        metadata_ = json_.offset(value);
        hasMetadata_ = true;
        json_.object(value, key,
                     [&](std::string_view part, JsonText::Value inner) { return readMetadata(part, inner); });
      } else if (key == "mapping_objects") {
        hasRows = true;
        json_.array(value, key, [&](JsonText::Value item) { return readRow(item); });
      } else {
        return false;
      }
      return true;
    });
    if (!json_.broken() && !(hasMetadata_ && hasRows)) {
      json_.error(0, "this is no file of the Mappings Explorer",
                  "an object with metadata and mapping_objects");
    } else if (!json_.broken()) {
      judgeMetadata();
      for (const Row& row : rows_) judge(row);
      sort();
    }
    Diagnostics diagnostics = json_.diagnostics();
    if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
    reading_.warnings = std::move(diagnostics);
    return std::move(reading_);
  }

 private:
  bool readMetadata(std::string_view key, JsonText::Value value) {
    static constexpr std::array<std::pair<std::string_view, std::string_view CtidReader::*>, 5> kTexts = {{
        {"mapping_framework", &CtidReader::set_},
        {"mapping_framework_version", &CtidReader::version_},
        {"attack_version", &CtidReader::attackVersion_},
        {"technology_domain", &CtidReader::domain_},
        {"last_update", &CtidReader::updated_},
    }};
    for (const auto& [name, member] : kTexts) {
      if (key != name) continue;
      this->*member = json_.text(value, key).value_or("");
      return true;
    }
    return false;
  }

  bool readRow(JsonText::Value item) {
    static constexpr std::array<std::pair<std::string_view, std::string_view Row::*>, 7> kTexts = {{
        {"capability_id", &Row::capability},
        {"attack_object_id", &Row::technique},
        {"mapping_type", &Row::type},
        {"score_category", &Row::category},
        {"score_value", &Row::value},
        {"status", &Row::status},
        {"attack_version", &Row::attackVersion},
    }};
    Row row;
    row.offset = json_.offset(item);
    if (++reading_.rows > options_.rows) {
      if (reading_.rows == options_.rows + 1)
        json_.error(row.offset, fmt::format("the file has more than {} mapping objects", options_.rows));
      return false;
    }
    const std::size_t before = json_.said();
    json_.object(item, "a mapping object", [&](std::string_view key, JsonText::Value value) {
      for (const auto& [name, member] : kTexts) {
        if (key != name) continue;
        row.*member = json_.text(value, key).value_or("");
        return true;
      }
      return false;
    });
    if (json_.said() == before) rows_.push_back(row);
    return true;
  }

  void judgeMetadata() {
    Source& source = reading_.source;
    if (!isIdText(set_) || set_.find('/') != std::string_view::npos)
      json_.error(metadata_, "mapping_framework does not name a set",
                  "a name as aws or nist_800_53, without a slash");
    reading_.set = set_;
    const bool is80053 = set_.starts_with("nist_800_53");
    from_ = is80053 ? Framework::nist80053 : Framework::capability;
    const auto domain = std::ranges::find(kDomains, domain_, &std::pair<std::string_view, Framework>::first);
    if (domain != kDomains.end()) {
      reading_.domain = domain->second;
    } else {
      json_.error(metadata_, fmt::format("technology_domain is \"{}\"", excerpt(domain_)),
                  "enterprise, ics or mobile",
                  nearestName(domain_.substr(0, 64), {"enterprise", "ics", "mobile"}));
    }
    if (attackVersion_.empty() || !isIdText(attackVersion_))
      json_.error(metadata_, "attack_version does not name a version of ATT&CK", "a version as 16.1");
    reading_.attackVersion = attackVersion_;
    source.framework = from_;
    source.version = version_;
    source.id = options_.source.empty() ? fmt::format("ctid-{}", set_) : options_.source;
    if (updated_.empty()) return;
    const auto day = dayOfUsDate(updated_);
    if (!day)
      json_.error(metadata_, fmt::format("last_update is \"{}\"", excerpt(updated_)), "a day as 08/28/2025");
    source.date = day.value_or("");
  }

  void judge(const Row& row) {
    if (row.status == "non_mappable" || row.type == "non_mappable") {
      ++reading_.nonMappable;
      return;
    }
    if (row.capability.empty() || row.technique.empty()) {
      json_.warning(row.offset,
                    row.capability.empty() ? "a mapping without a capability is left out"
                                           : fmt::format("a mapping of {} without a technique is left out",
                                                         excerpt(row.capability)),
                    "capability_id and attack_object_id, or the status non_mappable");
      ++reading_.incomplete;
      return;
    }
    const auto technique = wellFormedId(reading_.domain, row.technique);
    if (!technique || !technique->starts_with('T') || technique->starts_with("TA")) {
      json_.error(row.offset, fmt::format("\"{}\" is no technique of ATT&CK", excerpt(row.technique)),
                  std::string(idShape(reading_.domain)));
      return;
    }
    const auto capability = wellFormedId(from_, row.capability);
    if (!capability) {
      json_.error(row.offset, fmt::format("\"{}\" is no id of {}", excerpt(row.capability), word(from_)),
                  std::string(idShape(from_)));
      return;
    }
    if (!row.attackVersion.empty() && row.attackVersion != attackVersion_) {
      json_.warning(row.offset,
                    fmt::format("the mapping of {} to {} is of ATT&CK \"{}\"", *capability, *technique,
                                excerpt(row.attackVersion)),
                    fmt::format("{}, as the file says of itself", excerpt(attackVersion_)));
    }
    if (row.category.empty() && row.value.empty()) {
      joined(row, *capability, *technique);
    } else {
      scored(row, *capability, *technique);
    }
  }

  void joined(const Row& row, const std::string& capability, const std::string& technique) {
    if (!isIdText(row.type)) return json_.error(row.offset, "a mapping without a type", "mapping_type");
    std::string from = from_ == Framework::capability ? fmt::format("{}/{}", set_, capability) : capability;
    reading_.crosswalks.push_back(
        {from_, std::move(from), std::string(row.type), reading_.domain, technique, {}, reading_.source.id});
  }

  void scored(const Row& row, const std::string& capability, const std::string& technique) {
    if (from_ != Framework::capability || reading_.domain != Framework::attackEnterprise)
      return json_.error(row.offset, "a score that is not of a capability against an enterprise technique");
    if (!among(kCategories, row.category, "score_category", row) ||
        !among(kValues, row.value, "score_value", row))
      return;
    reading_.scores.push_back(
        {technique, capability, std::string(row.category), std::string(row.value), 1, reading_.source.id});
  }

  bool among(const Words& words, std::string_view word, std::string_view key, const Row& row) {
    if (std::ranges::find(words, word) != words.end()) return true;
    json_.error(row.offset,
                word.empty() ? fmt::format("a score without {}", key)
                             : fmt::format("{} is \"{}\"", key, excerpt(word)),
                fmt::format("{}", fmt::join(words, ", ")), nearestName(word.substr(0, 64), words));
    return false;
  }

  template <class T, std::size_t N>
  static void sortBy(std::vector<T>& rows, const std::array<std::string T::*, N>& columns) {
    std::ranges::sort(rows, [&](const T& a, const T& b) {
      for (const auto column : columns)
        if (a.*column != b.*column) return naturalLess(a.*column, b.*column);
      return false;
    });
  }

  void sort() {
    sortBy<Crosswalk, 3>(reading_.crosswalks, {&Crosswalk::from, &Crosswalk::to, &Crosswalk::relation});
    const auto repeated = std::ranges::unique(reading_.crosswalks);
    reading_.repeats = repeated.size();
    reading_.crosswalks.erase(repeated.begin(), repeated.end());

    sortBy<Score, 4>(reading_.scores,
                     {&Score::technique, &Score::capability, &Score::category, &Score::value});
    std::vector<Score> counted;
    for (Score& score : reading_.scores) {
      score.rows = counted.empty() ? 1 : counted.back().rows;
      if (!counted.empty() && counted.back() == score) {
        ++counted.back().rows;
      } else {
        score.rows = 1;
        counted.push_back(std::move(score));
      }
    }
    reading_.scores = std::move(counted);
  }

  JsonText json_;
  const CtidOptions& options_;
  CtidReading reading_;
  std::vector<Row> rows_;
  std::string_view set_, version_, attackVersion_, domain_, updated_;
  Framework from_ = Framework::capability;
  std::size_t metadata_ = 0;  // where it stands
  bool hasMetadata_ = false;
};

}  // namespace

Result<CtidReading> readCtid(std::string_view json, const std::string& file, const CtidOptions& options) {
  return CtidReader(json, file, options).read();
}

}  // namespace vauban::catalog
