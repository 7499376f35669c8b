// For tests of what needs a lab: a body that runs confined (os/confinement.h), with its expectations counted.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "os/confinement.h"

namespace vauban::os {

// Failures of `body` are printed by the child that they happened in, and make the test fail here. Skips the
// test, with the reason, where the kernel does not allow labs; a test that goes on after it asks IsSkipped.
inline void confined(const std::function<void(const Confinement&)>& body, bool userNamespace = false) {
  ConfinementOptions options;
  options.userNamespace = userNamespace;
  const Result<int> possible = runConfined(options, [](const Confinement&) { return 0; });
  if (!possible) GTEST_SKIP() << possible.error().front().message;
  const Result<int> code = runConfined(options, [&](const Confinement& world) {
    body(world);
    return testing::Test::HasFailure() ? 1 : 0;
  });
  ASSERT_TRUE(code) << code.error().front().message;
  EXPECT_EQ(*code, 0) << "the confined part of the test failed: see above";
}

// Each test once as root, where we are, and once in a user namespace.
class ConfinedTest : public testing::TestWithParam<bool> {
 protected:
  static void run(const std::function<void(const Confinement&)>& body) { confined(body, GetParam()); }
};

#define VAUBAN_CONFINED_TESTS(suite)                                        \
  INSTANTIATE_TEST_SUITE_P(As, suite, testing::Bool(), [](const auto& it) { \
    return std::string(it.param ? "UserNamespace" : "Caller");              \
  })

// The message of a failure, to be shown.
template <class T>
std::string why(const Result<T>& result) {
  return result ? std::string("no failure") : result.error().front().message;
}

}  // namespace vauban::os
