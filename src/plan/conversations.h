// Who can open a conversation with whom in a model, asked by the names of zones and hosts.
//
// Taken once from the verifier's effective flow matrix (all gaps open, conditions at their defaults), then a
// table. A zone is all that lies in it, listed or not. A value; any thread may read it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/model.h"
#include "space/service_set.h"

namespace vauban::plan {

class Conversations {
 public:
  explicit Conversations(const model::Model& model);

  // All packets with which some party of `from` can open a conversation to one of `to`.
  space::ServiceSet between(const std::string& from, const std::string& to) const;
  space::ServiceSet between(const std::vector<std::string>& from, const std::vector<std::string>& to) const;
  // Whether every party of `from` has all of `services` to each of `to`, other than to itself.
  bool all(const std::vector<std::string>& from, const std::vector<std::string>& to,
           space::ServiceSet services) const;

 private:
  // `any`, a zone or a host; what is none of them (a CIDR) may be anybody.
  const std::set<std::string>& partiesOf(const std::string& place) const;

  std::map<std::string, std::set<std::string>> parties_;  // by zone or host
  std::set<std::string> everybody_;
  std::map<std::pair<std::string, std::string>, space::ServiceSet> table_;
};

}  // namespace vauban::plan
