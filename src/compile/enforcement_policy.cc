#include "compile/enforcement_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "space/service_set.h"

namespace vauban::compile {

using model::AntiSpoofing;
using model::Enforcement;
using model::Related;
using space::Family;

namespace {

class Resolver {
 public:
  Resolver(const model::Model& model, const CompileOptions& options, std::optional<model::LinkId> link,
           std::vector<Note>& notes)
      : model_(model), options_(options), link_(link), notes_(notes) {
    if (link && link->index() < model.linkPrograms.size() && model.linkPrograms[link->index()])
      own_ = &*model.linkPrograms[link->index()];
  }

  Policy resolve() {
    Policy policy;
    policy.program = own_ != nullptr ? own_ : &model_.flows;
    const AntiSpoofing* sources = stated(&Enforcement::antiSpoofing);
    policy.antiSpoofing = sources != nullptr ? *sources : best() ? AntiSpoofing::zone : AntiSpoofing::off;
    if (sources == nullptr)
      unstated("anti-spoofing: zone", "no source is looked at",
               "a source must lie behind the side it comes from");
    for (const Family family : {Family::ipv4, Family::ipv6})
      policy.coverage[static_cast<std::size_t>(family)] = coverage(family);
    policy.established = established();
    policy.related = related();
    if (policy.related != Related::none) policy.helpers = helpers();
    const bool* rejects = stated(&Enforcement::unmatchedRejects);
    // What own rules do with packets that none matches is their policy.
    policy.unmatchedRejects = rejects != nullptr ? *rejects : own_ == nullptr && !best();
    if (rejects == nullptr && own_ == nullptr) {
      unstated("unmatched: drop", "packets that no rule matches are answered by an error",
               "packets that no rule matches are dropped in silence");
    }
    return policy;
  }

 private:
  bool best() const { return options_.unstated == Unstated::best; }

  // The link's own statement, or else the model's.
  template <class T>
  const T* stated(model::Stated<T> Enforcement::* key) const {
    if (link_ && (model_.at(*link_).enforcement.*key)) return &*(model_.at(*link_).enforcement.*key).value;
    return (model_.enforcement.*key) ? &*(model_.enforcement.*key).value : nullptr;
  }

  void unstated(const std::string& line, const std::string& worst, const std::string& better) {
    Note note{Note::Kind::unstated,
              {model_.file, 0, 0},
              fmt::format("enforcement `{}` is not stated: {}", line, best() ? better : worst)};
    if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(std::move(note));
  }

  // As reach::Network::passes: a family that may be uncovered and may pass does.
  Coverage coverage(Family family) {
    const bool rules = own_ == nullptr || std::ranges::find(own_->families, family) != own_->families.end();
    const auto* families = stated(&Enforcement::families);
    const bool listed = families != nullptr && std::ranges::find(*families, family) != families->end();
    const bool* passes = stated(&Enforcement::uncoveredPasses);
    if (rules && listed) return Coverage::byRules;
    const char* name = family == Family::ipv4 ? "IPv4" : "IPv6";
    if (rules && families == nullptr) {
      // Rules of the device's own say what they cover.
      if (own_ != nullptr) return Coverage::byRules;
      if (passes != nullptr && !*passes)
        return Coverage::byRules;  // which lets more through than dropping all
      unstated("families: [ipv4, ipv6]",
               passes == nullptr ? "neither that, nor `uncovered: drop`: every packet passes"
                                 : "every packet passes as uncovered",
               "the rules decide on both families");
      return best() ? Coverage::byRules : Coverage::passes;
    }
    if (passes == nullptr) {
      unstated("uncovered: drop", fmt::format("every packet of {} passes", name),
               fmt::format("packets of {} are dropped", name));
      return best() ? Coverage::drops : Coverage::passes;
    }
    return *passes ? Coverage::passes : Coverage::drops;
  }

  bool established() {
    if (link_ && model_.at(*link_).enforcement.established)
      return *model_.at(*link_).enforcement.established.value;
    if (own_ != nullptr && own_->established) return *own_->established;
    if (model_.enforcement.established) return *model_.enforcement.established.value;
    // Without replies hardly anything works: the hardened form of this one is not what anybody means.
    unstated("stateful: {established: false}", "replies pass", "replies pass all the same");
    return true;
  }

  Related related() {
    if (link_ && model_.at(*link_).enforcement.related) return *model_.at(*link_).enforcement.related.value;
    if (own_ != nullptr && own_->related) return *own_->related;
    if (model_.enforcement.related) return *model_.enforcement.related.value;
    unstated("stateful: {related: none}", "whatever is related to a live flow passes",
             "nothing passes as related");
    return best() ? Related::none : Related::all;
  }

  std::vector<std::string> helpers() {
    std::vector<std::string> wanted;
    const auto* listed = stated(&Enforcement::helpers);
    if (listed != nullptr) {
      wanted = *listed;
    } else {
      unstated("stateful: {helpers: []}", "every helper of Linux is loaded", "no helper is loaded");
      if (!best()) {
        for (const HelperObject& helper : linuxHelpers()) wanted.emplace_back(helper.name);
      }
    }
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());
    std::erase_if(wanted, [&](const std::string& name) {
      const bool known = std::ranges::any_of(linuxHelpers(), [&](const auto& h) { return h.name == name; });
      const auto& kernel = options_.kernelHelpers;
      if (known && (!kernel || std::ranges::find(*kernel, name) != kernel->end())) return false;
      Note note{Note::Kind::differs, link_ ? model_.at(*link_).place : Place{model_.file, 0, 0},
                fmt::format("helper '{}' is not loaded: {} has none of that name", name,
                            known ? "this kernel" : "Linux")};
      if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(std::move(note));
      return true;
    });
    return wanted;
  }

  const model::Model& model_;
  const CompileOptions& options_;
  std::optional<model::LinkId> link_;
  std::vector<Note>& notes_;
  const model::FilterProgram* own_ = nullptr;
};

}  // namespace

Policy policyOf(const model::Model& model, const CompileOptions& options, std::optional<model::LinkId> link,
                std::vector<Note>& notes) {
  return Resolver(model, options, link, notes).resolve();
}

const std::vector<HelperObject>& linuxHelpers() {
  static const std::vector<HelperObject> helpers{
      {"amanda", "amanda", space::kUdp, 10080}, {"ftp", "ftp", space::kTcp, 21},
      {"h323", "Q.931", space::kTcp, 1720},     {"h323", "RAS", space::kUdp, 1719},
      {"irc", "irc", space::kTcp, 6667},        {"netbios-ns", "netbios-ns", space::kUdp, 137},
      {"pptp", "pptp", space::kTcp, 1723},      {"sane", "sane", space::kTcp, 6566},
      {"sip", "sip", space::kTcp, 5060},        {"sip", "sip", space::kUdp, 5060},
      {"snmp", "snmp", space::kUdp, 161},       {"tftp", "tftp", space::kUdp, 69}};
  return helpers;
}

}  // namespace vauban::compile
