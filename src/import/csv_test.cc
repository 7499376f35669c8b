#include "import/csv.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vauban::import {
namespace {

using model::Action;
using space::AddressRange;
using space::AddressSet;
using space::ServiceSet;

AddressSet set(const std::string& text) { return AddressSet(*AddressRange::parse(text)); }

std::vector<model::FilterRule> rules(const std::string& text,
                                     const std::map<std::string, std::string>& columns = {}) {
  const auto read = importCsv("f", text, columns);
  if (!read) {
    for (const auto& d : read.error()) ADD_FAILURE() << d.place.toString() << ": " << d.message;
    return {};
  }
  EXPECT_EQ(read->chains.size(), 1U);
  EXPECT_EQ(read->chains[0].policy, Action::drop);
  EXPECT_EQ(read->families.size(), 2U);
  return read->chains[0].rules;
}

std::string refusal(const std::string& text, const std::map<std::string, std::string>& columns = {}) {
  const auto read = importCsv("f", text, columns);
  if (read) return "accepted";
  std::string result;
  for (const auto& d : read.error()) result += d.place.toString() + ": " + d.message + "\n";
  return result;
}

TEST(Csv, readsRows) {
  const auto read = rules(
      "Action,Source,Destination,Service\n"
      "allow,10.0.0.0/8,\"192.168.0.1; 192.168.0.5-192.168.0.9\n2001:db8::/32\",\"tcp/443, dns\"\n"
      "\n"
      "Deny,any,!10.0.0.0/8,any\r\n"
      "REJECT,*,10.0.0.0/255.0.0.0,8080/tcp\n",
      {{"action", "Action"}, {"from", "Source"}, {"to", "destination"}, {"service", "Service"}});
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].source, set("10.0.0.0/8"));
  EXPECT_EQ(read[0].destination, set("192.168.0.1") | set("192.168.0.5-192.168.0.9") | set("2001:db8::/32"));
  EXPECT_EQ(read[0].services, ServiceSet::ports(6, {443, 443}) | ServiceSet::ports(6, {53, 53}) |
                                  ServiceSet::ports(17, {53, 53}));
  EXPECT_EQ(read[0].action, Action::accept);
  EXPECT_EQ(read[0].place, (Place{"f", 2, 1}));
  EXPECT_EQ(read[1].source, AddressSet::all());
  EXPECT_EQ(read[1].destination, AddressSet::all() - set("10.0.0.0/8"));
  EXPECT_EQ(read[1].place.line, 5U);
  EXPECT_EQ(read[2].action, Action::reject);
  EXPECT_EQ(read[2].services, ServiceSet::ports(6, {8080, 8080}));
}

TEST(Csv, protocolAndPortColumns) {
  const auto read = rules(
      "action;from;to;protocol;port;disabled;name\n"
      "allow;any;any;tcp;80,443;;web\n"
      "allow;any;any;tcp/udp;1000-1010;no;\n"
      "allow;any;any;icmp;;;\n"
      "allow;any;any;47;any;;tunnel\n"
      "allow;any;any;any;any;yes;off\n");
  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read[0].services, ServiceSet::ports(6, {80, 80}) | ServiceSet::ports(6, {443, 443}));
  EXPECT_EQ(read[1].services, ServiceSet::ports(6, {1000, 1010}) | ServiceSet::ports(17, {1000, 1010}));
  EXPECT_EQ(read[2].services, ServiceSet::protocol(1) | ServiceSet::protocol(58));
  EXPECT_EQ(read[3].services, ServiceSet::protocol(47));
}

TEST(Csv, mistakes) {
  const std::string header = "action,from,to,service\n";
  EXPECT_EQ(refusal(header + "alow,any,any,any\n"), "f:2:1: no action 'alow'\n");
  EXPECT_EQ(refusal(header + "allow,\"10.0.0.1; 10.0.0.x\",any,any\n"), "f:2:18: '10.0.0.x' is no address\n");
  EXPECT_EQ(refusal(header + "allow,\"10.0.0.1\n bad\",any,any\n"), "f:3:2: 'bad' is no address\n");
  EXPECT_EQ(refusal(header + "allow,any,any,\"dsn,443\"\n"),
            "f:2:16: no service 'dsn'\nf:2:20: port 443 without a protocol that has ports\n");
  EXPECT_EQ(refusal(header + "allow,,any,any\n"), "f:2:7: an empty cell for 'from'\n");
  EXPECT_EQ(refusal(header + "allow,any,any\n"), "f:2:1: an empty cell for 'service'\n");
  EXPECT_EQ(refusal(header + "allow,any,any,any,more\n"),
            "f:2:19: the row has more cells than the first row has headings\n");
  EXPECT_EQ(refusal(header + "allow,any,any,\"any\n"), "f:2:15: a quote that does not end\n");
  EXPECT_EQ(refusal("action,from,service\n"), "f:1:1: no column for 'to'\n");
  EXPECT_EQ(refusal("action,from,to\n"), "f:1:1: no column for 'service', 'protocol' or 'port'\n");
  EXPECT_EQ(refusal(header, {{"from", "Source"}}), "f:1:1: no column 'Source' (for from)\n");
  EXPECT_EQ(refusal(header, {{"form", "from"}}), "f: 'form' is no column of a rule table\n");
  EXPECT_EQ(refusal(""), "f:1:1: the table is empty\n");
  EXPECT_EQ(refusal("action,from,to,service,protocol\nallow,any,any,dns,icmp\n"),
            "f:2:15: the service and the protocol of this row have nothing in common\n");
  CsvLimits limits;
  limits.rows = 1;
  EXPECT_FALSE(importCsv("f", header + "allow,any,any,any\nallow,any,any,any\n", {}, limits));
}

}  // namespace
}  // namespace vauban::import
