// Provokes everything that the webhook listener refuses by itself, and reads
// the line and the count that each refusal leaves.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/http/listener.h"
#include "tests/support/gateway.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"

namespace linktor::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSmallest[] = "POST / HTTP/1.1\r\nHost: x\r\n";

struct Provocation {
  // The bytes that the listener refuses.
  std::string bytes;
  std::vector<std::string> options;
  // Another connection is open already.
  bool second = false;
};

std::map<std::string, Provocation> Provocations(
    const std::vector<std::string>& tls) {
  return {
      {"not_http", {"\x01\x02\x03\x04\r\n\r\n"}},
      {"tls_on_plaintext_port",
       {std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", 14)}},
      {"proxy_protocol_unexpected",
       {"PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n\r\n"}},
      {"proxy_protocol_missing",
       {absl::StrCat(kSmallest, "\r\n"), {"--webhook-proxy-protocol"}}},
      {"http2", {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}},
      {"host", {"GET / HTTP/1.1\r\n\r\n"}},
      {"content_length",
       {absl::StrCat(kSmallest,
                     "Content-Length: 1\r\nContent-Length: 2\r\n\r\n")}},
      {"transfer_encoding",
       {absl::StrCat(kSmallest,
                     "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n")}},
      {"transfer_coding",
       {absl::StrCat(kSmallest, "Transfer-Encoding: gzip, chunked\r\n\r\n")}},
      {"expectation", {absl::StrCat(kSmallest, "Expect: 200-ok\r\n\r\n")}},
      {"body_too_large",
       {absl::StrCat(kSmallest, "Content-Length: 999999999\r\n\r\n")}},
      {"head_too_large",
       {absl::StrCat(kSmallest, "Y: ", std::string(20'000, 'y'), "\r\n\r\n")}},
      {"too_much_in_flight",
       {absl::StrCat(kSmallest, "Content-Length: 2000\r\n\r\n",
                     std::string(2000, 'x')),
        {"--webhook-max-in-flight", "1000"}}},
      {"connection_limit",
       {absl::StrCat(kSmallest, "\r\n"),
        {"--max-connections-per-address", "1"},
        true}},
      {"tls_handshake", {"no handshake\r\n\r\n", tls}},
      {"request_incomplete", {absl::StrCat(kSmallest, "Content-Le")}},
  };
}

TEST(HttpRefusalTest, EachLeavesALineAndACount) {
  TempFolder folder;
  TestAuthority authority;
  const TestCertificate made = authority.IssueServer();
  const std::string certificate = folder.path() + "/certificate.pem";
  const std::string key = folder.path() + "/key.pem";
  std::ofstream(certificate) << made.certificate;
  std::ofstream(key) << made.private_key;
  const auto provocations = Provocations(
      {"--webhook-tls-cert", certificate, "--webhook-tls-key", key});
  // A request that takes too long is ended after 20 s, which no setting
  // shortens: ListenerPlaceTest.RequestTimeout has it. Memory cannot be taken
  // from a server by requests: ExhaustionTest has what happens then.
  const std::set<std::string> elsewhere = {"request_timeout", "out_of_memory"};
  EXPECT_EQ(provocations.size() + elsewhere.size(),
            http::HttpRefusals().size());
  std::map<std::vector<std::string>, std::unique_ptr<Gateway>> gateways;
  for (const http::HttpRefusal& refusal : http::HttpRefusals()) {
    const std::string reason(refusal.reason);
    if (elsewhere.contains(reason)) continue;
    SCOPED_TRACE(reason);
    ASSERT_TRUE(provocations.contains(reason));
    const Provocation& provocation = provocations.at(reason);
    std::unique_ptr<Gateway>& gateway = gateways[provocation.options];
    if (gateway == nullptr) {
      gateway = std::make_unique<Gateway>(provocation.options);
    }
    std::optional<TestSocket> open;
    if (provocation.second) {
      open.emplace(TestSocket::Connect(gateway->server().webhook()));
    }
    TestSocket socket = TestSocket::Connect(gateway->server().webhook());
    socket.Send(provocation.bytes);
    if (refusal.status == 0) socket.EndWriting();
    const std::string answer = socket.ReadMessage();
    if (refusal.status == 0) {
      EXPECT_THAT(answer, Not(HasSubstr("HTTP/")));
    } else {
      EXPECT_THAT(answer,
                  ContainsRegex(absl::StrCat("^HTTP/1.1 ", refusal.status)));
    }
    const std::string fields = absl::StrCat(R"("status":")", refusal.status,
                                            R"(","reason":")", reason, "\"");
    EXPECT_TRUE(gateway->server().WaitForOutput(fields));
    EXPECT_THAT(
        gateway->server().output(),
        ContainsRegex("\"event\":\"http request refused\"[^\n]*" + fields));
    EXPECT_THAT(
        gateway
            ->Http({.method = "GET",
                    .url = absl::StrCat("http://", gateway->server().admin(),
                                        "/metrics")})
            .body,
        HasSubstr(absl::StrCat(
            "\nlinktor_http_refusals_total{listener=\"webhook\",reason=\"",
            reason, "\",status=\"", refusal.status, "\"} 1\n")));
  }
}

}  // namespace
}  // namespace linktor::testing
