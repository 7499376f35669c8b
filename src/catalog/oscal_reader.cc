#include "catalog/oscal_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <unordered_set>

#include "catalog/calendar_day.h"
#include "catalog/excerpt.h"
#include "catalog/json_text.h"
#include "catalog/well_formed_id.h"

namespace vauban::catalog {
namespace {

std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// The baseline of 800-53 that NIST's titles name; "" where they name none, or more than one.
std::string baselineOfTitle(std::string_view title) {
  static constexpr std::array<std::string_view, 4> kBaselines = {"low", "moderate", "high", "privacy"};
  const std::string lower = lowered(title);
  if (lower.find("800-53") == std::string::npos) return {};
  std::string found;
  bool baseline = false;
  for (std::size_t at = 0; at < lower.size();) {
    const std::size_t end = std::min(lower.find(' ', at), lower.size());
    const std::string_view word = std::string_view(lower).substr(at, end - at);
    at = end + 1;
    baseline = baseline || word == "baseline";
    if (std::ranges::find(kBaselines, word) == kBaselines.end()) continue;
    if (!found.empty()) return {};
    found = word;
  }
  return baseline ? found : std::string();
}

class OscalReader {
 public:
  OscalReader(std::string_view text, const std::string& file, const OscalOptions& options)
      : json_(text, file, {options.bytes, options.depth, options.diagnostics}), options_(options) {
    reading_.source.framework = options.framework;
    reading_.source.origin = file;
  }

  Result<OscalReading> read() {
    std::string other;
    json_.document([&](std::string_view key, JsonText::Value value) {
      if (key == "catalog" || key == "profile") {
        if (documents_++ == 0) offset_ = json_.offset(value);
        reading_.kind = key == "catalog" ? OscalReading::Kind::catalog : OscalReading::Kind::profile;
        json_.object(value, key,
                     [&](std::string_view part, JsonText::Value inner) { return readPart(part, inner); });
        return true;
      }
      if (other.empty() && !key.starts_with('$')) other = key;
      return false;
    });
    if (json_.said() == 0 && documents_ != 1) {
      json_.error(0,
                  documents_ > 1 ? std::string("the file holds more than one document")
                  : other.empty()
                      ? std::string("this is not OSCAL")
                      : fmt::format("this is not OSCAL, or nothing that has controls: {}", excerpt(other)),
                  "an object with one member, catalog or profile");
    }
    if (json_.said() == 0) finish();
    Diagnostics diagnostics = json_.diagnostics();
    if (hasErrors(diagnostics)) return std::unexpected(std::move(diagnostics));
    return std::move(reading_);
  }

 private:
  struct Entry {
    Control control;
    std::size_t offset;
    std::optional<std::size_t> parent;     // place in entries_
    std::string_view group;                // that encloses it; in the text
    bool hasId = false, hasTitle = false;  // though they may be wrong
  };

  bool readPart(std::string_view key, JsonText::Value value) {
    const bool catalog = reading_.kind == OscalReading::Kind::catalog;
    if (key == "metadata") {
      json_.object(value, key,
                   [&](std::string_view part, JsonText::Value inner) { return readMetadata(part, inner); });
    } else if (catalog && key == "groups") {
      readGroups(value, {});
    } else if (catalog && key == "controls") {
      readControls(value, {}, std::nullopt);
    } else if (!catalog && key == "imports") {
      json_.array(value, key, [&](JsonText::Value item) { return readImport(item); });
    } else {
      return false;
    }
    return true;
  }

  bool readMetadata(std::string_view key, JsonText::Value value) {
    if (key == "title") {
      reading_.title = json_.text(value, "the title").value_or("");
    } else if (key == "version") {
      reading_.source.version = json_.text(value, "the version").value_or("");
    } else if (key == "last-modified") {
      const auto text = json_.text(value, key);
      if (!text) return true;
      const auto day = dayOfTimestamp(*text);
      if (!day) json_.error(json_.offset(value), "last-modified is no time", "a timestamp of RFC 3339");
      reading_.source.date = day.value_or("");
    } else {
      return false;
    }
    return true;
  }

  void readGroups(JsonText::Value value, std::string_view above) {
    json_.array(value, "groups", [&](JsonText::Value item) {
      std::string_view group = above;
      json_.object(item, "a group", [&](std::string_view key, JsonText::Value inner) {
        // An id that comes after the controls is not theirs; all of NIST's files have it first.
        if (key == "id") {
          group = json_.text(inner, "the id of a group").value_or(above);
          if (!isIdText(group) && group != above)
            json_.error(json_.offset(inner), "this is no id of a group",
                        "1 to 200 bytes without control characters");
        } else if (key == "groups") {
          readGroups(inner, group);
        } else if (key == "controls") {
          readControls(inner, group, std::nullopt);
        } else {
          return false;
        }
        return true;
      });
      return true;
    });
  }

  void readControls(JsonText::Value value, std::string_view group, std::optional<std::size_t> parent) {
    json_.array(value, "controls", [&](JsonText::Value item) {
      if (entries_.size() >= options_.controls) {
        if (!full_)
          json_.error(json_.offset(item),
                      fmt::format("the catalog has more than {} controls", options_.controls));
        full_ = true;
        return false;
      }
      const std::size_t at = entries_.size();
      entries_.push_back({{}, json_.offset(item), parent, group});
      entries_[at].control.framework = options_.framework;
      json_.object(item, "a control",
                   [&](std::string_view key, JsonText::Value inner) { return readControl(at, key, inner); });
      if (!json_.broken()) check(entries_[at]);
      return true;
    });
  }

  bool readControl(std::size_t at, std::string_view key, JsonText::Value value) {
    if (key == "id") {
      entries_[at].hasId = true;
      if (const auto id = json_.text(value, "the id of a control")) readId(entries_[at].control, *id, value);
    } else if (key == "title") {
      entries_[at].hasTitle = true;
      if (const auto title = json_.text(value, "the title of a control"))
        readTitle(entries_[at].control, *title, value);
    } else if (key == "props") {
      json_.array(value, key, [&](JsonText::Value item) { return readProperty(entries_[at].control, item); });
    } else if (key == "controls") {
      readControls(value, entries_[at].group, at);
    } else {
      return false;
    }
    return true;
  }

  void readTitle(Control& control, std::string_view text, JsonText::Value value) {
    static constexpr std::size_t kMost = 1000;
    if (text.empty() || text.size() > kMost ||
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
      json_.error(json_.offset(value), "this is no title of a control",
                  fmt::format("one line of at most {} bytes", kMost));
    }
    control.title = text.substr(0, kMost);
  }

  void readId(Control& control, std::string_view text, JsonText::Value value) {
    auto id = wellFormedId(options_.framework, text);
    if (!id) {
      json_.error(json_.offset(value),
                  fmt::format("\"{}\" is no id of {}", excerpt(text), word(options_.framework)),
                  std::string(idShape(options_.framework)));
      return;
    }
    control.id = std::move(*id);
  }

  bool readProperty(Control& control, JsonText::Value item) {
    std::string_view name, value;
    json_.object(item, "an item of props", [&](std::string_view key, JsonText::Value inner) {
      if (key != "name" && key != "value") return false;
      (key == "name" ? name : value) = json_.text(inner, key).value_or("");
      return true;
    });
    if (name == "status" && lowered(value) == "withdrawn") control.withdrawn = true;
    return true;
  }

  void check(const Entry& entry) {
    const Control& control = entry.control;
    if (!entry.hasId) json_.error(entry.offset, "a control without an id", "id");
    if (!entry.hasTitle)
      json_.error(entry.offset, fmt::format("control {} has no title", control.id), "title");
    if (!control.id.empty() && !ids_.insert(control.id).second)
      json_.error(entry.offset, fmt::format("control {} stands here for the second time", control.id));
  }

  // A profile's import: what is included, less what is excluded.
  bool readImport(JsonText::Value item) {
    const std::size_t offset = json_.offset(item);
    std::unordered_set<std::string> included, excluded;
    bool includes = false;
    const bool whole =
        json_.object(item, "an item of imports", [&](std::string_view key, JsonText::Value value) {
          if (key == "include-controls" || key == "exclude-controls") {
            const bool include = key == "include-controls";
            includes = includes || include;
            json_.array(value, key, [&](JsonText::Value entry) {
              return readSelection(entry, include ? included : excluded);
            });
            return true;
          }
          if (key == "include-all") open(json_.offset(value), "all controls of its catalog");
          includes = includes || key == "include-all";
          return false;
        });
    if (whole && !includes) open(offset, "all controls of its catalog");
    for (const std::string& id : included)
      if (!excluded.contains(id)) reading_.members.push_back(id);
    return true;
  }

  bool readSelection(JsonText::Value item, std::unordered_set<std::string>& ids) {
    json_.object(item, "a selection of controls", [&](std::string_view key, JsonText::Value value) {
      if (key == "with-ids") {
        json_.array(value, key, [&](JsonText::Value entry) {
          const auto text = json_.text(entry, "an item of with-ids");
          if (!text) return true;
          if (++named_ > options_.controls) {
            if (!full_)
              json_.error(json_.offset(entry),
                          fmt::format("the profile names more than {} controls", options_.controls));
            full_ = true;
            return true;
          }
          Control control;
          readId(control, *text, entry);
          if (!control.id.empty()) ids.insert(std::move(control.id));
          return true;
        });
        return true;
      }
      if (key == "matching") open(json_.offset(value), "controls by a pattern");
      if (key == "with-child-controls") {
        if (json_.text(value, key) == "yes")
          open(json_.offset(value), "controls with all of their enhancements");
        return true;
      }
      return false;
    });
    return true;
  }

  void open(std::size_t offset, std::string_view what) {
    json_.error(offset, fmt::format("the profile takes {}: which they are only the catalog says", what),
                "the resolved catalog of this profile");
  }

  void finish() {
    reading_.profile = options_.profile;
    if (reading_.profile.empty() && options_.framework == Framework::nist80053)
      reading_.profile = baselineOfTitle(reading_.title);
    const bool isProfile = reading_.kind == OscalReading::Kind::profile;
    if (isProfile && reading_.profile.empty()) {
      return json_.error(
          offset_,
          fmt::format("the title \"{}\" does not say which baseline this is", excerpt(reading_.title)),
          "a name for the profile");
    }
    if (isProfile ? reading_.members.empty() : entries_.empty())
      return json_.error(offset_, fmt::format("the {} has no controls", isProfile ? "profile" : "catalog"));
    Source& source = reading_.source;
    source.id = options_.source;
    if (source.id.empty())
      source.id = fmt::format("oscal-{}-{}", word(options_.framework),
                              reading_.profile.empty() ? "catalog" : reading_.profile);
    fillControls();
    std::ranges::sort(reading_.members, naturalLess);
    const auto repeated = std::ranges::unique(reading_.members);
    reading_.members.erase(repeated.begin(), repeated.end());
  }

  void fillControls() {
    // From the back: a parent stands before its children, and is named by its own title.
    for (std::size_t at = entries_.size(); at-- > 0;) {
      Entry& entry = entries_[at];
      Control& control = entry.control;
      if (entry.parent && options_.framework == Framework::nist80053)
        control.title = entries_[*entry.parent].control.title + " | " + control.title;
      control.group =
          options_.framework == Framework::nist80053 ? control.id.substr(0, 2) : std::string(entry.group);
      control.source = reading_.source.id;
      if (!reading_.profile.empty() && !control.withdrawn) {
        control.profiles = {reading_.profile};
        reading_.members.push_back(control.id);
      }
    }
    for (Entry& entry : entries_) reading_.controls.push_back(std::move(entry.control));
    std::ranges::sort(reading_.controls, naturalLess, &Control::id);
  }

  JsonText json_;
  const OscalOptions& options_;
  OscalReading reading_;
  std::vector<Entry> entries_;
  std::unordered_set<std::string> ids_;
  std::size_t offset_ = 0;  // of the document
  std::size_t named_ = 0;   // by the profile
  int documents_ = 0;
  bool full_ = false;
};

}  // namespace

Result<OscalReading> readOscal(std::string_view json, const std::string& file, const OscalOptions& options) {
  return OscalReader(json, file, options).read();
}

}  // namespace vauban::catalog
