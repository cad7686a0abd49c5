#include "server/http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http/listener.h"

namespace linktor::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ParseTargetTest, SegmentsAndParametersAreDecoded) {
  HttpTarget target;
  ASSERT_TRUE(ParseTarget(
      "/webhooks/in%73tagram/ch_1?hub.mode=subscribe&hub.verify_token=a+b%2Bc"
      "&empty=&bare&hub.mode=again",
      target));
  EXPECT_THAT(target.segments, ElementsAre("webhooks", "instagram", "ch_1"));
  EXPECT_EQ(target.Parameter("hub.mode"), "subscribe");
  EXPECT_EQ(target.Parameter("hub.verify_token"), "a b+c");
  EXPECT_EQ(target.Parameter("empty"), "");
  EXPECT_EQ(target.Parameter("absent"), "");
}

TEST(ParseTargetTest, Root) {
  HttpTarget target;
  ASSERT_TRUE(ParseTarget("/", target));
  EXPECT_THAT(target.segments, IsEmpty());
}

TEST(ParseTargetTest, ReplacesWhatWasThere) {
  HttpTarget target;
  ASSERT_TRUE(ParseTarget("/a?b=c", target));
  ASSERT_TRUE(ParseTarget("/d", target));
  EXPECT_THAT(target.segments, ElementsAre("d"));
  EXPECT_THAT(target.parameters, IsEmpty());
}

TEST(ParseTargetTest, RefusesOtherForms) {
  HttpTarget target;
  for (const char* bad : {"", "*", "a/b", "http://", "ftp://host/a", "host:443",
                          "/%", "/%zz", "/a b", "/\xff", "/a#b"}) {
    EXPECT_FALSE(ParseTarget(bad, target)) << bad;
  }
}

TEST(HttpRequestTest, HeadersInAnyCase) {
  HttpRequest request;
  request.headers.Add("X-Hub-Signature-256", "one");
  request.headers.Add("x-hub-signature-256", "two");
  EXPECT_EQ(request.headers.First("x-HUB-signature-256"), "one");
  EXPECT_EQ(request.headers.First("absent"), "");
}

struct HostPortCase {
  std::string_view text;
  bool ok;
  std::string_view host;
  int port;
};

TEST(SplitHostPortTest, Table) {
  const HostPortCase cases[] = {
      {"127.0.0.1:8080", true, "127.0.0.1", 8080},
      {"localhost:0", true, "localhost", 0},
      {"[::1]:65535", true, "::1", 65535},
      {"", false, "", 0},
      {":80", false, "", 0},
      {"host", false, "", 0},
      {"host:", false, "", 0},
      {"host:x", false, "", 0},
      {"host:80x", false, "", 0},
      {"host:-1", false, "", 0},
      {"host:+1", false, "", 0},
      {"host:65536", false, "", 0},
      {"::1:80", false, "", 0},
      {"[::1:80", false, "", 0},
      {"[]:80", false, "", 0},
      {"[:80", false, "", 0},
  };
  for (const HostPortCase& c : cases) {
    std::string host;
    std::uint16_t port = 0;
    EXPECT_EQ(SplitHostPort(c.text, host, port), c.ok) << c.text;
    if (c.ok) {
      EXPECT_EQ(host, c.host);
      EXPECT_EQ(port, c.port);
    }
  }
}

TEST(IsLoopbackTest, Table) {
  for (const char* yes : {"localhost", "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(IsLoopback(yes)) << yes;
  }
  for (const char* no : {"", "0.0.0.0", "::", "10.0.0.1", "example.com",
                         "localhost.example.com", "127.0.0.1.nip.io"}) {
    EXPECT_FALSE(IsLoopback(no)) << no;
  }
}

TEST(WithoutBlanksTest, OnlySpacesAndTabsAreBlanks) {
  EXPECT_EQ(WithoutBlanks(" \t a b\t "), "a b");
  EXPECT_EQ(WithoutBlanks(" \t "), "");
  EXPECT_EQ(WithoutBlanks(""), "");
  EXPECT_EQ(WithoutBlanks("\va\n"), "\va\n");
}

}  // namespace
}  // namespace linktor::http
