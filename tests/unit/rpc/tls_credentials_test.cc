#include "server/rpc/tls_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <utility>

#include "server/base/mutex.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/rpc/grpc_rig.h"

namespace linktor::rpc {
namespace {

using grpc::StatusCode;

// The identity that the server is given, which a test may exchange.
class Identity {
 public:
  Identity(const TestCertificate& made, std::string client_ca = "") {
    Put(made, std::move(client_ca));
  }

  void Put(const TestCertificate& made, std::string client_ca = "") {
    auto next = std::make_shared<const TlsIdentity>(
        TlsIdentity{.generation = ++generation_,
                    .certificate_chain = made.certificate,
                    .private_key = Secret(made.private_key),
                    .client_ca = std::move(client_ca)});
    MutexLock lock(mutex_);
    current_ = std::move(next);
  }
  TlsSource source() {
    return [this] {
      MutexLock lock(mutex_);
      return current_;
    };
  }

 private:
  std::uint64_t generation_ = 0;
  Mutex mutex_;
  std::shared_ptr<const TlsIdentity> current_ ABSL_GUARDED_BY(mutex_);
};

GrpcRig::Setup Tls(Identity& identity, bool require_client_certificate) {
  return {.credentials = MakeTlsCredentials(identity.source(),
                                            require_client_certificate)};
}

// Makes a client that trusts servers of `authority`.
std::shared_ptr<grpc::ChannelCredentials> Trusting(
    const TestAuthority& authority) {
  return grpc::SslCredentials({.pem_root_certs = authority.certificate()});
}
// Makes one that also has a certificate of its own.
std::shared_ptr<grpc::ChannelCredentials> Trusting(
    const TestAuthority& authority, const TestCertificate& client) {
  return grpc::SslCredentials({.pem_root_certs = authority.certificate(),
                               .pem_private_key = client.private_key,
                               .pem_cert_chain = client.certificate});
}

class TlsCredentialsTest : public testing::Test {
 protected:
  TestAuthority authority_{"Authority"};
  TestAuthority other_{"Other"};
  Identity identity_{authority_.IssueServer()};
};

TEST_F(TlsCredentialsTest, CallIsAnswered) {
  const GrpcRig rig(Tls(identity_, false));
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::OK);
}

TEST_F(TlsCredentialsTest, RsaKeyServes) {
  identity_.Put(authority_.IssueServer({.rsa_bits = 2048}));
  const GrpcRig rig(Tls(identity_, false));
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::OK);
}

TEST_F(TlsCredentialsTest, ClientThatTrustsAnotherAuthorityGoes) {
  const GrpcRig rig(Tls(identity_, false));
  EXPECT_EQ(Call(rig.Channel(Trusting(other_))), StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, PlainClientIsRefused) {
  const GrpcRig rig(Tls(identity_, false));
  EXPECT_EQ(Call(rig.Channel()), StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, ClientWithACertificateIsAnswered) {
  identity_.Put(authority_.IssueServer(), other_.certificate());
  const GrpcRig rig(Tls(identity_, true));
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_, other_.IssueClient()))),
            StatusCode::OK);
}

TEST_F(TlsCredentialsTest, ClientWithoutACertificateIsRefused) {
  identity_.Put(authority_.IssueServer(), other_.certificate());
  const GrpcRig rig(Tls(identity_, true));
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, ClientOfAnotherAuthorityIsRefused) {
  identity_.Put(authority_.IssueServer(), other_.certificate());
  const GrpcRig rig(Tls(identity_, true));
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_, authority_.IssueClient()))),
            StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, EndedClientCertificateIsRefused) {
  identity_.Put(authority_.IssueServer(), other_.certificate());
  const GrpcRig rig(Tls(identity_, true));
  const TestCertificate ended =
      other_.IssueClient({.dns_names = {},
                          .ip_addresses = {},
                          .not_after = absl::Now() - absl::Minutes(1)});
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_, ended))),
            StatusCode::UNAVAILABLE);
}

TEST_F(TlsCredentialsTest, ReplacedCertificateServesTheNextConnection) {
  const GrpcRig rig(Tls(identity_, false));
  const auto first = rig.Channel(Trusting(authority_));
  ASSERT_EQ(Call(first), StatusCode::OK);
  identity_.Put(other_.IssueServer());
  EXPECT_EQ(Call(rig.Channel(Trusting(other_))), StatusCode::OK);
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(first), StatusCode::OK);
}

TEST_F(TlsCredentialsTest, ReplacedClientAuthorityJudgesTheNextConnection) {
  identity_.Put(authority_.IssueServer(), authority_.certificate());
  const GrpcRig rig(Tls(identity_, true));
  const auto trusting = Trusting(authority_, authority_.IssueClient());
  const auto first = rig.Channel(trusting);
  ASSERT_EQ(Call(first), StatusCode::OK);
  identity_.Put(authority_.IssueServer(), other_.certificate());
  EXPECT_EQ(Call(rig.Channel(trusting)), StatusCode::UNAVAILABLE);
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_, other_.IssueClient()))),
            StatusCode::OK);
  EXPECT_EQ(Call(first), StatusCode::OK);
}

TEST_F(TlsCredentialsTest, UnusableReplacementLeavesTheOldOneInForce) {
  const GrpcRig rig(Tls(identity_, false));
  identity_.Put({"no certificate", "no key"});
  EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::OK);
}

// Each port must be given the first identity, and every later one.
TEST_F(TlsCredentialsTest, SameCredentialsServeSeveralPorts) {
  const auto credentials = MakeTlsCredentials(identity_.source(), false);
  const GrpcRig first({.credentials = credentials});
  const GrpcRig second({.credentials = credentials});
  EXPECT_EQ(Call(first.Channel(Trusting(authority_))), StatusCode::OK);
  EXPECT_EQ(Call(second.Channel(Trusting(authority_))), StatusCode::OK);
  identity_.Put(other_.IssueServer());
  EXPECT_EQ(Call(first.Channel(Trusting(other_))), StatusCode::OK);
  EXPECT_EQ(Call(second.Channel(Trusting(other_))), StatusCode::OK);
}

TEST_F(TlsCredentialsTest, ServesGrpcsOwnPorts) {
  grpc::health::v1::Health::CallbackService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(
      "127.0.0.1:0", MakeTlsCredentials(identity_.source(), false), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(Call(GrpcRig::ChannelTo("127.0.0.1:" + std::to_string(port),
                                    Trusting(authority_))),
            StatusCode::UNIMPLEMENTED);
}

TEST_F(TlsCredentialsTest, SourceIsReleasedWithTheServer) {
  auto owned = std::make_shared<Identity>(authority_.IssueServer());
  const std::weak_ptr<Identity> watch = owned;
  {
    const GrpcRig rig({.credentials = MakeTlsCredentials(
                           [owned] { return owned->source()(); }, false)});
    owned.reset();
    EXPECT_EQ(Call(rig.Channel(Trusting(authority_))), StatusCode::OK);
  }
  EXPECT_TRUE(Eventually([&] { return watch.expired(); }));
}

TEST_F(TlsCredentialsTest, SilentPeerIsClosedAfterTheHandshakeTimeout) {
  GrpcRig::Setup setup = Tls(identity_, false);
  setup.handshake_timeout_ms = 50;
  const GrpcRig rig(setup);
  EXPECT_TRUE(RawPeer(rig.address()).IsClosed());
}

// Tries a handshake with one version of TLS. Returns the version that was
// agreed on, or why the handshake failed.
std::string Handshake(const std::string& address, int version) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  // The client must be willing to speak what the server is to refuse.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const RawPeer peer(address);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()),
                                                      SSL_free);
  SSL_set_fd(tls.get(), peer.fd());
  ERR_clear_error();
  if (SSL_connect(tls.get()) == 1) return SSL_get_version(tls.get());
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "closed" : reason;
}

TEST_F(TlsCredentialsTest, OnlyTls12And13) {
  const GrpcRig rig(Tls(identity_, false));
  EXPECT_EQ(Handshake(rig.address(), TLS1_2_VERSION), "TLSv1.2");
  EXPECT_EQ(Handshake(rig.address(), TLS1_3_VERSION), "TLSv1.3");
  // The server ends it: a client that cannot speak them would say otherwise.
  const auto refused = testing::AnyOf("unexpected eof while reading",
                                      "tlsv1 alert protocol version");
  EXPECT_THAT(Handshake(rig.address(), TLS1_VERSION), refused);
  EXPECT_THAT(Handshake(rig.address(), TLS1_1_VERSION), refused);
}

}  // namespace
}  // namespace linktor::rpc
