#include "compile/ruleset_text.h"

#include <fmt/format.h>

#include <filesystem>

#include "compile/nft_match.h"

namespace vauban::compile {

namespace {

// nft takes comments of 128 bytes with the zero at the end (NFTNL_UDATA_COMMENT_MAXLEN).
constexpr std::size_t kCommentBytes = 120;
constexpr std::size_t kLineBytes = 400;

}  // namespace

void RulesetText::line(std::string_view text) {
  if (!text.empty()) text_.append(depth_, '\t').append(text);
  text_ += '\n';
  ++lines_;
}

void RulesetText::comment(std::string_view text) {
  std::string cut(text.substr(0, kLineBytes));
  if (cut.size() < text.size()) cut += "...";
  line("# " + nftText(cut, cut.size()));
}

std::string RulesetText::relative(const Place& place) const {
  if (place.file.empty()) return {};
  Place shown = place;
  const std::filesystem::path file(place.file);
  const std::filesystem::path inside = file.lexically_relative(folder_.empty() ? "." : folder_);
  if (!inside.empty() && *inside.begin() != "..") shown.file = inside.string();
  if (file.is_absolute() && shown.file == place.file) shown.file = file.filename().string();
  shown.column = 0;
  return shown.toString();
}

void RulesetText::rule(std::string_view match, std::string_view verdict, const Place& place,
                       std::string_view why) {
  std::string text(match);
  auto add = [&](std::string_view word) {
    if (!text.empty() && !word.empty()) text += ' ';
    text += word;
  };
  if (counters_) add("counter");
  add(verdict);
  std::string comment(why);
  if (const std::string where = relative(place); !where.empty())
    comment = comment.empty() ? where : fmt::format("{}, {}", comment, where);
  if (!comment.empty()) add(fmt::format("comment \"{}\"", nftText(comment, kCommentBytes)));
  line(text);
  rules_.push_back({lines_, place});
}

void RulesetText::open(std::string_view head) {
  line(fmt::format("{} {{", head));
  ++depth_;
}

void RulesetText::close() {
  --depth_;
  line("}");
}

}  // namespace vauban::compile
