// These tests run the listener over TLS. As in listener_test.cc, no test
// sleeps. The listener looks for slow connections once a second, so it takes up
// to a second to close one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "server/base/mutex.h"
#include "server/http/listener.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_socket.h"
#include "tests/support/test_tls_socket.h"
#include "tests/unit/http/listener_fixture.h"

namespace linktor::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using ClientOptions = TestTlsSocket::Options;

// An identity that changes while the listener runs.
class Identities {
 public:
  explicit Identities(std::shared_ptr<const TlsIdentity> first)
      : current_(std::move(first)) {}

  TlsSource source() {
    return [this] {
      MutexLock lock(mutex_);
      return current_;
    };
  }
  void Replace(std::shared_ptr<const TlsIdentity> next) {
    MutexLock lock(mutex_);
    current_ = std::move(next);
  }

 private:
  Mutex mutex_;
  std::shared_ptr<const TlsIdentity> current_ ABSL_GUARDED_BY(mutex_);
};

class TlsListenerTest : public testing::Test {
 protected:
  HttpListener::Options Options() {
    HttpListener::Options options = Patient();
    options.tls = TlsSourceOf(authority_.IssueServer());
    return options;
  }
  // A client that checks the server's certificate.
  ClientOptions Client() const { return {.trusted = authority_.certificate()}; }
  // A listener that wants to see certificates of `clients_`.
  std::unique_ptr<HttpListener> StartForClients() {
    HttpListener::Options options = Patient();
    options.tls = TlsSourceOf(authority_.IssueServer(), clients_.certificate());
    return StartListener(options);
  }

  TestAuthority authority_;
  TestAuthority clients_{"Clients' authority"};
};

// One request and its answer. In TLS 1.3 a client hears here first that its
// certificate is refused.
std::string Get(TestTlsSocket& client) {
  if (!client.Send(kGet)) return "";
  return client.ReadMessage();
}

TEST_F(TlsListenerTest, SpeaksTls12And13) {
  const auto listener = StartListener(Options());
  for (const auto& [version, name] :
       {std::pair(TLS1_2_VERSION, "TLSv1.2"), {TLS1_3_VERSION, "TLSv1.3"}}) {
    ClientOptions options = Client();
    options.min_version = version;
    options.max_version = version;
    TestTlsSocket client(listener->address(), options);
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.version(), name);
    EXPECT_THAT(Get(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(TlsListenerTest, ShowsTheWholeChain) {
  TestAuthority second("Second", authority_);
  TestAuthority third("Third", second);
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(third.IssueServer());
  const auto listener = StartListener(options);
  TestTlsSocket client(listener->address(), Client());
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK")) << client.error();
}

TEST_F(TlsListenerTest, RefusesTls11) {
  const auto listener = StartListener(Options());
  const TestTlsSocket client(listener->address(),
                             {.min_version = TLS1_VERSION,
                              .max_version = TLS1_1_VERSION,
                              .security_level = 0});
  EXPECT_FALSE(client.connected());
  EXPECT_THAT(client.error(), HasSubstr("alert protocol version"));
}

TEST_F(TlsListenerTest, KeepsTheConnection) {
  const auto listener = StartListener(Options());
  TestTlsSocket client(listener->address(), Client());
  ASSERT_TRUE(client.connected()) << client.error();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(Post("/a?b=c", "body")));
    EXPECT_TRUE(client.ReadMessage().ends_with("\r\n\r\nPOST /a?b=c body"));
  }
}

TEST_F(TlsListenerTest, AnswersPipelinedRequestsInOneRecord) {
  const auto listener = StartListener(Options());
  TestTlsSocket client(listener->address(), Client());
  ASSERT_TRUE(client.Send(absl::StrCat(Post("/1", "one"), kGet)));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /1 one"));
  EXPECT_TRUE(client.ReadMessage().ends_with("GET /get "));
}

TEST_F(TlsListenerTest, ReadsABodyInPieces) {
  const auto listener = StartListener(Options());
  TestTlsSocket client(listener->address(), Client());
  for (const char c : Post("/slow", "in pieces")) {
    ASSERT_TRUE(client.Send(std::string_view(&c, 1)));
  }
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /slow in pieces"));
}

// Larger than a record, than what is read at once, and than the buffers of the
// sockets.
TEST_F(TlsListenerTest, ReadsAndAnswersLargeBodies) {
  const auto listener = StartListener(Options());
  TestTlsSocket client(listener->address(), Client());
  const std::string body(10'000'000, 'x');
  ASSERT_TRUE(client.Send(Post("/large", body)));
  EXPECT_TRUE(client.ReadMessage().ends_with("POST /large " + body));
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK"));
}

TEST_F(TlsListenerTest, ChoosesHttp11ByAlpn) {
  const auto listener = StartListener(Options());
  ClientOptions options = Client();
  options.alpn = "\x02h2\x08http/1.1";
  TestTlsSocket client(listener->address(), options);
  EXPECT_EQ(client.alpn(), "http/1.1");
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK"));
}

TEST_F(TlsListenerTest, RefusesClientsThatSpeakOtherProtocolsOnly) {
  const auto listener = StartListener(Options());
  ClientOptions options = Client();
  options.alpn = "\x02h2";
  const TestTlsSocket client(listener->address(), options);
  EXPECT_THAT(client.error(), HasSubstr("no application protocol"));
}

TEST_F(TlsListenerTest, ChoosesTheCipherOfTls12) {
  const auto listener = StartListener(Options());
  ClientOptions options = Client();
  options.max_version = TLS1_2_VERSION;
  options.ciphers =
      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256";
  const TestTlsSocket client(listener->address(), options);
  EXPECT_EQ(client.cipher(), "ECDHE-ECDSA-AES128-GCM-SHA256");
}

TEST_F(TlsListenerTest, RefusesCiphersWithoutAuthenticatedEncryption) {
  const auto listener = StartListener(Options());
  ClientOptions options = Client();
  options.max_version = TLS1_2_VERSION;
  options.ciphers = "ECDHE-ECDSA-AES128-SHA256";
  const TestTlsSocket client(listener->address(), options);
  EXPECT_FALSE(client.connected());
}

TEST_F(TlsListenerTest, DoesNotNegotiateAgain) {
  const auto listener = StartListener(Options());
  ClientOptions options = Client();
  options.max_version = TLS1_2_VERSION;
  TestTlsSocket client(listener->address(), options);
  ASSERT_TRUE(client.connected()) << client.error();
  EXPECT_FALSE(client.Renegotiate());
  EXPECT_THAT(client.error(), HasSubstr("no renegotiation"));
}

TEST_F(TlsListenerTest, NewCertificateServesTheNextHandshake) {
  Identities identities(
      IdentityOf(authority_.IssueServer({.common_name = "old"}), 1));
  HttpListener::Options options = Patient();
  options.tls = identities.source();
  const auto listener = StartListener(options);
  TestTlsSocket before(listener->address(), Client());
  EXPECT_EQ(before.server_name(), "old");
  identities.Replace(
      IdentityOf(authority_.IssueServer({.common_name = "new"}), 2));
  TestTlsSocket after(listener->address(), Client());
  EXPECT_EQ(after.server_name(), "new");
  EXPECT_THAT(Get(after), HasSubstr(" 200 OK"));
  EXPECT_THAT(Get(before), HasSubstr(" 200 OK"));
}

TEST_F(TlsListenerTest, UnusableIdentityClosesTheConnection) {
  Identities identities(IdentityOf({"no certificate", "no key"}, 1));
  HttpListener::Options options = Patient();
  options.tls = identities.source();
  const auto listener = StartListener(options);
  CapturedLog captured;
  TestSocket plaintext = ConnectTo(*listener);
  EXPECT_TRUE(plaintext.ReadsEnd());
  EXPECT_FALSE(TestTlsSocket(listener->address(), Client()).connected());
  const std::string log = captured.Take();
  EXPECT_THAT(log, HasSubstr("cannot read the certificate"));
  EXPECT_EQ(CountOf("TLS identity unusable", log), 1) << log;
  identities.Replace(IdentityOf(authority_.IssueServer(), 2));
  TestTlsSocket client(listener->address(), Client());
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK"));
}

TEST_F(TlsListenerTest, AcceptsClientsOfTheAuthority) {
  const auto listener = StartForClients();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientOptions options = Client();
    options.max_version = version;
    options.identity = clients_.IssueClient();
    TestTlsSocket client(listener->address(), options);
    EXPECT_THAT(Get(client), HasSubstr(" 200 OK")) << client.error();
  }
}

// The operator may trust one department and not the company.
TEST_F(TlsListenerTest, AcceptsClientsOfAnAuthorityThatIsNoRoot) {
  TestAuthority department("Department", clients_);
  HttpListener::Options options = Patient();
  options.tls = TlsSourceOf(authority_.IssueServer(), department.certificate());
  const auto listener = StartListener(options);
  ClientOptions theirs = Client();
  theirs.identity = department.IssueClient();
  TestTlsSocket client(listener->address(), theirs);
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK")) << client.error();
}

TEST_F(TlsListenerTest, RefusesClientsWithoutACertificate) {
  const auto listener = StartForClients();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientOptions options = Client();
    options.max_version = version;
    TestTlsSocket client(listener->address(), options);
    EXPECT_EQ(client.connected() ? Get(client) : "", "");
    EXPECT_THAT(client.error(), HasSubstr("alert")) << version;
  }
}

TEST_F(TlsListenerTest, RefusesOtherCertificatesOfClients) {
  const auto listener = StartForClients();
  TestAuthority namesake("Clients' authority");
  const TestSubject expired = {.not_before = absl::Now() - absl::Hours(2),
                               .not_after = absl::Now() - absl::Hours(1)};
  for (const TestCertificate& identity :
       {authority_.IssueClient(), namesake.IssueClient(),
        clients_.IssueClient(expired), clients_.IssueServer()}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      ClientOptions options = Client();
      options.max_version = version;
      options.identity = identity;
      TestTlsSocket client(listener->address(), options);
      EXPECT_EQ(client.connected() ? Get(client) : "", "");
      EXPECT_THAT(client.error(), HasSubstr("alert")) << version;
    }
  }
}

// The certificate of a resumed session would not be looked at again.
TEST_F(TlsListenerTest, SessionsAreResumedUnlessClientsAreAuthenticated) {
  const auto listener = StartListener(Options());
  const auto for_clients = StartForClients();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientOptions options = Client();
    options.max_version = version;
    TestTlsSocket client(listener->address(), options);
    ASSERT_THAT(Get(client), HasSubstr(" 200 OK"));
    EXPECT_TRUE(client.has_ticket()) << version;
    options.identity = clients_.IssueClient();
    TestTlsSocket authenticated(for_clients->address(), options);
    ASSERT_THAT(Get(authenticated), HasSubstr(" 200 OK"));
    EXPECT_FALSE(authenticated.has_ticket()) << version;
  }
}

TEST_F(TlsListenerTest, ClosesOnPlaintext) {
  const auto listener = StartListener(Options());
  for (const std::string& bytes :
       {std::string(kGet), std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        std::string(1000, '\0'), std::string(100'000, 'x')}) {
    TestSocket client = ConnectTo(*listener);
    client.Send(bytes);
    EXPECT_THAT(client.ReadMessage(), Not(HasSubstr("HTTP")));
  }
  TestTlsSocket client(listener->address(), Client());
  EXPECT_THAT(Get(client), HasSubstr(" 200 OK"));
}

TEST_F(TlsListenerTest, ClosesSlowHandshakes) {
  HttpListener::Options options = Options();
  options.request_timeout = kShort;
  const auto listener = StartListener(options);
  TestSocket silent = ConnectTo(*listener);
  TestSocket begun = ConnectTo(*listener);
  ASSERT_TRUE(begun.Send("\x16\x03\x01"));
  EXPECT_TRUE(silent.ReadsEnd());
  EXPECT_TRUE(begun.ReadsEnd());
}

TEST_F(TlsListenerTest, ClosesSlowRequests) {
  HttpListener::Options options = Options();
  options.request_timeout = absl::Milliseconds(500);
  const auto listener = StartListener(options);
  TestTlsSocket client(listener->address(), Client());
  ASSERT_TRUE(client.Send("POST / HT"));
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(TlsListenerTest, IdleConnectionsCloseInOrder) {
  HttpListener::Options options = Options();
  options.idle_timeout = kShort;
  const auto listener = StartListener(options);
  TestTlsSocket silent(listener->address(), Client());
  TestTlsSocket kept_alive(listener->address(), Client());
  EXPECT_THAT(Get(kept_alive), HasSubstr(" 200 OK"));
  EXPECT_TRUE(silent.ReadsCloseNotify()) << silent.error();
  EXPECT_TRUE(kept_alive.ReadsCloseNotify()) << kept_alive.error();
}

TEST_F(TlsListenerTest, ConnectionsCloseInOrder) {
  const auto listener = StartListener(Options());
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n", "rubbish\r\n\r\n"}) {
    TestTlsSocket client(listener->address(), Client());
    ASSERT_TRUE(client.Send(request));
    EXPECT_FALSE(client.ReadMessage().empty());
    EXPECT_TRUE(client.ReadsCloseNotify()) << client.error();
  }
}

TEST_F(TlsListenerTest, ServesManyAtOnce) {
  HttpListener::Options options = Options();
  options.threads = 3;
  const auto listener = StartListener(options);
  std::vector<TestTlsSocket> clients;
  for (int i = 0; i < 30; ++i) {
    clients.emplace_back(listener->address(), Client());
    ASSERT_TRUE(clients.back().Send(kGet));
  }
  for (TestTlsSocket& client : clients) {
    EXPECT_THAT(client.ReadMessage(), HasSubstr(" 200 OK"));
  }
}

}  // namespace
}  // namespace linktor::http
