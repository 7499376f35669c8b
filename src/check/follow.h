// Follows one claim's certificate through; the parts of check().
#pragma once

#include "check/certificate.h"
#include "check/check.h"
#include "check/listing.h"
#include "check/one_step.h"

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

// The parties that a claim's places name (decision 0004); `asFrom`: a second leg counts.
std::vector<bool> partiesOf(const Network& network, const model::PlaceTerms& terms, bool asFrom);

// Unlisted machines of a trusted zone exist only where a claim names the zone or a tunnel ends there.
std::vector<bool> existing(const Network& network, const Aims& aims, const model::Claim& claim);

// Holds a list of reason ids against what it must be.
void checkBecause(Verdict& verdict, const Certificate& certificate, const std::vector<std::string>& because,
                  const Reasons& expected, const std::string& what, const std::string& where);

void followChannel(Verdict& verdict, const Certificate& certificate, const Network& network,
                   const model::Claim& claim);
void followReach(Verdict& verdict, const Certificate& certificate, const Network& network,
                 const model::Claim& claim);

}  // namespace vauban::check
