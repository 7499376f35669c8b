// Follows one claim's certificate through; the parts of check().
#pragma once

#include "check/certificate.h"
#include "check/check.h"
#include "check/listing.h"
#include "check/stances.h"

namespace vauban::check {

// Collects what cannot be believed; stops collecting at a thousand.
class Verdict {
 public:
  explicit Verdict(Result& result) : result_(result) {}
  void reject(std::string reason, std::string where, Place place = {}) {
    if (result_.rejections.size() < 1000) {
      result_.rejections.push_back({std::move(reason), std::move(where), std::move(place)});
    }
  }
  Result& result() { return result_; }

 private:
  Result& result_;
};

// Holds a list of reason ids against what it must be.
void checkBecause(Verdict& verdict, const Certificate& certificate, const std::vector<std::string>& because,
                  const Reasons& expected, const std::string& what, const std::string& where);

void followChannel(Verdict& verdict, const Certificate& certificate, const Network& network,
                   const model::Claim& claim);
void followReach(Verdict& verdict, const Certificate& certificate, const Network& network,
                 const model::Claim& claim);

}  // namespace vauban::check
