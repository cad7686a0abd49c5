#include "server/base/connection_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linktor {
namespace {

TEST(ConnectionLimitsTest, OneAddressHasALimitOfItsOwn) {
  ConnectionLimits limits(10, 2);
  EXPECT_TRUE(limits.Add("192.0.2.1"));
  EXPECT_TRUE(limits.Add("192.0.2.1"));
  EXPECT_FALSE(limits.Add("192.0.2.1"));
  EXPECT_TRUE(limits.Add("192.0.2.2"));
  EXPECT_EQ(limits.size(), 3U);
}

TEST(ConnectionLimitsTest, TheTotalLimitsEverybody) {
  ConnectionLimits limits(2, 2);
  EXPECT_TRUE(limits.Add("192.0.2.1"));
  EXPECT_TRUE(limits.Add(""));
  EXPECT_FALSE(limits.Add("192.0.2.2"));
  EXPECT_FALSE(limits.Add(""));
}

TEST(ConnectionLimitsTest, AnEndedConnectionMakesRoom) {
  ConnectionLimits limits(1, 1);
  ASSERT_TRUE(limits.Add("192.0.2.1"));
  limits.Remove("192.0.2.1");
  EXPECT_EQ(limits.size(), 0U);
  EXPECT_TRUE(limits.Add("192.0.2.1"));
}

TEST(ConnectionLimitsTest, IPv6IsCountedByItsFirstHalf) {
  ConnectionLimits limits(10, 1);
  EXPECT_TRUE(limits.Add("2001:db8::1"));
  EXPECT_FALSE(limits.Add("2001:db8::ffff:2"));
  EXPECT_TRUE(limits.Add("2001:db8:0:1::1"));
}

TEST(ConnectionLimitsTest, AnIPv4AddressMappedIntoIPv6IsTheSamePeer) {
  ConnectionLimits limits(10, 1);
  EXPECT_TRUE(limits.Add("192.0.2.1"));
  EXPECT_FALSE(limits.Add("::ffff:192.0.2.1"));
  EXPECT_TRUE(limits.Add("::ffff:192.0.2.2"));
}

}  // namespace
}  // namespace linktor
