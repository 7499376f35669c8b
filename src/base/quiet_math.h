// The policy under which Boost.Math answers trouble with a number (infinity, NaN) and not with an exception.
#pragma once

#include <boost/math/policies/policy.hpp>

namespace vauban {

using QuietMath = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::errno_on_error>,
    boost::math::policies::pole_error<boost::math::policies::errno_on_error>,
    boost::math::policies::overflow_error<boost::math::policies::errno_on_error>,
    boost::math::policies::evaluation_error<boost::math::policies::errno_on_error>,
    boost::math::policies::promote_double<false>>;

}  // namespace vauban
