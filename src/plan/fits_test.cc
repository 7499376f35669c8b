#include "plan/fits.h"

#include <gtest/gtest.h>

#include "plan/apply.h"
#include "plan/test_models.h"

namespace vauban::plan {
namespace {

using testing::Ground;

const std::string kModel = R"(vauban: 1
zones:
  clients: {networks: [10.20.0.0/16], people: true}
  guests: {networks: [10.21.0.0/16], isolated: true}
  inner: {networks: [10.30.1.0/28]}
  internet: {networks: [0.0.0.0/0, "::/0"], untrusted: true}
hosts:
  ws: {zone: clients, count: 4, services: {}}
  time-a: {zone: inner, address: 10.30.1.2, services: {ntp: {behaviour: ntp-server}}}
  time-b: {zone: inner, address: 10.30.1.3, services: {ntp: {behaviour: ntp-server}}}
  time-c: {zone: inner, address: 10.30.1.4, services: {ntp: {behaviour: ntp-server}}}
flows:
  - allow: {from: clients, to: [time-a, time-b], service: ntp}
  - allow: {from: guests, to: internet, service: ntp}
)";

const Pattern& pattern(const std::string& id) {
  return testing::patterns().at(*testing::patterns().find(id));
}

TEST(Fits, TakesWhatEachMemberAsksFor) {
  const auto ground = Ground::ofText(kModel);
  ASSERT_NE(ground, nullptr);
  const Fits fits = ground->places->fits(pattern("ntp-hierarchy"));
  EXPECT_TRUE(fits.complete);
  // Guests reach no clock; time-c is reached by nobody.
  ASSERT_EQ(fits.assignments.size(), 1U);
  EXPECT_EQ(inWords(pattern("ntp-hierarchy"), fits.assignments[0]),
            "clients=clients outside=internet servers=time-a,time-b");
  EXPECT_EQ(ground->places->fits(pattern("private-vlan-clients")).assignments.size(), 2U)
      << "guests are isolated";
  EXPECT_FALSE(ground->places->fits(pattern("private-vlan-clients"), 1).complete);
  EXPECT_TRUE(ground->places->fits(pattern("data-diode")).assignments.empty());
}

TEST(Fits, EveryFitIsAccepted) {
  for (const char* path : {"examples/bank", "examples/water-utility"}) {
    const auto ground = Ground::ofFile(path);
    ASSERT_NE(ground, nullptr);
    for (const Pattern& it : testing::patterns().all()) {
      for (const Members& members : ground->places->fits(it).assignments) {
        const auto completed = ground->places->complete(it, members, "--members");
        ASSERT_TRUE(completed.has_value()) << it.id << ": " << testing::said(completed.error());
        EXPECT_EQ(*completed, members);
      }
    }
  }
}

TEST(Fits, SaysWhyNot) {
  const auto ground = Ground::ofText(kModel);
  ASSERT_NE(ground, nullptr);
  const Pattern& ntp = pattern("ntp-hierarchy");
  const auto why = [&](const Members& members) {
    const auto completed = ground->places->complete(ntp, members, "--members");
    return completed ? std::string("fine") : testing::said(completed.error());
  };
  EXPECT_NE(why({{"clints", {"clients"}}}).find("did you mean 'clients'"), std::string::npos);
  EXPECT_NE(why({{"clients", {"client"}}}).find("no zone 'client'"), std::string::npos);
  EXPECT_NE(why({{"clients", {"internet"}}}).find("it is untrusted"), std::string::npos);
  EXPECT_NE(why({{"clients", {"clients", "guests"}}}).find("is one zone"), std::string::npos);
  EXPECT_NE(why({{"clients", {"clients"}}, {"servers", {"ws"}}}).find("none of its services"),
            std::string::npos);
  EXPECT_NE(why({{"clients", {"clients"}}, {"servers", {"time-c"}}}).find("clients cannot open udp/123"),
            std::string::npos)
      << why({{"clients", {"clients"}}, {"servers", {"time-c"}}});
  EXPECT_NE(why({{"clients", {"guests"}}}).find("nothing fits member 'servers'"), std::string::npos);
  EXPECT_EQ(why({}), "fine") << "there is one place, and it is found";
  const auto many = ground->places->complete(pattern("private-vlan-clients"), {}, "--members");
  ASSERT_FALSE(many.has_value());
  EXPECT_NE(testing::said(many.error()).find("clients=ONE, of clients, inner"), std::string::npos);
  const auto one =
      ground->places->complete(ntp, {{"clients", {"clients"}}, {"servers", {"time-b"}}}, "--members");
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->at("servers"), std::vector<std::string>{"time-b"});
}

// Applied again where its place is gone, a pattern says that it is there.
TEST(Fits, SaysThatItIsDeployed) {
  const Pattern& isolation = pattern("private-vlan-clients");
  const auto why = [&](const std::string& more) {
    const auto ground = Ground::ofText(kModel + more);
    if (ground == nullptr) return std::string("no model");
    const auto completed = ground->places->complete(isolation, {{"clients", {"guests"}}}, "--members");
    return completed ? std::string("fine") : testing::said(completed.error());
  };
  EXPECT_NE(why("").find("it is isolated"), std::string::npos);
  EXPECT_EQ(why("").find("among its countermeasures"), std::string::npos);
  EXPECT_NE(why("countermeasures: [{pattern: private-vlan-clients, at: guests}]\n")
                .find("among its countermeasures"),
            std::string::npos);
}

TEST(Fits, MembersAreWords) {
  const auto members = membersOfWords({"clients=a,b", "names="}, "--members");
  ASSERT_TRUE(members.has_value());
  EXPECT_EQ(members->at("clients"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(members->at("names").empty());
  EXPECT_FALSE(membersOfWords({"clients"}, "--members").has_value());
  EXPECT_FALSE(membersOfWords({"a=1", "a=2"}, "--members").has_value());
}

// What the planner chooses from.
TEST(Fits, TheBankHasManyPlaces) {
  const auto ground = Ground::ofFile("examples/bank");
  ASSERT_NE(ground, nullptr);
  std::size_t candidates = 0;
  std::string counts;
  for (const Pattern& it : testing::patterns().all()) {
    const Fits fits = changingFits(ground->tree, *ground->places, it);
    EXPECT_TRUE(fits.complete) << it.id;
    candidates += fits.assignments.size();
    counts += it.id + " " + std::to_string(fits.assignments.size()) + "\n";
  }
  EXPECT_GE(candidates, 40U) << counts;
}

}  // namespace
}  // namespace vauban::plan
