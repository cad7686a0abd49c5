// Every form of request that HTTP lets a client, a proxy, a monitor or an
// attacker send to the webhook port: what is answered, what becomes of the
// connection, and that no unsigned body is stored and no signed one lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "tests/support/gateway.h"
#include "tests/support/test_socket.h"

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kPath[] = "/webhooks/instagram/ch_test";
constexpr char kVerify[] =
    "?hub.mode=subscribe&hub.verify_token=test-verify-token"
    "&hub.challenge=1158201444";

enum class Fate {
  // Another request on the connection is answered.
  kKept,
  kClosed,
};

struct Form {
  std::string name;
  // The bytes that are written; see Expand.
  std::string request;
  // The status is 0 when the connection is closed without an answer.
  int status;
  Fate fate;
  // The number of messages that it stores.
  int stored = 0;
  // The body of the answer.
  std::string body;
};

std::string Signature(std::string_view body,
                      std::string_view secret = kAppSecret) {
  const Digest mac = HmacKey(secret).Sign(body);
  return "sha256=" + absl::BytesToHexString(ToAbsl(AsBytes(mac)));
}

class HttpFormsTest : public ::testing::Test {
 protected:
  explicit HttpFormsTest(std::vector<std::string> options = {})
      : gateway_(std::move(options)) {
    gateway_.CreateChannel();
  }

  TestSocket Connect() {
    return TestSocket::Connect(gateway_.server().webhook());
  }

  double Metric(const std::string& sample) {
    const http::HttpResult result =
        gateway_.Http({.method = "GET",
                       .url = absl::StrCat("http://", gateway_.server().admin(),
                                           "/metrics")});
    const std::size_t at = result.body.find("\n" + sample + " ");
    return at == std::string::npos
               ? 0
               : std::stod(result.body.substr(at + sample.size() + 2));
  }
  double Stored() {
    return Metric("linktor_webhook_items_total{outcome=\"event\"}");
  }

  // Returns a new body with one message, for each use of a form.
  std::string NextBody() {
    constexpr char kText[] = "hello from a form";
    gateway_.Watch(kText);
    return Gateway::TextBody(absl::StrCat("mid_", ++bodies_), kText);
  }

  // Replaces $P by the path of the webhook, $V by the query of a verification,
  // $B by a body, $L by its length, $S by its signature, $W by a wrong one, $C
  // by the body in chunks.
  static std::string Expand(const std::string& form, const std::string& body) {
    const std::string half = body.substr(0, body.size() / 2);
    const std::string rest = body.substr(half.size());
    const std::string chunks =
        absl::StrFormat("%x\r\n%s\r\n%X;name=\"value\"\r\n%s\r\n0\r\n\r\n",
                        half.size(), half, rest.size(), rest);
    return absl::StrReplaceAll(form,
                               {{"$P", kPath},
                                {"$V", kVerify},
                                {"$B", body},
                                {"$L", absl::StrCat(body.size())},
                                {"$S", Signature(body)},
                                {"$W", Signature(body, "wrong")},
                                {"$H", absl::StrFormat("%x", body.size())},
                                {"$C", chunks}});
  }

  void Expect(const Form& form) {
    SCOPED_TRACE(form.name);
    const double before = Stored();
    const std::string request = Expand(form.request, NextBody());
    TestSocket socket = Connect();
    socket.Send(request);
    // A server that waits for more than is sent is told that there is no more.
    if (form.status == 0) socket.EndWriting();
    const bool head = request.starts_with("HEAD ");
    std::string answer = head ? socket.ReadHead() : socket.ReadMessage();
    // A refusal comes in place of "100 Continue", and not after it.
    if (form.status == 200 && answer.starts_with("HTTP/1.1 100")) {
      answer = socket.ReadMessage();
    }
    if (form.status == 0) {
      EXPECT_EQ(answer, "");
    } else {
      EXPECT_THAT(answer, ::testing::ContainsRegex(
                              absl::StrCat("^HTTP/1.[01] ", form.status)));
      EXPECT_THAT(answer, HasSubstr(form.body));
    }
    if (form.fate == Fate::kKept) {
      socket.Send(Expand("GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n", ""));
      EXPECT_THAT(socket.ReadMessage(), StartsWith("HTTP/1.1 200"));
    } else {
      EXPECT_TRUE(socket.ReadsEnd());
    }
    EXPECT_EQ(Stored() - before, form.stored);
  }

  Gateway gateway_;
  int bodies_ = 0;
};

constexpr Fate kKept = Fate::kKept;
constexpr Fate kClosed = Fate::kClosed;

// These are Meta's requests.
std::vector<Form> FormsOfMeta() {
  return {{"verification", "GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n", 200, kKept,
           0, "1158201444"},
          {"delivery",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           200, kKept, 1, "EVENT_RECEIVED"},
          {"delivery, HTTP/1.0",
           "POST $P HTTP/1.0\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           200, kClosed, 1},
          {"delivery, HTTP/1.0 that stays",
           "POST $P HTTP/1.0\r\nConnection: keep-alive\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"delivery that closes",
           "POST $P HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kClosed, 1},
          {"delivery in chunks",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n$C",
           200, kKept, 1},
          {"delivery in chunks, spelt otherwise",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: CHUNKED\r\n\r\n$C",
           200, kKept, 1},
          {"delivery after 100-continue",
           "POST $P HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"names of headers in any case",
           "POST $P HTTP/1.1\r\nhOST: x\r\nx-hub-signature-256:$S\r\n"
           "content-length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"blanks around values",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256:  \t$S \t\r\n"
           "Content-Length:  $L \r\n\r\n$B",
           200, kKept, 1},
          {"query on a delivery",
           "POST $P?a=b HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           200, kKept, 1}};
}

// The target of a request has several forms.
std::vector<Form> FormsOfTheTarget() {
  return {
      {"slash at the end, verification",
       "GET $P/$V HTTP/1.1\r\nHost: x\r\n\r\n", 200, kKept, 0, "1158201444"},
      {"slash at the end, delivery",
       "POST $P/ HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
       "Content-Length: $L\r\n\r\n$B",
       200, kKept, 1},
      {"two slashes at the end", "GET $P//$V HTTP/1.1\r\nHost: x\r\n\r\n", 404,
       kKept},
      {"whole URL, verification",
       "GET http://example.com$P$V HTTP/1.1\r\nHost: x\r\n\r\n", 200, kKept, 0,
       "1158201444"},
      {"whole URL, delivery",
       "POST https://example.com$P HTTP/1.1\r\nHost: x\r\n"
       "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
       200, kKept, 1},
      {"URL of another scheme",
       "GET ftp://example.com$P$V HTTP/1.1\r\nHost: x\r\n\r\n", 404, kKept},
      {"percent-encoded path",
       "GET /webhooks/%69nstagram/ch_test$V HTTP/1.1\r\nHost: x\r\n\r\n", 200,
       kKept, 0, "1158201444"},
      {"broken percent-encoding", "GET $P%zz$V HTTP/1.1\r\nHost: x\r\n\r\n",
       404, kKept},
      {"slash that is encoded",
       "GET /webhooks%2Finstagram/ch_test$V HTTP/1.1\r\nHost: x\r\n\r\n", 404,
       kKept},
      {"dots", "GET /x/..$P$V HTTP/1.1\r\nHost: x\r\n\r\n", 404, kKept},
      {"fragment", "GET $P$V#x HTTP/1.1\r\nHost: x\r\n\r\n", 404, kKept},
      {"another channel",
       "POST /webhooks/instagram/ch_no HTTP/1.1\r\nHost: x\r\n"
       "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
       404, kKept},
      {"root", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404, kKept},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405, kKept},
      {"CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n", 405,
       kKept},
      {"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", 400, kClosed},
      {"target with a blank", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400,
       kClosed}};
}

// Some methods are taken and others refused.
std::vector<Form> FormsOfTheMethod() {
  return {
      {"HEAD, verification", "HEAD $P$V HTTP/1.1\r\nHost: x\r\n\r\n", 200,
       kKept, 0, "Content-Length: 10"},
      {"HEAD of a monitor", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 404, kKept},
      {"OPTIONS", "OPTIONS $P HTTP/1.1\r\nHost: x\r\n\r\n", 405, kKept, 0,
       "Allow: GET, HEAD, POST"},
      {"PUT of a signed body",
       "PUT $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
       "Content-Length: $L\r\n\r\n$B",
       405, kKept},
      {"DELETE", "DELETE $P HTTP/1.1\r\nHost: x\r\n\r\n", 405, kKept},
      {"TRACE", "TRACE $P HTTP/1.1\r\nHost: x\r\n\r\n", 405, kKept},
      {"unknown method", "BREW $P HTTP/1.1\r\nHost: x\r\n\r\n", 405, kKept},
      {"method in lower case", "get $P$V HTTP/1.1\r\nHost: x\r\n\r\n", 405,
       kKept}};
}

// These verifications are refused.
std::vector<Form> FormsOfVerifications() {
  return {{"wrong verify token",
           "GET $P?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1 "
           "HTTP/1.1\r\nHost: x\r\n\r\n",
           403, kKept},
          {"no challenge", "GET $P HTTP/1.1\r\nHost: x\r\n\r\n", 400, kKept},
          {"challenge with markup",
           "GET $P?hub.mode=subscribe&hub.verify_token=test-verify-token"
           "&hub.challenge=%3Cb%3E HTTP/1.1\r\nHost: x\r\n\r\n",
           400, kKept}};
}

// A signature decides whether a body is taken.
std::vector<Form> FormsOfSignatures() {
  return {{"no signature",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length: $L\r\n\r\n$B", 401,
           kKept},
          {"wrong signature",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $W\r\n"
           "Content-Length: $L\r\n\r\n$B",
           401, kKept},
          {"signature of SHA-1",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha1=0123\r\n"
           "Content-Length: $L\r\n\r\n$B",
           401, kKept},
          // Meta sends the two together.
          {"signature of SHA-1 beside the right one",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha1=0123\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"signature in a trailer",
           "POST $P HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "$H\r\n$B\r\n0\r\nX-Hub-Signature-256: $S\r\n\r\n",
           401, kKept},
          {"signature of another body",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: 2\r\n\r\n{}",
           401, kKept},
          {"signature twice",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"wrong signature, then the right one",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $W\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"signatures that a proxy has joined",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $W, $S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           200, kKept, 1},
          {"five signatures",
           "POST $P HTTP/1.1\r\nHost: x\r\n"
           "X-Hub-Signature-256: $W,$W,$W,$W,$S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           401, kKept},
          {"wrong signatures, twice",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $W,$W\r\n"
           "Content-Length: $L\r\n\r\n$B",
           401, kKept}};
}

// These say twice, or in two ways, where a request ends and whose it is.
std::vector<Form> FormsOfDelimiters() {
  return {{"two lengths",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\nContent-Length: 1\r\n\r\n$B",
           400, kClosed},
          {"the same length twice",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\nContent-Length: $L\r\n\r\n$B",
           400, kClosed},
          {"lengths that are joined",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L, $L\r\n\r\n$B",
           400, kClosed},
          {"length and chunks",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\nTransfer-Encoding: chunked\r\n\r\n$C",
           400, kClosed},
          {"length and another coding",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: gzip\r\nContent-Length: $L\r\n\r\n$B",
           400, kClosed},
          {"length in a trailer",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n"
           "$H\r\n$B\r\n0\r\nContent-Length: $L\r\n\r\n",
           400, kClosed},
          {"end of the connection in a trailer",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n"
           "$H\r\n$B\r\n0\r\nConnection: close\r\n\r\n",
           200, kKept, 1},
          {"HEAD that is refused", "HEAD $P$V HTTP/1.1\r\n\r\n", 400, kClosed},
          {"folded header",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length:\r\n $L\r\n\r\n$B",
           200, kKept, 1},
          {"GET with a body",
           "GET $P$V HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 200,
           kKept, 0, "1158201444"},
          {"chunks and length",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\nContent-Length: $L\r\n\r\n$C",
           400, kClosed},
          {"chunked twice",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n$C",
           400, kClosed},
          {"a coding before chunked",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: gzip, chunked\r\n\r\n$C",
           501, kClosed},
          {"a coding without chunked, then a request",
           "POST $P HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n"
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: $L\r\n\r\n$B",
           501, kClosed},
          {"a coding that is nearly chunked",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: xchunked\r\n\r\n$C",
           501, kClosed},
          {"chunks in HTTP/1.0",
           "POST $P HTTP/1.0\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n$C",
           400, kClosed},
          {"no host", "GET $P$V HTTP/1.1\r\n\r\n", 400, kClosed},
          {"no host, HTTP/1.0", "GET $P$V HTTP/1.0\r\n\r\n", 200, kClosed},
          {"two hosts", "GET $P$V HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400,
           kClosed},
          {"negative length",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n$B", 400,
           kClosed},
          {"length with a sign",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length: +$L\r\n\r\n$B", 400,
           kClosed},
          {"hexadecimal length",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n$B", 400,
           kClosed},
          {"length beyond 64 bits",
           "POST $P HTTP/1.1\r\nHost: x\r\n"
           "Content-Length: 99999999999999999999999\r\n\r\n$B",
           400, kClosed},
          {"length beyond the limit",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n",
           413, kClosed},
          {"length beyond the limit, with 100-continue",
           "POST $P HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
           "Content-Length: 999999999\r\n\r\n",
           413, kClosed},
          {"chunk without a length",
           "POST $P HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "zz\r\n",
           400, kClosed},
          {"chunk longer than it says",
           "POST $P HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "1\r\n{}\r\n0\r\n\r\n",
           400, kClosed},
          {"blank before the colon",
           "POST $P HTTP/1.1\r\nHost: x\r\nContent-Length : $L\r\n\r\n$B", 400,
           kClosed},
          {"header without a name",
           "GET $P$V HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400, kClosed},
          {"header without a colon",
           "GET $P$V HTTP/1.1\r\nHost: x\r\ny\r\n\r\n", 400, kClosed},
          {"lines that end with LF alone", "GET $P$V HTTP/1.1\nHost: x\n\n",
           400, kClosed},
          {"a NUL in a header",
           std::string("GET / HTTP/1.1\r\nHost: x\r\nY: a\0b\r\n\r\n", 35), 400,
           kClosed},
          {"head beyond the limit",
           "GET $P$V HTTP/1.1\r\nHost: x\r\nY: " + std::string(20'000, 'y') +
               "\r\n\r\n",
           431, kClosed},
          {"trailer beyond the limit",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\nY: " +
               std::string(300'000, 'y'),
           431, kClosed},
          {"extension of a chunk beyond the limit",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Transfer-Encoding: chunked\r\n\r\n2;y=" +
               std::string(300'000, 'y'),
           431, kClosed},
          {"body shorter than its length",
           "POST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
           "Content-Length: 100000\r\n\r\n$B",
           0, kClosed},
          {"head that stops", "POST $P HTTP/1.1\r\nHost: x\r\n", 0, kClosed}};
}

// A client may expect something first.
std::vector<Form> FormsOfExpectations() {
  return {{"unknown expectation",
           "POST $P HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           417, kClosed},
          {"expectation in HTTP/1.0",
           "POST $P HTTP/1.0\r\nExpect: 100-continue\r\n"
           "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B",
           200, kClosed, 1}};
}

// These speak other protocols, or have something before the request.
std::vector<Form> FormsOfOtherProtocols() {
  return {
      {"empty line before the request",
       "\r\nPOST $P HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: $S\r\n"
       "Content-Length: $L\r\n\r\n$B",
       200, kKept, 1},
      {"HTTP/0.9", "GET /\r\n\r\n", 400, kClosed},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, kClosed, 0,
       "this port speaks HTTP/1.1"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400, kClosed},
      {"upgrade to a WebSocket",
       "GET $P$V HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       200, kKept, 0, "1158201444"},
      {"a TLS handshake",
       std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", 14), 400,
       kClosed, 0, "plaintext"},
      {"PROXY protocol, version 1",
       "PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\nGET $P$V HTTP/1.1\r\n"
       "Host: x\r\n\r\n",
       400, kClosed, 0, "PROXY protocol"},
      {"PROXY protocol, version 2",
       std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x01\xC0\0\x02"
                   "\x02\x0F\xA0\0\x50",
                   28) +
           "GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n",
       400, kClosed, 0, "PROXY protocol"},
      {"rubbish", "\x01\x02\x03\x04\r\n\r\n", 400, kClosed}};
}

std::vector<Form> Forms() {
  std::vector<Form> all;
  for (const auto& some :
       {FormsOfMeta(), FormsOfTheTarget(), FormsOfTheMethod(),
        FormsOfVerifications(), FormsOfSignatures(), FormsOfDelimiters(),
        FormsOfExpectations(), FormsOfOtherProtocols()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

TEST_F(HttpFormsTest, Table) {
  ASSERT_GE(Forms().size(), 60U);
  for (const Form& form : Forms()) Expect(form);
}

// Two requests in one write: both are answered, in their order.
TEST_F(HttpFormsTest, RequestsOneBehindTheOther) {
  TestSocket socket = Connect();
  const std::string body = NextBody();
  socket.Send(
      Expand("POST $P HTTP/1.1\r\nHost: x\r\n"
             "X-Hub-Signature-256: $S\r\nContent-Length: $L\r\n\r\n$B"
             "GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n",
             body));
  EXPECT_THAT(socket.ReadMessage(), HasSubstr("EVENT_RECEIVED"));
  EXPECT_THAT(socket.ReadMessage(), HasSubstr("1158201444"));
  EXPECT_EQ(Stored(), 1);
}

// A client that waits for 100 gets it before it sends the body.
TEST_F(HttpFormsTest, ContinueComesBeforeTheBody) {
  TestSocket socket = Connect();
  const std::string body = NextBody();
  socket.Send(
      Expand("POST $P HTTP/1.1\r\nHost: x\r\n"
             "Expect: 100-continue\r\nX-Hub-Signature-256: $S\r\n"
             "Content-Length: $L\r\n\r\n",
             body));
  EXPECT_THAT(socket.ReadHead(), StartsWith("HTTP/1.1 100"));
  socket.Send(body);
  EXPECT_THAT(socket.ReadMessage(), HasSubstr("EVENT_RECEIVED"));
}

// A refusal reaches a client that goes on sending its body.
TEST_F(HttpFormsTest, ARefusalIsNotLostInAReset) {
  TestSocket socket = Connect();
  socket.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n" +
      std::string(300'000, 'x'));
  EXPECT_THAT(socket.ReadMessage(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpFormsTest, RefusalsAreCountedAndLogged) {
  TestSocket socket = Connect();
  socket.Send("PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n\r\n");
  EXPECT_THAT(socket.ReadMessage(), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(Metric("linktor_http_refusals_total{listener=\"webhook\","
                   "reason=\"proxy_protocol_unexpected\",status=\"400\"}"),
            1);
  EXPECT_THAT(gateway_.server().output(),
              HasSubstr("\"reason\":\"proxy_protocol_unexpected\""));
}

class ProxyProtocolFormsTest : public HttpFormsTest {
 protected:
  ProxyProtocolFormsTest()
      : HttpFormsTest({"--webhook-proxy-protocol", "--log-level", "debug"}) {}
};

TEST_F(ProxyProtocolFormsTest, ClientIsThatOfTheHeader) {
  const std::string kV2 = std::string(
      "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x09\xC0\0\x02"
      "\x02\x0F\xA0\0\x50",
      28);
  for (const std::string& header :
       {std::string("PROXY TCP4 192.0.2.9 192.0.2.2 4000 80\r\n"),
        std::string("PROXY UNKNOWN\r\n"), kV2}) {
    TestSocket socket = Connect();
    socket.Send(header + Expand("GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n", ""));
    EXPECT_THAT(socket.ReadMessage(), HasSubstr("1158201444"));
  }
  EXPECT_THAT(gateway_.server().output(), HasSubstr("\"peer\":\"192.0.2.9\""));
}

// Anybody who reaches the port could say who they are otherwise.
TEST_F(ProxyProtocolFormsTest, WithoutAHeaderNothingIsRead) {
  TestSocket socket = Connect();
  socket.Send(Expand("GET $P$V HTTP/1.1\r\nHost: x\r\n\r\n", ""));
  EXPECT_TRUE(socket.ReadsEnd());
  EXPECT_THAT(gateway_.server().output(),
              HasSubstr("\"reason\":\"proxy_protocol_missing\""));
}

class TrustedProxyFormsTest : public HttpFormsTest {
 protected:
  TrustedProxyFormsTest()
      : HttpFormsTest(
            {"--trusted-proxies", "127.0.0.0/8", "--log-level", "debug"}) {}
};

TEST_F(TrustedProxyFormsTest, LogsNameTheClientOfTheProxy) {
  TestSocket socket = Connect();
  socket.Send(
      Expand("GET $P HTTP/1.1\r\nHost: x\r\n"
             "X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n\r\n",
             ""));
  EXPECT_THAT(socket.ReadMessage(), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(gateway_.server().output(),
              HasSubstr("\"peer\":\"203.0.113.9\""));
}

}  // namespace
}  // namespace linktor::testing
