#include "os/internet_address.h"

#include <gtest/gtest.h>

namespace vauban::os {
namespace {

TEST(InternetAddress, TextIsReadAndWrittenBack) {
  for (const char* text : {"198.51.100.1", "0.0.0.0", "2001:db8::1", "::", "2001:db8:0:1::ff"}) {
    const auto address = InternetAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->toString(), text);
  }
  for (const char* text :
       {"", "198.51.100", "198.51.100.256", "198.51.100.1/24", "2001:db8::1%eth0", "host", " ::"}) {
    EXPECT_FALSE(InternetAddress::parse(text)) << text;
  }
  EXPECT_FALSE(InternetAddress::parse(std::string(100'000, '1')));
  EXPECT_TRUE(InternetAddress::parse("::")->unspecified());
  EXPECT_TRUE(InternetAddress::parse("0.0.0.0")->unspecified());
  EXPECT_FALSE(InternetAddress::parse("::1")->unspecified());
}

TEST(AddressPrefix, LengthsStayWithinTheFamily) {
  EXPECT_EQ(AddressPrefix::parse("198.51.100.33/27")->toString(), "198.51.100.33/27");
  EXPECT_EQ(AddressPrefix::parse("198.51.100.33")->length, 32);
  EXPECT_EQ(AddressPrefix::parse("2001:db8::")->length, 128);
  EXPECT_EQ(AddressPrefix::parse("::/0")->length, 0);
  for (const char* text :
       {"198.51.100.1/33", "::/129", "198.51.100.1/", "198.51.100.1/-1", "198.51.100.1/2x", "/8"}) {
    EXPECT_FALSE(AddressPrefix::parse(text)) << text;
  }
}

TEST(MacAddress, SixPairsOfDigits) {
  EXPECT_EQ(MacAddress::parse("02:00:5e:10:00:0A")->toString(), "02:00:5e:10:00:0a");
  for (const char* text : {"", "02:00:5e:10:00", "02:00:5e:10:00:0", "02-00-5e-10-00-01", "02:00:5e:10:00:0g",
                           "02:00:5e:10:00:01:", "2:000:5e:10:00:01"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(SocketAddress, HoldsThePortInNetworkOrder) {
  const SocketAddress four(*InternetAddress::parse("203.0.113.9"), 53);
  ASSERT_EQ(four.length, sizeof(sockaddr_in));
  EXPECT_EQ(reinterpret_cast<const sockaddr_in*>(four.get())->sin_port, htons(53));
  const SocketAddress six(*InternetAddress::parse("2001:db8::9"), 123);
  ASSERT_EQ(six.length, sizeof(sockaddr_in6));
  EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(six.get())->sin6_addr.s6_addr[15], 9);
}

}  // namespace
}  // namespace vauban::os
