#include "catalog/id_history.h"

#include <gtest/gtest.h>

#include <set>

namespace vauban::catalog {
namespace {

IdHistory history() {
  Catalogue catalogue;
  catalogue.revocations = {{"", "T1700", "added", "id-diff"},
                           {"T1562", "T1685", "replaced", "test-move"},
                           {"T1562.001", "T1685", "replaced", "test-move"},
                           {"T1211", "T1211", "renamed", "name-diff"},
                           {"T1900", "T1901", "replaced", ""},
                           {"T1901", "T1900", "replaced", ""}};
  Attack attack;
  attack.techniques.resize(3);
  attack.techniques[0].id = "T1002";
  attack.techniques[0].standing = Standing::revoked;
  attack.techniques[0].revokedBy = "T1560";
  attack.techniques[1].id = "T1560";
  attack.techniques[1].standing = Standing::revoked;
  attack.techniques[1].revokedBy = "T1562";
  attack.techniques[2].id = "T1562";
  catalogue.attack.push_back(attack);
  return IdHistory(catalogue);
}

IdJoin join(const std::string& id, const std::set<std::string>& known) {
  return history().join(id, [&](const std::string& it) { return known.contains(it); });
}

TEST(IdHistory, AKnownIdIsItself) {
  EXPECT_EQ(join("T1562", {"T1562", "T1685"}), (IdJoin{JoinedBy::sameId, {"T1562"}}));
}

TEST(IdHistory, WhatTookItsPlaceOverSeveralSteps) {
  EXPECT_EQ(join("T1002", {"T1685"}), (IdJoin{JoinedBy::laterId, {"T1685"}}));
  EXPECT_EQ(join("T1002", {"T1685", "T1560"}), (IdJoin{JoinedBy::laterId, {"T1560"}})) << "the nearest";
}

TEST(IdHistory, WhatItTookThePlaceOf) {
  EXPECT_EQ(join("T1685", {"T1562.001", "T1562", "T1002"}),
            (IdJoin{JoinedBy::earlierId, {"T1562", "T1562.001"}}));
  EXPECT_EQ(join("T1685", {"T1002"}), (IdJoin{JoinedBy::earlierId, {"T1002"}}));
}

TEST(IdHistory, NothingIsKnown) {
  EXPECT_EQ(join("T1700", {"T1562"}), IdJoin());
  EXPECT_EQ(join("T1211", {"T1562"}), IdJoin()) << "a new name is no new id";
  EXPECT_EQ(join("", {"T1562"}), IdJoin());
}

TEST(IdHistory, CirclesEnd) {
  EXPECT_EQ(join("T1900", {"T1562"}), IdJoin());
  EXPECT_EQ(join("T1900", {"T1901"}).ids, std::vector<std::string>{"T1901"});
}

TEST(IdHistory, HasWords) {
  std::set<std::string_view> words;
  for (const JoinedBy by : {JoinedBy::none, JoinedBy::sameId, JoinedBy::laterId, JoinedBy::earlierId})
    words.insert(word(by));
  EXPECT_EQ(words.size(), 4U);
}

}  // namespace
}  // namespace vauban::catalog
