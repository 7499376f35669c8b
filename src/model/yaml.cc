#include "model/yaml.h"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <set>

namespace vauban::model::yaml {
namespace {

constexpr std::size_t kDeepest = 200;

struct CloseParser {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};
struct CloseDiagnostics {
  void operator()(fy_diag* diagnostics) const { fy_diag_destroy(diagnostics); }
};
using Parser = std::unique_ptr<fy_parser, CloseParser>;
using ParserDiagnostics = std::unique_ptr<fy_diag, CloseDiagnostics>;

class Event {
 public:
  explicit Event(fy_parser* parser) : parser_(parser), event_(fy_parser_parse(parser)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() {
    if (event_ != nullptr) fy_parser_event_free(parser_, event_);
  }
  explicit operator bool() const { return event_ != nullptr; }
  fy_event* operator->() const { return event_; }
  fy_event* get() const { return event_; }

 private:
  fy_parser* parser_;
  fy_event* event_;
};

void silent(fy_diag*, void*, const char*, std::size_t) {}

// Byte offsets -> lines and columns; line breaks are those of YAML 1.2 (LF, CR LF, CR).
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) {
        starts_.push_back(i + 1);
      }
    }
  }
  struct At {
    std::uint32_t line, column;
  };
  At at(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto after = std::ranges::upper_bound(starts_, offset);
    const auto line = static_cast<std::size_t>(after - starts_.begin());
    return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(offset - starts_[line - 1] + 1)};
  }
  // Bytes from `first` to `last`, but not over the end of the first line.
  std::uint32_t length(std::size_t first, std::size_t last) const {
    last = std::min(last, text_.size());
    if (last <= first) return 1;
    const auto end = text_.substr(first, last - first).find_first_of("\r\n");
    return static_cast<std::uint32_t>(
        std::max<std::size_t>(1, end == std::string_view::npos ? last - first : end));
  }
  std::size_t offset(std::size_t line, std::size_t characters) const;  // both from 1

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_{0};
};

std::size_t Lines::offset(std::size_t line, std::size_t characters) const {
  std::size_t at = starts_[std::min(line, starts_.size()) - 1];
  while (characters > 1 && at < text_.size() && text_[at] != '\n' && text_[at] != '\r') {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
    --characters;
  }
  return at;
}

// The first byte that no YAML text may hold: what is not UTF-8 (RFC 3629), and control characters
// (YAML 1.2.2 rule c-printable). Checked before the parser sees the text.
std::optional<std::size_t> unreadable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80U) {
      if ((lead < 0x20U && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7FU) return i;
      ++i;
      continue;
    }
    const std::size_t more = lead >= 0xF0U ? 3 : lead >= 0xE0U ? 2 : 1;
    if (lead < 0xC2U || lead > 0xF4U || i + more >= text.size()) return i;
    std::uint32_t point = lead & (0x3FU >> more);
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return i;
      point = (point << 6U) | (next & 0x3FU);
    }
    const bool overlong = (more == 2 && point < 0x800U) || (more == 3 && point < 0x10000U);
    const bool surrogate = point >= 0xD800U && point <= 0xDFFFU;
    const bool control = point >= 0x80U && point < 0xA0U && point != 0x85U;
    if (overlong || surrogate || control || point > 0x10FFFFU || point == 0xFFFEU || point == 0xFFFFU)
      return i;
    i += more + 1;
  }
  return std::nullopt;
}

class Builder {
 public:
  Builder(const std::string& file, std::string_view text, const Limits& limits)
      : file_(std::make_shared<const std::string>(file)), text_(text), lines_(text), limits_(limits) {}

  Document run();

 private:
  struct Open {  // a collection whose end has not come yet
    Parts parts;
    std::string anchor;
    std::set<std::string> keys;
    NodePtr key;  // of a mapping: waits for its value
    bool skipValue = false;
  };

  void report(std::size_t offset, std::uint32_t length, std::string message, std::string expected = {}) {
    if (document_.diagnostics.size() >= limits_.diagnostics) return;
    const auto at = lines_.at(offset);
    document_.diagnostics.push_back(
        {Severity::error, {*file_, at.line, at.column}, length, std::move(message), std::move(expected), {}});
  }
  void stop(std::size_t offset, std::uint32_t length, std::string message, std::string expected = {}) {
    report(offset, length, std::move(message), std::move(expected));
    stopped_ = true;
  }

  void handle(const Event& event);
  void open(const Event& event, Kind kind);
  void close();
  void scalar(const Event& event);
  void alias(const Event& event);
  void put(NodePtr node);
  bool count(std::uint64_t weight, const Parts& where);
  void mark(const Event& event, Parts& parts);
  std::string anchorOf(const Event& event);
  void refuseTag(const Event& event, const Parts& parts);
  void syntaxErrors(fy_diag* diagnostics);

  std::shared_ptr<const std::string> file_;
  std::string_view text_;
  Lines lines_;
  const Limits& limits_;
  Document document_;
  std::vector<Open> open_;
  std::map<std::string, NodePtr> anchors_;
  std::uint64_t nodes_ = 0;
  std::size_t last_ = 0;  // where the last thing with a place began
  int documents_ = 0;
  bool stopped_ = false;
};

std::string textOf(fy_token* token) {
  std::size_t length = 0;
  const char* text = token != nullptr ? fy_token_get_text(token, &length) : nullptr;
  return text != nullptr ? std::string(text, length) : std::string();
}

void Builder::mark(const Event& event, Parts& parts) {
  const fy_mark* start = fy_event_start_mark(event.get());
  const fy_mark* end = fy_event_end_mark(event.get());
  std::size_t first = start != nullptr ? start->input_pos : last_;
  std::size_t last = end != nullptr ? end->input_pos : first;
  // A block collection has no text of its own: it stands where its first entry does.
  if ((parts.kind == Kind::mapping || parts.kind == Kind::sequence) && first < text_.size() &&
      text_[first] != '{' && text_[first] != '[') {
    last = first;
  }
  last_ = first;
  const auto at = lines_.at(first);
  parts.file = file_;
  parts.line = at.line;
  parts.column = at.column;
  parts.length = lines_.length(first, last);
}

std::string Builder::anchorOf(const Event& event) {
  fy_token* token = fy_event_get_anchor_token(event.get());
  return token != nullptr ? textOf(token) : std::string();
}

void Builder::refuseTag(const Event& event, const Parts& parts) {
  if (fy_token* tag = fy_event_get_tag_token(event.get()); tag != nullptr) {
    const fy_mark* start = fy_token_start_mark(tag);
    const fy_mark* end = fy_token_end_mark(tag);
    if (start != nullptr && end != nullptr) {
      report(start->input_pos, lines_.length(start->input_pos, end->input_pos),
             "tags have no meaning in this file");
    } else {
      report(last_, parts.length, "tags have no meaning in this file");
    }
  }
}

bool Builder::count(std::uint64_t weight, const Parts& where) {
  nodes_ += weight;
  if (nodes_ <= limits_.nodes) return true;
  stop(last_, where.length, fmt::format("more than {} values, aliases written out", limits_.nodes));
  return false;
}

void Builder::open(const Event& event, Kind kind) {
  Open opened;
  opened.parts.kind = kind;
  mark(event, opened.parts);
  opened.anchor = anchorOf(event);
  refuseTag(event, opened.parts);
  if (!count(1, opened.parts)) return;
  if (open_.size() >= std::min(limits_.depth, kDeepest)) {
    return stop(last_, opened.parts.length,
                fmt::format("nested more than {} deep", std::min(limits_.depth, kDeepest)));
  }
  open_.push_back(std::move(opened));
}

void Builder::close() {
  Open closed = std::move(open_.back());
  open_.pop_back();
  unsigned height = 0;
  for (const auto& child : closed.parts.children) {
    closed.parts.weight += child->weight();
    height = std::max(height, child->height() + 1);
  }
  closed.parts.height = static_cast<std::uint8_t>(std::min(height, 255U));
  if (!closed.parts.children.empty() && closed.parts.kind == Kind::mapping && closed.parts.length == 1) {
    const auto& first = *closed.parts.children.front();  // block style: underline the first key
    if (first.parts().line == closed.parts.line && first.parts().column == closed.parts.column) {
      closed.parts.length = first.length();
    }
  }
  auto node = std::make_shared<const Node>(std::move(closed.parts));
  if (!closed.anchor.empty()) anchors_[closed.anchor] = node;
  put(std::move(node));
}

void Builder::scalar(const Event& event) {
  Parts parts;
  parts.kind = Kind::text;
  mark(event, parts);
  refuseTag(event, parts);
  if (!count(1, parts)) return;
  if (fy_token* token = event->scalar.value; token != nullptr) {
    parts.text = textOf(token);
    parts.quoted = fy_token_scalar_style(token) != FYSS_PLAIN;
  }
  if (!parts.quoted) parts.kind = kindOfPlain(parts.text);
  const std::string anchor = anchorOf(event);
  auto node = std::make_shared<const Node>(std::move(parts));
  if (!anchor.empty()) anchors_[anchor] = node;
  put(std::move(node));
}

void Builder::alias(const Event& event) {
  Parts parts;
  mark(event, parts);
  const std::string name = textOf(event->alias.anchor);
  if (++document_.aliases > limits_.aliases) {
    return stop(last_, parts.length, fmt::format("more than {} aliases", limits_.aliases));
  }
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    const bool inside = std::ranges::any_of(open_, [&](const Open& o) { return o.anchor == name; });
    return stop(last_, parts.length,
                inside ? fmt::format("alias '{}' stands inside what it repeats", name)
                       : fmt::format("alias '{}' has no anchor before it", name));
  }
  if (!count(found->second->weight(), parts)) return;
  if (open_.size() + found->second->height() > std::min(limits_.depth, kDeepest)) {
    return stop(last_, parts.length,
                fmt::format("nested more than {} deep", std::min(limits_.depth, kDeepest)));
  }
  put(found->second);
}

void Builder::put(NodePtr node) {
  if (open_.empty()) {
    document_.root = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (parent.parts.kind == Kind::sequence) {
    parent.parts.children.push_back(std::move(node));
    return;
  }
  if (parent.key == nullptr) {
    parent.skipValue = true;
    const auto at = node->place();
    Diagnostic wrong{Severity::error, at, node->length(), {}, {}, {}};
    if (!node->isScalar()) {
      wrong.message = "a key must be a word";
    } else if (!parent.keys.insert(node->text()).second) {
      wrong.message = fmt::format("key '{}' is there twice", node->text());
    } else {
      parent.skipValue = false;
    }
    if (parent.skipValue && document_.diagnostics.size() < limits_.diagnostics) {
      document_.diagnostics.push_back(std::move(wrong));
    }
    parent.key = std::move(node);
    return;
  }
  if (!parent.skipValue) {
    parent.parts.children.push_back(std::move(parent.key));
    parent.parts.children.push_back(std::move(node));
  }
  parent.key = nullptr;
}

void Builder::handle(const Event& event) {
  switch (event->type) {
    case FYET_DOCUMENT_START:
      if (++documents_ > 1) {
        Parts parts;
        mark(event, parts);
        stop(last_, 3, "a second document begins here", "one document a file");
      }
      return;
    case FYET_MAPPING_START:
      return open(event, Kind::mapping);
    case FYET_SEQUENCE_START:
      return open(event, Kind::sequence);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
      return close();
    case FYET_SCALAR:
      return scalar(event);
    case FYET_ALIAS:
      return alias(event);
    default:
      return;
  }
}

void Builder::syntaxErrors(fy_diag* diagnostics) {
  void* previous = nullptr;
  bool any = false;
  while (const fy_diag_error* error = fy_diag_errors_iterate(diagnostics, &previous)) {
    if (error->type < FYET_ERROR) continue;
    std::string message = error->msg != nullptr ? error->msg : "not YAML";
    while (!message.empty() && (message.back() == '\n' || message.back() == '.')) message.pop_back();
    const auto line = static_cast<std::size_t>(std::max(error->line, 1));
    const auto offset = lines_.offset(line, static_cast<std::size_t>(std::max(error->column, 1)));
    report(offset, 1, "not YAML: " + message);
    any = true;
    break;  // what the parser says after its first error follows from it
  }
  if (!any) report(last_, 1, "not YAML from about here on");
}

Document Builder::run() {
  if (text_.size() > limits_.bytes) {
    stop(0, 0, fmt::format("larger than {} bytes", limits_.bytes));
    document_.diagnostics.back().place = {*file_, 0, 0};
    return std::move(document_);
  }
  if (const auto at = unreadable(text_)) {
    stop(*at, 1,
         fmt::format("byte 0x{:02x} is not text",
                     static_cast<unsigned>(static_cast<unsigned char>(text_[*at]))),
         "UTF-8 without control characters");
    return std::move(document_);
  }
  fy_diag_cfg diagnosticsConfig;
  fy_diag_cfg_default(&diagnosticsConfig);
  diagnosticsConfig.fp = nullptr;
  diagnosticsConfig.output_fn = silent;
  diagnosticsConfig.level = FYET_ERROR;
  const ParserDiagnostics diagnostics(fy_diag_create(&diagnosticsConfig));
  if (diagnostics == nullptr) {
    stop(0, 0, "cannot be read");
    return std::move(document_);
  }
  fy_diag_set_collect_errors(diagnostics.get(), true);
  fy_parse_cfg config{};
  config.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                      FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT);
  config.diag = diagnostics.get();
  const Parser parser(fy_parser_create(&config));
  if (parser == nullptr || fy_parser_set_string(parser.get(), text_.data(), text_.size()) != 0) {
    stop(0, 0, "cannot be read");
    return std::move(document_);
  }
  while (!stopped_) {
    const Event event(parser.get());
    if (!event) {
      if (fy_parser_get_stream_error(parser.get())) {
        syntaxErrors(diagnostics.get());
        stopped_ = true;
      }
      break;
    }
    handle(event);
  }
  if (stopped_) document_.root = nullptr;
  return std::move(document_);
}

}  // namespace

Document parse(const std::string& file, std::string_view text, const Limits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark says nothing in UTF-8
  return Builder(file, text, limits).run();
}

}  // namespace vauban::model::yaml
