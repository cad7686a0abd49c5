#include "linktor/instagram/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "linktor/instagram/client.h"

namespace linktor::instagram {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(RequestTest, Text) {
  const auto request = Text("ch_shop", "6101", "Hello");
  EXPECT_EQ(request.channel_id(), "ch_shop");
  EXPECT_EQ(request.to(), "6101");
  EXPECT_EQ(request.content().text(), "Hello");
}

TEST(RequestTest, FindsWhatIsNotUtf8) {
  v1::SendMessageRequest request = Text("ch_shop", "6101", "Grüße");
  EXPECT_EQ(FieldThatIsNotUtf8(request), std::nullopt);
  request.mutable_content()->add_quick_replies()->set_title("fine");
  request.mutable_content()->add_quick_replies()->set_title("Gr\xfc\xdf");
  EXPECT_THAT(FieldThatIsNotUtf8(request),
              Optional(std::string("content.quick_replies.title")));
  request.mutable_content()->set_text("\xff");
  EXPECT_THAT(FieldThatIsNotUtf8(request),
              Optional(std::string("content.text")));
}

TEST(IsThisMachineTest, OnlyWhatStaysThere) {
  for (const char* address :
       {"localhost:1", "LocalHost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1",
        "unix:/run/x", "unix:relative"}) {
    EXPECT_TRUE(IsThisMachine(address)) << address;
  }
  for (const char* address :
       {"127.0.0.1.example.com:1", "localhost.example.com:1", "0.0.0.0:1",
        "128.0.0.1:1", "[::2]:1", "[::]:1", "::1:1", "10.0.0.1:1",
        "dns://8.8.8.8/localhost:1", "127.1:1", "[127.0.0.1]:1",
        "ipv4:8.8.8.8:1"}) {
    EXPECT_FALSE(IsThisMachine(address)) << address;
  }
}

TEST(ClientTest, RefusesWhatItCannotUse) {
  struct Case {
    ClientOptions options;
    std::string says;
  };
  const Case cases[] = {
      {{.address = ""}, "is empty"},
      {{.address = "http://127.0.0.1:50051"}, "leave out http://"},
      {{.address = "https://gateway.example"}, "leave out https://"},
      {{.api_key = "two words"}, "white space"},
      {{.tls = TlsOptions{.ca_file = "/nowhere/ca.pem"}}, "/nowhere/ca.pem"},
      {{.tls = TlsOptions{.ca_file = "/dev/null"}}, "not a PEM file"},
      {{.tls = TlsOptions{.cert_file = "/dev/null"}}, "go together"},
      {{.tls = TlsOptions{}, .plaintext_to_other_machines = true}, "exclude"},
  };
  for (const Case& one : cases) {
    const auto client = Client::Create(one.options);
    ASSERT_FALSE(client.ok()) << one.says;
    EXPECT_EQ(client.error().kind, Error::Kind::kRefused);
    EXPECT_THAT(client.error().message, HasSubstr(one.says));
  }
  EXPECT_TRUE(Client::Create({.api_key = " lig_key\n"}).ok());
}

}  // namespace
}  // namespace linktor::instagram
