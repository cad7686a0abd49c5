// The server over TLS, and certificates that are replaced while it is used.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "tests/support/environment.h"
#include "tests/support/gateway.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_certificates.h"
#include "tests/support/test_tls_socket.h"

namespace linktor::testing {
namespace {

// LINKTOR_TLS_CHANGES, or 10.
int Changes() {
  return static_cast<int>(NumberFromEnvironment("LINKTOR_TLS_CHANGES", 10));
}

// A certificate and its key as files, replaced as operators do it.
class CertificateOnDisk {
 public:
  CertificateOnDisk(std::string folder, TestAuthority& authority)
      : folder_(std::move(folder)), authority_(authority) {
    Replace("server-0");
  }

  std::string certificate() const { return folder_ + "/server.pem"; }
  std::string key() const { return folder_ + "/server.key"; }

  // Replaces one file after the other. Each file is replaced at once (by a
  // rename).
  void Replace(const std::string& name) {
    const TestCertificate made = authority_.IssueServer({.common_name = name});
    Write(key(), made.private_key);
    Write(certificate(), made.certificate);
  }

 private:
  static void Write(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    std::ofstream(beside) << text;
    std::filesystem::permissions(beside,
                                 std::filesystem::perms::owner_read |
                                     std::filesystem::perms::owner_write);
    std::filesystem::rename(beside, path);
  }

  const std::string folder_;
  TestAuthority& authority_;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest()
      : files_(folder_.path(), authority_),
        gateway_({"--grpc-tls-cert", files_.certificate(), "--grpc-tls-key",
                  files_.key(), "--webhook-tls-cert", files_.certificate(),
                  "--webhook-tls-key", files_.key()}) {
    v1::CreateChannelResponse response;
    const grpc::Status status =
        v1::ChannelService::NewStub(NewChannel())
            ->CreateChannel(Context().get(), Gateway::DefaultChannel(),
                            &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  // A connection of its own that trusts the authority.
  std::shared_ptr<grpc::Channel> NewChannel() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_.certificate();
    return grpc::CreateCustomChannel(gateway_.server().grpc(),
                                     grpc::SslCredentials(options), arguments);
  }
  TestTlsSocket NewSocket(const std::string& address,
                          const std::string& alpn = "") const {
    TestTlsSocket::Options options;
    options.trusted = authority_.certificate();
    options.alpn = alpn;
    return {address, options};
  }
  // Returns a signed POST request with one message.
  static std::string Webhook(const std::string& mid) {
    const std::string body = Gateway::TextBody(mid, "hello");
    const Digest mac = HmacKey(kAppSecret).Sign(body);
    return absl::StrCat(
        "POST /webhooks/instagram/", kChannel,
        " HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(),
        "\r\nX-Hub-Signature-256: sha256=",
        absl::BytesToHexString(ToAbsl(AsBytes(mac))), "\r\n\r\n", body);
  }
  // Whether the next handshakes on both ports show this certificate.
  bool BothShow(const std::string& name) const {
    return NewSocket(gateway_.server().webhook()).server_name() == name &&
           NewSocket(gateway_.server().grpc(), "\x02h2").server_name() == name;
  }
  void AwaitBoth(const std::string& name) const {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!BothShow(name)) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "not " << name;
    }
  }

  TempFolder folder_;
  TestAuthority authority_;
  CertificateOnDisk files_;
  mutable Gateway gateway_;
};

TEST_F(TlsTest, ServesBothPortsAndNothingWithoutTls) {
  TestTlsSocket socket = NewSocket(gateway_.server().webhook());
  ASSERT_TRUE(socket.connected()) << socket.error();
  ASSERT_TRUE(socket.Send(Webhook("m1")));
  EXPECT_TRUE(absl::StartsWith(socket.ReadMessage(), "HTTP/1.1 200"));
  v1::ListChannelsResponse response;
  const grpc::Status status =
      gateway_.channels().ListChannels(Context(2).get(), {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(gateway_.Post(Gateway::TextBody("m2", "hello")), 0);
}

TEST_F(TlsTest, ACertificateNearItsEndIsReadyAndSaysSo) {
  const TestCertificate made =
      authority_.IssueServer({.not_before = absl::Now() - absl::Hours(24 * 80),
                              .not_after = absl::Now() + absl::Hours(24 * 10)});
  std::ofstream(files_.key()) << made.private_key;
  std::ofstream(files_.certificate()) << made.certificate;
  AwaitBoth("localhost");
  const http::HttpResult result = gateway_.Http(
      {.method = "GET",
       .url = absl::StrCat("http://", gateway_.server().admin(), "/readyz")});
  EXPECT_EQ(result.status_code, 200);
  EXPECT_THAT(result.body, ::testing::HasSubstr("ready\n"));
  EXPECT_THAT(result.body, ::testing::HasSubstr("grpc: "));
  EXPECT_THAT(result.body, ::testing::HasSubstr(files_.certificate()));
  const http::HttpResult metrics = gateway_.Http(
      {.method = "GET",
       .url = absl::StrCat("http://", gateway_.server().admin(), "/metrics")});
  EXPECT_THAT(metrics.body,
              ::testing::HasSubstr(
                  "linktor_tls_certificate_problem{listener=\"webhook\"} 1"));
}

// It does what callers and Meta do meanwhile, on connections old and new.
class TlsLoad {
 public:
  template <typename Step>
  void Run(Step step) {
    threads_.emplace_back([this, step = std::move(step)] {
      while (!stop_) step();
    });
  }
  void Fail(const std::string& what) {
    MutexLock lock(mutex_);
    failures_.push_back(what);
  }
  void Acknowledge(const std::string& mid) {
    MutexLock lock(mutex_);
    acknowledged_.insert(mid);
  }
  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<std::string> failures() {
    MutexLock lock(mutex_);
    return failures_;
  }
  std::set<std::string> acknowledged() {
    MutexLock lock(mutex_);
    return acknowledged_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
  Mutex mutex_;
  std::vector<std::string> failures_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(TlsTest, CertificatesChangeUnderLoadWithoutAFailedCallOrALostEvent) {
  TlsLoad load;
  std::atomic<int> next{0};
  const auto post = [&](TestTlsSocket& socket) {
    const std::string mid = absl::StrCat("m", next++);
    if (!socket.Send(Webhook(mid)) ||
        !absl::StartsWith(socket.ReadMessage(), "HTTP/1.1 200")) {
      return load.Fail("webhook " + mid + ": " + socket.error());
    }
    load.Acknowledge(mid);
  };
  TestTlsSocket lasting = NewSocket(gateway_.server().webhook());
  load.Run([&] { post(lasting); });
  load.Run([&] {
    TestTlsSocket fresh = NewSocket(gateway_.server().webhook());
    if (!fresh.connected()) load.Fail("webhook handshake: " + fresh.error());
    for (int i = 0; i < 3; ++i) post(fresh);
  });
  const auto call = [&](const std::shared_ptr<grpc::Channel>& channel) {
    v1::ListChannelsResponse response;
    const grpc::Status status =
        v1::ChannelService::NewStub(channel)->ListChannels(Context().get(), {},
                                                           &response);
    if (!status.ok()) load.Fail("call: " + status.error_message());
  };
  const auto old = NewChannel();
  load.Run([&] { call(old); });
  load.Run([&] {
    const auto fresh = NewChannel();
    for (int i = 0; i < 3; ++i) call(fresh);
  });
  const auto events = v1::EventService::NewStub(NewChannel());
  EventStream stream(*events, Gateway::From(v1::POSITION_EARLIEST));
  ASSERT_TRUE(stream.WaitForResponses(1));

  for (int i = 1; i <= Changes(); ++i) {
    const std::string name = absl::StrCat("server-", i);
    files_.Replace(name);
    AwaitBoth(name);
  }
  load.Stop();
  EXPECT_THAT(load.failures(), ::testing::IsEmpty());
  const std::set<std::string> acknowledged = load.acknowledged();
  EXPECT_GT(acknowledged.size(), 100U);
  ASSERT_TRUE(stream.WaitForCount(acknowledged.size()));
  std::multiset<std::string> seen;
  for (const v1::Event& event : stream.events()) {
    seen.insert(MessageOf(event).mid());
  }
  EXPECT_EQ(seen, std::multiset<std::string>(acknowledged.begin(),
                                             acknowledged.end()));
}

}  // namespace
}  // namespace linktor::testing
