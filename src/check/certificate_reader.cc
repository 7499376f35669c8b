#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "check/certificate.h"

namespace vauban::check {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 64U << 20U;
constexpr int kMostDepth = 64;
constexpr std::size_t kMostEntries = 1'000'000;
constexpr std::size_t kMostErrors = 100;

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  void error(const std::string& where, const std::string& what) {
    if (diagnostics_.size() >= kMostErrors) return;
    diagnostics_.push_back({Severity::error,
                            {file_, 0, 0},
                            0,
                            fmt::format("{}: {}", where.empty() ? "/" : where, what),
                            "",
                            ""});
  }
  void error(std::size_t byte, const std::string& text, const std::string& what) {
    std::uint32_t line = 1, column = 1;
    for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
      ++column;
      if (text[i] == '\n') ++line, column = 1;
    }
    diagnostics_.push_back({Severity::error, {file_, line, column}, 0, what, "", ""});
  }
  Diagnostics& diagnostics() { return diagnostics_; }

  // An object with exactly these keys, `?` before those that may be left out.
  bool object(const Json& node, const std::string& where, const std::vector<std::string>& keys) {
    if (!node.is_object()) {
      error(where, "an object is expected");
      return false;
    }
    bool good = true;
    for (const auto& [key, value] : node.items()) {
      if (std::ranges::find(keys, key) == keys.end() && std::ranges::find(keys, "?" + key) == keys.end()) {
        error(where + "/" + key, "unknown key");
        good = false;
      }
    }
    for (const std::string& key : keys) {
      if (key.front() != '?' && !node.contains(key)) {
        error(where, fmt::format("'{}' is missing", key));
        good = false;
      }
    }
    return good;
  }
  std::string text(const Json& node, const std::string& key, const std::string& where) {
    if (!node.contains(key)) return "";
    if (node[key].is_string()) return node[key].get<std::string>();
    error(where + "/" + key, "a text is expected");
    return "";
  }
  bool flag(const Json& node, const std::string& key, const std::string& where, bool absent) {
    if (!node.contains(key)) return absent;
    if (node[key].is_boolean()) return node[key].get<bool>();
    error(where + "/" + key, "true or false is expected");
    return absent;
  }
  std::uint64_t number(const Json& node, const std::string& key, const std::string& where) {
    if (!node.contains(key)) return 0;
    if (node[key].is_number_unsigned()) return node[key].get<std::uint64_t>();
    error(where + "/" + key, "a whole number is expected");
    return 0;
  }
  double rate(const Json& node, const std::string& key, const std::string& where) {
    if (node.contains(key) && node[key].is_number() && node[key].get<double>() >= 0)
      return node[key].get<double>();
    error(where + "/" + key, "a number of bits a second is expected");
    return 0;
  }
  std::vector<std::string> texts(const Json& node, const std::string& key, const std::string& where) {
    std::vector<std::string> all;
    for (const Json* item : list(node, key, where, false)) {
      if (item->is_string()) {
        all.push_back(item->get<std::string>());
      } else {
        error(where + "/" + key, "a list of texts is expected");
      }
    }
    return all;
  }
  std::vector<const Json*> list(const Json& node, const std::string& key, const std::string& where,
                                bool counted = true) {
    std::vector<const Json*> all;
    if (!node.contains(key)) return all;
    if (!node[key].is_array()) {
      error(where + "/" + key, "a list is expected");
      return all;
    }
    for (const Json& item : node[key]) all.push_back(&item);
    if (counted) entries_ += all.size();
    if (entries_ > kMostEntries) {
      error(where + "/" + key, fmt::format("more than {} states and steps", kMostEntries));
      all.clear();
    }
    return all;
  }

 private:
  std::string file_;
  Diagnostics diagnostics_;
  std::size_t entries_ = 0;
};

WrittenClaim readClaim(Reader& reader, const Json& node) {
  WrittenClaim claim;
  const std::string where = "/claim";
  if (!reader.object(node, where,
                     {"id", "kind", "subject", "from", "to", "?held-by-adversary", "?via", "over", "?direct",
                      "?both-ways", "?at-most"})) {
    return claim;
  }
  claim.id = reader.text(node, "id", where);
  claim.kind = reader.text(node, "kind", where);
  claim.subject = reader.text(node, "subject", where);
  claim.over = reader.text(node, "over", where);
  claim.from = reader.texts(node, "from", where);
  claim.to = reader.texts(node, "to", where);
  claim.heldByAdversary = reader.texts(node, "held-by-adversary", where);
  claim.via = reader.texts(node, "via", where);
  claim.direct = reader.flag(node, "direct", where, false);
  claim.bothWays = reader.flag(node, "both-ways", where, false);
  if (node.contains("at-most")) claim.atMost = reader.rate(node, "at-most", where);
  return claim;
}

Reason readReason(Reader& reader, const Json& node, const std::string& where) {
  Reason reason;
  if (!reader.object(node, where, {"kind", "layer", "place", "text", "?point", "?host", "?service"}))
    return reason;
  reason.kind = reader.text(node, "kind", where);
  reason.layer = reader.text(node, "layer", where);
  reason.text = reader.text(node, "text", where);
  int about = 0;
  for (const char* key : {"point", "host", "service"}) {
    if (!node.contains(key)) continue;
    ++about;
    reason.about = reader.text(node, key, where);
  }
  if (about != 1) reader.error(where, "one of 'point', 'host' and 'service' is expected");
  const std::string place = where + "/place";
  if (reader.object(node["place"], place, {"file", "line", "column"})) {
    reason.file = reader.text(node["place"], "file", place);
    reason.line = static_cast<std::uint32_t>(reader.number(node["place"], "line", place));
    reason.column = static_cast<std::uint32_t>(reader.number(node["place"], "column", place));
  }
  return reason;
}

std::optional<Names> readNames(Reader& reader, const Json& node, const std::string& where) {
  if (!node.contains("names")) return std::nullopt;
  Names names;
  bool root = false;
  for (const Json* item : reader.list(node, "names", where, false)) {
    if (!item->is_array() || item->size() != 2 || !(*item)[0].is_string() || !(*item)[1].is_boolean()) {
      reader.error(where + "/names", "pairs of a suffix and true or false are expected");
      return std::nullopt;
    }
    names.mark((*item)[0].get<std::string>(), (*item)[1].get<bool>());
    root = root || (*item)[0].get<std::string>().empty();
  }
  if (!root) reader.error(where + "/names", "the root \"\" is missing");
  return names;
}

Because readBecause(Reader& reader, const Json& node, const char* about, const std::string& where) {
  Because because;
  because.where = where;
  if (!reader.object(node, where, {about, "because"})) return because;
  because.about = reader.text(node, about, where);
  because.because = reader.texts(node, "because", where);
  return because;
}

Closure readClosure(Reader& reader, const Json& node, const std::string& where) {
  Closure closure;
  closure.where = where;
  if (!reader.object(node, where,
                     {"from", "role", "?backwards", "states", "steps", "hosts", "services", "?cut"})) {
    return closure;
  }
  closure.from = reader.texts(node, "from", where);
  closure.role = reader.text(node, "role", where);
  closure.backwards = reader.flag(node, "backwards", where, false);
  std::size_t i = 0;
  for (const Json* item : reader.list(node, "states", where)) {
    const std::string at = fmt::format("{}/states/{}", where, i++);
    if (!reader.object(*item, at, {"state", "over", "?names", "?far"})) continue;
    closure.states.push_back({reader.text(*item, "state", at), reader.flag(*item, "over", at, true),
                              readNames(reader, *item, at), at, reader.flag(*item, "far", at, false)});
  }
  i = 0;
  for (const Json* item : reader.list(node, "cut", where)) {
    const std::string at = fmt::format("{}/cut/{}", where, i++);
    if (!reader.object(*item, at, {"from", "from-over", "to", "to-over", "bits-per-second"})) continue;
    closure.cut.push_back({reader.text(*item, "from", at), reader.text(*item, "to", at),
                           reader.flag(*item, "from-over", at, true), reader.flag(*item, "to-over", at, true),
                           reader.rate(*item, "bits-per-second", at), at});
  }
  i = 0;
  for (const Json* item : reader.list(node, "steps", where)) {
    const std::string at = fmt::format("{}/steps/{}", where, i++);
    if (!reader.object(*item, at, {"from", "to", "shut", "because"})) continue;
    closure.steps.push_back({reader.text(*item, "from", at), reader.text(*item, "to", at),
                             reader.texts(*item, "shut", at), reader.texts(*item, "because", at), at});
  }
  i = 0;
  for (const Json* item : reader.list(node, "hosts", where)) {
    closure.hosts.push_back(readBecause(reader, *item, "host", fmt::format("{}/hosts/{}", where, i++)));
  }
  i = 0;
  for (const Json* item : reader.list(node, "services", where)) {
    closure.services.push_back(
        readBecause(reader, *item, "service", fmt::format("{}/services/{}", where, i++)));
  }
  return closure;
}

void readCone(Reader& reader, const Json& node, Certificate& certificate) {
  const std::string where = "/cone";
  if (!reader.object(node, where, {"hash", "zones", "hosts", "rules"})) return;
  certificate.hash = reader.text(node, "hash", where);
  certificate.coneZones = reader.texts(node, "zones", where);
  certificate.coneHosts = reader.texts(node, "hosts", where);
  if (!node["rules"].is_object()) return reader.error(where + "/rules", "an object is expected");
  for (const auto& [point, count] : node["rules"].items()) {
    certificate.coneRules[point] = reader.number(node["rules"], point, where + "/rules");
  }
}

// The text as JSON: not too deep, no key twice.
std::optional<Json> parse(Reader& reader, const std::string& text) {
  bool deep = false;
  std::string twice;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMostDepth) deep = true;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.empty() &&
        !keys.back().insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return !deep;
  };
  Json root;
  try {
    root = Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    reader.error(error.byte, text, "this is no JSON");
    return std::nullopt;
  } catch (const Json::exception& error) {
    reader.error("", error.what());
    return std::nullopt;
  }
  if (deep) reader.error("", fmt::format("deeper than {}", kMostDepth));
  if (!twice.empty()) reader.error("", fmt::format("the key '{}' is there twice", twice));
  if (deep || !twice.empty()) return std::nullopt;
  return root;
}

}  // namespace

vauban::Result<Certificate> readCertificate(const std::string& text, const std::string& fileName) {
  Reader reader(fileName);
  if (text.size() > kMostBytes) {
    reader.error("", fmt::format("more than {} bytes", kMostBytes));
    return std::unexpected(reader.diagnostics());
  }
  const auto root = parse(reader, text);
  if (!root) return std::unexpected(reader.diagnostics());
  Certificate certificate;
  if (!reader.object(*root, "",
                     {"format", "version", "model", "claim", "cone", "reasons", "?closures", "?pairs"})) {
    return std::unexpected(reader.diagnostics());
  }
  if (reader.text(*root, "format", "") != "vauban-certificate")
    reader.error("/format", "this is no certificate");
  if (reader.number(*root, "version", "") != 1) reader.error("/version", "only version 1 is read");
  if (!reader.diagnostics().empty()) return std::unexpected(reader.diagnostics());
  certificate.model = reader.text(*root, "model", "");
  certificate.claim = readClaim(reader, (*root)["claim"]);
  readCone(reader, (*root)["cone"], certificate);
  if ((*root)["reasons"].is_object()) {
    for (const auto& [id, reason] : (*root)["reasons"].items()) {
      certificate.reasons[id] = readReason(reader, reason, "/reasons/" + id);
    }
  } else {
    reader.error("/reasons", "an object is expected");
  }
  std::size_t i = 0;
  for (const Json* item : reader.list(*root, "closures", "")) {
    certificate.closures.push_back(readClosure(reader, *item, fmt::format("/closures/{}", i++)));
  }
  i = 0;
  for (const Json* item : reader.list(*root, "pairs", "")) {
    const std::string at = fmt::format("/pairs/{}", i++);
    if (!reader.object(*item, at, {"from", "to", "because"})) continue;
    certificate.pairs.push_back({reader.text(*item, "from", at), reader.text(*item, "to", at),
                                 reader.texts(*item, "because", at), at});
  }
  if (!reader.diagnostics().empty()) return std::unexpected(reader.diagnostics());
  return certificate;
}

}  // namespace vauban::check
